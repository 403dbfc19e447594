"""``index FOLDER -o DIR``: the nine pictures of a folder that excite each detector most."""

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path

from explainer.commands import complain
from explainer.commands.options import add_network, network_of, write
from explainer.commands.progress import progress_line
from explainer.errors import DataError, ExplainerError


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("index", help="find what excites each detector most, over many pictures")
    parser.add_argument("folder", metavar="FOLDER", help="a folder, a zip archive, gallery or imagenette")
    parser.add_argument(
        "--layer", metavar="L", help="also draw this layer's detectors, nine patches and projections each"
    )
    parser.add_argument("--units", type=_units, metavar="A-B", help="only these of the layer, as in 0-15,40")
    parser.add_argument(
        "--afresh", action="store_true", help="don't go on with an earlier, unfinished or damaged index"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="the folder to write into")
    parser.add_argument("--ray", metavar="ADDRESS", help="work on this Ray cluster: auto, host:6379, ray://host:10001")
    add_network(parser)
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Build or finish the index, then write ``L.json`` for each layer, and ``L-000.png`` … where asked.

    Interrupted, it goes on from there when called again.
    """
    from explainer.corpus import open_corpus, open_index, reasons

    network = network_of(parsed)
    if parsed.layer is not None:
        network.layer(parsed.layer)
    corpus = open_corpus(parsed.folder)
    for reason, count, example in reasons(corpus.left_out):
        print(f"left out: {count} × {reason} ({example})", file=sys.stderr)
    try:
        parsed.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExplainerError(f"{parsed.output} cannot be a folder: {error.strerror}.") from error
    index = open_index(network, corpus, parsed.output, parsed.afresh)
    _build(network, corpus, index, parsed.ray)
    code = 0
    for number, reason in index.left_out.items():
        code = complain(DataError(f"{corpus.label(number)}: {reason}"))
    for layer in index.layers:
        write(parsed.output / f"{layer}.json", _listing(corpus, index, layer))
    if parsed.layer is not None:
        _draw(network, corpus, index, parsed.layer, parsed.units, parsed.output)
    return code


def _build(network, corpus, index, cluster: str | None) -> None:
    from explainer.corpus import build

    if cluster is None:
        running = build(network, corpus, index)
    else:
        from explainer.corpus.cluster import build_on_cluster

        running = build_on_cluster(network, corpus, index, cluster)
    with closing(running) as states, progress_line() as say:
        for state in states:
            left = "" if state.seconds_left is None else f", {state.seconds_left:.0f} s left"
            say(f"{state.done} of {state.total} pictures{left}   ")
    if index.unsaved:
        raise DataError(index.unsaved)


def _listing(corpus, index, layer: str) -> bytes:
    """A layer's detectors as JSON: for each, its sightings, strongest first."""
    units = [
        [
            {
                "value": seen.value,
                "picture": corpus.label(seen.picture),
                "row": seen.row,
                "column": seen.column,
            }
            for seen in index.top(layer, unit)
        ]
        for unit in range(len(index.layers[layer].values))
    ]
    return json.dumps({"layer": layer, "network": index.network, "pictures": index.done, "units": units}).encode()


def _draw(network, corpus, index, layer: str, units: list[int] | None, folder: Path) -> None:
    from explainer.corpus import exemplars
    from explainer.figures.plate import plate
    from explainer.figures.tiles import png

    for unit in range(network.layer(layer).shape[0]) if units is None else units:
        if found := exemplars(network, corpus, index, layer, unit):
            write(folder / f"{layer}-{unit:03d}.png", png(plate([one.projection for one in found])))


def _units(text: str) -> list[int]:
    """ "0-3,7" → [0, 1, 2, 3, 7]."""
    units = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            units += range(int(first), int(last or first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError("unit numbers and ranges, as in 0-15,40") from None
    return units
