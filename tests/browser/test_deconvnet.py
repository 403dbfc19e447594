"""Projections in a real browser: a detector chosen, followed down, its nine, and uploads of one's own."""

import io
import zipfile

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from explainer.corpus import gallery_corpus
from explainer.networks import load_network
from tests.browser.server import open_page, settle

PHOTOGRAPHS = len(gallery_corpus(patterns=False))


def test_choose_a_detector_and_follow_it_down(app, page):
    open_page(page, f"{app}/deconvnet")
    pairs = page.get_by_role("listbox", name="The strongest detectors").get_by_role("option")
    expect(pairs.first).to_be_visible()
    pairs.nth(2).click()
    settle(page)
    expect(pairs.nth(2)).to_have_attribute("aria-selected", "true")
    page.get_by_role("radio", name="opened up").click()
    settle(page)
    steps = page.get_by_role("listbox", name="The signal of detector").get_by_role("option")
    steps.first.click()
    settle(page)
    expect(page.get_by_text("every other value of")).to_be_visible()


def test_the_box_is_looked_through_and_the_link_keeps_the_detector(app, page):
    open_page(page, f"{app}/deconvnet?project_part=top+nine&layer=conv3")
    expect(page.get_by_text(f"looked through {PHOTOGRAPHS} of {PHOTOGRAPHS} pictures")).to_be_visible(timeout=180_000)
    page.get_by_role("listbox", name="Detectors 0 to").get_by_role("option").nth(5).click()
    page.wait_for_url("**unit=5**")
    page.reload()
    settle(page)
    expect(page.get_by_text("of conv3: projections, then")).to_contain_text("5")


def test_a_zip_of_ones_own(app, page):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(3):
            file = io.BytesIO()
            noise = np.random.default_rng(number).integers(0, 256, (240, 240, 3), np.uint8)
            Image.fromarray(noise).save(file, "PNG")
            packed.writestr(f"{number}.png", file.getvalue())
        packed.writestr("notes.txt", "no picture")
    open_page(page, f"{app}/deconvnet?project_part=top+nine&corpus=uploads")
    expect(page.get_by_text("their nine best for each detector")).to_be_visible()
    page.locator(".st-key-corpus_files input[type=file]").set_input_files(
        {"name": "mine.zip", "mimeType": "application/zip", "buffer": archive.getvalue()}
    )
    expect(page.get_by_text("looked through 3 of 3 pictures")).to_be_visible(timeout=180_000)
    page.get_by_text("Left out: 1").click()
    expect(page.get_by_text("is not named like a picture")).to_be_visible()


def test_a_projection_from_another_place(app, page):
    open_page(page, f"{app}/deconvnet")
    expect(page.get_by_text("fires most")).to_be_visible()
    picture = page.get_by_role("application", name="The picture and where detector")
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 6, box["y"] + box["height"] - 6)
    settle(page)
    rows = load_network().layer("conv5").shape[1]
    expect(page.get_by_text(f"at row {rows - 1}, column {rows - 1} of its map")).to_be_visible()


def test_nothing_is_cut_off_on_a_phone(app, phone):
    for part in ("your+picture", "top+nine", "from+a+name"):
        open_page(phone, f"{app}/deconvnet?project_part={part}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
