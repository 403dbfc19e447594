"""``sweep IMAGE --by rotation``: what becomes of the first guess while a picture is turned, scaled, shifted …"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.commands.options import add_network, network_of, picture_of, write

if TYPE_CHECKING:
    from explainer.chapters.limits import Sweep
    from explainer.networks import Network

_KINDS = ("rotation", "scale", "shift", "brightness", "blur", "noise")


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("sweep", help="change a picture step by step and ask at every step")
    parser.add_argument("image", metavar="IMAGE", help="a picture file, or sample:NAME")
    parser.add_argument("--by", choices=_KINDS, required=True, help="what is changed")
    add_network(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="PNG", help="draw film and curves into this file")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, one line a step")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Answer for every step in order; write the figure if asked."""
    from explainer.chapters.limits import KINDS, sweep

    network = network_of(parsed)
    found = sweep(network, picture_of(parsed.image), KINDS[parsed.by])
    if parsed.output:
        from explainer.chapters.limits.figures import sweep_sheet

        write(parsed.output, sweep_sheet(found, network.label))
    for step in range(len(found.values)):
        print(_as_json(parsed, network, found, step) if parsed.json else _as_line(found, step), flush=True)
    if not parsed.json:
        held, name = found.tolerance(), found.categories[found.first]
        print(f"{name} stays first from {held.low:g} to {held.high:g} ({found.kind.axis})")
    return 0


def _as_json(parsed: argparse.Namespace, network: Network, found: Sweep, step: int) -> str:
    moved = {layer: round(float(by), 6) for layer, by in zip(found.layers, found.distances[step], strict=True)}
    return json.dumps(
        {
            "image": parsed.image,
            "network": network.name,
            "weights": network.weights,
            "by": found.kind.name,
            "value": float(found.values[step]),
            "first": found.categories[found.first],
            "probability": round(float(found.probabilities[step, found.first]), 6),
            "rank": int(found.ranks(found.first)[step]),
            "top": [
                {"index": guess.index, "category": guess.category, "probability": round(guess.probability, 6)}
                for guess in found.top(step, 5)
            ],
            "moved": moved,
        },
        ensure_ascii=False,
    )


def _as_line(found: Sweep, step: int) -> str:
    (best,) = found.top(step, 1)
    return (
        f"{found.values[step]:8g}  {found.probabilities[step, found.first]:7.2%}  "
        f"{found.ranks(found.first)[step]:4d}.  {best.category}"
    )
