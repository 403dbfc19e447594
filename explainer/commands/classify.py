"""``classify IMAGE…``: what the network calls each picture."""

import argparse
import json

from explainer.commands import complain
from explainer.commands.options import add_network, network_of, picture_of
from explainer.errors import PictureError


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("classify", help="name what is on pictures")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a picture file, or sample:NAME")
    add_network(parser)
    parser.add_argument("--top", type=_positive, default=5, metavar="K", help="how many guesses (5)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Answer for every picture in order; a bad one is complained of and the rest still answered."""
    network, code = network_of(parsed), 0
    for image in parsed.images:
        try:
            guesses = network.classify(picture_of(image), parsed.top)
        except PictureError as error:
            code = complain(PictureError(f"{image}: {error}"))
            continue
        if parsed.json:
            top = [
                {"index": guess.index, "category": guess.category, "probability": round(guess.probability, 6)}
                for guess in guesses
            ]
            answer = {"image": image, "network": network.name, "weights": network.weights, "top": top}
            print(json.dumps(answer, ensure_ascii=False), flush=True)
        else:
            print(image)
            for guess in guesses:
                print(f"  {guess.probability:7.2%}  {guess.category}", flush=True)
    return code


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 up")
    return int(text)
