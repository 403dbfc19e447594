"""Dreams in a real browser: they move by themselves, can be held and taken further, and compared with a line."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from explainer.dream import settings_in
from tests.browser.server import assert_fits, open_page, settle

ADDRESS = "/dream"


def step(page: Page) -> int:
    words = page.locator("[class*=st-key-dream_][class*=_buttons]").inner_text()
    return int(words.split("step ")[-1].split()[0])


def pictures_seen(page: Page, wanted: int, steps: int) -> int:
    """How many different pictures were shown until as many as wanted, or until all steps were taken."""
    seen = set()
    while len(seen) < wanted and step(page) < steps:
        seen.add(page.locator(".now").first.get_attribute("src"))
        page.wait_for_timeout(50)
    return len(seen)


def test_it_moves_by_itself_and_can_be_held(app: str, page: Page):
    page.goto(f"{app}{ADDRESS}?dream_steps=2000&category=goldfish")
    page.locator(".now").wait_for(timeout=180_000)
    page.get_by_text("of 2000").wait_for()
    assert pictures_seen(page, 8, 2000) == 8
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    settle(page)
    held = step(page)
    page.wait_for_timeout(600)
    assert step(page) == held > 1
    page.get_by_role("button", name="Step", exact=True).click()
    expect(page.get_by_text(f"step {held + 1} of 2000", exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.locator(".st-key-download button").click()
    values = settings_in(download.value.path().read_bytes())
    assert values["objective"] == "class:goldfish" and values["step"] == held + 1
    with page.expect_download() as download:
        page.get_by_role("button", name="GIF").click()
    with Image.open(io.BytesIO(download.value.path().read_bytes())) as film:
        assert film.format == "GIF" and film.n_frames >= 2
    with page.expect_download() as download:
        page.get_by_role("button", name="MP4").click()
    assert download.value.path().read_bytes()[4:8] == b"ftyp"
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    settle(page)
    assert step(page) >= held + 1
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Pause").click()


def test_the_line_between_before_and_after(app: str, page: Page):
    open_page(page, f"{app}{ADDRESS}?dream=deepdream&octaves=1&octave_steps=1&picture=coffee")
    line = page.get_by_role("slider", name="How much of the picture")
    expect(line).to_have_attribute("aria-valuenow", "50")
    line.focus()
    page.keyboard.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", "55")
    page.keyboard.press("Home")
    expect(line).to_have_attribute("aria-valuenow", "0")
    box = page.locator(".frame").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 40, steps=5)
    page.mouse.up()
    expect(line).to_have_attribute("aria-valuenow", "75")
    before, now = (page.locator(name).evaluate("image => image.naturalWidth / image.naturalHeight")
                   for name in (".before", ".now"))  # fmt: skip
    assert before == now


def test_the_line_follows_a_finger(app: str, phone: Page):
    open_page(phone, f"{app}{ADDRESS}?dream=deepdream&octaves=1&octave_steps=1&picture=coffee")
    line = phone.get_by_role("slider", name="How much of the picture")
    line.scroll_into_view_if_needed()
    box = phone.locator(".frame").bounding_box()
    finger = phone.context.new_cdp_session(phone)
    for kind, share in (("touchStart", 0.5), ("touchMove", 0.4), ("touchMove", 0.25), ("touchEnd", None)):
        place = {"x": box["x"] + box["width"] * (share or 0), "y": box["y"] + box["height"] / 2}
        points = [] if share is None else [place]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(line).to_have_attribute("aria-valuenow", "25")


@pytest.mark.parametrize("part", ["a+name", "a+detector", "regularisers", "deepdream"])
def test_nothing_is_cut_off(app: str, page: Page, phone: Page, part: str):
    short = "dream_steps=8&detector_steps=8&octaves=1&octave_steps=1"
    for visitor in (page, phone):
        open_page(visitor, f"{app}{ADDRESS}?dream={part}&{short}")
        expect(visitor.get_by_role("button", name="Start again")).to_be_visible()
        settle(visitor)
        assert "=8" in visitor.url or "octaves=1" in visitor.url, "a setting at its least is a setting, too"
        assert_fits(visitor)
