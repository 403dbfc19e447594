"""The hill as a surface to turn, in the browser."""

from collections.abc import Callable, Mapping

from explainer.chapters.backpropagation.hill import LAST, Hill, Way
from explainer.figures.tiles import magma
from explainer.ui.components import mount

ANGLES = (125, 40)  # degrees: turned about the vertical, and how far one looks down on it


def hill_view(
    hill: Hill,
    way: Way,
    *,
    key: str,
    alt: str,
    angles: tuple[int, int],
    words: Mapping[str, str],
    on_turn: Callable[[tuple[int, int]], None],
) -> None:
    """Show a hill and a way down it; ``on_turn`` is called with the angles at which the visitor comes to rest."""
    low, high = float(hill.heights.min()), float(hill.heights.max())
    tall = (high - low) or 1.0
    inside = [
        (*((p - m) / hill.reach for p, m in zip(place, hill.middle, strict=True)), (cost - low) / tall)
        for place, cost in zip(way.places, way.costs, strict=True)
    ]
    data = {
        "heights": ((hill.heights - low) / tall).round(decimals=4).tolist(),
        "path": [[round(v, 4) for v in place] for place in inside if max(map(abs, place)) <= 1],
        "ramp": magma()[::4].tolist(),
        "last": LAST,
        "angles": list(angles),
        "alt": alt,
        "words": {"hill_turn": words["hill_turn"]},
    }

    def turned(sent) -> None:
        if found := angles_of(sent):
            on_turn(found)

    mount("hill_view", key, data, on={"angles": turned})


def angles_of(given: object) -> tuple[int, int] | None:
    """Two angles from the browser, or from a link as "35_38"; None if they are none."""
    if isinstance(given, str):
        given = [
            int(part) if part.isascii() and part.isdigit() and len(part) < 4 else None for part in given.split("_")
        ]
    if not (isinstance(given, list | tuple) and len(given) == 2 and all(isinstance(value, int) for value in given)):
        return None
    turn, tilt = given
    return turn % 360, max(9, min(86, tilt))
