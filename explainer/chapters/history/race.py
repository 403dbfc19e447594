"""ImageNet's competition, 2010 to 2017: read from ``assets/history/winners.toml``, where each figure has its source."""

import tomllib
from dataclasses import dataclass
from functools import cache

from explainer.places import ASSETS

FILE = ASSETS / "history" / "winners.toml"


@dataclass(frozen=True)
class Winner:
    """One year's best entry.

    error: share of test pictures, in percent, whose true name is not among five guesses.
    learned: by a network, or with features designed by hand. layers: of the deepest network
    used, where published. second: (name, error) of a runner-up worth knowing.
    """

    year: int
    name: str
    error: float
    learned: bool
    idea: str
    source: str
    url: str
    layers: int | None = None
    second: tuple[str, float] | None = None


@dataclass(frozen=True)
class Person:
    """How often a person was wrong at the same task, in percent."""

    error: float
    words: str
    source: str
    url: str


@cache
def race() -> tuple[Winner, ...]:
    """The winners, year by year."""
    rows = tomllib.loads(FILE.read_text("utf-8"))["winner"]
    return tuple(
        Winner(**{**row, "second": tuple(row["second"].values()) if "second" in row else None}) for row in rows
    )


@cache
def person() -> Person:
    """The person to compare with."""
    return Person(**tomllib.loads(FILE.read_text("utf-8"))["person"])
