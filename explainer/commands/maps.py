"""``maps IMAGE --layer L -o PNG``: what every detector of a layer makes of a picture."""

import argparse

from explainer.commands.options import add_network, add_output, network_of, picture_of, write


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("maps", help="draw what a layer makes of a picture: maps, or squares")
    parser.add_argument("image", metavar="IMAGE", help="a picture file, or sample:NAME")
    parser.add_argument("--layer", required=True, metavar="L", help="conv1, conv2, …")
    add_network(parser)
    add_output(parser)
    parser.add_argument("--shared", action="store_true", help="one scale for the whole sheet")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    from explainer.chapters.layers.anatomy import answers
    from explainer.chapters.layers.figures import vector_sheet
    from explainer.figures.maps import map_sheet

    network = network_of(parsed)
    network.layer(parsed.layer)  # a name that is not there is told before any work is done
    values = answers(network, network.trace(picture_of(parsed.image)), parsed.layer)
    if values.dim() == 1:
        write(parsed.output, vector_sheet(values))
    else:
        write(parsed.output, map_sheet(values.numpy(), parsed.shared))
    return 0
