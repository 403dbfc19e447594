"""What a chapter has for teaching besides its words: the way on."""

import tomllib
from dataclasses import dataclass
from functools import cache

from explainer.chapters import WORDS


@dataclass(frozen=True)
class Lesson:
    """A chapter's bridge: the sentence that leads to the chapter after it, empty for the last."""

    bridge: str


@cache
def lesson(name: str) -> Lesson:
    """What there is for the chapter called ``name``."""
    data = tomllib.loads((WORDS / "lessons" / f"{name}.toml").read_text(encoding="utf-8"))
    return Lesson(bridge=data["bridge"])
