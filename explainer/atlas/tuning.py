"""Tuning: what a detector answers to gratings and patches, drawn so that one thing varies at a time.

As Hubel and Wiesel measured cells of a cat in 1959, with bars of light on a screen: at the middle of the
map, one detector's sum is noted for every angle, width, colour and place. Sums, not what is handed on, so that a
detector that stays silent still shows what it leans to; above zero it fires.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, product

import numpy as np
import torch
from torch import Tensor

from explainer.networks import Network
from explainer.networks.bends import BENDS
from explainer.networks.layers import Layer

ANGLES = tuple(range(0, 180, 15))  # degrees, of the stripes: 0 runs across, 90 upright
WIDTHS = (2, 3, 4, 6, 8, 12, 16, 24)  # pixels of a stripe, half a period
PHASES = 4
HUES = tuple(range(0, 360, 30))  # degrees on the colour wheel: 0 red, 120 green, 240 blue
PLACES = 7  # rows and columns of places in a receptive field at which a patch is shown
GREY = 0.5
BATCH = 32  # pictures at once


@dataclass(frozen=True)
class Tuning:
    """Sums of the detectors of one layer, in the middle of the map, each the largest over what is not asked about.

    gratings: float32 [units, angles, widths], black and white stripes all over the picture.
    hues: float32 [units, hues]: a field, a disc or stripes of that colour on grey.
    places: float32 [units, 7, 7]: a patch of stripes at places in what the unit sees.
    grey: float32 [units], to the grey picture.
    """

    gratings: np.ndarray = field(repr=False)
    hues: np.ndarray = field(repr=False)
    places: np.ndarray = field(repr=False)
    grey: np.ndarray = field(repr=False)


def tuning_of(network: Network, layer: Layer) -> Tuning:
    """Measure the detectors of one layer with drawn pictures."""
    side, centre = network.preprocessing.size, layer.shape[1] // 2
    low, _, high, _ = layer.window.box(centre, centre)
    reach = min(high - low, side)
    grid = np.mgrid[:side, :side].astype(np.float32) + 0.5 - (low + high) / 2

    def ask(pictures: Iterator[np.ndarray]) -> np.ndarray:
        """Sums for pictures [H, W, 3] of 0 to 1: float32 [pictures, units]."""
        rows = []
        while batch := list(islice(pictures, BATCH)):
            x = torch.from_numpy(np.stack(batch)).movedim(-1, 1)
            rows.append(_sums(network, layer.name, x)[:, :, centre, centre].numpy())
        return np.concatenate(rows)

    gratings = ask(
        grating(grid, angle, width, phase / PHASES)[..., None].repeat(3, -1)
        for angle in ANGLES
        for width in WIDTHS
        for phase in range(PHASES)
    ).reshape(len(ANGLES), len(WIDTHS), PHASES, -1)
    hues = ask(picture for hue in HUES for picture in coloured_pictures(grid, hue, reach))
    places = ask(picture for picture in patches(grid, reach)).reshape(PLACES, PLACES, -1, layer.shape[0])
    grey = ask(iter([np.full((side, side, 3), GREY, np.float32)]))
    return Tuning(
        np.moveaxis(gratings.max(2), -1, 0).copy(),
        hues.reshape(len(HUES), -1, layer.shape[0]).max(1).T.copy(),
        np.moveaxis(places.max(2), -1, 0).copy(),
        grey[0],
    )


def grating(grid: np.ndarray, angle: float, width: float, phase: float) -> np.ndarray:
    """Stripes from black to white, a sine: float32 [H, W] of 0 to 1.

    grid: rows and columns from the middle, [2, H, W]. angle: of the stripes, in degrees. width: of one stripe, in
    pixels. phase: share of a period that it is moved by.
    """
    turned = np.deg2rad(angle)
    across = grid[0] * np.cos(turned) + grid[1] * np.sin(turned)
    return (GREY + 0.5 * np.sin(2 * np.pi * (across / (2 * width) + phase))).astype(np.float32)


def colour_of(hue: float) -> np.ndarray:
    """The full colour at an angle of the colour wheel, float32 [3] of 0 to 1."""
    return np.clip(np.abs((hue / 60 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1).astype(np.float32)


def coloured_pictures(grid: np.ndarray, hue: float, reach: float) -> list[np.ndarray]:
    """A colour on grey: everywhere, as discs of three sizes, all round a disc, as stripes at four angles."""
    radius = np.hypot(*grid)
    shapes = [np.ones_like(radius), *((radius < share * reach / 2) for share in (0.25, 0.5, 1)), radius > reach / 4]
    shapes += [grating(grid, angle, max(2, reach / 6), 0.25) for angle in (0, 45, 90, 135)]
    return [GREY + shape[..., None].astype(np.float32) * (colour_of(hue) - GREY) for shape in shapes]


def patches(grid: np.ndarray, reach: float) -> Iterator[np.ndarray]:
    """Stripes through a soft round window, at 7 × 7 places of a field ``reach`` pixels wide: float32 [H, W, 3].

    At each place four angles, four widths, and two phases: stripes that are light in the middle, or an edge there.
    """
    ticks = (np.arange(PLACES) + 0.5) / PLACES * reach - reach / 2
    sigma = reach / PLACES / 1.5
    for down, right in product(ticks, ticks):
        here = grid - np.float32([down, right])[:, None, None]
        window = np.exp(-(here**2).sum(0) / (2 * sigma**2))
        for angle, width, phase in product(ANGLES[::3], WIDTHS[1::2], (0, 0.25)):
            shown = GREY + window * (grating(here, angle, width, phase) - GREY)
            yield shown.astype(np.float32)[..., None].repeat(3, -1)


def _sums(network: Network, layer: str, pictures: Tensor) -> Tensor:
    """A layer's sums before its last bend, for pictures [N, 3, H, W] of 0 to 1."""
    preprocessing = network.preprocessing
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (preprocessing.mean, preprocessing.std))
    x = (pictures - mean) / std
    with torch.inference_mode():
        for name, stage in network.stages.named_children():
            if name != layer:
                x = stage(x)
                continue
            modules = list(stage.children())
            if modules and isinstance(modules[-1], tuple(BENDS)):
                modules = modules[:-1]
                for module in modules:
                    x = module(x)
                return x
            return stage(x)
    raise AssertionError("a network has the layers that it describes")
