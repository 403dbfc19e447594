"""How the race was won: the winners, five networks counted, the shapes of their blocks, and the speed of machines."""

from explainer.chapters.history.counting import FIVE, Count, count
from explainer.chapters.history.paths import KINDS, Block, Step, block, block_names
from explainer.chapters.history.race import Person, Winner, person, race
from explainer.chapters.history.speed import (
    DAYS,
    Problem,
    Speeds,
    Way,
    problem,
    speeds,
    training_macs,
    training_settings,
    ways,
)
from explainer.chapters.history.timing import Passes, Spread, answers, here, passes

__all__ = [
    "DAYS",
    "FIVE",
    "KINDS",
    "Block",
    "Count",
    "Passes",
    "Person",
    "Problem",
    "Speeds",
    "Spread",
    "Step",
    "Way",
    "Winner",
    "answers",
    "block",
    "block_names",
    "count",
    "here",
    "passes",
    "person",
    "problem",
    "race",
    "speeds",
    "training_macs",
    "training_settings",
    "ways",
]
