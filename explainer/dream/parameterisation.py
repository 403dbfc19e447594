"""Parameterisations: the numbers that a dream changes, and how they become a picture.

The same gradient steps draw different pictures in different coordinates. Steps on pixels
favour fine patterns; on the spectrum, divided by the frequency, every size of detail grows
at the same pace, as in photographs. Steps on red, green and blue apart make garish
colours; along the colours' own principal axes they keep to those of photographs.

numbers —(pixel, fourier)→ canvas —(colouring)→ picture, each step with its inverse.
Source: Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017, "preconditioning".
"""

from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# How red, green and blue vary together in photographs: columns are the principal axes (light and
# dark, blue to red, green to purple), each as long as the colours' spread along it. From Distill 2017.
_AXES = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
COLOUR_AXES = _AXES / _AXES.norm(dim=0).max()

PARAMETERISATIONS = ("fourier", "pixel")
COLOURS = ("decorrelated", "independent", "clipped")


class Canvas(NamedTuple):
    """How numbers become pictures of ``size`` × ``size`` pixels.

    kind: one of :data:`PARAMETERISATIONS`. colours: one of :data:`COLOURS`.
    """

    kind: str
    colours: str
    size: int

    def start(self, count: int, generator: torch.Generator) -> Tensor:
        """The numbers of ``count`` noise pictures around mid-grey."""
        if self.kind == "fourier":
            side = fast_side(self.size)
            return 0.01 * torch.randn(count, 3, side, side // 2 + 1, 2, generator=generator)
        noise = torch.randn(count, 3, self.size, self.size, generator=generator)
        return 10 / 255 * noise if self.colours == "clipped" else 0.1 * noise

    def draw(self, numbers: Tensor) -> Tensor:
        """Numbers → canvas [N, 3, H, W], linear."""
        return from_spectrum(numbers, self.size) if self.kind == "fourier" else numbers

    def numbers(self, canvas: Tensor) -> Tensor:
        """The inverse of :meth:`draw`."""
        return to_spectrum(canvas) if self.kind == "fourier" else canvas

    def picture(self, numbers: Tensor) -> Tensor:
        """Numbers → picture, colours from 0 to 1 [N, 3, H, W]."""
        return colour(self.draw(numbers), self.colours)

    def numbers_of(self, picture: Tensor) -> Tensor:
        """The inverse of :meth:`picture`, for colours strictly between 0 and 1."""
        return self.numbers(uncolour(picture, self.colours))


# --- the spectrum ------------------------------------------------------------------------------------


def from_spectrum(spectrum: Tensor, size: int) -> Tensor:
    """Real and imaginary parts [N, 3, side, side // 2 + 1, 2] → canvas [N, 3, size, size].

    The waves fill a square whose ``side`` transforms fast (:func:`fast_side`); the canvas is its corner.
    """
    waves = torch.view_as_complex(spectrum) * _lengths(size)
    side = fast_side(size)
    return torch.fft.irfft2(waves, s=(side, side), norm="ortho")[..., :size, :size]


def to_spectrum(canvas: Tensor) -> Tensor:
    """The inverse of :func:`from_spectrum`: beyond the canvas its mirror image."""
    size = canvas.shape[-1]
    beyond = fast_side(size) - size
    canvas = F.pad(canvas, (0, beyond, 0, beyond), mode="reflect") if beyond else canvas
    return torch.view_as_real(torch.fft.rfft2(canvas, norm="ortho") / _lengths(size))


def frequencies(side: int) -> Tensor:
    """Waves a pixel at each place of the spectrum of ``side`` × ``side`` pixels: float [side, side // 2 + 1]."""
    return torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None])


def fast_side(size: int) -> int:
    """The next side from ``size`` on without prime factors above 7: a transform of 227 takes four times that of 240."""
    side = size
    while _odd_part(side) > 1:
        side += 1
    return side


def _odd_part(side: int) -> int:
    """What is left of a side without its factors 2, 3, 5 and 7."""
    for prime in (2, 3, 5, 7):
        while side % prime == 0:
            side //= prime
    return side


@lru_cache(maxsize=16)
def _lengths(size: int) -> Tensor:
    """What each wave's numbers are multiplied by: a quarter of its length, at most of the picture's side."""
    side = fast_side(size)
    return 1 / frequencies(side).clamp(min=1 / side) / 4


# --- colours -----------------------------------------------------------------------------------------


def colour(canvas: Tensor, colours: str) -> Tensor:
    """Canvas → picture: along the colours' own axes or not, then squeezed into 0 to 1; or just from mid-grey on.

    Zero on the canvas is mid-grey in the picture, whichever way.
    """
    if colours == "clipped":
        return 0.5 + canvas
    return torch.sigmoid(turned(canvas, COLOUR_AXES) if colours == "decorrelated" else canvas)


def uncolour(picture: Tensor, colours: str) -> Tensor:
    """The inverse of :func:`colour`."""
    if colours == "clipped":
        return picture - 0.5
    canvas = torch.logit(picture, eps=1e-3)
    return turned(canvas, torch.linalg.inv(COLOUR_AXES)) if colours == "decorrelated" else canvas


def turned(canvas: Tensor, axes: Tensor) -> Tensor:
    """Every pixel's three numbers as a point along other axes."""
    return (axes @ canvas.flatten(2)).view_as(canvas)
