"""A thing without its surroundings, and the surroundings without the thing."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch.nn import functional

from explainer.attribution.evidence import evidence_layers, evidence_map, verdict
from explainer.attribution.painting import CELLS, paint_out
from explainer.networks import Guess, Network, Trace, best_guesses
from explainer.pictures import Crop, Picture


@dataclass(frozen=True, eq=False)
class Apart:
    """The picture as it is, the marked thing somewhere else, and its place without it.

    views: uint8 [3, size, size, 3]. guesses: the best of each. name: what the picture is called
    as it is, and probabilities: float [3], what is left of that.
    """

    views: np.ndarray
    guesses: list[list[Guess]]
    name: str
    probabilities: tuple[float, ...]


def middle() -> np.ndarray:
    """Where photographers put things: an ellipse in the middle, bool [CELLS, CELLS]."""
    along = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    return np.hypot(along[:, None] / 0.85, along / 0.6) < 1


def outlined(outline: str, picture: Picture, crop: Crop) -> np.ndarray:
    """The cells of what the network sees whose middle lies inside a thing: bool [CELLS, CELLS].

    outline: the thing's corners in thousandths of the picture's width and height, "420-180_500-180_480-300".
    """
    corners = [tuple(map(int, corner.split("-"))) for corner in outline.split("_")]
    across, down = picture.width / (crop.right - crop.left), picture.height / (crop.bottom - crop.top)
    fine = 8  # a cell is drawn so many dots wide
    on_crop = [
        (
            (x / 1000 * across - crop.left / (crop.right - crop.left)) * CELLS * fine,
            (y / 1000 * down - crop.top / (crop.bottom - crop.top)) * CELLS * fine,
        )
        for x, y in corners
    ]
    drawn = Image.new("1", (CELLS * fine, CELLS * fine))
    ImageDraw.Draw(drawn).polygon(on_crop, fill=1)
    return np.asarray(drawn).reshape(CELLS, fine, CELLS, fine).mean(axis=(1, 3)) > 0.5


def spoken_for(network: Network, trace: Trace) -> np.ndarray:
    """Where the first guess comes from, bool [CELLS, CELLS]: places around which at least half as much is added
    to its score as where most is. Of a network that finds it nowhere, the middle."""
    layer = evidence_layers(network)[-1]
    adds = evidence_map(verdict(network, trace, layer, trace.top(1)[0].index))
    around = functional.avg_pool2d(adds[None, None], 5, stride=1, padding=2)
    cells = functional.interpolate(around, (CELLS, CELLS), mode="bilinear")[0, 0]
    if not 0 < cells.max() < float("inf"):
        return middle()
    return (cells >= cells.max() / 2).numpy()


def taken_apart(
    network: Network, trace: Trace, cells: np.ndarray, thing_on: str, place_filled: str, count: int = 3
) -> Apart:
    """Cut the marked cells out and put them elsewhere; fill the hole that they leave.

    Args:
        cells: bool [CELLS, CELLS], the thing.
        thing_on: what the thing is put on; place_filled: what its place is filled with.
            Each "grey", "blur", or the name of a picture of the gallery.
    """
    thing = paint_out(network, trace.view, ~cells, thing_on)
    place = paint_out(network, trace.view, cells, place_filled)
    with torch.inference_mode():
        logits = network.run(network.preprocessing.normalise(np.stack([thing, place])))
    rows = [trace.probabilities, *logits.softmax(dim=1)]
    first = trace.top(1)[0]
    guesses = [best_guesses(row, trace.categories, count) for row in rows]
    return Apart(
        np.stack([trace.view, thing, place]), guesses, first.category, tuple(row[first.index].item() for row in rows)
    )
