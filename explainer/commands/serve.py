"""``serve``: the app in the browser, ready before the first visitor comes."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import suppress

import explainer
from explainer.errors import ExplainerError
from explainer.places import ROOT


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("serve", help="serve the app on http://localhost:8501")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="localhost", help="0.0.0.0 lets a class join over the network")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Start Streamlit on ``app.py``; does not return before it is stopped."""
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web import cli

    # Until a first visitor's run has called st.navigation, Streamlit takes pages/ for its own kind of
    # menu and greets whoever follows a link to a chapter with "Page not found".
    PagesManager.uses_pages_directory = False
    print("Loading what the pages need …", flush=True)
    prepare()
    options = [f"--server.port={parsed.port}", f"--server.address={parsed.address}"]
    sys.argv = ["streamlit", "run", str(ROOT / "app.py"), *options]
    return cli.main()


def prepare() -> None:
    """Load and work out what is the same for all visitors, before the first one comes."""
    from explainer.threads import one_thread_each

    one_thread_each()
    for name in _modules_of_pages():
        importlib.import_module(name)

    from explainer.digits import small_digits
    from explainer.first_picture import in_order
    from explainer.history import FIVE, count
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
        if not package.name.startswith(_ELSEWHERE):
            yield package.name


_ELSEWHERE = tuple(f"explainer.{name}" for name in ("__main__", "commands", "training", "corpus.cluster", "ui"))
