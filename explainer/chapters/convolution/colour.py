"""A filter on a picture in colour: three sheets of numbers, three of weights, and still one sum for each place."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from explainer.chapters.convolution.drawings import FULL, SIDE
from explainer.chapters.convolution.filtering import convolve

COLOURS = ("red", "green", "blue")
FILTER_SIDE = 4
_DISC = np.array([[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0]])
_SKY, _BOX = (55, 75, 100), (14, 14, 16)
_RED, _GREEN, _YELLOW, _LEAF, _WHITE = (95, 10, 8), (10, 80, 25), (100, 82, 0), (15, 55, 12), (100, 100, 100)


def _painted(*parts: tuple[tuple[int, int, int], slice, slice] | tuple[tuple[int, int, int], int, int]) -> np.ndarray:
    """[3, 10, 10] of light, 0 to 100: rectangles, or discs from their upper left corner, one over the other."""
    picture = np.empty((SIDE, SIDE, 3), int)
    for light, rows, columns in parts:
        if isinstance(rows, slice):
            picture[rows, columns] = light
        else:
            under = picture[rows : rows + FILTER_SIDE, columns : columns + FILTER_SIDE]
            under[_DISC == 1] = light
    return picture.transpose(2, 0, 1)


_ALL = slice(None)
PICTURES = {
    "stoplight": _painted((_SKY, _ALL, _ALL), (_BOX, _ALL, slice(2, 8)), (_RED, 1, 3), (_GREEN, 5, 3)),
    "flower": _painted((_LEAF, _ALL, _ALL), (_RED, 0, 3), (_RED, 3, 0), (_RED, 3, 6), (_RED, 6, 3), (_YELLOW, 3, 3)),
    "flag": _painted((_GREEN, _ALL, slice(0, 3)), (_WHITE, _ALL, slice(3, 7)), (_RED, _ALL, slice(7, 10))),
}
OWN = "your picture"


def _weights(*by_colour: np.ndarray) -> np.ndarray:
    return np.stack(by_colour).astype(float)


_LEFT = np.array([[1, 1, -1, -1]] * FILTER_SIDE)
# By name, weights [3, 4, 4]: what they want of red, green and blue at each place.
FILTERS = {
    "red spot": _weights(2 * _DISC, -_DISC, -_DISC),
    "green spot": _weights(-_DISC, 2 * _DISC, -_DISC),
    "yellow spot": _weights(_DISC, _DISC, -2 * _DISC),
    "light, whatever its colour": _weights(_DISC, _DISC, _DISC),
    "white left of red": _weights(0 * _LEFT, _LEFT, _LEFT),
}


@dataclass(frozen=True, eq=False)
class ColourScan:
    """A picture [3, 10, 10] of light from 0 to 100 under weights [3, 4, 4]; parts [3, 7, 7]: each colour's own sums."""

    picture: np.ndarray
    weights: np.ndarray
    parts: np.ndarray

    @property
    def map(self) -> np.ndarray:
        """[7, 7]: at each place the three colours' sums in one."""
        return self.parts.sum(0)


def colour_scan(picture: np.ndarray, weights: np.ndarray) -> ColourScan:
    """Slide the three sheets of weights over the three of the picture, together."""
    parts = [convolve(sheet, kernel) for sheet, kernel in zip(picture, weights, strict=True)]
    return ColourScan(picture, weights, np.stack(parts))


def as_light(pixels: np.ndarray) -> np.ndarray:
    """A picture, uint8 [H, W, 3], cut square and reduced to [3, 10, 10] of light from 0 to 100."""
    side = min(pixels.shape[:2])
    top, left = ((whole - side) // 2 for whole in pixels.shape[:2])
    square = Image.fromarray(np.ascontiguousarray(pixels[top : top + side, left : left + side]))
    small = np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BOX))
    return np.rint(small / 255 * FULL).astype(int).transpose(2, 0, 1)


@cache
def products() -> int:
    """How many products are added at each place."""
    return next(iter(FILTERS.values())).size
