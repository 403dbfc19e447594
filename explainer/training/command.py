"""``train-network``: from a folder of pictures to the weights that ship."""

import argparse
import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch

from explainer.errors import DataError
from explainer.networks.packed import unpack
from explainer.networks.weights import read_state
from explainer.networks.zoo import EMBEDDED_FILE
from explainer.places import cache_folder
from explainer.training import card, checkpoint, export, filters, pace
from explainer.training.course import Course, Progress
from explainer.training.lots import chances, draw
from explainer.training.normalised import NormalisedAlexNet, folded, unfolded
from explainer.training.recipe import SHIPPED, Recipe
from explainer.training.soup import mixed
from explainer.training.store import Store, joined, open_collection, open_store
from explainer.training.teacher import Teacher
from explainer.training.views import render

HOURS = 2.0
SETTLED = 12  # steps after which the pace is known for the first time
CHECKPOINT_SECONDS = 240
REPORT_SECONDS = 20


def run(parsed: argparse.Namespace) -> int:
    """Trains, or goes on, and at the end writes weights, card and figure; interrupted, it keeps a checkpoint."""
    work = _work(parsed)
    path = work / "checkpoint.pt"
    store = open_store(parsed.data, work)
    if parsed.store:
        store = joined(open_collection(parsed.store), store)
    print(f"{len(store.training):,} pictures to train on, {len(store.validation):,} held out.", flush=True)
    old = parsed.export_only or (parsed.resume and path.exists())
    course, lineage = _going_on(parsed, store, path) if old else _new(parsed, store)
    hours = parsed.hours or (None if old else HOURS)
    if not parsed.export_only and not _train(course, lineage, path, hours):
        print(f"Stopped after step {course.step:,} of {course.recipe.steps:,}; go on with --resume.", flush=True)
        return 130
    ship(course, lineage, store, parsed.data, parsed.out, parsed.mix)
    return 0


def ship(course: Course, lineage: card.Lineage, store: Store, data: Path, out: Path, mix: Path | None = None) -> dict:
    """Folds, corrects, packs, measures and writes a course's network; returns its card.

    mix: weights to average the course's with, half and half. They may have been taught on what
    is held out here, which then can't choose how much of the leaning to take out: none is.
    """
    network = NormalisedAlexNet()
    network.load_state_dict(course.average.state)
    pure = plain = folded(network.eval())
    if mix:
        views = _plain_views(store, course.recipe)
        plain = folded(mixed(network, unfolded(unpack(read_state(mix)), views), 0.5, views).eval())
    stations = {
        "the weights after the last step": folded(deepcopy(course.student.network).float().eval()),
        "averaged over the last steps": pure,
        "mixed with earlier weights, if any": plain,
    }
    file = out / EMBEDDED_FILE.name
    known = card.known_categories(store, lineage)
    exam = export.Examination(store, data)
    packed, findings = export.pack_and_measure(plain, file, exam, set(known), stations, 0.0 if mix else None)
    content = card.card(packed, file, store, course, lineage, known, findings, bool(mix))
    if published := filters.published(data.parent / "weights"):
        content["conv1 of the published AlexNet, for comparison"] = published
    card.write(content, file.with_suffix(".json"))
    filters.contact_sheet(packed.conv1.conv.weight.detach()).save(out / f"{file.stem}-conv1.png", optimize=True)
    print(json.dumps({**findings, "conv1": content["conv1"]}, indent=1))
    print(f"Written to {out}.")
    return content


def _new(parsed: argparse.Namespace, store: Store) -> tuple[Course, card.Lineage]:
    where = pace.device()
    half = pace.half_precision_is_faster(where)
    teacher = _teacher(parsed, half, where)
    recipe = replace(_recipe(parsed.recipe or SHIPPED), seed=parsed.seed, half_precision=half)
    recipe = pace.refitted(recipe, 0, parsed.hours or HOURS, pace.seconds_of(recipe, {}))
    network, lineage = NormalisedAlexNet(), card.Lineage(None)
    if not parsed.scratch:
        file = parsed.start or EMBEDDED_FILE
        network = unfolded(unpack(read_state(file)), _plain_views(store, recipe))
        lineage = card.Lineage(_card_of(file))
    print(card.describe(recipe), flush=True)
    return Course(recipe, network, teacher, store, where, _drawer(parsed)), lineage


def _going_on(parsed: argparse.Namespace, store: Store, path: Path) -> tuple[Course, card.Lineage]:
    recipe, state = checkpoint.load(path)
    where = pace.device()
    teacher = _teacher(parsed, recipe.half_precision, where)
    course = Course(recipe, NormalisedAlexNet(), teacher, store, where, _drawer(parsed))
    course.restore(state)
    return course, card.Lineage(json.loads(state["lineage"]))


def _train(course: Course, lineage: card.Lineage, path: Path, hours: float | None) -> bool:
    """Drains the course, reporting and keeping checkpoints; False if it was interrupted.

    hours: to be done by then: how many steps that is is judged anew now and then, since no machine
    keeps its pace. Without it the course takes the steps its recipe says, however long that is.
    """
    end, begun_at = time.monotonic() + 3600 * (hours or 0), course.step

    def keep() -> None:
        checkpoint.save(course, path, json.dumps(lineage.begun_with))

    reported = kept = time.monotonic()
    with _interruptible() as interrupted:
        for progress in course.run():
            now = time.monotonic()
            if hours and (progress.step == begun_at + SETTLED or now - kept > CHECKPOINT_SECONDS):
                course.refit(max(0.0, end - now) / 3600)
            last = course.step >= course.recipe.steps
            if now - reported > REPORT_SECONDS or last:
                print(_line(course, progress), flush=True)
                reported = now
            if now - kept > CHECKPOINT_SECONDS or interrupted or last:
                keep()
                kept = now
            if interrupted:
                return False
    return True


def _line(course: Course, progress: Progress) -> str:
    phase = course.recipe.phase_at(progress.step)
    losses = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
    end = time.strftime("%a %H:%M", time.localtime(time.time() + course.seconds_left()))
    where = f"step {progress.step:,} of {progress.steps:,} at {phase.size} px"
    return f"{where}  {losses}  {progress.seconds:.1f} s, ends {end}"


def _teacher(parsed: argparse.Namespace, half: bool, where: str) -> Teacher:
    file = parsed.teacher or parsed.data.parent / "weights" / "squeezenet1_0-deep-compression.pth"
    return Teacher(file, torch.bfloat16 if half else torch.float32, where)


def _work(parsed: argparse.Namespace) -> Path:
    return parsed.work or cache_folder() / "training"


def _drawer(parsed: argparse.Namespace) -> Path:
    return _work(parsed) / "verdicts"


def _recipe(file: Path) -> Recipe:
    try:
        return Recipe.from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{file} is not a recipe to train by.") from error


def _plain_views(store: Store, recipe: Recipe, count: int = 384) -> torch.Tensor:
    """Views at full size as they are, to measure the channels of finished weights on."""
    training = store.training
    chance = chances(store.categories, store.sources, training, recipe.attention)
    return render(store, draw(recipe.seed, 2**31, count, training, chance, (0.3, 1.0)), 227)


def _card_of(weights: Path) -> dict:
    for path in (weights.with_suffix(".json"), weights.with_name("card.json")):
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    raise DataError(f"{weights.name} has no card beside it that tells what it was trained on.")


@contextmanager
def _interruptible() -> Iterator[list]:
    """A list that is filled when someone asks the program to stop (Ctrl-C, kill), instead of dying."""
    asked: list[int] = []
    kinds = signal.SIGINT, signal.SIGTERM
    before = {kind: signal.signal(kind, lambda kind, frame: asked.append(kind)) for kind in kinds}
    try:
        yield asked
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
