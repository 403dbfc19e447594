"""Which heat map can be trusted? Hide what each marks, most first, and watch the name's probability fall.

A map that marks what the network goes by makes it fall early. And the reverse: start with everything
hidden, uncover what the map marks, most first, and the probability rises early.

Source: Petsiuk, Das, Saenko, "RISE: Randomized input sampling for explanation of black-box models", BMVC 2018,
section 4.1 (deletion and insertion).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from PIL import Image, ImageFilter

from explainer.attribution import Attribution
from explainer.networks import Network
from explainer.pictures import Picture

STEPS = 32
RANDOM = "random"  # the yardstick's name: pixels in an order that knows nothing
HIDDEN_BY = ("blur", "grey")
SPREAD = 10  # standard deviation of the blur in pixels: no detail is left
BATCH = 16


def shares(steps: int = STEPS) -> np.ndarray:
    """How much of the picture is hidden at each step: float [steps + 1], from 0 to 1.

    In steps that grow (squares), since most happens at the beginning.
    """
    return (np.arange(steps + 1) / steps) ** 2


@dataclass(frozen=True)
class Racer:
    """One map's way through the race, as far as it has come.

    order: pixels (row by row), the first to be hidden first: int [H·W]. hidden: the category's
    probability at each step done, with the first pixels of ``order`` hidden; uncovered: with all
    but those hidden. first: whether the category still was the first guess with them hidden.
    """

    method: str
    order: np.ndarray = field(repr=False)
    hidden: tuple[float, ...] = ()
    uncovered: tuple[float, ...] = ()
    first: tuple[bool, ...] = ()

    @property
    def deletion(self) -> float:
        """Area under ``hidden``, 0 to 1: the mean probability while it is taken apart; small is good."""
        return float(np.trapezoid(self.hidden, shares()[: len(self.hidden)]))

    @property
    def insertion(self) -> float:
        """Area under ``uncovered``, 0 to 1; large is good."""
        return float(np.trapezoid(self.uncovered, shares()[: len(self.uncovered)]))

    @property
    def gone(self) -> float | None:
        """The share hidden when the category first was the first guess no longer; None while it is."""
        return next((float(share) for share, first in zip(shares(), self.first, strict=False) if not first), None)

    @property
    def halved(self) -> float | None:
        """The share hidden when the probability first was at most half of what it was; None while it is more."""
        return next((float(s) for s, p in zip(shares(), self.hidden, strict=False) if p <= self.hidden[0] / 2), None)


@dataclass(frozen=True)
class Race:
    """The racers, in step. category: whose probability it is. by: one of :data:`HIDDEN_BY`.

    view: what the network sees, uint8 [H, W, 3]; cover: what lies under what is hidden, the same.
    """

    category: int
    by: str
    view: np.ndarray = field(repr=False)
    cover: np.ndarray = field(repr=False)
    racers: tuple[Racer, ...]

    @property
    def done(self) -> int:
        """Steps done, of STEPS + 1."""
        return len(self.racers[0].hidden)

    @property
    def finished(self) -> bool:
        return self.done == STEPS + 1

    @property
    def ranking(self) -> list[Racer]:
        """The best, by :attr:`Racer.deletion`, first."""
        return sorted(self.racers, key=lambda racer: racer.deletion)


def race(
    network: Network, picture: Picture, answers: Sequence[Attribution], by: str = "blur", seed: int = 0
) -> Iterator[Race]:
    """Hide what each answer marks, all at the same pace; yields the race after every step.

    A random order runs along. What is hidden is ``by`` blur the picture out of focus, by grey the
    colour that is the network's zero.

    Raises:
        ValueError: the answers are about more than one category, or there are none.
    """
    categories = {answer.category for answer in answers}
    if len(categories) != 1:
        raise ValueError("a race is about one category")
    (category,) = categories
    trace = network.trace(picture)
    cover = cover_of(network, trace.view, by)
    chance = np.random.default_rng(seed).permutation(cover[..., 0].size)
    orders = {**{answer.method: answer.order(seed) for answer in answers}, RANDOM: chance}
    racers = tuple(Racer(method, order) for method, order in orders.items())
    hidden = network.preprocessing.normalise(cover).flatten(1)
    seen = trace.input.flatten(1)
    for share in shares():
        count = round(float(share) * seen.shape[1])
        masks = torch.zeros(len(racers), seen.shape[1], dtype=torch.bool)
        for row, racer in zip(masks, racers, strict=True):
            row[torch.from_numpy(racer.order[:count])] = True
        masks = torch.cat([masks, ~masks])[:, None]
        chances = _probabilities(network, torch.where(masks, hidden, seen).view(-1, *trace.input.shape))
        named = chances[: len(racers)].argmax(1) == category
        said = chances[:, category].tolist()
        racers = tuple(
            Racer(
                racer.method, racer.order, (*racer.hidden, without), (*racer.uncovered, only), (*racer.first, first)
            )
            for racer, without, only, first in zip(
                racers, said[: len(racers)], said[len(racers) :], named.tolist(), strict=True
            )
        )  # fmt: skip
        yield Race(category, by, trace.view, cover, racers)


def cover_of(network: Network, view: np.ndarray, by: str) -> np.ndarray:
    """What lies under what is hidden, of a view's shape: uint8 [H, W, 3].

    Raises:
        ValueError: ``by`` is none of :data:`HIDDEN_BY`.
    """
    if by not in HIDDEN_BY:
        raise ValueError(f"hidden by {' or '.join(HIDDEN_BY)}, not by {by}")
    if by == "blur":
        return np.asarray(Image.fromarray(view).filter(ImageFilter.GaussianBlur(SPREAD)))
    mean = (255 * np.array(network.preprocessing.mean)).round().astype(np.uint8)
    return np.broadcast_to(mean, view.shape).copy()


def _probabilities(network: Network, x: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return torch.cat([network.run(part).softmax(1) for part in x.split(BATCH)])
