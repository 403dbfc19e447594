"""``handout --route R -o FILE`` or ``handout --state CHAPTER?STATE -o FILE``: sheets to print, in one HTML file."""

import argparse

from explainer.commands.options import add_output, write
from explainer.errors import ExplainerError


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("handout", help="write sheets to print: a chapter's state, or a route")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--route", metavar="R", help="45, 90, five, evening, museum")
    what.add_argument("--state", metavar="CHAPTER?STATE", help="as in a link: convolution?filter=edges")
    parser.add_argument(
        "--address", default="http://localhost:8501", metavar="URL", help="where the class finds the app (%(default)s)"
    )
    add_output(parser)
    parser.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    from explainer.classroom.handout import handout
    from explainer.classroom.opened import sheet_of
    from explainer.teaching.routes import routes

    route = None
    if parsed.route is not None:
        if parsed.route not in routes():
            raise ExplainerError(f"There is no route {parsed.route}. There are {', '.join(routes())}.")
        route = routes()[parsed.route]
    stops = [(stop.link, stop.ask) for stop in route.stops] if route else [(parsed.state, "")]
    sheets = [sheet_of(link, parsed.address, ask) for link, ask in stops]
    write(parsed.output, handout(sheets, route).encode())
    return 0
