"""The picture on which boxes are marked."""

from collections.abc import Callable, Sequence

import numpy as np

from explainer.chapters.limits import Box, decode_boxes
from explainer.chapters.limits.parts import MOST
from explainer.figures.tiles import address
from explainer.ui.components import mount


def box_marker(
    pixels: np.ndarray, boxes: Sequence[Box], *, key: str, on_mark: Callable[[list[Box]], None], alt: str
) -> None:
    """Show a picture with its boxes, and report them when one was drawn, moved, resized or removed.

    Args:
        pixels: uint8 [H, W, 3]. boxes: in thousandths of its sides.
        on_mark: called with the new boxes before the page runs again.
        alt: what the picture shows now.
    """
    data = {
        "image": address(pixels),
        "boxes": [[box.left, box.top, box.width, box.height] for box in boxes],
        "most": MOST,
        "invitation": "Drag a box over each part that you want to turn.",
        "alt": alt,
    }

    def changed(marked) -> None:
        if isinstance(marked, str):
            on_mark(decode_boxes(marked))

    mount("box_marker", key, data, on={"boxes": changed})
