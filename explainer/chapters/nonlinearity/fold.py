"""Exclusive-or by folding: two hidden neurons, each a line across the plane, take its points to a new plane.

A neuron's sum z is 0 on its line and grows by its steepness with every unit of distance from it. What both say,
(h₁, h₂), is a place on the folded plane. There one line may separate what none could before: the example of
Rumelhart, Hinton and Williams (1986).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from explainer.chapters.nonlinearity.plane_network import BENDS
from explainer.errors import DataError

CORNERS = np.array([(0, 0), (1, 0), (0, 1), (1, 1)], dtype=float)  # (red, green), each off or on
NAMES = ("none", "red", "green", "both")  # of the lights that are on
WANTED = np.array([-1, 1, 1, -1], dtype=float)  # go (+1) on either, not on both, not on neither
LOW, HIGH = -0.5, 1.5  # the plane is drawn from LOW to HIGH both ways
STEEPNESS = {"relu": 1.0, "tanh": 3.0, "sigmoid": 6.0, "linear": 1.0}  # of a sum, for each unit of distance
FARTHEST = 1.5  # of a line from the middle of the plane
MIDDLE = 0.5


@dataclass(frozen=True)
class Line:
    """A hidden neuron as a line: ``angle`` in degrees is where its side above 0 lies, ``offset`` its distance from the
    middle of the plane in that direction."""

    angle: int
    offset: float


START = (Line(20, -0.4), Line(290, 0.3))  # no line separates the corners after this fold
# One way for each bend; without one there is none.
_FOLDED, _BENT = (Line(30, 0.0), Line(240, 0.0)), (Line(30, -0.4), Line(240, -0.4))
SOLUTIONS = {"relu": _FOLDED, "tanh": _BENT, "sigmoid": _BENT}


@dataclass(frozen=True)
class Gap:
    """The widest gap between two kinds of points: the line ``normal`` · h = ``middle`` runs in the middle of it.

    ``width`` is the distance from the line to the nearest point of either kind times two; the kind +1 lies where
    ``normal`` points.
    """

    normal: tuple[float, float]
    middle: float
    width: float


def hidden(lines: Sequence[Line], bend: str, places: np.ndarray) -> np.ndarray:
    """Where places [n, 2] lie on the folded plane: [n, 2], what each of the two neurons says."""
    angles = np.radians([line.angle for line in lines])
    normals = np.stack([np.cos(angles), np.sin(angles)], 1)
    z = STEEPNESS[bend] * ((places - MIDDLE) @ normals.T - [line.offset for line in lines])
    return BENDS[bend][0](z)


def widest_gap(points: np.ndarray, kinds: np.ndarray) -> Gap | None:
    """The line that keeps farthest from both kinds of points [n, 2], or None where no line separates them.

    The widest gap lies across two points of different kinds, or along two of one kind: each such direction is tried.
    """
    above, below, best = points[kinds > 0], points[kinds < 0], None
    directions = [a - b for a in above for b in below]
    for side in (above, below):
        directions += [(q - p) @ np.array([[0, 1], [-1, 0]]) for p, q in permutations(side, 2)]
    for direction in directions:
        length = math.hypot(*direction)
        if length < 1e-9:
            continue
        normal = direction / length
        low, high = (below @ normal).max(), (above @ normal).min()
        if high - low > 1e-6 and (best is None or high - low > best.width + 1e-12):
            best = Gap(tuple(normal.tolist()), float(high + low) / 2, float(high - low))
    return best


def write_lines(lines: Sequence[Line]) -> str:
    """Two lines as short text for a link: angle and offset of each."""
    return "_".join(f"{line.angle}_{line.offset:g}" for line in lines)


def read_lines(text: str) -> tuple[Line, Line]:
    """The inverse of :func:`write_lines`; angles are whole degrees from 0 to 359, offsets are held within ±1.5.

    Raises:
        DataError: not four numbers.
    """
    try:
        values = [float(value) for value in text.split("_")]
    except ValueError as error:
        raise DataError("Two lines are written as four numbers with _ between them.") from error
    if len(values) != 4 or not all(map(math.isfinite, values)):
        raise DataError("Two lines are four numbers.")
    (first, near, second, far) = values
    return tuple(
        Line(round(angle) % 360, round(max(-FARTHEST, min(FARTHEST, offset)), 2))
        for angle, offset in ((first, near), (second, far))
    )


def lines_of(given: object) -> tuple[Line, Line]:
    """Two lines from a link, or those that are there already.

    Raises:
        ValueError: they can't be read.
    """
    if isinstance(given, tuple):
        return given
    try:
        return read_lines(str(given))
    except DataError as error:
        raise ValueError(str(error)) from error
