"""``serve``: the app in the browser, ready before the first visitor comes."""

import argparse
import asyncio
import errno
import importlib
import importlib.util
import logging
import pkgutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import explainer
from explainer.errors import ExplainerError
from explainer.places import ROOT

RELEASE_EVERY = 10  # seconds
LETTING_GO = 20  # tenths of a second in which a server that was just ended may still hold its port
PORTS_TRIED = 20  # beyond one in use, to name a free one


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("serve", help="serve the app on http://localhost:8501")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="localhost", help="0.0.0.0 lets a class join over the network")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Start Streamlit on ``app.py``; does not return before it is stopped.

    Raises:
        ExplainerError: no such port or address, or one that is in use.
    """
    check_place(parsed.address, parsed.port)
    print("Loading what the pages need …", flush=True)
    prepare()

    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from explainer.ui import streamlit_fixes as fixes
    from explainer.ui.late_requests import nothing_is_lost_to_late_requests

    fixes.no_pages_folder()
    fixes.theme_once()
    fixes.no_watchers_after_all()
    nothing_is_lost_to_late_requests()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # asked to stop, it has done what it should
    script = ROOT / "app.py"
    sys.argv = [str(script)]  # beside it lies .streamlit/config.toml
    app = App(script, lifespan=_lifespan, middleware=[Middleware(fixes.Headers), Middleware(fixes.UploadBudget)])
    app.run(config={"server.port": parsed.port, "server.address": parsed.address})
    return 0


def check_place(address: str, port: int) -> None:
    """Whether the server can answer there.

    Raises:
        ExplainerError: with one sentence that says what to do, if not.
    """
    if not 1 <= port <= 65_535:
        raise ExplainerError(f"There is no port {port}: choose one from 1024 to 65535, such as 8501.")
    for _ in range(LETTING_GO):
        trouble = _trouble(address, port)
        if trouble is None:
            return
        if trouble.errno != errno.EADDRINUSE:
            break
        time.sleep(0.1)
    if isinstance(trouble, socket.gaierror | UnicodeError):
        raise ExplainerError(f"There is no address {address}: choose localhost, or 0.0.0.0 to let others join.")
    if trouble.errno == errno.EADDRINUSE:
        free = next((p for p in range(port + 1, min(port + PORTS_TRIED, 65_536)) if not _trouble(address, p)), None)
        hint = f"--port {free} is free" if free else "choose another with --port"
        raise ExplainerError(f"Port {port} is in use, perhaps by this app already: {hint}.")
    if trouble.errno in (errno.EACCES, errno.EPERM):
        raise ExplainerError(f"Port {port} is not for everybody to use: choose one from 1024, such as 8501.")
    raise ExplainerError(
        f"This machine has no address {address} to serve at: choose localhost, or 0.0.0.0 to let others join."
    )


def _trouble(address: str, port: int) -> OSError | UnicodeError | None:
    """What keeps a server from listening there, if anything."""
    try:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as trial:
            if sys.platform != "win32":
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, port))
            trial.listen()  # another server may be bound to the port without using the address
    except (OSError, UnicodeError) as trouble:
        return trouble
    return None


@asynccontextmanager
async def _lifespan(app):
    """While the server runs: what closed pages held is let go."""
    from explainer.ui.streamlit_fixes import release_closed_sessions

    async def release() -> None:
        while True:
            await asyncio.sleep(RELEASE_EVERY)
            try:
                release_closed_sessions()
            except Exception:
                logging.getLogger("explainer").exception("Closed pages could not be let go")

    task = asyncio.create_task(release())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def prepare() -> None:
    """Load and work out what is the same for all visitors, before the first one comes."""
    from explainer.threads import one_thread_each, short_turns
    from explainer.workshop import few_arenas, few_kernels

    few_arenas()
    few_kernels()
    one_thread_each()
    short_turns()
    for name in _modules_of_pages():
        importlib.import_module(name)

    from explainer.chapters.history import FIVE, count
    from explainer.digits import small_digits
    from explainer.first_picture import in_order
    from explainer.networks import shared_network
    from explainer.ui.garbage import set_modules_aside

    with suppress(ExplainerError):  # pages say what is wrong with them
        in_order(shared_network())  # the first page shows the first of these
    with suppress(ExplainerError):
        small_digits()
    for name in FIVE:  # loads torchvision, and what PyTorch computes shapes with, as well
        count(name)
    set_modules_aside()


def _modules_of_pages() -> Iterator[str]:
    """What pages import, but for widgets: those want a server that runs."""
    for package in pkgutil.walk_packages(explainer.__path__, "explainer."):
        if not package.name.startswith(_ELSEWHERE) and not _draws(package.name):
            yield package.name


def _draws(name: str) -> bool:
    """Whether a chapter's module is one of its widgets."""
    if not name.startswith("explainer.chapters."):
        return False
    source = Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")
    return "from explainer.ui" in source or "import streamlit" in source


_ELSEWHERE = tuple(f"explainer.{name}" for name in ("__main__", "commands", "training", "corpus.cluster", "ui"))
