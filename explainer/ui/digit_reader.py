"""The stage of *Reading digits*: a digit, a drawing or a piece of a photograph, and the network's answer to it."""

import base64
import binascii
from collections.abc import Callable, Mapping
from math import isfinite

import numpy as np
from PIL import Image

from explainer.digits import Network
from explainer.digits.drawn import PAD
from explainer.figures.tiles import address, magma
from explainer.ui.components import mount

SOURCES = ("test digits", "draw", "photograph")
MOST_HIDDEN = 30  # neurons that find room on the stage
_MOST_WIDE = 400  # of a photograph, on the page


def has_room(network: Network) -> bool:
    """Whether the stage can show a network: one hidden layer, not too many neurons."""
    return len(network.sizes) == 3 and network.sizes[1] <= MOST_HIDDEN


def packed(values) -> str:
    """Numbers on their way to the browser: base64 of float32."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()


def digit_reader(
    network: Network,
    pixels,
    *,
    key: str,
    source: str,
    words: Mapping[str, str],
    label: int | None = None,
    drawing: np.ndarray | None = None,
    photograph: np.ndarray | None = None,
    cut: tuple[float, float, float] = (0, 0, 1),
    on_draw: Callable[[np.ndarray], None] = lambda ink: None,
    on_cut: Callable[[tuple[float, float, float]], None] = lambda cut: None,
) -> None:
    """Show the network reading ``pixels`` [28, 28], every wire coloured by weight × activation.

    The forward pass is computed in the browser, so that the answer follows the pen; the app hears of
    a drawing when the pen has rested.

    Args:
        source: one of :data:`SOURCES`, which decides what stands before the network.
        label: the digit that it really is, where known.
        drawing: ink on the pad, uint8 [112, 112], to begin with.
        photograph: uint8 [H, W, 3]; ``cut`` is the square taken from it, (left, top, side) as shares of
            its width, ``top`` of its height.
        on_draw, on_cut: called with the new drawing or square before the page runs again.
    """
    data = {
        "mode": source,
        "hidden": network.sizes[1],
        "w1": packed(network.weights[0]),
        "b1": packed(network.biases[0]),
        "w2": packed(network.weights[1]),
        "b2": packed(network.biases[1]),
        "pixels": packed(pixels),
        "label": label,
        "drawing": base64.b64encode(drawing.tobytes()).decode() if drawing is not None else "",
        "version": source,
        "magma": magma().tolist(),
        "words": dict(words),
    }
    if photograph is not None:
        small = Image.fromarray(photograph)
        small.thumbnail((_MOST_WIDE, _MOST_WIDE))
        data |= {
            "photo": address(np.asarray(small)),
            "photo_width": small.width,
            "photo_height": small.height,
            "cut": list(cut),
        }

    def drawn(sent) -> None:
        if (ink := drawing_of(sent)) is not None:
            on_draw(ink)

    def cut_out(sent) -> None:
        if (square := square_of(sent)) is not None:
            on_cut(square)

    mount("digit_reader", key, data, on={"drawing": drawn, "cut": cut_out}, parts=("digit_net",))


def drawing_of(text: object) -> np.ndarray | None:
    """What the browser sent as a drawing: uint8 [112, 112], or None if it is none."""
    try:
        ink = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error):
        return None
    return ink.reshape(PAD, PAD) if len(ink) == PAD * PAD else None


def square_of(given: object) -> tuple[float, float, float] | None:
    """What the browser sent as a square, or None if it is none."""
    if not (isinstance(given, list) and len(given) == 3):
        return None
    if not all(isinstance(value, int | float) and isfinite(value) and 0 <= value <= 1 for value in given):
        return None
    return tuple(map(float, given))
