"""The hill: a cost over two of a network's numbers, or along two directions, and the ways down it.

Along two directions d₁ and d₂ from a network's weights w, the cost is a surface C(w + a·d₁ + b·d₂) over (a, b).
Gradient descent on it sees the slopes along the two directions only; all that lies beside them stays as it is.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import torch
import torch.nn.functional as F
from scipy.sparse.linalg import LinearOperator, eigsh
from torch import Tensor

from explainer.digits.network import Network, Quadratic, forward, sigmoid_slope
from explainer.errors import ExplainerError

SIDE = 33  # places of a surface, each way
STEPS = 60  # of a way down
LAST = 10  # steps that are drawn bold
_FAR = 4.0  # reaches beyond which a way is not followed any more


class Slice(Protocol):
    """A cost over two numbers (a, b)."""

    def cost(self, a: float, b: float) -> float:
        """C at a place."""

    def slope(self, a: float, b: float) -> tuple[float, float]:
        """∂C/∂a and ∂C/∂b there."""


# --- a network of digits, along two directions ------------------------------------------------------


@dataclass(eq=False)
class DigitsSlice:
    """The quadratic cost, a mean over examples, of a network with one hidden layer along two directions.

    The hidden sums are straight in a and b, so they are worked out once: ``x`` [n, 784] is not needed again.
    """

    network: Network
    directions: tuple[Network, Network]
    x: Tensor
    y: Tensor  # [n, 10]
    _sums: list[Tensor] = field(init=False)

    def __post_init__(self) -> None:
        parts = (self.network, *self.directions)
        self._sums = [F.linear(self.x, part.weights[0], part.biases[0]) for part in parts]

    def _said(self, a: float, b: float) -> tuple[Tensor, Tensor, Tensor]:
        base, first, second = self._sums
        hidden = torch.sigmoid(base + a * first + b * second)
        w, b2 = (
            getattr(self.network, kind)[1]
            + a * getattr(self.directions[0], kind)[1]
            + b * getattr(self.directions[1], kind)[1]
            for kind in ("weights", "biases")
        )
        return hidden, w, torch.sigmoid(F.linear(hidden, w, b2))

    def cost(self, a: float, b: float) -> float:
        return float(Quadratic.value(self._said(a, b)[2], self.y).mean())

    def slope(self, a: float, b: float) -> tuple[float, float]:
        """By the chain rule: what each direction changes in the sums, times the errors δ."""
        hidden, w, said = self._said(a, b)
        delta = Quadratic.delta(said, self.y)
        before = (delta @ w) * sigmoid_slope(hidden)
        found = []
        for sums, way in zip(self._sums[1:], self.directions, strict=True):
            through = (before * sums).sum() + (delta * F.linear(hidden, way.weights[1], way.biases[1])).sum()
            found.append(float(through) / len(self.y))
        return found[0], found[1]


def one_weight(network: Network, number: int) -> Network:
    """The direction in which only one number of a network changes; numbers count from 0, layer by layer, each layer's
    weights row by row, then its biases.

    Raises:
        ExplainerError: there is no such number.
    """
    flat = torch.zeros(_size(network), dtype=network.weights[0].dtype)
    if not 0 <= number < len(flat):
        raise ExplainerError(f"The network has {len(flat):,} numbers.")
    flat[number] = 1
    return unflattened(flat, network)


def what_it_is(network: Network, number: int) -> tuple[str, int, int]:
    """What a number is: ("weight", from, to), or ("bias", layer, neuron), in the order of :func:`one_weight`.

    The layer is 1 for hidden neurons, 2 for outputs; a weight's layer is that of the neuron it leads to and is told by
    its kind: "pixel weight" or "output weight".
    """
    for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        if number < w.numel():
            return ("pixel weight" if layer == 1 else "output weight", number % w.shape[1], number // w.shape[1])
        number -= w.numel()
        if number < len(b):
            return ("bias", layer, number)
        number -= len(b)
    raise ExplainerError("The network has no such number.")


def flattened(network: Network) -> Tensor:
    """All of a network's numbers in a row, in the order of :func:`one_weight`."""
    return torch.cat([part.flatten() for layer in zip(network.weights, network.biases, strict=True) for part in layer])


def unflattened(flat: Tensor, like: Network) -> Network:
    """The inverse of :func:`flattened`, for a network of the same shape."""
    weights, biases = [], []
    for w, b in zip(like.weights, like.biases, strict=True):
        weights.append(flat[: w.numel()].view_as(w))
        biases.append(flat[w.numel() : w.numel() + len(b)])
        flat = flat[w.numel() + len(b) :]
    return Network(weights, biases)


def _size(network: Network) -> int:
    return sum(part.numel() for part in (*network.weights, *network.biases))


# --- the directions that bend most -------------------------------------------------------------------


def curved_along(network: Network, x: Tensor, y: Tensor) -> Callable[[Tensor], Tensor]:
    """How the gradient of the mean quadratic cost changes along a direction: v → H·v, without ever writing H down.

    H holds the cost's second derivatives, 11,935 × 11,935 of them for the digits; a product with it costs two
    gradients (Pearlmutter, 1994).
    """
    flat = flattened(network).double().requires_grad_(True)
    with torch.enable_grad():
        said = forward(unflattened(flat, network), x.double())[1][-1]
        cost = Quadratic.value(said, y.double()).mean()
        (gradient,) = torch.autograd.grad(cost, flat, create_graph=True)

    def product(v: Tensor) -> Tensor:
        with torch.enable_grad():
            (found,) = torch.autograd.grad(gradient, flat, v.double().reshape(-1), retain_graph=True)
        return found.detach()

    return product


def most_curved(network: Network, x: Tensor, y: Tensor, count: int = 2) -> tuple[list[float], list[Network]]:
    """The directions in which the cost bends up most, each of length 1, with their curvatures λ, the largest first.

    They are the eigenvectors of H with the largest eigenvalues, by Lanczos' method: power iteration that remembers.
    """
    product, size = curved_along(network, x, y), _size(network)
    operator = LinearOperator(
        (size, size), matvec=lambda v: product(torch.from_numpy(v.copy())).numpy(), dtype="float64"
    )
    start = torch.randn(size, generator=torch.Generator().manual_seed(0), dtype=torch.float64).numpy()
    values, vectors = eigsh(operator, k=count, which="LA", v0=start, tol=1e-4)
    order = values.argsort()[::-1]
    dtype = network.weights[0].dtype
    ways = []
    for place in order:
        way = torch.from_numpy(vectors[:, place].copy())
        way = way * (1.0 if way[way.abs().argmax()] > 0 else -1.0)
        ways.append(unflattened(way.to(dtype), network))
    return [float(values[place]) for place in order], ways


# --- one neuron --------------------------------------------------------------------------------------

LIGHTS = torch.tensor([(r, y, g) for r in (0, 1) for y in (0, 1) for g in (0, 1)], dtype=torch.float64)
STOPLIGHT = (-1.0, 0.0, 1.0, -0.5)  # weights of red, yellow and green, and the bias


@dataclass(frozen=True)
class NeuronSlice:
    """The cost of one neuron without activation that reads a stoplight, over two of its four numbers.

    ½ · mean (sum − wanted)² over all eight combinations of lights; wanted is +1 on green without red, else −1. The two
    ``numbers`` are counted from 0 here, not from what they are; the other two stay.
    """

    numbers: tuple[int, int] = (0, 2)
    others: tuple[float, ...] = STOPLIGHT

    def _away(self, a: float, b: float) -> tuple[Tensor, Tensor]:
        weights = torch.tensor(self.others, dtype=torch.float64)
        weights[self.numbers[0]], weights[self.numbers[1]] = a, b
        inputs = torch.cat([LIGHTS, torch.ones(8, 1, dtype=torch.float64)], 1)
        return inputs, inputs @ weights - (2 * LIGHTS[:, 2] * (1 - LIGHTS[:, 0]) - 1)

    def cost(self, a: float, b: float) -> float:
        return float(self._away(a, b)[1].square().mean() / 2)

    def slope(self, a: float, b: float) -> tuple[float, float]:
        inputs, away = self._away(a, b)
        first, second = self.numbers
        return float(away @ inputs[:, first]) / len(away), float(away @ inputs[:, second]) / len(away)


# --- the surface, and ways down ----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Hill:
    """A cost as a surface: ``heights`` [SIDE, SIDE], b down, a across, both from −reach to reach around ``middle``.

    axes: what a and b are. curvatures: λ along both at the middle.
    """

    slice: Slice
    axes: tuple[str, str]
    middle: tuple[float, float]
    reach: float
    heights: Tensor
    curvatures: tuple[float, float]

    def shows(self, place: tuple[float, float]) -> bool:
        """Whether a place (a, b) is on the surface."""
        return max(abs(p - m) for p, m in zip(place, self.middle, strict=True)) <= self.reach

    def along(self, axis: int) -> list[float]:
        """The places of the surface along a (0) or b (1)."""
        return (self.middle[axis] + self.reach * torch.linspace(-1, 1, SIDE, dtype=torch.float64)).tolist()


def survey(slice_: Slice, axes: tuple[str, str], middle: tuple[float, float], reach: float) -> Hill:
    """The cost all over a square."""
    across, down = ((place + reach * torch.linspace(-1, 1, SIDE, dtype=torch.float64)).tolist() for place in middle)
    heights = torch.tensor([[slice_.cost(a, b) for a in across] for b in down], dtype=torch.float64)
    step = reach / 50
    bends = []
    for axis in (0, 1):
        ends = [slice_.slope(*(m + sign * step * (i == axis) for i, m in enumerate(middle)))[axis] for sign in (1, -1)]
        bends.append((ends[0] - ends[1]) / (2 * step))
    return Hill(slice_, axes, middle, reach, heights, (bends[0], bends[1]))


@dataclass(frozen=True)
class Way:
    """Places (a, b) that gradient descent comes through, the start first, and the cost at each."""

    places: tuple[tuple[float, float], ...]
    costs: tuple[float, ...]
    slopes: tuple[tuple[float, float], ...]

    @property
    def kind(self) -> str:
        """What became of it: "diverge", "leap", "arrive" or "crawl".

        It diverges if it ends higher than it began; leaps over if it went to the other side of the valley and back at
        least three times along one of the axes; has arrived if the ground at its end is nearly level; else it crawls.
        """
        if self.costs[-1] > self.costs[0]:
            return "diverge"
        for axis in (0, 1):
            moves = [q[axis] - p[axis] for p, q in pairwise(self.places)]
            turns = [m for m in moves if abs(m) > 1e-3 * abs(moves[0])]
            if sum(m * n < 0 for m, n in pairwise(turns)) >= 3:
                return "leap"
        level = math.hypot(*self.slopes[-1]) <= 0.05 * max(math.hypot(*slope) for slope in self.slopes)
        return "arrive" if level else "crawl"

    def left(self, hill: Hill) -> int | None:
        """The step with which it left a surface for good; None where it ends on it."""
        inside = [hill.shows(place) for place in self.places]
        return None if inside[-1] else max((step for step, there in enumerate(inside) if there), default=-1) + 1


def walk_down(hill: Hill, start: tuple[float, float], rate: float, momentum: float = 0.0, steps: int = STEPS) -> Way:
    """Gradient descent from ``start``: velocity ← momentum · velocity − rate · slope, place ← place + velocity.

    It ends early where it has left the neighbourhood of the surface.
    """
    place, velocity = start, (0.0, 0.0)
    places, costs, slopes = [place], [hill.slice.cost(*place)], [hill.slice.slope(*place)]
    for _ in range(steps):
        velocity = tuple(momentum * v - rate * s for v, s in zip(velocity, slopes[-1], strict=True))
        place = tuple(p + v for p, v in zip(place, velocity, strict=True))
        places.append(place)
        costs.append(hill.slice.cost(*place))
        slopes.append(hill.slice.slope(*place))
        if max(abs(p - m) for p, m in zip(place, hill.middle, strict=True)) > _FAR * hill.reach:
            break
    return Way(tuple(places), tuple(costs), tuple(slopes))


def start_of(hill: Hill, shares: Sequence[float] = (-0.8, 0.3)) -> tuple[float, float]:
    """A place on the surface by its shares of the reach, −1 to 1."""
    return tuple(m + hill.reach * share for m, share in zip(hill.middle, shares, strict=True))
