"""The race in a real browser: years by mouse and keys, blocks, timings to their end, nothing cut off on a phone."""

import re

from playwright.sync_api import expect

from explainer.chapters import history as backend
from tests.browser.server import open_page, settle


def test_years_by_mouse_and_by_keys(app, page):
    open_page(page, f"{app}/history?present=true")
    card = page.locator(".card")
    expect(card).to_contain_text("2012 · AlexNet")
    drawn = page.locator(".wide")
    drawn.locator("[data-pick='2015']").hover()
    expect(card).to_contain_text("2015 · ResNet")
    page.locator(".head h1").hover()
    expect(card).to_contain_text("2012 · AlexNet")
    drawn.locator("[data-pick='2014']").click()
    expect(card).to_contain_text("2014 · GoogLeNet")
    expect(page).to_have_url(re.compile("race_year=2014"))
    settle(page)
    drawn.locator("[data-pick='2014']").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("race_year=2015"))
    expect(card).to_contain_text("2015 · ResNet")
    expect(page.locator(".head h1")).to_have_text("How was the race won?")  # the page did not turn
    page.reload()
    settle(page)
    expect(page.locator(".card")).to_contain_text("2015 · ResNet")


def test_blocks_are_drawn_from_the_link(app, page):
    open_page(page, f"{app}/history?history_part=paths&path=inception&inception_block=inception4b")
    found = backend.block("inception", "inception4b")
    expect(page.locator(".wide svg")).to_have_attribute("aria-label", re.compile(f"{found.taken} maps come in"))
    expect(page.get_by_text(f"{found.weights:,}")).to_be_visible()
    page.get_by_role("radio", name="groups", exact=True).click()
    expect(page.locator(".wide svg")).to_have_attribute("aria-label", re.compile("32 groups"))


def test_one_convolution_is_timed(app, page):
    open_page(page, f"{app}/history?history_part=why+graphics+chips")
    page.get_by_role("button", name="Time it here").click()
    ways = len(backend.ways())
    expect(page.get_by_text(f"{5 * ways} of {5 * ways} timings")).to_be_visible(timeout=180_000)
    expect(page.get_by_text("All give the same numbers")).to_be_visible()
    expect(page.get_by_text("not timed")).to_have_count(0)


def test_on_a_phone(app, phone):
    for part in ("the+race", "five+networks", "paths&path=groups", "why+graphics+chips"):
        open_page(phone, f"{app}/history?history_part={part}")
        assert phone.evaluate("document.querySelector('.stMain').scrollWidth") <= 390, part
        sides = "[...document.querySelectorAll('.st-key-stage *')].map((e) => e.getBoundingClientRect().right)"
        assert phone.evaluate(f"Math.max(...{sides})") <= 391, part
    open_page(phone, f"{app}/history")
    expect(phone.locator(".narrow svg")).to_be_visible()
    expect(phone.locator(".wide svg")).to_be_hidden()
