"""Draws which pictures make up a batch, and what is done to each.

Batch number b is a function of (seed, b) alone: whoever asks for it, in whatever
order, gets the same. That is what makes stopping and going on exact.
"""

from dataclasses import dataclass

import numpy as np

from explainer.training.sources import UNKNOWN

SHARE_OF_UNKNOWN = 0.15
ATTENTION = {
    "tiny-imagenet": 0.4,
    "mini-imagenet": 0.8,
    "imagenet": 1.5,
}  # tiles are blurred, single pictures precious


@dataclass(frozen=True)
class Lots:
    """The fate of n pictures.

    pictures: int [n], which of the store's. boxes: float [n, 4] as top, left, height,
    width in shares of the picture. flips: bool [n]. gains: float [n, 3], brightness,
    contrast, saturation (1 = as it is). partners: int [n], whom it is mixed with.
    shares: float [n] in [½, 1], how much of the mixture it makes up itself.
    """

    pictures: np.ndarray
    boxes: np.ndarray
    flips: np.ndarray
    gains: np.ndarray
    partners: np.ndarray
    shares: np.ndarray


def chances(categories: np.ndarray, sources: np.ndarray, training: np.ndarray) -> np.ndarray:
    """How likely each training picture is drawn; sums to 1.

    A category with n pictures gets √n of the attention rather than n: a middle way
    between drowning the categories with one picture and showing that one all day.
    A picture without a label counts ``SHARE_OF_UNKNOWN`` of one that is alone in its category.
    """
    own = categories[training]
    pictures_of = np.bincount(own[own != UNKNOWN], minlength=1000)
    chance = np.where(own == UNKNOWN, SHARE_OF_UNKNOWN, 1 / np.sqrt(np.maximum(1, pictures_of[own])))
    chance = chance * [ATTENTION.get(source, 1.0) for source in sources[training]]
    return chance / chance.sum()


def draw(
    seed: int,
    batch: int,
    count: int,
    training: np.ndarray,
    chance: np.ndarray,
    areas: tuple[float, float],
    mixup: float,
) -> Lots:
    """Batch number ``batch``.

    areas: smallest and largest share of the picture's area that a crop takes.
    mixup: parameter of the Beta distribution that the mixing shares come from; 0 for none.
    """
    rng = np.random.default_rng([seed, batch])
    shares = rng.beta(mixup, mixup, count) if mixup else np.ones(count)
    return Lots(
        pictures=rng.choice(training, count, p=chance),
        boxes=_boxes(rng, count, areas),
        flips=rng.random(count) < 0.5,
        gains=rng.uniform([0.7, 0.7, 0.6], [1.3, 1.3, 1.4], (count, 3)).astype(np.float32),
        partners=rng.permutation(count),
        shares=np.maximum(shares, 1 - shares).astype(np.float32),
    )


def _boxes(rng: np.random.Generator, count: int, areas: tuple[float, float]) -> np.ndarray:
    """Rectangles of a random area and of sides 3:4 to 4:3, somewhere inside the unit square."""
    area = rng.uniform(*areas, count)
    ratio = np.exp(rng.uniform(-1, 1, count) * np.log(4 / 3))
    size = np.minimum(1, np.stack([np.sqrt(area / ratio), np.sqrt(area * ratio)], 1))
    corner = rng.random((count, 2)) * (1 - size)
    return np.concatenate([corner, size], 1)
