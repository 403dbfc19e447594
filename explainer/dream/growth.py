"""A dream as a page follows it: the latest picture, the film of all, and the curves."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from explainer.dream.film import Film
from explainer.dream.frame import Frame, State, to_pixels
from explainer.networks import Guess

GUESS_EVERY = 8  # steps


@dataclass
class Growth:
    """What a dream has come to, and how.

    values: the objective's value in each step's look. guesses: (step, the five of then), whenever
    they were renewed. before: the picture that a DeepDream began with, uint8 [H, W, 3].
    note: what else is going on.
    """

    frame: Frame
    film: Film
    before: np.ndarray | None = None
    note: str = ""
    values: list[float] = field(default_factory=list)
    guesses: list[tuple[int, tuple[Guess, ...]]] = field(default_factory=list)

    def take(self, frame: Frame) -> None:
        """One more frame."""
        if not self.guesses or frame.guesses is not self.guesses[-1][1]:
            self.guesses.append((frame.step, frame.guesses))
        self.frame = frame
        self.values.append(frame.objective)
        self.film.add(frame)

    def probabilities(self, category: str) -> list[tuple[int, float]]:
        """(step, probability) wherever the category was among the five guesses."""
        return [
            (step, guess.probability) for step, five in self.guesses for guess in five if guess.category == category
        ]


def growing(frames: Iterator[Frame], kept: int = 80) -> Iterator[Growth]:
    """Follow a dream: the same growing :class:`Growth` after every step. ``kept``: pictures of its film."""
    growth = None
    for frame in frames:
        if growth is None:
            original = frame.state.original
            growth = Growth(frame, Film(kept), None if original is None else to_pixels(original)[0])
        growth.take(frame)
        yield growth


def keepsake(frame: Frame) -> Frame:
    """A frame to look at only: without the numbers to go on from, which weigh many times as much."""
    return replace(frame, state=State(frame.step, torch.empty(0)))
