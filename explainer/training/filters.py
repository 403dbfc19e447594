"""Looks the first layer's filters over: oriented, coloured, noise-like, dead?

Every filter is described by its spectrum (two-dimensional Fourier transform of each
colour, energies added). A grating, an edge or a blob of colour has most of its energy
in one place of the spectrum, noise has it everywhere.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

DEAD_BELOW = 0.05
NOISE_PERCENTILE = 99.9
FINE_FROM = 2.0


@dataclass(frozen=True)
class Sheet:
    """What kind each of the n filters is of; all arrays [n].

    dead: its length is below a twentieth of the median filter's. concentration: share of its
    energy around the strongest place of its spectrum. noise: no more concentrated than 999 of 1,000
    filters of pure noise. cycles: how many waves fit into the filter at that place. grating: neither dead
    nor noise, at least half a wave away from a plain blob. fine: a grating of two waves or more, like
    the famous ones. colour: share of the energy that is colour, not light and dark.
    """

    dead: np.ndarray
    concentration: np.ndarray
    noise: np.ndarray
    cycles: np.ndarray
    grating: np.ndarray
    fine: np.ndarray
    colour: np.ndarray

    def summary(self) -> dict[str, float]:
        """Counts and medians, for the card."""
        return {
            "filters": len(self.dead),
            "dead": int(self.dead.sum()),
            "noise_like": int(self.noise.sum()),
            "edges_and_gratings": int(self.grating.sum()),
            "fine_gratings": int(self.fine.sum()),
            "mostly_colour": int((self.colour > 0.5).sum()),
            "median_concentration": round(float(np.median(self.concentration)), 3),
        }


def inspect(weights: Tensor | np.ndarray) -> Sheet:
    """Describes filters [n, 3, k, k]."""
    filters = np.asarray(weights, dtype=np.float64)
    lengths = np.sqrt((filters**2).sum((1, 2, 3)))
    dead = lengths < DEAD_BELOW * np.median(lengths)
    share, cycles = concentration(filters)
    noise = ~dead & (share < noise_level(filters.shape[-1]))
    grating = ~dead & ~noise & (cycles >= 0.75)
    light = filters.mean(1, keepdims=True)
    colour = 1 - 3 * (light**2).sum((1, 2, 3)) / np.maximum(lengths**2, 1e-30)
    return Sheet(dead, share, noise, cycles, grating, grating & (cycles >= FINE_FROM), colour)


def concentration(filters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the energy around the spectrum's peak, and the peak's distance from its middle.

    filters: [n, 3, k, k]. The spectrum is computed in quarter waves (padded four times), the
    neighbourhood is all within one wave of the peak or of its mirror image, as narrow as a filter
    of k pixels can tell apart. Returns two arrays [n]: a share 0–1, and waves in the filter.
    """
    size = filters.shape[-1]
    finer = 4
    energy = (np.abs(np.fft.fft2(filters, (finer * size, finer * size))) ** 2).sum(1)
    waves = np.fft.fftfreq(finer * size) * size
    down, across = np.meshgrid(waves, waves, indexing="ij")
    peak = energy.reshape(len(filters), -1).argmax(1)
    y, x = down.ravel()[peak, None, None], across.ravel()[peak, None, None]
    near = (np.hypot(down - y, across - x) <= 1) | (np.hypot(down + y, across + x) <= 1)
    share = (energy * near).sum((1, 2)) / np.maximum(energy.sum((1, 2)), 1e-30)
    return share, np.hypot(y, x).ravel()


def noise_level(size: int, draws: int = 4000) -> float:
    """The concentration that only one noise filter in a thousand exceeds; same answer every time."""
    noise = np.random.default_rng(0).standard_normal((draws, 3, size, size))
    return float(np.percentile(concentration(noise)[0], NOISE_PERCENTILE))


def contact_sheet(weights: Tensor | np.ndarray, columns: int = 12, scale: int = 4, gap: int = 4) -> Image.Image:
    """The filters as a picture: zero is mid-grey, every filter on its own symmetric scale over its three colours."""
    filters = np.asarray(weights, dtype=np.float64).transpose(0, 2, 3, 1)
    pixels = np.uint8(127.5 + 127.5 * filters / np.maximum(np.abs(filters).max((1, 2, 3), keepdims=True), 1e-30))
    pixels = pixels.repeat(scale, 1).repeat(scale, 2)
    side = pixels.shape[1]
    rows = -(-len(pixels) // columns)
    sheet = np.full((rows * (side + gap) - gap, columns * (side + gap) - gap, 3), 255, np.uint8)
    for i, tile in enumerate(pixels):
        top, left = i // columns * (side + gap), i % columns * (side + gap)
        sheet[top : top + side, left : left + side] = tile
    return Image.fromarray(sheet)


def published(folder: Path) -> dict | None:
    """The same summary of the famous 96 filters, if their file is in the folder."""
    file = folder / "alexnet2012-conv1-conv2.npz"
    if not file.is_file():
        return None
    with np.load(file) as arrays:
        return inspect(arrays["conv1_weight"].astype(np.float32)).summary()
