"""Which pixels and which detectors an answer rests on, and how far such maps can be believed."""

from explainer.attribution.methods import (
    METHODS,
    SIGNED,
    STEPS,
    WINDOWS,
    Attribution,
    Behind,
    Vote,
    attribute,
    last_maps,
    likeness,
    look_behind,
    map_layers,
    randomisable,
    randomised,
    votes,
)

__all__ = [
    "METHODS",
    "SIGNED",
    "STEPS",
    "WINDOWS",
    "Attribution",
    "Behind",
    "Vote",
    "attribute",
    "last_maps",
    "likeness",
    "look_behind",
    "map_layers",
    "randomisable",
    "randomised",
    "votes",
]
