"""A small network learns to tell points of the plane apart, as slowly as one can watch.

Two ways down: "sgd" takes the plain steps of the TensorFlow Playground, its regularisation included; "adam" is Adam
(Kingma and Ba, 2015) with a rate that shrinks along half a cosine.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from explainer.chapters.nonlinearity.plane_network import BENDS, FEATURES, PlaneNetwork, new_network
from explainer.chapters.nonlinearity.points import SETS, Task, draw_points
from explainer.errors import ExplainerError

MOST_LAYERS, MOST_NEURONS = 4, 8
METHODS = ("adam", "sgd")
PULLS = ("none", "L1", "L2")  # kinds of regularisation
MOST_NOISE, LEAST_SHARE, MOST_SHARE = 0.5, 0.1, 0.9
_FIRST = (1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 25)  # epochs after which the first pictures come
_EVERY = 10  # from then on
_LARGEST = 1e9  # size of a number in a network
_MOST_POINTS = 250  # of a curve


@dataclass(frozen=True)
class Settings:
    """All that a training depends on; alike settings give alike networks.

    ``hidden``: neurons in each layer. ``share``: of the points, those learned from. ``pull``: the regularisation, times
    ``strength``. ``start``: see :func:`~explainer.chapters.nonlinearity.plane_network.new_network`.
    """

    points: str = "spiral"
    noise: float = 0.0
    share: float = 0.5
    features: tuple[str, ...] = ("x", "y")
    hidden: tuple[int, ...] = (8, 8)
    bend: str = "tanh"
    method: str = "adam"
    rate: float = 0.05
    batch: int = 25
    pull: str = "L2"
    strength: float = 0.001
    start: str = "scaled"
    epochs: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(self.hidden) <= MOST_LAYERS or not all(1 <= n <= MOST_NEURONS for n in self.hidden):
            raise ExplainerError(f"A network here has 1 to {MOST_LAYERS} layers of 1 to {MOST_NEURONS} neurons.")
        if not self.features or any(name not in FEATURES for name in self.features):
            raise ExplainerError(f"Choose at least one of the features {', '.join(FEATURES)}.")
        for given, allowed in (
            (self.points, SETS), (self.bend, BENDS), (self.method, METHODS), (self.pull, PULLS),
            (self.start, ("scaled", "playground")),
        ):  # fmt: skip
            if given not in allowed:
                raise ExplainerError(f"There is no {given} here; choose {', '.join(allowed)}.")
        for given, least, most in (
            (self.noise, 0, MOST_NOISE), (self.share, LEAST_SHARE, MOST_SHARE), (self.rate, 1e-5, 10),
            (self.batch, 1, 500), (self.strength, 0, 10), (self.epochs, 1, 5_000), (self.seed, 0, 10**6),
        ):  # fmt: skip
            if not least <= given <= most:
                raise ExplainerError(f"{given:g} is not between {least:g} and {most:g}.")

    def task(self) -> Task:
        """The points."""
        return draw_points(self.points, self.noise, self.share, self.seed)


def written_layers(hidden: tuple[int, ...]) -> str:
    """Neurons in each layer as a link has them: "8-8"."""
    return "-".join(map(str, hidden))


def read_layers(text: str) -> tuple[int, ...] | None:
    """The inverse of :func:`written_layers`; None where these are no layers of ours."""
    parts = text.split("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 3 for part in parts):
        return None
    hidden = tuple(map(int, parts))
    fits = len(hidden) <= MOST_LAYERS and all(1 <= n <= MOST_NEURONS for n in hidden)
    return hidden if fits else None


def read_features(text: str) -> tuple[str, ...] | None:
    """Features from a link, "x-y-xy", in their usual order; None where one is unknown or there is none."""
    given = set(text.split("-"))
    return tuple(name for name in FEATURES if name in given) if given <= set(FEATURES) else None


@dataclass(frozen=True, eq=False)
class Lap:
    """A training after some epochs; ``curve`` has (epoch, cost of seen points, cost of unseen points)."""

    settings: Settings
    task: Task
    network: PlaneNetwork
    epoch: int
    cost: float
    right: float  # share of the seen points
    unseen_cost: float
    unseen_right: float
    curve: tuple[tuple[int, float, float], ...]

    @property
    def share(self) -> float:
        """How much of the training is done."""
        return self.epoch / self.settings.epochs


def learn(settings: Settings) -> Iterator[Lap]:
    """Train a new network, yielding it untrained, after each of the first epochs, and after every tenth.

    Raises:
        ExplainerError: the numbers grew without end; a smaller rate helps.
    """
    task = settings.task()
    network = new_network(settings.hidden, settings.features, settings.bend, settings.start, settings.seed)
    steps = Steps(settings, network)
    inputs, random = network.inputs(task.seen), np.random.default_rng(settings.seed)
    lap = _lap(settings, task, network, 0, ())
    yield lap
    for epoch in range(1, settings.epochs + 1):
        order = random.permutation(len(inputs))
        for at in range(0, len(order), settings.batch):
            rows = order[at : at + settings.batch]
            steps.take(*network.gradient(inputs[rows], task.seen_kinds[rows]), done=(epoch - 1) / settings.epochs)
        if epoch in _FIRST or epoch % _EVERY == 0 or epoch == settings.epochs:
            lap = _lap(settings, task, network, epoch, lap.curve)
            yield lap


def _lap(settings: Settings, task: Task, network: PlaneNetwork, epoch: int, curve: tuple) -> Lap:
    if not all(np.abs(part).max() < _LARGEST for part in (*network.weights, *network.biases)):
        raise ExplainerError("The weights grew without end: the learning rate is too large here. Try a smaller one.")
    cost, right = network.judged(task.seen, task.seen_kinds)
    unseen_cost, unseen_right = network.judged(task.unseen, task.unseen_kinds)
    kept = replace(
        network, weights=tuple(w.copy() for w in network.weights), biases=tuple(b.copy() for b in network.biases)
    )
    curve = (*curve, (epoch, cost, unseen_cost))
    if len(curve) > _MOST_POINTS:
        curve = (curve[0], *curve[2:-1:2], curve[-1])
    return Lap(settings, task, kept, epoch, cost, right, unseen_cost, unseen_right, curve)


class Steps:
    """Takes the steps of one of the two ways down, changing a network's numbers in place."""

    def __init__(self, settings: Settings, network: PlaneNetwork) -> None:
        self.settings, self.weights, self.biases = settings, network.weights, network.biases
        numbers = (*network.weights, *network.biases)
        self.first, self.second = ([np.zeros_like(part) for part in numbers] for _ in range(2))
        self.dead = [np.zeros(w.shape, dtype=bool) for w in network.weights]  # wires that L1 has cut, for good
        self.taken = 0

    def take(self, by_weight: list[np.ndarray], by_bias: list[np.ndarray], done: float) -> None:
        """One step against a gradient; ``done``: how much of the training, 0 to 1."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self.settings.method == "sgd":
                self._plain(by_weight, by_bias)
            else:
                self._adam(by_weight, by_bias, done)

    def _plain(self, by_weight, by_bias) -> None:
        rate, pull, strength = self.settings.rate, self.settings.pull, self.settings.strength
        for b, slope in zip(self.biases, by_bias, strict=True):
            b -= rate * slope
        for w, slope, dead in zip(self.weights, by_weight, self.dead, strict=True):
            w -= rate * np.where(dead, 0.0, slope)
            if pull == "L2":
                w -= rate * strength * w
            elif pull == "L1":
                shrunk = w - rate * strength * np.sign(w)
                dead |= w * shrunk < 0
                w[...] = np.where(dead, 0.0, shrunk)

    def _adam(self, by_weight, by_bias, done: float) -> None:
        self.taken += 1
        rate = self.settings.rate * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)
        slopes = [slope + self._pulled(w) for slope, w in zip(by_weight, self.weights, strict=True)]
        for p, g, m, s in zip((*self.weights, *self.biases), (*slopes, *by_bias), self.first, self.second, strict=True):
            m += 0.1 * (g - m)
            s += 0.01 * (g * g - s)
            p -= rate * (m / (1 - 0.9**self.taken)) / (np.sqrt(s / (1 - 0.99**self.taken)) + 1e-8)

    def _pulled(self, w: np.ndarray) -> np.ndarray:
        towards = {"none": 0.0, "L1": np.sign(w), "L2": w}[self.settings.pull]
        return self.settings.strength * towards


@dataclass(frozen=True, eq=False)
class PointStep:
    """What one point does to a network: forward, its errors, and the step it asks for by itself.

    ``sums`` and ``said`` of every layer (the features first in ``said``), ``deltas`` ∂C/∂z, ``by_weight`` [neurons,
    inputs] ∂C/∂w for each layer; the errors are the gradients of the biases.
    """

    kind: float
    sums: list[np.ndarray]
    said: list[np.ndarray]
    deltas: list[np.ndarray]
    by_weight: list[np.ndarray]


def point_step(network: PlaneNetwork, place: np.ndarray, kind: float) -> PointStep:
    """One point [2] through a network and back, by itself."""
    sums, said = network.forward(network.inputs(place[None]))
    deltas = network.backward(said, np.array([kind]))
    return PointStep(
        kind, [z[0] for z in sums], [a[0] for a in said], [d[0] for d in deltas],
        [np.outer(d[0], a[0]) for d, a in zip(deltas, said, strict=False)],
    )  # fmt: skip
