"""Options that several commands share."""

import argparse
from pathlib import Path

from explainer.errors import ExplainerError
from explainer.networks import EMBEDDED, NAMES, Network, load_network
from explainer.pictures import Picture, load_picture


def add_network(parser: argparse.ArgumentParser) -> None:
    """``--network`` and ``--weights``."""
    parser.add_argument("--network", default=EMBEDDED, metavar="N", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a state dict of your own for that network")


def add_output(parser: argparse.ArgumentParser) -> None:
    """``-o``."""
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PNG", help="the picture file to write")


def network_of(parsed: argparse.Namespace) -> Network:
    """The network the options name."""
    return load_network(parsed.network, parsed.weights)


def picture_of(argument: str) -> Picture:
    """The picture a command names: a file, or ``sample:NAME`` from the gallery."""
    if argument.startswith("sample:"):
        from explainer.gallery import sample

        return sample(argument.removeprefix("sample:"))
    return load_picture(Path(argument))


def write(path: Path, data: bytes) -> None:
    """Write a result, or say in a sentence why it can't be written."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ExplainerError(f"{path} could not be written: {error.strerror}.") from error
