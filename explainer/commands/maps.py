"""``maps IMAGE --layer L -o PNG``: what every detector of a layer makes of a picture."""

import argparse

from explainer.commands.options import add_network, add_output, network_of, picture_of, write
from explainer.errors import NetworkError


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("maps", help="draw a layer's feature maps of a picture")
    parser.add_argument("image", metavar="IMAGE", help="a picture file, or sample:NAME")
    parser.add_argument("--layer", required=True, metavar="L", help="conv1, conv2, …")
    add_network(parser)
    add_output(parser)
    parser.add_argument("--shared", action="store_true", help="one scale for the whole sheet")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    from explainer.figures.maps import map_sheet

    network = network_of(parsed)
    if len(network.layer(parsed.layer).shape) != 3:
        spatial = ", ".join(layer.name for layer in network.layers if len(layer.shape) == 3)
        raise NetworkError(f"{parsed.layer} has no maps, only single numbers; there are maps in {spatial}.")
    maps = network.trace(picture_of(parsed.image))[parsed.layer]
    write(parsed.output, map_sheet(maps.numpy(), parsed.shared))
    return 0
