"""What a network does not understand: sweeps, parts upside down, things out of place, and a nudge."""

from explainer.chapters.limits.context import Apart, middle, outlined, spoken_for, taken_apart
from explainer.chapters.limits.nudge import LARGEST, Nudge, nudge
from explainer.chapters.limits.parts import (
    Box,
    Four,
    closer,
    decode_boxes,
    encode_boxes,
    four_ways,
    on_picture,
    turned_parts,
)
from explainer.chapters.limits.shifts import Shifted, shifted_and_turned, shifted_maps
from explainer.chapters.limits.sweep import (
    Reached,
    Sweep,
    Tolerance,
    cost,
    every_sweep,
    mean_movement,
    rank,
    sweep,
    sweep_steps,
    sweeps,
)
from explainer.chapters.limits.transforms import KINDS, Kind, Surroundings, surroundings, transformed

__all__ = [
    "KINDS",
    "LARGEST",
    "Apart",
    "Box",
    "Four",
    "Kind",
    "Nudge",
    "Reached",
    "Shifted",
    "Surroundings",
    "Sweep",
    "Tolerance",
    "closer",
    "cost",
    "decode_boxes",
    "encode_boxes",
    "every_sweep",
    "four_ways",
    "mean_movement",
    "middle",
    "nudge",
    "on_picture",
    "outlined",
    "rank",
    "shifted_and_turned",
    "shifted_maps",
    "spoken_for",
    "surroundings",
    "sweep",
    "sweep_steps",
    "sweeps",
    "taken_apart",
    "transformed",
    "turned_parts",
]  # fmt: skip
