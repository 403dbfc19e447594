"""A chapter's quiz as data: questions with their answers, each answer with why it is right or wrong."""

import tomllib
from dataclasses import dataclass
from functools import cache

from explainer.chapters import WORDS


@dataclass(frozen=True)
class Answer:
    """An answer to choose from, and what is said once it is chosen."""

    text: str
    why: str


@dataclass(frozen=True)
class Asked:
    """A question before its numbers are filled in.

    draw: what works out the numbers that stand in braces; empty where there are none.
    when: the case of that drawing which the question is for; empty where there is only one.
    wrong: more than are shown, where the numbers may make two of them the same.
    """

    ask: str
    right: Answer
    wrong: tuple[Answer, ...]
    draw: str = ""
    when: str = ""


@cache
def questions(name: str) -> tuple[Asked, ...]:
    """Every question of a chapter, in the order of asking; one drawing may have several, one for each case."""
    data = tomllib.loads((WORDS / "quiz" / f"{name}.toml").read_text(encoding="utf-8"))
    return tuple(
        Asked(
            one["ask"], Answer(*one["right"]), tuple(Answer(*each) for each in one["wrong"]),
            one.get("draw", ""), one.get("when", ""),
        )
        for one in data["questions"]
    )  # fmt: skip


@cache
def words() -> dict[str, str]:
    """What every quiz says besides its questions."""
    return tomllib.loads((WORDS / "quiz.toml").read_text(encoding="utf-8"))
