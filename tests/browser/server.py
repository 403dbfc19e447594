"""Starts the app as ``make run`` does, and opens its pages."""

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
        traces = log.read_text().split("Traceback (most recent call last)")[1:]
        # A visitor who leaves in the middle of an answer is an exception to Streamlit's socket, and none of ours.
        assert all("in _websocket_endpoint" in trace[:400] for trace in traces), log.read_text()


def _wait_for(address: str, server: subprocess.Popen) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server stopped at its start"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer within a minute")


def open_page(page: Page, address: str) -> None:
    """Go to an address and wait until the chapter is drawn and the server is at rest."""
    page.goto(address)
    page.locator(".head h1").wait_for(timeout=60_000)
    settle(page)


def settle(page: Page) -> None:
    """Wait until no rerun is under way."""
    page.wait_for_timeout(150)
    page.locator(".stApp[data-test-script-state='notRunning']").wait_for()
