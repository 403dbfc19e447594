"""A small network to take away: its answer on the plane, and each neuron's own picture of it."""

import numpy as np

from explainer.chapters.nonlinearity.learning import Lap
from explainer.chapters.nonlinearity.points import REACH
from explainer.figures.slide import Figure, Panel
from explainer.figures.tiles import LIGHT, Palette, diverging, rgb

_SIDE = 240  # pixels of a picture, each way


def pictures(lap: Lap, side: int = _SIDE) -> list[list[np.ndarray]]:
    """What every neuron says all over the plane, layer by layer, the output last: float [side, side] each."""
    step = 2 * REACH / side
    along = -REACH + (np.arange(side) + 0.5) * step
    places = np.stack(np.meshgrid(along, -along), -1).reshape(-1, 2)
    said = lap.network.forward(lap.network.inputs(places))[1][1:]
    return [[neuron.reshape(side, side) for neuron in layer.T] for layer in said]


def coloured(values: np.ndarray, palette: Palette, most: float | None = None) -> np.ndarray:
    """Values as colours, ±most (the largest where not given) as the ends: uint8 [..., 3]."""
    most = most or float(np.abs(values).max()) or 1.0
    return diverging(palette)[np.round(127.5 + 127.5 * np.clip(values / most, -1, 1)).astype(int)]


def network_figure(lap: Lap, palette: Palette = LIGHT) -> Figure:
    """The answer with the points learned from, then each hidden neuron's picture."""
    *hidden, (answer,) = pictures(lap)
    pixels = coloured(answer, palette, 1.0)
    for (x, y), kind in zip(lap.task.seen, lap.task.seen_kinds, strict=True):
        column, row = ((np.array([x, -y]) + REACH) / (2 * REACH) * _SIDE).astype(int)
        if 3 <= row < _SIDE - 3 and 3 <= column < _SIDE - 3:
            pixels[row - 3 : row + 4, column - 3 : column + 4] = rgb(palette.page)
            colour = palette.positive if kind > 0 else palette.negative
            pixels[row - 2 : row + 3, column - 2 : column + 3] = rgb(colour)
    panels = [
        Panel(coloured(values, palette), label=f"layer {layer}, {number}")
        for layer, neurons in enumerate(hidden, start=1)
        for number, values in enumerate(neurons, start=1)
    ]
    about = f"After {lap.epoch} epochs: {lap.unseen_right:.1%} of points never seen are right."
    return Figure(panels, about, above=[Panel(pixels, label="the answer")])
