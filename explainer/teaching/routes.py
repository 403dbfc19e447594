"""Routes through the chapters: stops in order, with their minutes and what a teacher says and asks there."""

import tomllib
from dataclasses import dataclass
from functools import cache

from explainer.chapters import WORDS

LESSON = 45  # minutes


@dataclass(frozen=True)
class Stop:
    """A chapter in a state (as a link), for some minutes: goal, what to say and ask, what usually goes wrong."""

    link: str
    minutes: int
    goal: str
    say: str
    ask: str
    wrong: str


@dataclass(frozen=True)
class Route:
    """A way through: its name in links, title, whom it is for, stops; homework after each lesson, if any."""

    name: str
    title: str
    about: str
    stops: tuple[Stop, ...]
    homework: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        return sum(stop.minutes for stop in self.stops)

    def reached(self, place: int) -> int:
        """Minutes that have passed when the stop at ``place``, from 0, begins."""
        return sum(stop.minutes for stop in self.stops[:place])

    def lessons(self) -> list[list[int]]:
        """The places of the stops of each lesson; one lesson where there is no homework."""
        places = range(len(self.stops))
        if not self.homework:
            return [list(places)]
        return [
            [place for place in places if self.reached(place) // LESSON == lesson]
            for lesson in range(len(self.homework))
        ]


@cache
def routes() -> dict[str, Route]:
    """Every route by its name."""
    data = tomllib.loads((WORDS / "routes.toml").read_text(encoding="utf-8"))
    found = {}
    for route in data["routes"]:
        stops = tuple(Stop(minutes=minutes, **data["stops"][name]) for name, minutes in route["stops"])
        found[route["name"]] = Route(**{**route, "stops": stops, "homework": tuple(route.get("homework", ()))})
    return found


def on_route(given: object) -> tuple[Route, int] | None:
    """The route and the place on it, from 0, that a link's word such as "45-3" means; None if it means none."""
    name, _, place = str(given).partition("-")
    route = routes().get(name)
    if route is None or not (place.isascii() and place.isdigit() and len(place) < 4):
        return None
    return (route, int(place) - 1) if 1 <= int(place) <= len(route.stops) else None


def link_to(route: Route, place: int) -> str:
    """The link of a stop, with its place on the route."""
    link = route.stops[place].link
    return f"{link}{'&' if '?' in link else '?'}present=true&route={route.name}-{place + 1}"


@cache
def words() -> dict[str, str]:
    """What the page for teachers says besides."""
    return tomllib.loads((WORDS / "teachers.toml").read_text(encoding="utf-8"))["words"]
