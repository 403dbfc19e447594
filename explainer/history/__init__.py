"""How the race was won: the winners, five networks counted, the shapes of their blocks, and the speed of machines."""

from explainer.history.counting import FIVE, Count, count
from explainer.history.paths import KINDS, Block, Step, block, block_names
from explainer.history.race import Person, Winner, person, race
from explainer.history.speed import DAYS, Problem, Speeds, Way, problem, speeds, training_macs, training_settings, ways
from explainer.history.timing import Passes, Spread, answers, here, passes

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
