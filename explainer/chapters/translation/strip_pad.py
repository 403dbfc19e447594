"""A pad to write a number or a digit on, and a line of digits being read window by window."""

import base64
import binascii
from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor, uint8

from explainer.digits.lines import Found, Scan, number_read
from explainer.figures.tiles import magma
from explainer.ui.components import mount

WIDTH, HEIGHT = 640, 112  # of the pad in pixels of its own, as in strip_pad.js


def strip_pad(
    drawing: np.ndarray | None, *, key: str, words: Mapping[str, str], on_draw: Callable, width: int = WIDTH
) -> None:
    """Show the pad with ``drawing``, uint8 [112, width], to begin with; ``on_draw`` is called with the new one."""

    def drawn(sent) -> None:
        ink = drawing_of(sent, width)
        if ink is not None:
            on_draw(ink)

    data = {"drawing": _text(drawing) if drawing is not None else "", "words": dict(words), "width": width}
    mount("strip_pad", key, data, on={"drawing": drawn})


def drawing_of(text: object, width: int = WIDTH) -> np.ndarray | None:
    """What the browser sent as a drawing: uint8 [112, width], or None if it is none."""
    try:
        ink = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (TypeError, ValueError, binascii.Error):
        return None
    return ink.reshape(HEIGHT, width) if len(ink) == width * HEIGHT else None


def strip_reader(
    strip: Tensor, scan: Scan | None, found: list[Found], *, key: str, version: str, words: Mapping[str, str]
) -> None:
    """Show a line of digits [H, W], the ten outputs' maps over it as far as they are read, and what was found."""
    data = {
        "version": version,
        "rows": strip.shape[0],
        "columns": strip.shape[1],
        "strip": _levels(strip),
        "maps": "",
        "found": [{"digit": f.digit, "said": round(f.said, 3), "box": f.box} for f in found],
        "number": number_read(found),
        "magma": magma().tolist(),
        "words": dict(words),
    }
    if scan is not None:
        # Windows not yet read are 255; the outputs take the steps below.
        levels = (scan.maps * 254).round().nan_to_num(255).to(uint8)
        data |= {
            "maps": _text(levels.numpy()),
            "map_rows": scan.maps.shape[1],
            "map_columns": scan.maps.shape[2],
        }
    mount("strip_reader", key, data)


def _levels(values: Tensor) -> str:
    return _text((values.clamp(0, 1) * 255).round().to(uint8).numpy())


def _text(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
