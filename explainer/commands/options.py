"""Options that several commands share.

Nothing heavy is imported before a command runs: ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import ExplainerError
from explainer.whole import write_whole

if TYPE_CHECKING:
    from explainer.networks import Network
    from explainer.pictures import Picture


def add_network(parser: argparse.ArgumentParser) -> None:
    """``--network`` and ``--weights``."""
    parser.add_argument(
        "--network", default="embedded", metavar="N", help="a name that “weights list” shows (embedded)"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a state dict of your own for that network")


def add_output(parser: argparse.ArgumentParser) -> None:
    """``-o``."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PNG", help="the picture file to write")


def network_of(parsed: argparse.Namespace) -> Network:
    """The network the options name."""
    from explainer.networks import load_network

    return load_network(parsed.network, parsed.weights)


def picture_of(argument: str) -> Picture:
    """The picture a command names: a file, or ``sample:NAME`` from the gallery."""
    if argument.startswith("sample:"):
        from explainer.gallery import sample

        return sample(argument.removeprefix("sample:"))
    from explainer.pictures import load_picture

    return load_picture(Path(argument))


def write(path: Path, data: bytes) -> None:
    """Write a result, or say in a sentence why it can't be written."""
    try:
        write_whole(path, data)
    except OSError as error:
        raise ExplainerError(f"{path} could not be written: {error.strerror}.") from error
