"""Names of detectors in a real browser: kept there, shown after a reload, and forgotten when that is asked for."""

import re

from playwright.sync_api import Page, expect

from tests.browser.server import open_page, settle

ADDRESS = "{app}/layers?picture=cat&layer=conv3&unit=17"


def give(page: Page, name: str) -> None:
    field = page.get_by_placeholder("Call it …")
    field.fill(name)
    field.press("Enter")
    expect(page.get_by_role("dialog").get_by_text(f"conv3 · {name}").first).to_be_visible()


def kept(page: Page) -> list[str]:
    return page.evaluate("Object.entries(localStorage).filter(([key]) => key.startsWith('how-machines-see name'))"
                         ".map(([key, name]) => `${key.split(' ').at(-1)}:${name}`).sort()")  # fmt: skip


def test_a_name_survives_a_reload_and_a_new_visit_until_it_is_forgotten(app, page):
    address = ADDRESS.format(app=app)
    open_page(page, f"{address}&card=conv3-17")
    give(page, "<i>eye</i> **2**")
    page.wait_for_url("**names=conv3.17*")
    page.wait_for_function("Object.keys(localStorage).some((key) => key.endsWith('conv3.17'))")
    page.reload()
    settle(page)
    expect(page.get_by_text("<i>eye</i> **2**").first).to_be_visible()
    open_page(page, address)  # a link without the name
    expect(page.get_by_role("button", name="Card · <i>eye</i> **2**")).to_be_visible()
    open_page(page, f"{address}&names=conv3.17:theirs~conv3.18:new")  # theirs does not take the place of mine
    expect(page.get_by_role("button", name="Card · <i>eye</i> **2**")).to_be_visible()
    expect(page).to_have_url(re.compile(r"^(?!.*theirs).*conv3\.18"))
    settle(page)
    assert kept(page) == ["conv3.17:<i>eye</i> **2**"]  # what a link brings is shown, not kept


def test_arrow_keys_in_the_field_do_not_leave_the_card(app, page):
    open_page(page, ADDRESS.format(app=app) + "&card=conv3-17")
    field = page.get_by_placeholder("Call it …")
    field.fill("eye")
    field.press("ArrowLeft")
    field.press("ArrowRight")
    settle(page)
    expect(page.get_by_text("Detector 17 of conv3").first).to_be_visible()
    expect(field).to_have_value("eye")
