"""Where it stands matters in a real browser: a digit moved, the maps, a line typed, drawn and photographed."""

import re

import pytest
import torch
from playwright.sync_api import Page, expect

from explainer.chapters.translation.shifting import shifted
from explainer.digits import load_network, read, small_digits
from explainer.digits.lines import find_digits, number_read, scan_convolution, write_number
from tests.browser.server import assert_fits, open_page, settle

STANDING = "/translation"


def test_a_digit_is_moved_by_keys_pointer_and_link(app: str, page: Page):
    network, _ = load_network("digits-15")
    picture = small_digits().test_images[200].view(28, 28)
    open_page(page, app + STANDING + "?moved_digit=200&moved=3_-2")
    root = page.locator("[data-shift]")
    expect(root).to_have_attribute("data-shift", "3,-2")
    page.locator(".frame").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(root).to_have_attribute("data-shift", "4,-1")
    said = page.locator(".says").first
    expect(said).to_have_attribute("data-said", str(read(network, shifted(picture, 4, -1)).guess))
    page.wait_for_url("**moved=4_-1*")
    box = page.locator(".map").nth(1).bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    expect(root).to_have_attribute("data-shift", "-10,-10")
    expect(said).to_have_attribute("data-said", str(read(network, shifted(picture, -10, -10)).guess))
    page.get_by_role("button", name="back to the middle").click()
    expect(root).to_have_attribute("data-shift", "0,0")
    share = page.locator(".readout").first
    right = (network_answers(network) == small_digits().test_labels).float().mean().item()
    assert float(share.get_attribute("data-share")) == pytest.approx(right, abs=1e-5)
    page.get_by_role("option").nth(0).click()
    page.wait_for_url("**moved_digit=*")


def network_answers(network) -> torch.Tensor:
    from explainer.digits import forward

    return forward(network, small_digits().test_images)[1][-1].argmax(1)


def test_a_number_typed_is_read_and_compared(app: str, page: Page):
    reader, _ = load_network("digits-windows")
    open_page(page, app + STANDING + "?standing=read+a+line&street=31")
    expected = number_read(find_digits(scan_convolution(reader, write_number("31", small_digits(), seed=1))))
    expect(page.locator("[data-number]")).to_have_attribute("data-number", expected)
    expect(page.get_by_text("largest difference of any output anywhere")).to_be_visible(timeout=120_000)
    field = page.get_by_label("Number")
    field.fill("three")
    field.press("Enter")
    expect(page.get_by_text("Write one to twenty digits, 0 to 9.")).to_be_visible()
    field.fill("31")
    field.press("Enter")
    page.locator(".paper").focus()
    page.keyboard.press("ArrowRight")
    assert "/translation" in page.url


def test_a_wide_pad_drawn_on(app: str, page: Page):
    open_page(page, app + STANDING + "?standing=read+a+line&line_from=draw")
    reader, nothing = page.locator("[data-number]"), page.get_by_text("Nothing is written here yet")
    expect(nothing).to_be_visible()
    box = page.locator(".pad").bounding_box()
    for x in (0.2, 0.3):  # two ones
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.15 * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + (x - 0.01) * box["width"], box["y"] + 0.85 * box["height"], steps=5)
        page.mouse.up()
    expect(reader).to_have_attribute("data-number", re.compile(r"\d"))
    settle(page)
    page.get_by_role("button", name="clear").click()
    expect(nothing).to_be_visible()


@pytest.mark.parametrize(
    "view",
    ["standing=shift+a+digit", "standing=read+a+line", "standing=read+a+line&line_from=draw", "standing=learn"],
)
def test_nothing_is_cut_off(app: str, page: Page, phone: Page, view: str):
    for visitor in (page, phone):
        open_page(visitor, f"{app}{STANDING}?{view}")
        assert_fits(visitor)


def test_two_readers_learn_before_ones_eyes(app: str, page: Page):
    open_page(page, app + STANDING + "?standing=learn&examples=50&taught_from=draw&taught_label=1")
    assert_fits(page)
    page.get_by_role("button", name="your digit").click()
    pad = page.locator(".pad")
    box = pad.bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=1)
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.85 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_url("**ink=*")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Train both").click()
    first = page.locator(".kernels img.filter").first
    noise = first.get_attribute("src")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(first).not_to_have_attribute("src", noise)
    settle(page)
    assert_fits(page)
    expect(page.get_by_text("reads yours as")).to_be_visible()
    page.get_by_role("radio", name="gradients").or_(page.get_by_role("button", name="gradients")).first.click()
    expect(page.locator(".kernels img").first).to_have_attribute("alt", re.compile("gradient of filter 1"))
