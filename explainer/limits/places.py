"""A thing without its surroundings, and the surroundings without the thing."""

from dataclasses import dataclass

import numpy as np
import torch

from explainer.limits.parts import best
from explainer.networks import Guess, Network, Trace
from explainer.verdict import CELLS, paint_out


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
    guesses = [best(row, trace.categories, count) for row in rows]
    return Apart(
        np.stack([trace.view, thing, place]), guesses, first.category, tuple(row[first.index].item() for row in rows)
    )
