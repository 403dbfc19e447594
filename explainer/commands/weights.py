"""``weights list | fetch NAME | verify``: which networks are on this machine."""

import argparse

from explainer.commands import complain
from explainer.commands.progress import progress_line
from explainer.errors import ExplainerError


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("weights", help="list, fetch or verify the networks' weights")
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|fetch|verify")
    actions.add_parser("list", help="every network, and whether it is here").set_defaults(func=run_list)
    fetching = actions.add_parser("fetch", help="bring published weights into the cache")
    fetching.add_argument("name", metavar="NAME", help="a name that “weights list” shows")
    fetching.set_defaults(func=run_fetch)
    actions.add_parser("verify", help="load every network that is here").set_defaults(func=run_verify)


def run_list(_parsed: argparse.Namespace) -> int:
    from explainer.networks import ENTRIES, NAMES, find_weights

    for name in NAMES:
        path = find_weights(name)
        size = path.stat().st_size if path else ENTRIES[name].size
        print(f"{name:<12}{size / 1e6:7.1f} MB  {path or 'not here; fetch it with: weights fetch ' + name}")
    return 0


def run_fetch(parsed: argparse.Namespace) -> int:
    from explainer.networks import EMBEDDED, find_weights
    from explainer.networks.fetch import fetch

    if parsed.name == EMBEDDED:
        print("The embedded network ships with the app; there is nothing to fetch.")
        return 0
    with progress_line() as say:
        for state in fetch(parsed.name):
            say(f"{state.done / state.total:5.0%} of {state.total / 1e6:.0f} MB")
    print(find_weights(parsed.name))
    return 0


def run_verify(_parsed: argparse.Namespace) -> int:
    from explainer.networks import NAMES, find_weights, load_network

    code = 0
    for name in NAMES:
        if path := find_weights(name):
            try:
                load_network(name)
                print(f"{name:<12}good  {path}")
            except ExplainerError as error:
                code = complain(error)
    return code
