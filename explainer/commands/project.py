"""``project IMAGE --layer L [--unit U] -o PNG``: what in a picture made a unit fire."""

import argparse

from explainer.commands.options import add_network, add_output, network_of, picture_of, write
from explainer.errors import NetworkError

_METHODS = ("deconvnet", "guided", "gradient")


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("project", help="send units' activations back down to the pixels")
    parser.add_argument("image", metavar="IMAGE", help="a picture file, or sample:NAME")
    parser.add_argument("--layer", required=True, metavar="L", help="conv1, conv2, …")
    parser.add_argument("--unit", type=int, metavar="U", help="one unit; without it, the nine that fire most")
    parser.add_argument(
        "--position",
        type=_position,
        metavar="R,C",
        help="its row and column on the map; else where it fires most",
    )
    parser.add_argument("--method", choices=_METHODS, default="deconvnet", help="deconvnet if not given")
    add_network(parser)
    add_output(parser)
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Write projections beside patches, and say where each unit fires and how much."""
    from explainer.deconvnet import project, strongest
    from explainer.figures.plate import plate
    from explainer.figures.tiles import png

    if parsed.position is not None and parsed.unit is None:
        raise NetworkError("A position is that of one unit: give --unit as well.")
    network, picture = network_of(parsed), picture_of(parsed.image)
    if parsed.unit is None:
        projections = strongest(network, picture, parsed.layer, method=parsed.method)
    else:
        projections = [project(network, picture, parsed.layer, parsed.unit, parsed.position, parsed.method)]
    if not projections:
        raise NetworkError(f"No unit of {parsed.layer} fires in this picture.")
    write(parsed.output, png(plate(projections)))
    for projection in projections:
        place = "" if projection.position is None else " at row {}, column {}".format(*projection.position)
        print(f"{projection.layer} unit {projection.unit}{place}: {projection.value:.4g}")
    return 0


def _position(text: str) -> tuple[int, int]:
    try:
        row, column = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError("a row and a column, as in 6,7") from None
    return row, column
