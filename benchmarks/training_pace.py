"""Where a training step's time goes: making views, asking the teacher, studying.

``python -m benchmarks.training_pace --data ../shared/data``. One thread for each, as in
training; microseconds of processor time for each view, so that a crowded machine
does not spoil the figures.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from explainer.places import cache_folder
from explainer.training import pace
from explainer.training.course import Course
from explainer.training.lesson import loss
from explainer.training.lots import chances, draw
from explainer.training.normalised import NormalisedAlexNet
from explainer.training.notebook import Notebook, Term, condensed
from explainer.training.recipe import SHIPPED, Phase, Recipe
from explainer.training.store import Store, open_store
from explainer.training.teacher import CHANNELS, Teacher
from explainer.training.views import render

VIEWS = 64


def microseconds(work: Callable[[], object], times: int = 3) -> float:
    """Least processor time of a few tries, for each view."""
    taken = []
    for _ in range(times + 1):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return 1e6 * min(taken[1:]) / VIEWS


def measure(phase: Phase, store: Store, teacher: Teacher, half: bool) -> dict[str, float]:
    """Microseconds a view costs at each station in one phase.

    The teacher's share is spread over the times that each view is studied; of the parts of a batch,
    one goes back through the early layers as well.
    """
    shipped = Recipe.from_json(SHIPPED.read_text(encoding="utf-8"))
    recipe = Recipe((replace(phase, steps=1),), shipped.attention, batch=VIEWS, parts=1, half_precision=half)
    course = Course(recipe, NormalisedAlexNet(), teacher, store)
    chance = chances(store.categories, store.sources, course.training, recipe.attention)
    lots = draw(0, 0, VIEWS, course.training, chance, phase.areas)
    views = render(store, lots, phase.teacher)
    course.notebook = Notebook(1)
    course.notebook.add(Term(lots, phase.teacher, condensed(teacher(views, phase.teacher))))
    lesson, student, spread = course.lesson(0), course.copies[0], torch.ones(CHANNELS)

    def study(early: bool) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            value = loss(student, lesson, spread, recipe, early)["loss"]
        value.backward()

    whole, late = (microseconds(lambda early=early: study(early)) for early in (True, False))
    return {
        "making the view": microseconds(lambda: render(store, lots, phase.size)),
        "asking the teacher": microseconds(lambda: teacher(views, phase.teacher)) / shipped.studies,
        "studying it": (whole + (shipped.parts - 1) * late) / shipped.parts,
    }


def main() -> None:
    """Each station's share, for every phase of the shipped course."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    if not data.is_dir():
        print(f"no pictures in {data}: --data names another folder")
        return
    torch.set_num_threads(1)
    half = pace.half_precision_is_faster("cpu")
    weights = data.parent / "weights" / "squeezenet1_0-deep-compression.pth"
    teacher = Teacher(weights, torch.bfloat16 if half else torch.float32)
    store = open_store(data, cache_folder() / "training")
    for phase in Recipe.from_json(SHIPPED.read_text(encoding="utf-8")).phases:
        for station, taken in measure(phase, store, teacher, half).items():
            print(f"{phase.size} px  {station:20} {taken:8.0f} µs a view")


if __name__ == "__main__":
    main()
