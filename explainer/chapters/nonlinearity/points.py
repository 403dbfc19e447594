"""Points of two kinds on the plane, for a network to tell apart.

The first four sets are those of the TensorFlow Playground (Smilkov, Carter and others, 2016), drawn by the same
rules; "moons" is scikit-learn's *two moons* on the same plane.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from explainer.errors import ExplainerError

REACH = 6.0  # the plane is drawn from −REACH to REACH both ways
COUNT = 500  # points of a set, seen and unseen together
_RADIUS = 5.0

Points = tuple[np.ndarray, np.ndarray]  # places [n, 2] and kinds [n], each +1 or −1


def _circle(n: int, noise: float, random: np.random.Generator) -> Points:
    """A disc within a ring. Noise moves the edge between the kinds, not the points."""
    inner = random.uniform(0, _RADIUS / 2, n // 2)
    outer = random.uniform(0.7 * _RADIUS, _RADIUS, n - n // 2)
    r, angle = np.concatenate([inner, outer]), random.uniform(0, 2 * math.pi, n)
    places = np.stack([r * np.sin(angle), r * np.cos(angle)], 1)
    moved = places + noise * random.uniform(-_RADIUS, _RADIUS, (n, 2))
    return places, np.where(np.hypot(*moved.T) < _RADIUS / 2, 1.0, -1.0)


def _exclusive_or(n: int, noise: float, random: np.random.Generator) -> Points:
    """Four squares, alike across the diagonal. Noise moves the edges, not the points."""
    places = random.uniform(-_RADIUS, _RADIUS, (n, 2))
    places += np.where(places > 0, 0.3, -0.3)
    moved = places + noise * random.uniform(-_RADIUS, _RADIUS, (n, 2))
    return places, np.where(moved[:, 0] * moved[:, 1] >= 0, 1.0, -1.0)


def _gauss(n: int, noise: float, random: np.random.Generator) -> Points:
    """Two round clouds; noise spreads them: a variance of 0.5 without, of 4 with all of it."""
    kinds = np.where(np.arange(n) < n // 2, 1.0, -1.0)
    return 2 * kinds[:, None] + random.normal(0, math.sqrt(0.5 + 7 * noise), (n, 2)), kinds


def _spiral(n: int, noise: float, random: np.random.Generator) -> Points:
    """Two arms that turn around each other one and three quarter times."""
    half = n // 2
    share = np.arange(half) / half
    r, angle = _RADIUS * share, 1.75 * share * 2 * math.pi
    arms = [np.stack([r * np.sin(angle + turn), r * np.cos(angle + turn)], 1) for turn in (0, math.pi)]
    return np.concatenate(arms) + noise * random.uniform(-1, 1, (2 * half, 2)), np.repeat([1.0, -1.0], half)


def _moons(n: int, noise: float, random: np.random.Generator) -> Points:
    """Two half-moons, each with a horn inside the other."""
    half = n // 2
    angle = np.linspace(0, math.pi, half)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    places = 3.2 * (np.concatenate([upper, lower]) - [0.5, 0.25])
    spread = random.normal(0, 0.15 + 2 * noise, places.shape)
    return places + spread, np.repeat([1.0, -1.0], half)


SETS: dict[str, Callable[[int, float, np.random.Generator], Points]] = {
    "circle": _circle,
    "xor": _exclusive_or,
    "gauss": _gauss,
    "spiral": _spiral,
    "moons": _moons,
}


@dataclass(frozen=True, eq=False)
class Task:
    """Points to learn from (seen) and points to be judged by (unseen): places [n, 2], kinds [n] of +1 and −1."""

    seen: np.ndarray
    seen_kinds: np.ndarray
    unseen: np.ndarray
    unseen_kinds: np.ndarray


def draw_points(name: str, noise: float = 0.0, share: float = 0.5, seed: int = 0) -> Task:
    """A set's :data:`COUNT` points in chance order, the first ``share`` of them to learn from.

    ``noise`` goes from 0 to 0.5, as in the Playground.

    Raises:
        ExplainerError: no such set.
    """
    if name not in SETS:
        raise ExplainerError(f"There are no points called {name}; choose {', '.join(SETS)}.")
    random = np.random.default_rng(seed)
    places, kinds = SETS[name](COUNT, noise, random)
    order = random.permutation(len(kinds))
    seen, unseen = np.split(order, [round(share * len(order))])
    return Task(places[seen], kinds[seen], places[unseen], kinds[unseen])
