"""Starts the app as ``make run`` does, and opens its pages."""

import base64
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from explainer.places import ROOT
from explainer.ui.components import source as component_source

# Chromium without the calls home it makes at every start.
FLAGS = (  # noqa: SIM905
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@contextmanager
def serve() -> Iterator[str]:
    """The app's address while it runs, with an empty cache of its own.

    Raises:
        AssertionError: the server did not start, or logged a stack trace.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "explainer", "serve", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environment = {**os.environ, "EXPLAINER_CACHE": folder}
        environment.pop("EXPLAINER_WEIGHTS", None)
        with open(log, "wb") as output:
            server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        address = f"http://localhost:{port}"
        try:
            _wait_for(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.terminate()
            server.wait(20)
        text = log.read_text()
        assert all(_tells_of_a_leaving(trace) for trace in text.split("Traceback (most recent call last)")[1:]), text


def _tells_of_a_leaving(trace: str) -> bool:
    """Whether Streamlit's socket tells that a visitor left in the middle of an answer: an exception to it, no fault."""
    return "in _websocket_endpoint" in trace and ("WebSocketDisconnected" in trace or "is not connected" in trace)


def _wait_for(address: str, server: subprocess.Popen) -> None:
    for _ in range(3000):
        assert server.poll() is None, "the server stopped at its start"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within five minutes")


def open_page(page: Page, address: str) -> None:
    """Go to an address and wait until the chapter is drawn and the server is at rest.

    The cat is the picture unless the address names another, or says ``picture=``: the first one.
    """
    if "picture=" not in address:
        address += ("&" if "?" in address else "?") + "picture=cat"
    page.goto(address)
    page.locator(".head h1").wait_for(timeout=180_000)
    settle(page)


def settle(page: Page) -> None:
    """Wait until no rerun is under way and nothing is faded that a run has not drawn again."""
    page.wait_for_timeout(150)
    page.locator(".stApp[data-test-script-state='notRunning']:not(:has([data-stale='true']))").wait_for()


def assert_fits(page: Page, said: str = "") -> None:
    """The chapter's stage is wholly on the screen in its width, and on a wide screen in its height, too."""
    stage, screen = page.locator(".st-key-stage"), page.viewport_size
    box = stage.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= screen["width"], said
    assert stage.evaluate("stage => stage.scrollWidth - stage.clientWidth") <= 1, said
    if screen["width"] > 1000:
        assert box["y"] + box["height"] <= screen["height"], said


def module(*names: str) -> str:
    """Components' source as an address to import from."""
    source = "\n".join(component_source(name, "js") for name in ("house", *names))
    return "data:text/javascript;base64," + base64.b64encode(source.encode()).decode()
