"""A route presented from start to end on a wall, its clock, and the notes in a window of their own."""

import re

import pytest
from playwright.sync_api import Browser, expect

from explainer.chapters import chapter
from explainer.teaching.routes import link_to, routes
from explainer.ui.going import parted
from tests.browser.server import settle


@pytest.mark.parametrize("name", ["45"])
def test_a_route_from_start_to_end(app, browser: Browser, name):
    route = routes()[name]
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    wall, notes, below = context.new_page(), context.new_page(), {}
    notes.goto(f"{app}/teachers?notes=1")
    notes.get_by_role("heading", name="Notes").wait_for(timeout=120_000)
    first, _, state = link_to(route, 0).partition("?")
    wall.goto(f"{app}/?{state}&picture=cat" if first == "home" else f"{app}/{first}?{state}&picture=cat")
    for place, stop in enumerate(route.stops):
        title = chapter(parted(stop.link)[0]).title
        expect(wall.locator(".head h1")).to_have_text(title, timeout=120_000)
        expect(wall.locator(".st-key-route_bar")).to_contain_text(f"{place + 1}/{len(route.stops)}")
        wall.locator(".opener").wait_for(state="attached")
        settle(wall)
        wall.wait_for_timeout(500)
        end = wall.locator(".st-key-stage").evaluate("stage => stage.getBoundingClientRect().bottom")
        if end > 1081:
            below[place, stop.link] = end
        expect(notes.locator(".notes")).to_contain_text(stop.ask)
        if place + 1 < len(route.stops):
            wall.keyboard.press("PageDown")
    assert below == {}
    wall.keyboard.press("PageUp")
    expect(wall.locator(".head h1")).to_have_text(chapter(parted(route.stops[-2].link)[0]).title)
    expect(wall.locator(".clock")).to_have_text(re.compile(r"^\d+:\d\d of 42 min$"))
    notes.bring_to_front()
    notes.get_by_role("button", name="Next").click()
    expect(notes.locator(".notes")).to_contain_text(route.stops[-1].ask)
    context.close()
