"""The grid of tiles in which detectors, maps and pictures are chosen."""

import base64
from collections.abc import Callable, Sequence

import numpy as np

from explainer.figures.tiles import png, sheet
from explainer.ui.components import component


def tile_grid(
    tiles: np.ndarray,
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
    invitation: str = "",
) -> None:
    """Show tiles in a grid and report the one chosen.

    The tiles travel as one PNG. Hovering reads out a tile's label, a click or the arrow
    keys choose it; both are answered in the browser before the app hears of them.

    Args:
        tiles: uint8 [N, h, w, 3], or steps [N, h, w] on the ramp ``colours`` (uint8 [256, 3]).
        labels: one short line for each tile, in the tiles' order.
        selected: index of the tile that is marked.
        on_select: called with the index of the tile chosen, before the page runs again.
        alt: what the grid shows, for those who can't see it.
        columns, narrow_columns: tiles in a row on a wide stage and on a phone's.
        order: which tiles to show, first to last; all of them as they come by default.
        smooth: enlarge smoothly (photographs) instead of crisply (numbers as pixels).
        invitation: the line shown while no tile is marked.
    """
    count, height, width = tiles.shape[:3]
    across = min(count, 16)
    # Each tile is framed by its own edge: at some sizes a browser shows half a pixel of what lies beside it.
    framed = np.pad(tiles, [(0, 0), (1, 1), (1, 1), *[(0, 0)] * (tiles.ndim - 3)], mode="edge")
    data = {
        "sheet": "data:image/png;base64," + base64.b64encode(png(sheet(framed, across), colours)).decode(),
        "sheet_columns": across,
        "count": count,
        "columns": columns,
        "narrow_columns": narrow_columns or columns,
        "tile": [width, height],
        "order": list(range(count)) if order is None else [int(index) for index in order],
        "labels": list(labels),
        "selected": selected,
        "smooth": smooth,
        "alt": alt,
        "invitation": invitation,
    }

    def changed() -> None:
        from streamlit import session_state

        index = session_state[key].get("selected")
        if index is not None and 0 <= index < count:
            on_select(int(index))

    component("tile_grid")(key=key, data=data, on_selected_change=changed)
