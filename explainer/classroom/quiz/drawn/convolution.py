"""Scanning by hand: a sum of products, the size of a map, a pool, the weights of filters in colour."""

from random import Random

import numpy as np

from explainer.chapters.convolution.filtering import Sizes, convolve
from explainer.classroom.quiz.stage import Stage

INK = (0, 10, 20, 50, 80, 100)
WEIGHTS = (-2, -1, 0, 1, 2)


def _grid(values: np.ndarray) -> str:
    return " / ".join(" ".join(f"{value:g}".replace("-", "−") for value in row) for row in values)


def products(_: Stage, chance: Random) -> dict:
    """A filter of 2 × 2 on a patch: the dot product, and what comes of a slip."""
    patch = np.array([[chance.choice(INK) for _ in range(2)] for _ in range(2)])
    weights = np.array([[chance.choice(WEIGHTS) for _ in range(2)] for _ in range(2)])
    return {
        "patch": _grid(patch), "filter": _grid(weights), "sum": round(convolve(patch, weights).item()),
        "no_signs": int((patch * abs(weights)).sum()), "ink": int(patch.sum()),
        "turned": int((patch * weights[::-1, ::-1]).sum()), "separate": int(patch.sum() * weights.sum()),
    }  # fmt: skip


def sizes(_: Stage, chance: Random) -> dict:
    """How large a map is: the formula, and with one thing in it forgotten."""
    kernel, stride, padding = chance.choice((3, 4, 5)), chance.choice((1, 2, 3)), chance.choice((1, 2))
    steps = chance.randint(6, 12)
    side = steps * stride + kernel - 2 * padding
    return {
        "side": side, "kernel": kernel, "stride": stride, "padding": padding,
        "map": Sizes(picture=side, kernel=kernel, stride=stride, padding=padding).positions, "no_one": steps,
        "one_ring": (side + padding - kernel) // stride + 1, "bare": (side - kernel) // stride + 1,
        "all_steps": side + 2 * padding - kernel + 1,
    }  # fmt: skip


def pool(_: Stage, chance: Random) -> dict:
    """What max pooling keeps of a block."""
    block = chance.sample(range(1, 30), 4)
    return {
        "block": _grid(np.array(block).reshape(2, 2)), "largest": max(block), "mean": sum(block) / 4, "sum": sum(block),
        "corner": block[0] if block[0] != max(block) else block[3],
    }  # fmt: skip


def colours(_: Stage, chance: Random) -> dict:
    """The weights of some filters on a colour picture."""
    count, kernel = chance.choice((6, 8, 10, 12, 16, 20, 32)), chance.choice((3, 4, 5, 7))
    return {
        "count": count, "kernel": kernel, "one": 3 * kernel**2, "weights": count * 3 * kernel**2,
        "grey": count * kernel**2, "row": count * 3 * kernel,
    }  # fmt: skip


def plain(_: Stage, chance: Random) -> dict:
    """A filter for an edge on a plain area."""
    ink = chance.choice(INK[1:])
    return {"ink": ink, "none": 0, "two": 2 * ink, "four": 4 * ink, "below": -2 * ink}
