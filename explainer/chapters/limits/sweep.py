"""Along a sweep: what the network calls the picture, and how far each layer's features move.

Zeiler and Fergus (2014), section 4.1 and figure 5: transform a picture little by little, and
measure how far the features of each layer move away from those of the original.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explainer.chapters.limits.transforms import KINDS, Kind, surroundings, transformed
from explainer.networks import Guess, Network, Trace, best_guesses
from explainer.pictures import Picture

_MOST = 24  # pictures at a time: the weights of the last layers are read once for all of them
_ROOM = 64 * 2**20  # bytes for the largest maps of a batch


@dataclass(frozen=True)
class Tolerance:
    """Between which values the first guess of the unchanged picture stays first.

    low, high: the outermost values, going out from the neutral one, before the guess is lost;
    open_low, open_high: whether it was never lost on that side.
    """

    low: float
    high: float
    open_low: bool
    open_high: bool


@dataclass(frozen=True, eq=False)
class Sweep:
    """One picture along one kind of change, as one network answers.

    values: float [N]. frames: uint8 [N, size, size, 3]. probabilities: float [N, categories].
    distances: float [N, layers], how far the features of ``layers`` moved; 0 the same, 1 nothing in common.
    done: how many of the N steps are computed, first to last; the others are not-a-number.
    """

    kind: Kind
    values: np.ndarray
    frames: np.ndarray
    probabilities: np.ndarray
    layers: tuple[str, ...]
    distances: np.ndarray
    first: int
    categories: tuple[str, ...]
    done: int

    def top(self, step: int, count: int = 3) -> list[Guess]:
        """The likeliest categories at a step, best first."""
        return best_guesses(torch.from_numpy(self.probabilities[step]), self.categories, count)

    def ranks(self, category: int) -> np.ndarray:
        """The place of a category at every computed step, 1 for the first guess: int [done]."""
        return np.array([rank(row, category) for row in self.probabilities[: self.done]], int)

    def rows(self, category: int) -> list[dict]:
        """The curves of a category, one row for a computed step, with how far each layer moved."""
        places = self.ranks(category)
        return [
            {self.kind.axis: float(self.values[step]), "probability": float(self.probabilities[step, category]),
             "place": int(places[step]), "first guess": self.top(step, 1)[0].category,
             **{f"{layer} moved": float(far) for layer, far in zip(self.layers, self.distances[step], strict=True)}}
            for step in range(self.done)
        ]  # fmt: skip

    @property
    def neutral(self) -> int:
        """The step at which nothing is changed."""
        return int(np.abs(self.values - self.kind.neutral).argmin())

    def tolerance(self) -> Tolerance:
        """How far the first guess holds, to either side."""
        held = self.probabilities.argmax(axis=1) == self.first
        low = high = self.neutral
        while low > 0 and held[low - 1]:
            low -= 1
        while high + 1 < len(held) and held[high + 1]:
            high += 1
        return Tolerance(float(self.values[low]), float(self.values[high]), bool(low == 0), bool(high + 1 == len(held)))


def rank(probabilities: np.ndarray, category: int) -> int:
    """1 plus how many categories are likelier."""
    return 1 + int((probabilities > probabilities[category]).sum())


def cost(network: Network, kind: Kind) -> float:
    """Multiplications of a whole sweep, in thousand millions."""
    return sum(layer.macs for layer in network.layers) * len(kind.values) / 1e9


def measured_layers(network: Network) -> tuple[str, ...]:
    """Layers with weights: pooling and normalisation only pass on what these found."""
    return tuple(layer.name for layer in network.layers if layer.kind in ("conv", "block", "fc"))


def sweep(network: Network, picture: Picture, kind: Kind, values: Sequence[float] | None = None) -> Sweep:
    """The whole sweep at once."""
    *_, last = sweep_steps(network, picture, kind, values)
    return last


def sweep_steps(
    network: Network, picture: Picture, kind: Kind, values: Sequence[float] | None = None
) -> Iterator[Sweep]:
    """The sweep batch by batch: yields what there is so far."""
    values = np.array(kind.values if values is None else values, float)
    trace = network.trace(picture)
    frames = transformed(surroundings(network, picture), kind, values)
    layers = measured_layers(network)
    probabilities = np.full((len(values), len(network.categories)), np.nan, np.float32)
    distances = np.full((len(values), len(layers)), np.nan, np.float32)
    first = trace.top(1)[0].index
    batch = _batch(network)
    for start in range(0, len(values), batch):
        part = slice(start, min(start + batch, len(values)))
        probabilities[part], distances[part] = _answers(network, trace, frames[part], layers)
        yield Sweep(
            kind, values, frames, probabilities.copy(), layers, distances.copy(), first, network.categories, part.stop
        )


@dataclass(frozen=True, eq=False)
class Reached:
    """How far the work on several sweeps has come.

    own: the first network's latest sweep. beside: a second network's, if asked for. finished: by kind, the
    first network's finished sweeps. done, total: pictures.
    """

    own: Sweep
    beside: Sweep | None
    finished: dict[str, Sweep]
    done: int
    total: int

    @property
    def share(self) -> float:
        return self.done / self.total


def sweeps(
    network: Network, second: Network | None, picture: Picture, kind: Kind, own: Sweep | None = None
) -> Iterator[Reached]:
    """One sweep, and the same of a second network: yields after every batch; the second is handed on once whole.

    ``own``: the first network's, if it is already there.
    """
    count = len(kind.values)
    ready = own is not None
    total = count * ((not ready) + (second is not None))
    for own in () if ready else sweep_steps(network, picture, kind):
        yield Reached(own, None, {}, own.done, total)
    if second:
        for beside in sweep_steps(second, picture, kind):
            done = total - count + beside.done
            yield Reached(own, beside if beside.done == count else None, {}, done, total)


def every_sweep(network: Network, picture: Picture) -> Iterator[Reached]:
    """The sweeps of all kinds, one after the other: yields after every batch."""
    total = sum(len(kind.values) for kind in KINDS.values())
    finished, before = {}, 0
    for kind in KINDS.values():
        for own in sweep_steps(network, picture, kind):
            if own.done == len(own.values):
                finished = {**finished, kind.name: own}
            yield Reached(own, None, finished, before + own.done, total)
        before += len(kind.values)


def _batch(network: Network) -> int:
    """How many pictures run at once."""
    largest = max(4 * math.prod(layer.shape) for layer in network.layers)
    return min(_MOST, max(1, _ROOM // largest))


def _answers(
    network: Network, trace: Trace, frames: np.ndarray, layers: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities [n, categories] and distances [n, layers] of one batch, from one forward pass."""
    found = []
    with torch.inference_mode():
        x = network.preprocessing.normalise(frames)
        for name in trace.activations:
            x = network.run(x, start=name, stop=name)
            if name in layers:
                found.append(distance(x, trace[name]))
        return x.softmax(dim=1).numpy(), torch.stack(found, dim=1).numpy()


def distance(features: Tensor, original: Tensor) -> Tensor:
    """‖a − b‖ / √(‖a‖² + ‖b‖²) for each a of a batch: [n, …] and […] → [n].

    The Euclidean distance by which Zeiler and Fergus compare, divided by the size of both, so that layers can
    be compared: 0 where nothing moved, 1 where nothing is in common (no feature that fires in both).
    """
    a, b = features.flatten(1), original.flatten()[None]
    size = (a.square().sum(dim=1) + b.square().sum(dim=1)).sqrt()
    return (a - b).norm(dim=1) / torch.where(size > 0, size, 1)


def mean_movement(size: int, degrees: float) -> float:
    """By how many pixels a turn about the centre moves the pixels of a square, on average."""
    along = np.arange(size) - (size - 1) / 2
    return float(np.hypot(along[:, None], along).mean() * 2 * np.sin(np.deg2rad(abs(degrees)) / 2))
