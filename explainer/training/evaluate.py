"""How often a network is right, by the same crop of a picture that the app shows it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from explainer.networks.network import Preprocessing
from explainer.pictures import crop_seen

SEEN = Preprocessing(short_side=256, size=227)
_AT_ONCE = 20


@dataclass(frozen=True)
class Accuracy:
    """Right at the first guess, within five guesses (percent), out of how many pictures."""

    top1: float
    top5: float
    pictures: int

    def __str__(self) -> str:
        return f"{self.top1:.1f} / {self.top5:.1f} % of {self.pictures}"


@torch.no_grad()
def logits_of(network: nn.Module, pictures: Iterable[np.ndarray], seen: Preprocessing = SEEN) -> Tensor:
    """The network's logits for pictures (uint8 [H, W, 3] each): float [n, categories]."""
    answers, waiting = [], []
    for pixels in pictures:
        waiting.append(seen.normalise(crop_seen(pixels, seen.short_side, seen.size)[0]))
        if len(waiting) == _AT_ONCE:
            answers.append(network(torch.stack(waiting)).float())
            waiting = []
    if waiting:
        answers.append(network(torch.stack(waiting)).float())
    return torch.cat(answers)


def accuracy(logits: Tensor, categories: Tensor, among: Collection[int] | None = None) -> Accuracy:
    """Accuracy over the pictures whose category is in ``among`` (default: over all).

    The network still has to choose among all its outputs.
    """
    if among is not None:
        chosen = torch.tensor([category in among for category in categories.tolist()], dtype=torch.bool)
        logits, categories = logits[chosen], categories[chosen]
    if not len(categories):
        return Accuracy(0.0, 0.0, 0)
    right = logits.topk(5, dim=1).indices == categories[:, None]
    first, five = right[:, 0].float().mean().item(), right.any(1).float().mean().item()
    return Accuracy(round(100 * first, 1), round(100 * five, 1), len(categories))


def only(logits: Tensor, categories: Collection[int]) -> Tensor:
    """The logits of a network that can name nothing but ``categories``."""
    named = torch.zeros(logits.shape[1], dtype=torch.bool)
    named[list(categories)] = True
    return logits.masked_fill(~named, -torch.inf)


def mean_by_category(logits: Tensor, categories: Tensor) -> float:
    """Top-1 in percent, every category counting the same however many pictures it has."""
    right = (logits.argmax(1) == categories).double()
    pictures = torch.bincount(categories, minlength=logits.shape[1])
    hits = torch.bincount(categories, weights=right, minlength=logits.shape[1])
    met = pictures > 0
    return 100 * (hits[met] / pictures[met]).mean().item()
