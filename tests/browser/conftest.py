"""A real server and a real browser for the journeys."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from explainer.places import ROOT
from tests.browser.find_chromium import chromium

# Chromium without the calls home it makes at every start.
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def app(tmp_path_factory) -> Iterator[str]:
    """Address of the app, served as ``make run`` serves it, with an empty cache of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "EXPLAINER_CACHE": str(tmp_path_factory.mktemp("cache"))}
    environment.pop("EXPLAINER_WEIGHTS", None)
    log = tmp_path_factory.mktemp("server") / "log"
    command = [sys.executable, "-m", "explainer", "serve", "--port", str(port)]
    with open(log, "wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    address = f"http://localhost:{port}"
    try:
        wait_for(f"{address}/_stcore/health", server)
        yield address
    finally:
        server.terminate()
        server.wait(20)
    assert b"Traceback" not in log.read_bytes(), log.read_text()


def wait_for(address: str, server: subprocess.Popen) -> None:
    """Return once the server answers."""
    for _ in range(600):
        assert server.poll() is None, "the server stopped at its start"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within a minute")


@pytest.fixture(scope="session")
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
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    elsewhere = [url for url in asked if not url.startswith(("http://localhost", "data:", "blob:"))]
    assert not elsewhere, f"works without a network, yet asks for {elsewhere}"


def open_page(page: Page, address: str) -> None:
    """Go to an address and wait until the chapter is drawn and the server is at rest."""
    page.goto(address)
    page.locator(".head h1").wait_for()
    settle(page)


def settle(page: Page) -> None:
    """Wait until no rerun is under way."""
    page.wait_for_timeout(150)
    page.locator(".stApp[data-test-script-state='notRunning']").wait_for()
