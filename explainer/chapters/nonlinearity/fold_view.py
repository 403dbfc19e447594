"""The plane of exclusive-or with two lines to drag, and the plane as two neurons fold it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from explainer.chapters.nonlinearity.fold import CORNERS, SOLUTIONS, START, STEEPNESS, WANTED, Line, read_lines
from explainer.errors import DataError
from explainer.ui.components import mount


def fold_view(
    lines: tuple[Line, Line],
    *,
    key: str,
    version: str,
    bend: str,
    folded: int,
    names: tuple[str, ...],
    words: Mapping[str, str],
    on_move: Callable[[tuple[Line, Line], int], None],
) -> None:
    """Show two neurons' lines and where they take the four corners.

    Args:
        version: another one for other lines; only then does the browser take them over.
        folded: how far the plane is on its way, 0 to 100.
        names: of the corners.
        on_move: called with the lines and the share as the visitor left them, before the page runs again.
    """
    data = {
        "version": version,
        "lines": [asdict(line) for line in lines],
        "start": [asdict(line) for line in START],
        "solution": [asdict(line) for line in SOLUTIONS.get(bend, ())],
        "bend": bend,
        "steepness": STEEPNESS[bend],
        "folded": folded,
        "corners": CORNERS.tolist(),
        "wanted": WANTED.tolist(),
        "names": list(names),
        "words": dict(words),
    }

    def moved(given) -> None:
        if not isinstance(given, dict) or given.get("version") != version:
            return
        share = given.get("folded")
        try:
            found = read_lines(str(given.get("text")))
        except DataError:
            return  # the page keeps the lines that it has
        on_move(found, share if isinstance(share, int) and 0 <= share <= 100 else folded)

    mount("fold_view", key, data, on={"lines": moved}, parts=("plane",))
