"""``filters -o PNG``: the first layer's filters on one sheet."""

import argparse

from explainer.commands.options import add_network, add_output, network_of, write


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("filters", help="draw the first layer's filters")
    add_network(parser)
    add_output(parser)
    parser.add_argument("--shared", action="store_true", help="one scale for the whole sheet")
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    from explainer.chapters.first_layer.figures import filter_sheet
    from explainer.chapters.first_layer.filters import first_layer

    write(parsed.output, filter_sheet(first_layer(network_of(parsed)), shared=parsed.shared))
    return 0
