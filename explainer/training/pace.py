"""How fast this machine trains, and so how long a recipe fits the time there is."""

import itertools
import time
from dataclasses import replace

import torch
from torch import nn

from explainer.training.course import Course
from explainer.training.normalised import NormalisedAlexNet
from explainer.training.recipe import Phase, Recipe
from explainer.training.store import Store
from explainer.training.teacher import Teacher


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


def seconds_per_step(recipe: Recipe, phase: Phase, teacher: Teacher, store: Store, where: str) -> float:
    """Measured on a throw-away student, over as many steps as it takes to meet every kind of step twice."""
    steps = 2 * recipe.studies
    trial = replace(recipe, phases=(replace(phase, steps=steps + 1),))
    network = NormalisedAlexNet()
    course = Course(trial, network, teacher, store, where)
    taken = [progress.seconds for progress in itertools.islice(course.run(), steps + 1)]
    return sum(taken[1:]) / steps  # the first also warms up


def fitted(recipe: Recipe, hours: float, shares: list[float], seconds: list[float]) -> Recipe:
    """The recipe with as many steps in each phase as its share of the time allows.

    shares: of the hours, one for each phase. seconds: a step takes, one for each phase.
    """
    phases = tuple(
        replace(phase, steps=max(1, int(3600 * hours * share / taken)))
        for phase, share, taken in zip(recipe.phases, shares, seconds, strict=True)
    )
    return replace(recipe, phases=phases)


def refitted(recipe: Recipe, step: int, hours: float, seconds: list[float]) -> Recipe:
    """The recipe with what lies behind ``step`` stretched or shrunk to take ``hours``.

    Every unfinished phase keeps its proportion of the remaining time.
    """
    left, behind = [], step
    for phase in recipe.phases:
        done = min(behind, phase.steps)
        behind -= done
        left.append(phase.steps - done)
    stretch = 3600 * hours / max(1e-9, sum(count * taken for count, taken in zip(left, seconds, strict=True)))
    phases = tuple(
        replace(phase, steps=phase.steps - count + int(count * stretch))
        for phase, count in zip(recipe.phases, left, strict=True)
    )
    return replace(recipe, phases=phases)
