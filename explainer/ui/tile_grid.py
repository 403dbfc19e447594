"""The grid of tiles in which detectors, maps and pictures are chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from explainer.figures.tiles import address, jpeg, png, sheet
from explainer.ui.components import mount


@dataclass(frozen=True)
class Sheet:
    """Tiles ready to be sent. address: of one picture of them all. across: tiles in a row of it."""

    address: str
    across: int
    count: int
    height: int
    width: int


def sheet_of(
    tiles: np.ndarray, colours: np.ndarray | None = None, photographs: bool = False, fine: bool = True
) -> Sheet:
    """Tiles as :func:`tile_grid` takes them, as one PNG; photographs as a JPEG, a quarter as large; see ``jpeg``."""
    count, height, width = tiles.shape[:3]
    across = min(count, 16)
    # Each tile is framed by its own edge: at some sizes a browser shows half a pixel of what lies beside it.
    framed = np.pad(tiles, [(0, 0), (1, 1), (1, 1), *[(0, 0)] * (tiles.ndim - 3)], mode="edge")
    kind, file = (
        ("jpeg", jpeg(sheet(framed, across), fine)) if photographs else ("png", png(sheet(framed, across), colours))
    )
    return Sheet(address(file, kind), across, count, height, width)


def tile_grid(
    tiles: np.ndarray | Sheet,
    *,
    key: str,
    labels: Sequence[str],
    selected: int | None,
    on_select: Callable[[int], None],
    alt: str,
    columns: int,
    narrow_columns: int | None = None,
    order: Sequence[int] | None = None,
    colours: np.ndarray | None = None,
    smooth: bool = False,
    names: Sequence[str] = (),
    invitation: str = "",
    faces: Sheet | None = None,
    acts: bool = False,
) -> None:
    """Show tiles in a grid and report the one chosen.

    The tiles travel as one picture. Hovering reads out a tile's label, a click or the arrow
    keys choose it; both are answered in the browser before the app hears of them.

    Args:
        tiles: uint8 [N, h, w, 3], or steps [N, h, w] on the ramp ``colours`` (uint8 [256, 3]); or a sheet of them
            that was made before.
        labels: one short line for each tile, in the tiles' order.
        selected: index of the tile that is marked.
        on_select: called with the index of the tile chosen, before the page runs again.
        alt: what the grid shows, for those who can't see it.
        columns, narrow_columns: tiles in a row on a wide stage and on a phone's.
        order: which tiles to show, first to last; all of them as they come by default.
        smooth: enlarge smoothly (photographs) instead of crisply (numbers as pixels).
        names: a word or two for each tile, to stand on it.
        invitation: the line shown while no tile is marked.
        faces: what stands beside the line of each tile, in the tiles' order: small pictures of whom the tiles are of.
        acts: every press of a tile is reported, of the same one again as well; arrow keys only lead on to others.
    """
    made = tiles if isinstance(tiles, Sheet) else sheet_of(tiles, colours)
    count = made.count
    data = {
        "sheet": made.address,
        "sheet_columns": made.across,
        "count": count,
        "columns": columns,
        "narrow_columns": narrow_columns or columns,
        "tile": [made.width, made.height],
        "order": list(range(count)) if order is None else [int(index) for index in order],
        "labels": list(labels),
        "selected": selected,
        "smooth": smooth,
        "names": list(names),
        "alt": alt,
        "invitation": invitation,
        "faces": faces and {"sheet": faces.address, "across": faces.across, "count": faces.count, "side": faces.width},
        "acts": acts,
    }

    def changed(index) -> None:
        if isinstance(index, int | float) and 0 <= index < count:  # nothing else comes from our own tiles
            on_select(int(index))

    mount("tile_grid", key, data, on={"pressed" if acts else "selected": changed})
