"""The hill in a real browser: turned by keyboard, walked down at several rates, kept in the link."""

import math

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.server import assert_fits, module, open_page, settle

HILL = "/backpropagation?lesson=hill&hill_of=one+neuron"


def test_the_drawing_is_a_turn_and_a_tilt(page: Page):
    """Seen from straight above, the square is only turned; from the side, heights go straight up."""
    page.goto("data:text/html,<p>")
    page.evaluate("async address => { window.code = await import(address); }", module("hill_view"))
    corners = [[-1, -1, 0.5], [1, -1, 0.5], [1, 1, 0.5], [0, 0, 0.5]]
    above = np.array(page.evaluate("c => c.map((p) => code.seen(p, [0.6, Math.PI / 2]))", corners))[:, :2]
    sides = [math.dist(above[0], above[1]), math.dist(above[1], above[2])]
    assert math.isclose(*sides, rel_tol=1e-9)
    assert math.isclose(math.dist(above[0], above[2]), sides[0] * math.sqrt(2), rel_tol=1e-9)
    low, high = page.evaluate("[[0.3, 0.2, 0], [0.3, 0.2, 1]].map((p) => code.seen(p, [0.6, 0]))")
    assert math.isclose(low[0], high[0]) and high[1] < low[1]


def test_a_hill_is_turned_and_walked_down(app: str, page: Page, phone: Page):
    for visitor in (page, phone):
        open_page(visitor, app + HILL + "&hill_rate=1")
        expect(visitor.locator(".check")).to_contain_text("It arrives")
        settle(visitor)
        assert_fits(visitor)
    hill = page.locator("canvas[data-turn]")
    hill.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**hill_turn=131_40*")
    page.goto(app + HILL + "&hill_rate=10&hill_turn=90_30")
    expect(page.locator(".check")).to_contain_text("It leaves the valley")
    expect(hill).to_have_attribute("data-turn", "90_30")
