"""The picture on which a place is chosen, with one feature map laid over it."""

import base64
from collections.abc import Callable

import numpy as np

from explainer.figures.tiles import address, magma
from explainer.receptive import Window
from explainer.ui.components import mount


def place_picker(
    view: np.ndarray,
    feature_map: np.ndarray,
    window: Window,
    *,
    key: str,
    selected: tuple[int, int],
    on_select: Callable[[int, int], None],
    alt: str,
    largest: float | None = None,
    ramp: np.ndarray | None = None,
) -> None:
    """Show a picture and where on it a detector fires; report the position chosen.

    Hovering frames the receptive field under the pointer and reads out the value there.

    Args:
        view: what the network sees, uint8 [H, W, 3].
        feature_map: float [rows, columns], drawn on magma up to its largest value.
        window: receptive field of the map's units.
        selected: (row, column) of the unit framed.
        on_select: called with (row, column) before the page runs again.
        alt: what the picture shows now.
        largest: the value at the ramp's end, to compare maps; the map's own largest by default.
        ramp: for signed maps, a diverging ramp (uint8 [256, 3]) with zero in its middle.
    """
    rows, columns = feature_map.shape
    data = {
        "image": address(view),
        "width": view.shape[1],
        "height": view.shape[0],
        "values": base64.b64encode(np.ascontiguousarray(feature_map, "<f4").tobytes()).decode(),
        "rows": rows,
        "columns": columns,
        "window": {"size": window.size, "step": window.step, "start": window.start},
        "ramp": (magma() if ramp is None else ramp).tolist(),
        "signed": ramp is not None,
        "largest": largest or None,
        "selected": list(selected),
        "alt": alt,
    }

    def changed(place) -> None:
        if place and 0 <= place[0] < rows and 0 <= place[1] < columns:
            on_select(int(place[0]), int(place[1]))

    mount("place_picker", key, data, on={"place": changed})
