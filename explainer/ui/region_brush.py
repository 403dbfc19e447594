"""The picture on which a region is painted out."""

from collections.abc import Callable

import numpy as np

from explainer.figures.tiles import address
from explainer.ui.components import mount


def region_brush(
    view: np.ndarray,
    cells: np.ndarray,
    *,
    key: str,
    on_paint: Callable[[np.ndarray], None],
    alt: str,
    invitation: str = "Drag over what you want to take away.",
    said: str = "painted out",
) -> None:
    """Show a picture, painted as it is now, and report the region when a stroke ends.

    Args:
        view: uint8 [H, W, 3], with the region already replaced.
        cells: bool [side, side], the region.
        on_paint: called with the new region before the page runs again.
        alt: what the picture shows now.
        invitation: the line while there is no region. said: what the region is, after its share.
    """
    side = len(cells)
    data = {
        "image": address(view),
        "side": side,
        "cells": "".join("1" if cell else "0" for cell in cells.ravel()),
        "invitation": invitation,
        "said": said,
        "alt": alt,
    }

    def changed(painted) -> None:
        if isinstance(painted, str) and len(painted) == side * side and set(painted) <= {"0", "1"}:
            on_paint(np.array([cell == "1" for cell in painted]).reshape(side, side))

    mount("region_brush", key, data, on={"cells": changed})
