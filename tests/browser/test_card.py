"""The detector's card in a real browser: from the start page to it, down to the edges, and again."""

import re

from playwright.sync_api import Page, expect

from tests.browser.server import assert_fits, open_page, settle


def test_from_the_eye_on_the_first_page_to_its_edges_in_four_clicks(app: str, page: Page, phone: Page):
    for visitor in (page, phone):
        open_page(visitor, app)
        assert_fits(visitor)
        card = visitor.get_by_role("dialog")
        visitor.locator(".st-key-faces_here .tile").first.click()
        expect(card).to_contain_text("Detector 222 of conv5")
        for layer in ("conv4", "conv3", "conv2"):
            card.locator(".st-key-card_adding .tile").first.click()
            expect(card).to_contain_text(re.compile(rf"Detector \d+ of {layer}"))
        strongest = card.locator(".st-key-card_adding .tile").first
        expect(strongest).to_have_attribute("aria-label", re.compile(r"conv1 · \d+ · adds"))


def test_the_same_face_opens_its_card_again(app: str, page: Page):
    open_page(page, app)
    first, second = (page.locator(".st-key-faces_here .tile").nth(place) for place in (0, 1))
    for _ in range(2):
        first.click()
        expect(page.get_by_role("dialog")).to_contain_text("Detector 222 of conv5")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        settle(page)
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # leads nowhere, and presses nothing
    settle(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"Detector (?!222)\d+ of conv5"))
