"""Why a network needs a bend: stacked straight lines are one straight line, bent ones draw anything.

After Nielsen, *Neural Networks and Deep Learning*, chapter 4, and Cybenko (1989).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from explainer.errors import DataError, ExplainerError

POINTS = 201  # where curves are known, evenly over −1 … 1
_MOST_HIDDEN = 200


@dataclass(frozen=True)
class Activation:
    """A function from a neuron's sum z to what it says.

    ``value`` and ``slope`` work on tensors of any shape; the slope is NaN where there is none.
    ``steepness`` (for ``hidden`` neurons to share −1 … 1) is how large first weights should be.
    """

    name: str
    formula: str  # LaTeX
    slope_formula: str
    value: Callable[[Tensor], Tensor] = field(repr=False)
    slope: Callable[[Tensor], Tensor] = field(repr=False)
    steepness: Callable[[int], float] = field(repr=False)
    learns: bool = True  # whether its slope says into which direction to change the weights before it
    inner_rate: float = 1.0  # of w and b, against that of v and c


def _step_slope(z: Tensor) -> Tensor:
    return torch.where(z == 0, torch.nan, torch.zeros_like(z))


def _relu_slope(z: Tensor) -> Tensor:
    return torch.where(z == 0, torch.nan, (z > 0).to(z.dtype))


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("none", "z", "1", lambda z: z.clone(), torch.ones_like, lambda n: 1.0),
        Activation(
            "step",
            r"1 \text{ if } z > 0, \text{ else } 0",
            r"0 \text{, and none at } z = 0",
            lambda z: (z > 0).to(z.dtype),
            _step_slope,
            lambda n: 1.0,
            learns=False,
        ),
        Activation(
            "sigmoid",
            r"\sigma(z) = \frac{1}{1 + e^{-z}}",
            r"\sigma(z)\,(1 - \sigma(z))",
            torch.sigmoid,
            lambda z: torch.sigmoid(z) * torch.sigmoid(-z),
            lambda n: 4.0 + n,
        ),
        Activation(
            "tanh",
            r"\tanh z",
            r"1 - \tanh^2 z",
            lambda z: 2 * torch.sigmoid(2 * z) - 1,  # the same, and five times as fast as torch.tanh in float64
            lambda z: 4 * torch.sigmoid(2 * z) * torch.sigmoid(-2 * z),
            lambda n: 2.0 + n / 2,
        ),
        Activation(
            "relu",
            r"\max(0, z)",
            r"0 \text{ below, } 1 \text{ above, and none at } z = 0",
            torch.relu,
            _relu_slope,
            lambda n: 2.0,
            inner_rate=0.1,  # faster, and kinks run into each other and stay there
        ),
    )
}


# (a) A stack of linear layers


@dataclass(frozen=True, eq=False)
class Stack:
    """Layers without activation: ``weights[l]`` is [outputs, inputs], ``biases[l]`` [outputs]."""

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]

    def through(self, x: Tensor, activation: str = "none") -> list[Tensor]:
        """What every layer hands on for one input [inputs]: the input first, the output last.

        With another activation than ``"none"`` it follows every layer but the last.
        """
        bend, values = _activation(activation).value, [x]
        for layer, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = w @ values[-1] + b
            values.append(z if layer == len(self.weights) - 1 else bend(z))
        return values

    def collapsed(self) -> tuple[Tensor, Tensor]:
        """The one matrix and the one bias that do the same: W = W₃W₂W₁, b = W₃(W₂b₁ + b₂) + b₃."""
        matrix, bias = self.weights[0], self.biases[0]
        for w, b in zip(self.weights[1:], self.biases[1:], strict=True):
            matrix, bias = w @ matrix, w @ bias + b
        return matrix, bias


def new_stack(sizes: Sequence[int] = (2, 3, 3, 2), seed: int = 0) -> Stack:
    """Layers of those sizes with numbers short enough to check by hand: halves from −2 to 2; float64."""
    if len(sizes) < 2 or min(sizes) < 1:
        raise ExplainerError("A stack needs inputs, and at least one neuron in each layer.")
    random = torch.Generator().manual_seed(seed)

    def halves(*shape: int) -> Tensor:
        return torch.randint(-4, 5, shape, generator=random).double() / 2

    return Stack(
        tuple(halves(n, inputs) for inputs, n in pairwise(sizes)),
        tuple(halves(n) for n in sizes[1:]),
    )


_LARGEST = 99.0  # size of a number in a stack


def layer_sizes(depth: int) -> tuple[int, ...]:
    """Two inputs, three neurons in every layer but the last, two outputs."""
    return (2, *(3,) * (depth - 1), 2)


def write_numbers(stack: Stack, x: Tensor) -> str:
    """An input and a stack's numbers as short text for a link: x, then each layer's weights and biases."""
    parts = [x, *(part for layer in zip(stack.weights, stack.biases, strict=True) for part in layer)]
    return "_".join(f"{value:g}" for part in parts for value in part.flatten().tolist())


def read_numbers(text: str, sizes: Sequence[int]) -> tuple[Stack, Tensor]:
    """The inverse of :func:`write_numbers`; numbers beyond ±99 are held there.

    Raises:
        DataError: not as many numbers as such a stack has.
    """
    try:
        values = [float(value) for value in text.split("_")]
    except ValueError as error:
        raise DataError("The numbers of a stack are written with _ between them.") from error
    if len(values) != sizes[0] + sum((inputs + 1) * n for inputs, n in pairwise(sizes)) or not all(
        map(math.isfinite, values)
    ):
        raise DataError("These are not as many numbers as the stack has.")
    left = torch.tensor(values, dtype=torch.float64).clamp(-_LARGEST, _LARGEST)
    x, left = left[: sizes[0]], left[sizes[0] :]
    weights, biases = [], []
    for inputs, n in pairwise(sizes):
        weights.append(left[: inputs * n].view(n, inputs))
        biases.append(left[inputs * n : (inputs + 1) * n])
        left = left[(inputs + 1) * n :]
    return Stack(tuple(weights), tuple(biases)), x


# (c) A curve, approximated


def grid() -> Tensor:
    """The places x at which curves are known: float64 [201], −1 … 1."""
    return torch.linspace(-1, 1, POINTS, dtype=torch.float64)


TARGETS: dict[str, Callable[[Tensor], Tensor]] = {
    "wave": lambda x: 0.8 * torch.sin(math.pi * x),
    "hill": lambda x: 1.6 * torch.exp(-8 * x**2) - 0.8,
    "kink": lambda x: 1.6 * x.abs() - 0.8,
    "stairs": lambda x: -0.75 + 0.5 * sum((x > edge).to(x.dtype) for edge in (-0.5, 0.0, 0.5)),
    "two waves": lambda x: 0.5 * torch.sin(math.pi * x) + 0.4 * torch.cos(3 * math.pi * x),
    "line": lambda x: 0.7 * x + 0.1,
}


def target(name: str) -> Tensor:
    """A preset curve at the places of :func:`grid`.

    Raises:
        ExplainerError: no such curve.
    """
    if name not in TARGETS:
        raise ExplainerError(f"There is no curve called {name}; choose {', '.join(TARGETS)}.")
    return TARGETS[name](grid())


def drawn_target(points: Sequence[tuple[float, float]]) -> Tensor:
    """A drawn curve at the places of :func:`grid`: straight between points, level beyond the outermost.

    Points may come in any order; those above one another are averaged; all are held within −1 … 1.

    Raises:
        DataError: fewer than two places, or values that are not numbers.
    """
    try:
        drawn = torch.tensor(points, dtype=torch.float64).reshape(-1, 2)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError("A curve is a list of points (x, y).") from error
    if not drawn.isfinite().all():
        raise DataError("The curve has points that are not numbers; draw it again.")
    places, which = torch.unique(drawn[:, 0].clamp(-1, 1), return_inverse=True)
    if len(places) < 2:
        raise DataError("A curve needs at least two points beside each other; draw a little further.")
    counts = torch.bincount(which)
    heights = torch.zeros_like(places).index_add_(0, which, drawn[:, 1].clamp(-1, 1)) / counts
    x = grid().clamp(places[0], places[-1])
    right = torch.searchsorted(places, x).clamp(1, len(places) - 1)
    share = (x - places[right - 1]) / (places[right] - places[right - 1])
    return heights[right - 1] * (1 - share) + heights[right] * share


def best_line(y: Tensor) -> tuple[float, float]:
    """Slope and height at 0 of the straight line closest to a curve on :func:`grid` (least squares)."""
    x = grid()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return slope.item(), (y.mean() - slope * x.mean()).item()


@dataclass(frozen=True, eq=False)
class Fit:
    """A small network y = Σ vⱼ·φ(wⱼx + bⱼ) + c on its way to a curve.

    ``contributions`` [hidden, 201] is what each hidden neuron adds, vⱼ·φ(wⱼx + bⱼ);
    ``sum`` [201] is all of them and ``c``. ``error`` is the root of the mean squared difference.
    """

    step: int
    steps: int
    contributions: Tensor
    sum: Tensor
    error: float
    w: Tensor
    b: Tensor
    v: Tensor
    c: float

    @property
    def share(self) -> float:
        return self.step / self.steps


def fit_curve(
    y: Tensor,
    hidden: int = 10,
    activation: str = "relu",
    steps: int = 2_000,
    every: int = 20,
    rate: float = 0.03,
    seed: int = 0,
) -> Iterator[Fit]:
    """Train a network of one hidden layer to draw the curve ``y`` [201], yielding every ``every`` steps.

    The first state comes untrained, the last after ``steps`` steps. All points at once, the gradient
    written out, steps by Adam, smaller and smaller towards the end. With the step function only v
    and c learn: a slope of 0 tells w and b nothing.

    Raises:
        ExplainerError: no such activation, too many neurons, or another number of points.
    """
    bend = _activation(activation)
    if not 1 <= hidden <= _MOST_HIDDEN:
        raise ExplainerError(f"Choose 1 to {_MOST_HIDDEN} hidden neurons.")
    if y.shape != (POINTS,):
        raise ExplainerError(f"A curve has {POINTS} points.")
    return _fit(y.double(), hidden, bend, steps, every, rate, seed)


def gradient(x: Tensor, y: Tensor, parameters: Sequence[Tensor], bend: Activation) -> tuple[list[Tensor], Tensor]:
    """Slopes of C = ½ · mean (sum − y)² for (w, b, v, c), by the chain rule; and each neuron's contribution."""
    w, b, v, c = parameters
    z = w[:, None] * x + b[:, None]
    a = bend.value(z)
    contributions = v[:, None] * a
    delta = (contributions.sum(0) + c - y) / len(x)
    inner = v[:, None] * delta * bend.slope(z).nan_to_num(0.0)
    return [(inner * x).sum(1), inner.sum(1), (a * delta).sum(1), delta.sum()], contributions


def _fit(y, hidden, bend, steps, every, rate, seed) -> Iterator[Fit]:
    x, random = grid(), torch.Generator().manual_seed(seed)
    # One bend in every stretch of the range, somewhere inside it, every other one facing left.
    places = -1 + 2 * (torch.arange(hidden) + torch.rand(hidden, generator=random)) / hidden
    w = bend.steepness(hidden) * (1 - 2.0 * (torch.arange(hidden) % 2)).double()
    v = 0.1 * torch.randn(hidden, generator=random).double()
    parameters = [w, -w * places.double(), v, torch.zeros((), dtype=torch.float64)]
    rates = [rate * bend.inner_rate, rate * bend.inner_rate, rate, rate]
    first, second = ([torch.zeros_like(p) for p in parameters] for _ in range(2))

    yield _state(x, y, parameters, bend, 0, steps)
    for step in range(1, steps + 1):
        with torch.inference_mode():
            nabla, _ = gradient(x, y, parameters, bend)
            slower = 0.05 + 0.95 * (1 + math.cos(math.pi * step / steps)) / 2
            for p, g, m, s, r in zip(parameters, nabla, first, second, rates, strict=True):
                m.mul_(0.9).add_(g, alpha=0.1)
                s.mul_(0.99).addcmul_(g, g, value=0.01)
                unbiased = m / (1 - 0.9**step)
                p.sub_(r * slower * unbiased / ((s / (1 - 0.99**step)).sqrt() + 1e-8))
        if step % every == 0 or step == steps:
            yield _state(x, y, parameters, bend, step, steps)


def _state(x, y, parameters, bend, step, steps) -> Fit:
    w, b, v, c = (p.clone() for p in parameters)
    _, contributions = gradient(x, y, parameters, bend)
    total = contributions.sum(0) + c
    return Fit(step, steps, contributions, total, (total - y).square().mean().sqrt().item(), w, b, v, c.item())


def _activation(name: str) -> Activation:
    if name not in ACTIVATIONS:
        raise ExplainerError(f"There is no activation called {name}; choose {', '.join(ACTIVATIONS)}.")
    return ACTIVATIONS[name]


def in_words(stack: Stack) -> str:
    """Every matrix and bias of a stack, row by row: "W₁ = (0.5, −1; 2, 0), b₁ = (1, 0)"."""
    said = []
    for number, (weight, bias) in enumerate(zip(stack.weights, stack.biases, strict=True), start=1):
        index = str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
        rows = "; ".join(", ".join(f"{value:.3g}" for value in row) for row in weight.tolist())
        said.append(f"W{index} = ({rows}), b{index} = ({', '.join(f'{value:.3g}' for value in bias.tolist())})")
    return ", ".join(said).replace("-", "−")
