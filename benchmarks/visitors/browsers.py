"""A few real browsers among the visitors: what people see, drawing and all."""

from random import Random
from time import monotonic

from playwright.sync_api import Error, Page, sync_playwright

from benchmarks.visitors.habits import own_link
from benchmarks.visitors.notes import Notes
from tests.browser.find_chromium import chromium
from tests.browser.server import FLAGS

PATIENCE = 60_000  # milliseconds


def browse(address: str, notes: Notes, count: int, seed: int, until: float, pace: tuple[float, float]) -> None:
    """``count`` visitors in tabs of one Chromium take turns: one turns a page while the others read theirs.

    Times count from the click until the chapter is drawn and no run is under way.
    """
    chance = Random(f"{seed} browses")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        tabs = [browser.new_context(viewport={"width": 1440, "height": 900}).new_page() for _ in range(count)]
        for tab in tabs:
            tab.set_default_timeout(PATIENCE)
            _timed(tab, notes, lambda tab=tab: tab.goto(f"{address}/{own_link(chance)}"))
        while monotonic() < until:
            for tab in tabs:
                tab.wait_for_timeout(1000 * min(chance.uniform(*pace) / count, max(0.0, until - monotonic())))
                links = tab.get_by_test_id("stSidebarNavLink")
                _timed(tab, notes, lambda links=links: links.nth(chance.randrange(links.count())).click())
        browser.close()


def _timed(tab: Page, notes: Notes, act) -> None:
    since = monotonic()
    try:
        act()
        tab.locator(".head h1").wait_for(timeout=PATIENCE)
        tab.wait_for_timeout(100)
        tab.locator(".stApp[data-test-script-state='notRunning']").wait_for(timeout=PATIENCE)
    except Error as error:
        notes.fault("in a browser", str(error).splitlines()[0])
        return
    notes.answer("in a browser", "browser", since)
    for words in tab.get_by_test_id("stAlert").all_inner_texts():
        if "could not be drawn" in words:
            notes.fault("in a browser", words)
