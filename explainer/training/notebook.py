"""What the teacher said about the last views it was shown, so that each can be studied several times.

Judging a view costs as much as studying it. A view that is studied four times, mirrored and
coloured anew each time, costs a quarter of that ("fast knowledge distillation": Shen and Xing,
ECCV 2022, keep the verdicts on random crops in the same way). New views are judged a term at a
time; the oldest term makes room for the newest.
"""

import hashlib
import pickle
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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


class Drawer:
    """Terms kept on disk under what was asked, so that going on does not mean asking again.

    folder: None keeps nothing.
    """

    def __init__(self, folder: Path | None):
        self.folder = folder

    def find(self, lots: Lots, size: int) -> Term | None:
        """The term with just these views in this size, if it is kept and whole."""
        if self.folder is None:
            return None
        try:
            state = torch.load(self._path(lots, size), weights_only=True)
            return Term(lots, size, Opinion(state["logits"], state["maps"]))
        except (OSError, RuntimeError, KeyError, EOFError, pickle.UnpicklingError):
            return None

    def keep_only(self, terms: Iterable[Term]) -> None:
        """Writes the terms that are not there yet, and throws away all others."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = {self._path(term.lots, term.size): term for term in terms}
        for path in set(self.folder.glob("*.pt")) - set(wanted):
            path.unlink()
        for path, term in wanted.items():
            if not path.exists():
                partial = path.with_suffix(".partial")
                torch.save({"logits": term.opinion.logits, "maps": term.opinion.maps}, partial)
                partial.replace(path)

    def _path(self, lots: Lots, size: int) -> Path:
        asked = hashlib.sha256(np.ascontiguousarray(lots.pictures).tobytes())
        asked.update(np.ascontiguousarray(lots.boxes).tobytes() + str(size).encode())
        return self.folder / f"{asked.hexdigest()[:20]}.pt"


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
