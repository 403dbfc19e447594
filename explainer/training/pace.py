"""How fast this machine trains, and so how long a recipe fits the time there is."""

import time
from dataclasses import replace

import torch
from torch import nn

from explainer.training.recipe import Recipe


def device() -> str:
    """``cuda`` where there is a graphics card that PyTorch can use, ``cpu`` elsewhere."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def half_precision_is_faster(where: str) -> bool:
    """Whether bfloat16 beats float32 at a convolution forwards and backwards, by trying both."""
    layer = nn.Conv2d(96, 256, 5, padding=2, groups=2).to(where, memory_format=torch.channels_last)
    maps = torch.randn(16, 96, 27, 27, device=where).contiguous(memory_format=torch.channels_last)

    def seconds(half: bool) -> float:
        times = []
        for _ in range(4):
            began = time.perf_counter()
            with torch.autocast(where, torch.bfloat16, enabled=half):
                value = layer(maps).float().sum()
            value.backward()
            value.item()
            times.append(time.perf_counter() - began)
        return min(times)

    return seconds(True) < seconds(False)


def seconds_of(recipe: Recipe, known: dict[int, float]) -> list[float]:
    """How long a step takes in each phase; a size not met yet is judged by its number of pixels.

    known: the seconds that steps at a size (its key) took of late, the latest size last; may be empty.
    """
    size, pace = next(reversed(known.items()), (131, 1.0))
    return [known.get(phase.size, pace * (phase.size / size) ** 2) for phase in recipe.phases]


def refitted(recipe: Recipe, step: int, hours: float, seconds: list[float]) -> Recipe:
    """The recipe with what lies behind ``step`` stretched or shrunk to take ``hours``.

    Every phase gets its share of the time that is left, one that is under way as much of its
    share as it has steps left.

    seconds: a step takes, one for each phase.
    """
    done, wanted, behind = [], [], step
    for phase in recipe.phases:
        done.append(min(behind, phase.steps))
        behind -= done[-1]
        wanted.append(phase.share * (1 - done[-1] / phase.steps))
    whole = max(1e-9, sum(wanted))
    phases = tuple(
        replace(phase, steps=max(1, steps + int(3600 * hours * want / whole / taken)))
        for phase, steps, want, taken in zip(recipe.phases, done, wanted, seconds, strict=True)
    )
    return replace(recipe, phases=phases)
