"""What a chapter has for teaching besides its words: goals, exercises, what is often believed, the way on."""

import tomllib
from dataclasses import dataclass
from functools import cache

from explainer.chapters import WORDS


@dataclass(frozen=True)
class Exercise:
    """A task and its worked answer, level 1 (easy) to 3. Names in braces stand for numbers that are worked out."""

    level: int
    task: str
    answer: str


@dataclass(frozen=True)
class Misconception:
    """What is often believed, and the experiment that tests it."""

    belief: str
    test: str


@dataclass(frozen=True)
class Lesson:
    """A chapter's lesson.

    bridge: the sentence that leads to the chapter after it, empty for the last.
    goals: what one can do afterwards, each going on from "Afterwards you can".
    """

    bridge: str
    goals: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    misconceptions: tuple[Misconception, ...]


@cache
def lesson(name: str) -> Lesson:
    """The lesson of the chapter called ``name``."""
    data = tomllib.loads((WORDS / "lessons" / f"{name}.toml").read_text(encoding="utf-8"))
    return Lesson(
        bridge=data["bridge"],
        goals=tuple(data["goals"]),
        exercises=tuple(Exercise(**one) for one in data["exercises"]),
        misconceptions=tuple(Misconception(**one) for one in data["misconceptions"]),
    )


@cache
def words() -> dict:
    """What the folds at a chapter's end are called."""
    return tomllib.loads((WORDS / "teachers.toml").read_text(encoding="utf-8"))["folds"]
