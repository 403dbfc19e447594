"""``atlas PHOTOGRAPHS``: what every detector of a network looks like, speaks for, and is tuned to."""

import argparse
import sys
from pathlib import Path

from explainer.commands.options import add_network, network_of


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("atlas", help="dream and measure every detector of a network, once for all visitors")
    parser.add_argument("photographs", metavar="PHOTOGRAPHS", help="a folder, a zip archive, gallery or imagenette")
    parser.add_argument("--layer", metavar="L", action="append", help="only this layer (may be given several times)")
    parser.add_argument("--steps", type=int, default=None, metavar="S", help="of each dream (48)")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="where it goes; where the app looks for it")
    add_network(parser)
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Make or finish an atlas; interrupted, it goes on from there when called again."""
    from explainer.atlas.building import STEPS, build
    from explainer.atlas.store import folder_of
    from explainer.corpus import open_corpus
    from explainer.errors import DataError
    from explainer.places import cache_folder

    network = network_of(parsed)
    steps = STEPS if parsed.steps is None else parsed.steps
    if not 1 <= steps <= 10_000:
        raise DataError(f"A dream has 1 to 10,000 steps, not {steps}.")
    folder = parsed.output or folder_of(network)
    work = cache_folder() / "atlas-pieces"
    for state in build(network, open_corpus(parsed.photographs), work, folder, parsed.layer, steps):
        print(f"\r{state.done} of {state.total} pieces: {state.doing}      ", end="", file=sys.stderr, flush=True)
    print(f"\nThe atlas of {network.title} is in {folder}.", file=sys.stderr)
    return 0
