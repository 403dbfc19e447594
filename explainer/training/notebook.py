"""What the teacher said about the last views it was shown, so that each can be studied several times.

Judging a view costs as much as studying it. A view that is studied four times, mirrored and
coloured anew each time, costs a quarter of that ("fast knowledge distillation": Shen and Xing,
ECCV 2022, keep the verdicts on random crops in the same way). New views are judged a term at a
time; the oldest term makes room for the newest.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from explainer.training.lots import Lots
from explainer.training.teacher import Opinion

GRID = 3


@dataclass(frozen=True)
class Term:
    """n views of one term and the opinion on them in half precision: logits [n, 1000], maps [n, 512, GRID, GRID]."""

    lots: Lots
    size: int
    opinion: Opinion


class Notebook:
    """The views of the last ``kept`` terms, all of the same number."""

    def __init__(self, kept: int):
        self.terms: deque[Term] = deque(maxlen=kept)

    def add(self, term: Term) -> None:
        self.terms.append(term)

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Lots, Opinion]:
        """Views drawn from all that are kept, each with the opinion on it in full precision."""
        views = len(self.terms[0].lots.pictures)
        which, rows = np.divmod(rng.integers(0, views * len(self.terms), count), views)

        def gather(of) -> list:
            return [of(self.terms[term])[row] for term, row in zip(which, rows, strict=True)]

        lots = Lots.plain(
            np.array(gather(lambda term: term.lots.pictures)), np.stack(gather(lambda term: term.lots.boxes))
        )
        logits = torch.stack(gather(lambda term: term.opinion.logits)).float()
        maps = torch.stack(gather(lambda term: term.opinion.maps)).float()
        return lots, Opinion(logits, maps)


def condensed(opinion: Opinion) -> Opinion:
    """An opinion as the notebook keeps it: half precision, maps averaged onto GRID×GRID places."""
    maps: Tensor = functional.adaptive_avg_pool2d(opinion.maps.float(), GRID)
    return Opinion(opinion.logits.half(), maps.half())
