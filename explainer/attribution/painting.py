"""Painting out: a region of what the network sees replaced, and the trace of what is left."""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageFilter

from explainer.errors import PictureError
from explainer.gallery import sample
from explainer.networks import Network, Trace

# Side of the raster in which a region is painted.
CELLS = 28
# Mid-grey is what the network's own arithmetic calls zero: the mean colour of its pictures.
FILLS = ("grey", "blur")


def encode(cells: np.ndarray) -> str:
    """A painted raster, bool [CELLS, CELLS], as a word for the link: runs of clear and painted cells, in base 36."""
    flat = cells.ravel()
    turns = np.flatnonzero(np.diff(flat, prepend=False))
    runs = np.diff(turns, prepend=0, append=flat.size)
    return "-".join(np.base_repr(run, 36).lower() for run in runs) if flat.any() else ""


def decode(text: str) -> np.ndarray:
    """The inverse of :func:`encode`; nothing painted where the word is not one of ours."""
    clear = np.zeros((CELLS, CELLS), bool)
    try:
        runs = [int(part, 36) for part in text.split("-")] if text else []
    except ValueError:
        return clear
    if len(runs) > CELLS**2 + 1 or min(runs, default=0) < 0 or sum(runs) != CELLS**2:
        return clear
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(CELLS, CELLS)


def paint_out(network: Network, view: np.ndarray, cells: np.ndarray, fill: str) -> np.ndarray:
    """What the network sees, with a region replaced.

    Args:
        view: uint8 [H, W, 3]. cells: bool [CELLS, CELLS], True where painted.
        fill: "grey" (the mean colour of the network's training), "blur" (so much that no detail is
            left), or the name of a picture of the gallery, whose same place is put there.

    Returns uint8 [H, W, 3].

    Raises:
        PictureError: there is no such fill.
    """
    height, width = view.shape[:2]
    mask = cells[np.arange(height) * CELLS // height][:, np.arange(width) * CELLS // width]
    if fill == "grey":
        other = np.broadcast_to(np.rint(255 * np.array(network.preprocessing.mean)).astype(np.uint8), view.shape)
    elif fill == "blur":
        other = np.asarray(Image.fromarray(view).filter(ImageFilter.GaussianBlur(width / 14)))
    else:
        other = network.view(sample(fill))[0]
    if other.shape != view.shape:
        raise PictureError("The picture put in must have the size of the one it is put into.")
    return np.where(mask[..., None], other, view)


def trace_view(network: Network, trace: Trace, view: np.ndarray) -> Trace:
    """The trace of other pixels in the same crop: uint8 [H, W, 3] of the network's own size."""
    seen = network.preprocessing.normalise(view)
    x, activations = seen[None], {}
    with torch.no_grad():
        for name in trace.activations:
            x = network.run(x, start=name, stop=name)
            activations[name] = x[0]
    return replace(trace, view=view, input=seen, activations=activations)
