"""The limits in a real browser: the sweep answers to mouse and keys, boxes are marked, a thing is cut out."""

import re

from playwright.sync_api import Page, expect

from explainer.chapters.limits import KINDS
from explainer.gallery import sample
from explainer.networks import load_network
from tests.browser.server import open_page, settle


def drag(page: Page, selector: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one place of an element to another, in shares of its sides."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    (x, y), (to_x, to_y) = ((box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in (start, end))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(to_x, to_y, steps=6)
    page.mouse.up()


def test_a_sweep_by_mouse_and_by_keys(app, page):
    open_page(page, f"{app}/limits?sweep_by=blur&picture=coffee&present=true")
    best = load_network().trace(sample("coffee")).top(1)[0]
    expect(page.locator(".value")).to_have_text("unchanged")
    expect(page.locator(".layout li .name").first).to_have_text(best.category)
    drag(page, "svg[data-chart=probability]", (0.2, 0.5), (0.99, 0.5))
    expect(page.locator(".value")).to_have_text(f"blurred by {KINDS['blur'].values[-1]:g} px")
    expect(page).to_have_url(re.compile("sweep_at=30"))
    settle(page)
    page.locator("input[type=range]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".value")).to_have_text(KINDS["blur"].said(KINDS["blur"].values[-2]))
    expect(page).to_have_url(re.compile("sweep_at=29"))
    expect(page.locator(".head h1")).to_have_text("When does it stop recognising things?")  # the page did not turn
    page.reload()
    settle(page)
    expect(page.locator(".value")).to_have_text(KINDS["blur"].said(KINDS["blur"].values[-2]))


def test_boxes_are_drawn_moved_and_removed(app, page):
    open_page(page, f"{app}/limits?limit=parts+upside+down&picture=coffee")
    expect(page.get_by_text("Nothing is marked")).to_be_visible()
    stage = ".stage[role=application]"
    drag(page, stage, (0.2, 0.3), (0.6, 0.5))
    expect(page.locator(".box")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"boxes=\d+-\d+-\d+-\d+"))
    settle(page)
    expect(page.get_by_text("Nothing is marked")).to_have_count(0)
    before = page.url
    page.locator(stage).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda url: url != before and "boxes=" in url)
    settle(page)
    page.locator(stage).focus()
    page.keyboard.press("Delete")
    expect(page.locator(".box")).to_have_count(0)
    expect(page.get_by_text("Nothing is marked")).to_be_visible()
    page.get_by_role("button", name="Astronaut: eyes, mouth").click()
    expect(page.locator(".box")).to_have_count(3)
    expect(page).to_have_url(re.compile("picture=astronaut"))


def test_a_thing_is_cut_out(app, page):
    open_page(page, f"{app}/limits?limit=context&picture=cat&thing_on=bricks")
    expect(page.get_by_text("the thing on: Brick wall")).to_be_visible()
    page.get_by_role("button", name="clear", exact=True).click()
    expect(page.get_by_text("Nothing is marked")).to_be_visible()
    page.get_by_role("button", name="box", exact=True).click()
    drag(page, ".stage[role=application]", (0.1, 0.1), (0.9, 0.9))
    expect(page).to_have_url(re.compile("thing=[0-9a-z]+-"))
    expect(page.get_by_text("for the thing elsewhere")).to_be_visible()


def test_on_a_phone(app, phone):
    for side in ("sweep", "parts+upside+down", "context", "nudge"):
        open_page(phone, f"{app}/limits?limit={side}&sweep_by=blur")
        width = phone.evaluate("document.querySelector('.stMain').scrollWidth")
        assert width <= 390, f"{side} is {width} pixels wide"
