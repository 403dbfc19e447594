"""A real server and a real browser for the journeys."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.find_chromium import chromium
from tests.browser.server import FLAGS, serve

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

expect.set_options(timeout=60_000)


@pytest.fixture(scope="package")
def app() -> Iterator[str]:
    """Address of the app; the session fails if the server logged a stack trace."""
    with serve() as address:
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor on a wide screen; fails the test if the page asked for anything from elsewhere."""
    yield from visitor(browser, WIDE)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A fresh visitor on a phone."""
    yield from visitor(browser, PHONE)


def visitor(browser: Browser, size: dict) -> Iterator[Page]:
    context = browser.new_context(viewport=size, reduced_motion="reduce", accept_downloads=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    elsewhere = [url for url in asked if not url.startswith(("http://localhost", "data:", "blob:"))]
    assert not elsewhere, f"works without a network, yet asks for {elsewhere}"
