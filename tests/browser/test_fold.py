"""Exclusive-or in a real browser: places and gaps as in Python, lines dragged and turned, kept in the link."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explainer.chapters.nonlinearity.fold import CORNERS, STEEPNESS, WANTED, Line, hidden, read_lines, widest_gap
from tests.browser.server import assert_fits, module, open_page, settle


def test_the_browser_folds_as_python_does(page: Page):
    page.goto("data:text/html,<p>")
    page.evaluate("async address => { window.code = await import(address); }", module("plane", "fold_view"))
    random = np.random.default_rng(0)
    for bend, steepness in STEEPNESS.items():
        for _ in range(6):
            (first, second), (near, far) = random.integers(0, 360, 2).tolist(), random.uniform(-1, 1, 2).tolist()
            lines = [{"angle": first, "offset": near}, {"angle": second, "offset": far}]
            found = page.evaluate(
                "([lines, bend, s, places]) => places.map((p) => code.hidden(lines, bend, s, p))",
                [lines, bend, steepness, CORNERS.tolist()],
            )
            ours = hidden([Line(**line) for line in lines], bend, CORNERS)
            np.testing.assert_allclose(found, ours, atol=1e-12)
            gap = page.evaluate("([p, k]) => code.widestGap(p, k)", [found, WANTED.tolist()])
            expected = widest_gap(ours, WANTED)
            assert (gap is None) == (expected is None)
            if gap:
                assert gap["width"] == pytest.approx(expected.width, abs=1e-9)


def test_labels_of_near_corners_lie_apart(page: Page):
    page.goto("data:text/html,<p>")
    page.evaluate("async address => { window.code = await import(address); }", module("plane", "fold_view"))
    names = ["none", "red", "green", "both"]
    for places in (
        [[150, 150]] * 4,
        [[20, 20], [24, 22], [280, 280], [284, 276]],
        [[280, 20], [270, 26], [150, 9], [160, 9]],
    ):
        found = page.evaluate("([p, n]) => code.apart(p, n)", [places, names])
        boxes = [(x, y - 13, x + 7 * len(name), y) for (x, y), name in zip(found, names, strict=True)]
        for i, (left, top, right, bottom) in enumerate(boxes):
            assert min(left, top) >= 0 and max(right, bottom) <= 300
            for a, b, c, d in boxes[:i]:
                assert min(right, c) <= max(left, a) or min(bottom, d) <= max(top, b), (places, found)


def test_lines_are_dragged_and_turned_and_kept(app: str, page: Page):
    open_page(page, app + "/nonlinearity?bend=fold")
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("No line separates them yet.")
    page.get_by_role("button", name="Show one way").click()
    expect(verdict).to_contain_text("One line separates them.")
    page.wait_for_url("**lines=30_0_240_0**")
    page.locator(".grip.turn").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**lines=35_*")
    grip = page.locator(".grip.move").nth(1)
    box = grip.bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 70, steps=5)
    page.mouse.up()
    page.wait_for_timeout(600)
    settle(page)
    lines = read_lines(page.evaluate("new URLSearchParams(location.search).get('lines')"))
    assert lines[0].angle == 35 and abs(lines[1].offset) > 0.05
    corners = json.loads(page.locator("[data-corners]").get_attribute("data-corners"))
    np.testing.assert_allclose(corners, hidden(lines, "relu", CORNERS), atol=0.006)
    page.reload()
    page.locator(".head h1").wait_for()
    expect(page.locator(".grip.turn").first).to_have_attribute("aria-valuenow", "35")


@pytest.mark.parametrize("bend", STEEPNESS)
def test_the_fold_is_not_cut_off(app: str, page: Page, phone: Page, bend: str):
    for visitor in (page, phone):
        open_page(visitor, f"{app}/nonlinearity?bend=fold&fold_bend={bend}")
        assert_fits(visitor)
