"""``train-network --data DIR``: train the network in the box."""

import argparse
from pathlib import Path


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("train-network", help="train the network in the box")
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder with the training pictures")
    add("--store", type=Path, metavar="DIR", help="a folder of pictures that are decoded already, to train on as well")
    add("--recipe", type=Path, metavar="FILE", help="how to train (default: explainer/training/recipe.json)")
    add("--teacher", type=Path, metavar="FILE", help="SqueezeNet 1.0's weights (default: DIR/../weights/)")
    add("--start", type=Path, metavar="FILE", help="weights to go on from (default: those that ship)")
    add("--scratch", action="store_true", help="begin with random weights instead")
    add("--out", type=Path, default=Path("build/network"), metavar="DIR", help="where the results go (build/network)")
    add("--work", type=Path, metavar="DIR", help="where checkpoints and decoded pictures are kept (the cache)")
    add("--hours", type=_hours, metavar="H", help="how long to train (2), or still to train with --resume")
    add("--resume", action="store_true", help="go on exactly from the last checkpoint, if there is one")
    add("--export-only", action="store_true", help="write and measure the last checkpoint's network")
    add("--mix", type=Path, metavar="FILE", help="at the end, average with these weights, half and half")
    add("--seed", type=int, default=0, help="decides every random choice (0)")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Train, or go on; 0 once weights and card are written."""
    from explainer.training import command

    return command.run(parsed)


def _hours(text: str) -> float:
    hours = float(text)
    if hours <= 0:
        raise argparse.ArgumentTypeError("more than 0")
    return hours
