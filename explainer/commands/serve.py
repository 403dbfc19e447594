"""``serve``: the app in the browser, ready before the first visitor comes."""

import argparse
import sys
from threading import Thread

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
    Thread(target=_import_ahead, daemon=True).start()
    options = [f"--server.port={parsed.port}", f"--server.address={parsed.address}"]
    sys.argv = ["streamlit", "run", str(ROOT / "app.py"), *options]
    return cli.main()


def _import_ahead() -> None:
    """Load what the first pages need while the server starts."""
    import torch

    from explainer.threads import one_thread_each

    one_thread_each()

    import explainer.networks
    from explainer.networks.layers import describe

    # PyTorch loads what computes shapes alone, a second's work, when it is first asked for them.
    describe(torch.nn.Sequential(torch.nn.Conv2d(3, 1, 1)), 1)

    import explainer.corpus
    import explainer.dream  # noqa: F401
