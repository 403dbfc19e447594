"""``python -m explainer …``: one file a command, each adding its own parser.

A command module has ``add_parser(subparsers)``; the parser it adds carries its function
as ``func``, which takes the parsed arguments and returns an exit code.
"""

import argparse
import importlib
import os
import sys

from explainer.errors import ExplainerError

# Only the module of the command asked for is imported.
COMMANDS = {
    "atlas": "explainer.commands.atlas",
    "classify": "explainer.commands.classify",
    "digits": "explainer.commands.digits",
    "dream": "explainer.commands.dream",
    "filters": "explainer.commands.filters",
    "handout": "explainer.commands.handout",
    "index": "explainer.commands.index",
    "maps": "explainer.commands.maps",
    "project": "explainer.commands.project",
    "serve": "explainer.commands.serve",
    "sweep": "explainer.commands.sweep",
    "train-network": "explainer.commands.train_network",
    "weights": "explainer.commands.weights",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 if it did all it was asked, 2 with a sentence on standard error if not."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m explainer", description="How machines see, without a browser.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    asked = [name for name in COMMANDS if arguments[:1] == [name]]
    for name in asked or COMMANDS:
        importlib.import_module(COMMANDS[name]).add_parser(subparsers)
    parsed = parser.parse_args(arguments)
    try:
        return parsed.func(parsed)
    except ExplainerError as error:
        return complain(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the answers (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def complain(error: Exception) -> int:
    """One sentence on standard error, and the exit code that goes with it."""
    print(error, file=sys.stderr)
    return 2
