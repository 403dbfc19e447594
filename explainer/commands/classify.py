"""``classify IMAGE…``: what the network calls each picture."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from explainer.commands import complain
from explainer.commands.options import add_network, network_of, picture_of
from explainer.errors import NetworkError, PictureError

if TYPE_CHECKING:
    from explainer.networks import Guess, Network
    from explainer.pictures import Picture


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("classify", help="name what is on pictures")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a picture file, or sample:NAME")
    add_network(parser)
    parser.add_argument("--top", type=_positive, default=5, metavar="K", help="how many guesses (5)")
    parser.add_argument(
        "--without", action="append", default=[], metavar="L:I,J", help="switch detectors of a layer off: conv5:17,40"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Answer for every picture in order; a bad one is complained of and the rest still answered."""
    network, code = network_of(parsed), 0
    off = _switched_off(network, parsed.without)
    for image in parsed.images:
        try:
            guesses = _guesses(network, picture_of(image), off, parsed.top)
        except PictureError as error:
            code = complain(PictureError(f"{image}: {error}"))
            continue
        if parsed.json:
            top = [
                {"index": guess.index, "category": guess.category, "probability": round(guess.probability, 6)}
                for guess in guesses
            ]
            answer = {"image": image, "network": network.name, "weights": network.weights}
            answer |= {"without": off, "top": top} if off else {"top": top}
            print(json.dumps(answer, ensure_ascii=False), flush=True)
        else:
            print(image)
            for guess in guesses:
                print(f"  {guess.probability:7.2%}  {guess.category}", flush=True)
    return code


def _guesses(network: Network, picture: Picture, off: dict[str, list[int]], top: int) -> list[Guess]:
    """The best guesses with some detectors switched off, lower layers first."""
    trace = network.trace(picture)
    if off:
        from explainer.chapters.verdict.switching import without

        for layer, detectors in off.items():
            trace = without(network, trace, layer, detectors)
    return trace.top(top)


def _switched_off(network: Network, options: list[str]) -> dict[str, list[int]]:
    """["conv5:17,40"] → {"conv5": [17, 40]}, in the network's order; NetworkError where there is no such thing."""
    if not options:
        return {}
    from explainer.attribution.evidence import following
    from explainer.chapters.verdict.switching import checked, parse_detectors

    chosen: dict[str, list[int]] = {}
    for option in options:
        name, colon, numbers = option.partition(":")
        if not (colon and name and numbers.strip()):
            raise NetworkError(f"“{option}” does not say what to switch off: write LAYER:NUMBERS, as in conv5:17,40.")
        following(network, name)
        chosen[name] = checked(network.layer(name), chosen.get(name, []) + parse_detectors(numbers))
    return {layer.name: chosen[layer.name] for layer in network.layers if layer.name in chosen}


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return int(text)
