"""A dream as it grows: the latest picture, the film of all, and the curves."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from explainer.dream.film import Film
from explainer.dream.frame import Frame, State, to_pixels
from explainer.dream.render import dream
from explainer.networks import Guess, Network

GUESS_EVERY = 8  # steps


@dataclass(frozen=True, eq=False)
class Growth:
    """What a dream has come to, and how; it stays as it is while the dream goes on.

    values: the objective's value in each step's look. guesses: (step, the five of then), whenever
    they were renewed. before: the picture that a DeepDream began with, uint8 [H, W, 3].
    """

    frame: Frame
    film: Film
    before: np.ndarray | None = None
    values: tuple[float, ...] = ()
    guesses: tuple[tuple[int, tuple[Guess, ...]], ...] = ()

    def probabilities(self, category: str) -> list[tuple[int, float]]:
        """(step, probability) wherever the category was among the five guesses."""
        return [
            (step, guess.probability) for step, five in self.guesses for guess in five if guess.category == category
        ]


def growing(frames: Iterator[Frame], kept: int = 80) -> Iterator[Growth]:
    """Follow a dream: what it has come to after every step. ``kept``: pictures of its film."""
    film, values, guesses, before = Film(kept), (), (), None
    for frame in frames:
        if not values and frame.state.original is not None:
            before = to_pixels(frame.state.original)[0]
        if not guesses or frame.guesses is not guesses[-1][1]:
            guesses = (*guesses, (frame.step, frame.guesses))
        values = (*values, frame.objective)
        film.add(frame)
        yield Growth(frame, film.copy(), before, values, guesses)


def grown(network: Network, objective: str, recipe, *, kept: int = 80, **settings) -> Iterator[Growth]:
    """A dream followed from its first step; ``settings`` as :func:`explainer.dream.dream` takes them."""
    return growing(dream(network, objective, recipe, guess_every=GUESS_EVERY, **settings), kept)


def keepsake(frame: Frame) -> Frame:
    """A frame to look at only: without the numbers to go on from, which weigh many times as much."""
    return replace(frame, state=State(frame.step, torch.empty(0)))
