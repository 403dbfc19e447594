"""Why the bend matters: two layers that are one, a bend between them, kinks."""

import math
from random import Random

from explainer.classroom.quiz.stage import Stage

SMALL = (2, 3, 4, 5)


def _line(slope: float, offset: float) -> str:
    return f"{slope:g}x {'+' if offset >= 0 else '−'} {abs(offset):g}"


def collapse(_: Stage, chance: Random) -> dict:
    """c × (a·x + b) + d as one line, and as it comes out by a slip."""
    a, b, c, d = (chance.choice(SMALL) for _ in range(4))
    return {
        "a": a, "b": b, "c": c, "d": d, "slope": a * c, "moved": b * c, "line": _line(a * c, b * c + d),
        "half": _line(a * c, b + d), "added": _line(a + c, b + d), "swapped": _line(a * c, a * d + b),
    }  # fmt: skip


def bent(_: Stage, chance: Random) -> dict:
    """The same with ReLU in between, at an x for which the inner sum is below zero."""
    a, b, c, d = (chance.choice(SMALL) for _ in range(4))
    x = -(b // a + chance.choice((1, 2)))
    inner = a * x + b
    return {
        "a": a, "b": b, "c": c, "d": d, "x": x, "inner": inner, "bent": d, "straight": c * inner + d, "nothing": 0,
        "turned": c * abs(inner) + d,
    }  # fmt: skip


def activations(stage: Stage, _: Random) -> dict:
    """What each activation function makes of the sum that the page reads them off at."""
    try:
        z = round(max(-4.0, min(4.0, float(stage.shown.get("z", 1.0)))), 2)
    except (TypeError, ValueError):
        z = 1.0
    z = z if math.isfinite(z) else 1.0
    sigmoid = 1 / (1 + math.exp(-z))
    values = {"sigmoid": sigmoid, "tanh": math.tanh(z), "relu": max(0.0, z), "slope": sigmoid * (1 - sigmoid)}
    return {"z": z + 0.0} | {key: f"{value:.2f}".replace("-", "−") for key, value in values.items()}


def kinks(_: Stage, chance: Random) -> dict:
    """How many ReLU neurons a curve of some straight pieces needs."""
    pieces = chance.randint(4, 12)
    return {"pieces": pieces, "kinks": pieces - 1, "more": pieces + 1, "twice": 2 * pieces}
