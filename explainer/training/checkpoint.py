"""Keeps a course on disk, so that it can be stopped, lost power, and go on."""

import pickle
from pathlib import Path

import torch

from explainer.errors import WeightsError
from explainer.training.course import Course
from explainer.training.recipe import Recipe


def save(course: Course, path: Path, lineage: str = "null") -> None:
    """Writes the course's whole state; a crash while writing leaves the one before untouched.

    lineage: the card of the weights the course began with, as JSON, so that it is not lost.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save({**course.state(), "lineage": lineage}, partial)
    partial.replace(path)


def load(path: Path) -> tuple[Recipe, dict]:
    """The recipe a checkpoint was made by, and its state for :meth:`Course.restore`.

    Raises:
        WeightsError: there is no checkpoint, or it is damaged.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return Recipe.from_json(state["recipe"]), state
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{path} is not a checkpoint to go on from.") from error
