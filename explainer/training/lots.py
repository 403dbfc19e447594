"""Draws which pictures are looked at, which part of each, and what is done to it.

Draw number b is a function of (seed, b) alone: whoever asks for it, in whatever
order, gets the same. That is what makes stopping and going on exact.
"""

from dataclasses import dataclass

import numpy as np

from explainer.training.sources import UNKNOWN


@dataclass(frozen=True)
class Lots:
    """The fate of n pictures.

    pictures: int [n], which of the store's. boxes: float [n, 4] as top, left, height,
    width in shares of the picture. flips: bool [n]. gains: float [n, 3], brightness,
    contrast, saturation (1 = as it is).
    """

    pictures: np.ndarray
    boxes: np.ndarray
    flips: np.ndarray
    gains: np.ndarray

    @classmethod
    def plain(cls, pictures: np.ndarray, boxes: np.ndarray) -> "Lots":
        """Parts of pictures as they are: neither mirrored nor coloured."""
        return cls(pictures, boxes, np.zeros(len(pictures), bool), np.ones((len(pictures), 3), np.float32))


def chances(
    categories: np.ndarray, sources: np.ndarray, training: np.ndarray, attention: dict[str, float]
) -> np.ndarray:
    """How likely each training picture is drawn; sums to 1.

    A category with n pictures gets √n of the draws rather than n: a middle way between
    drowning the categories with few pictures and showing those few all day. A picture of
    which nothing is known yet counts as if its category were of middling size.

    categories: int [all pictures], the true label or what the teacher takes it for, or ``UNKNOWN``.
    attention: what a picture of each source counts, 1 where it is not named; 0 leaves a source out.
    """
    own = categories[training]
    pictures_of = np.bincount(own[own != UNKNOWN], minlength=1000)
    middling = max(1, len(own) / 1000)
    crowd = np.where(own == UNKNOWN, middling, np.maximum(1, pictures_of[own]))
    chance = np.array([attention.get(source, 1.0) for source in sources[training]]) / np.sqrt(crowd)
    return chance / chance.sum()


def draw(
    seed: int, number: int, count: int, training: np.ndarray, chance: np.ndarray, areas: tuple[float, float]
) -> Lots:
    """Draw number ``number``: parts of ``count`` pictures, as they are.

    areas: smallest and largest share of the picture's area that a view takes.
    """
    rng = np.random.default_rng([seed, number])
    return Lots.plain(rng.choice(training, count, p=chance), _boxes(rng, count, areas).astype(np.float32))


def varied(rng: np.random.Generator, lots: Lots) -> Lots:
    """The same parts of the same pictures, half of them mirrored, in somewhat other colours."""
    count = len(lots.pictures)
    gains = rng.uniform([0.75, 0.75, 0.7], [1.25, 1.25, 1.3], (count, 3)).astype(np.float32)
    return Lots(lots.pictures, lots.boxes, rng.random(count) < 0.5, gains)


def _boxes(rng: np.random.Generator, count: int, areas: tuple[float, float]) -> np.ndarray:
    """Rectangles of a random area and of sides 3:4 to 4:3, somewhere inside the unit square."""
    area = rng.uniform(*areas, count)
    ratio = np.exp(rng.uniform(-1, 1, count) * np.log(4 / 3))
    size = np.minimum(1, np.stack([np.sqrt(area / ratio), np.sqrt(area * ratio)], 1))
    corner = rng.random((count, 2)) * (1 - size)
    return np.concatenate([corner, size], 1)
