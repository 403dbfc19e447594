"""Any kernel on the visitor's picture: the grid to paint weights on, and the pictures before and after."""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from explainer.chapters.convolution.figures import result_picture
from explainer.chapters.convolution.filtering import KERNEL_SIDES, Filtered, Look
from explainer.figures.tiles import address, png
from explainer.ui.components import component
from explainer.ui.theme import palette
from explainer.workshop import once

AFTER = {"signed map": "after_signed", "after relu": "after_relu", "picture": "after_picture"}


def kernel_painter(weights: np.ndarray, words: Mapping[str, str], on_paint: Callable[[np.ndarray], None]) -> None:
    """Show a kernel, float [k, k]; ``on_paint`` is called with the weights painted before the page runs again."""
    side = len(weights)

    def changed() -> None:
        made = st.session_state["kernel_painter"].get("kernel") or {}
        painted = np.array(made.get("weights", []), float)
        if made.get("side") in KERNEL_SIDES and painted.size == made["side"] ** 2 and np.isfinite(painted).all():
            on_paint(painted.reshape(made["side"], made["side"]))

    component("kernel_painter")(
        key="kernel_painter",
        data={
            "side": side,
            "kernel": weights.ravel().tolist(),
            "alt": words["kernel_alt"].format(side=side),
            "words": {"paint": words["paint"]},
        },
        on_kernel_change=changed,
    )


def kernel_view(
    pixels: np.ndarray, weights: np.ndarray, filtered: Filtered, look: Look, words: Mapping[str, str]
) -> None:
    """Show a picture, uint8 [H, W, 3], beside what a kernel makes of it."""
    height, width = pixels.shape[:2]
    rows, columns = filtered.values.shape
    after = png(np.ascontiguousarray(result_picture(filtered, look, palette())))
    sizes = {"width": width, "height": height, "rows": rows, "columns": columns}
    shown = {"before": words["before"], "after": words[AFTER[look]]}
    component("kernel_view")(
        key="kernel_view",
        data={
            "before": address(_picture_png(pixels)),
            "after": address(after),
            "width": width,
            "height": height,
            "side": len(weights),
            "kernel": weights.ravel().tolist(),
            "alt": f"The picture through a kernel of {len(weights)} by {len(weights)}, as {shown['after']}".format(
                **sizes
            ),
            "words": {
                **{name: text.format(**sizes) for name, text in shown.items()},
                **{name: words[name] for name in ("keys", "invitation", "readout")},
            },
        },
    )


def _picture_png(pixels: np.ndarray) -> bytes:
    key = ("png", hashlib.sha256(pixels.tobytes()).hexdigest(), pixels.shape)
    return once(key, lambda: png(pixels))
