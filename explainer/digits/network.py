"""A network of sigmoid neurons that learns by backpropagation, written out without autograd.

After chapters 1 to 3 of Michael Nielsen's *Neural Networks and Deep Learning* and Rumelhart,
Hinton and Williams (*Nature* 323, 1986). A batch is a matrix with one example a row, so that
the book's z = w·a + b reads ``a @ w.T + b``.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from explainer.errors import ExplainerError


@dataclass
class Network:
    """Layers of sigmoid neurons: ``weights[l]`` is [neurons, inputs], ``biases[l]`` is [neurons]."""

    weights: list[Tensor]
    biases: list[Tensor]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, the inputs first: (784, 15, 10)."""
        return (self.weights[0].shape[1], *(len(b) for b in self.biases))

    def copy(self, dtype: torch.dtype | None = None) -> "Network":
        """The same numbers in memory of their own."""
        return Network(
            [w.detach().to(dtype or w.dtype, copy=True) for w in self.weights],
            [b.detach().to(dtype or b.dtype, copy=True) for b in self.biases],
        )


def sigmoid(z: Tensor) -> Tensor:
    """σ(z) = 1 / (1 + e⁻ᶻ)."""
    return torch.sigmoid(z)


def sigmoid_slope(a: Tensor) -> Tensor:
    """σ′(z), from a = σ(z) alone: a·(1 − a)."""
    return a - a * a  # a·(1 − a) with one operation less to dispatch


def forward(network: Network, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """From inputs [batch, n] to every layer's sums ``zs`` and ``activations`` (the inputs first)."""
    zs, activations = [], [x]
    for w, b in zip(network.weights, network.biases, strict=True):
        z = F.linear(activations[-1], w, b)  # a @ w.T + b
        zs.append(z)
        activations.append(sigmoid(z))
    return zs, activations


def backprop(
    network: Network, x: Tensor, y: Tensor, cost: "type[Cost]", out: tuple[list[Tensor], list[Tensor]] | None = None
) -> tuple[list[Tensor], list[Tensor]]:
    """How the cost of a batch changes with every bias and weight: ``(nabla_b, nabla_w)``, summed over the batch.

    ``x`` is [batch, inputs], ``y`` [batch, outputs]; the answers have the shapes of biases and
    weights, and are written into ``out`` where that is given.
    """
    nabla_b, nabla_w = out or ([b.clone() for b in network.biases], [w.clone() for w in network.weights])
    zs, activations = forward(network, x)
    delta = cost.delta(activations[-1], y)
    for layer in reversed(range(len(zs))):
        torch.sum(delta, 0, out=nabla_b[layer])
        torch.mm(delta.T, activations[layer], out=nabla_w[layer])
        if layer > 0:
            delta = (delta @ network.weights[layer]) * sigmoid_slope(activations[layer])
    return nabla_b, nabla_w


def update(
    network: Network, x: Tensor, y: Tensor, cost: "type[Cost]", rate: float, shrink: float = 1.0
) -> tuple[list[Tensor], list[Tensor]]:
    """One step of gradient descent on a batch, in place; the gradient it followed is handed back.

    ``shrink`` is what regularisation multiplies the weights with first: 1 − rate·λ/n.
    """
    descent = Descent(network)
    descent.step(x, y, cost, rate, shrink)
    return descent.finish()


class Descent:
    """Gradient descent in a hurry: the same steps, on memory laid out for them.

    All weights and biases lie in one piece, and their gradient in another, so that a step is one
    subtraction. Small hidden layers are filled up to a multiple of sixteen neurons, with which a
    product of matrices takes half the time. The added ones sleep: without weights and with a bias of −10⁹ they
    say exactly 0, have a slope of exactly 0, and thereby a gradient of exactly 0.
    """

    def __init__(self, network: Network) -> None:
        self.given = network
        *hidden, outputs = network.sizes[1:]
        neurons = [-(-n // 16) * 16 if n < 64 else n for n in hidden] + [outputs]
        shapes = [(n, inputs) for inputs, n in pairwise((network.sizes[0], *neurons))]
        sizes = [n * inputs for n, inputs in shapes] + neurons
        self.parameters = torch.zeros(sum(sizes), dtype=network.weights[0].dtype)
        self.gradient = torch.zeros_like(self.parameters)
        self.weights = self.parameters[: sum(sizes[: len(shapes)])]
        self.network, self.nabla = (
            Network([w.view(shape) for w, shape in zip(parts, shapes, strict=False)], list(parts[len(shapes) :]))
            for parts in (self.parameters.split(sizes), self.gradient.split(sizes))
        )
        for b in self.network.biases:
            b.fill_(-1e9)
        for own, given in self._pairs(self.network):
            own.copy_(given)

    def step(self, x: Tensor, y: Tensor, cost: "type[Cost]", rate: float, shrink: float = 1.0) -> None:
        """One batch; the network given changes only with :meth:`finish`."""
        backprop(self.network, x, y, cost, out=(self.nabla.biases, self.nabla.weights))
        if shrink != 1:
            self.weights.mul_(shrink)
        self.parameters.add_(self.gradient, alpha=-rate / len(x))

    def finish(self) -> tuple[list[Tensor], list[Tensor]]:
        """Hand what was learned to the network given; the last step's ``(nabla_b, nabla_w)``."""
        for own, given in self._pairs(self.network):
            given.copy_(own)
        nabla = [own.clone() for own, _ in self._pairs(self.nabla)]
        layers = len(nabla) // 2
        return nabla[layers:], nabla[:layers]

    def _pairs(self, own: Network) -> list[tuple[Tensor, Tensor]]:
        """Every weight matrix and bias here, without the sleeping neurons, beside the given network's."""
        given = self.given
        weights = [(o[: g.shape[0], : g.shape[1]], g) for o, g in zip(own.weights, given.weights, strict=True)]
        return weights + [(o[: len(g)], g) for o, g in zip(own.biases, given.biases, strict=True)]


class Cost:
    """How wrong outputs ``a`` are where ``y`` was wanted, and how that changes with the last sums z."""

    name: str

    @staticmethod
    def value(a: Tensor, y: Tensor) -> Tensor:
        """The cost of each example: [batch, outputs] → [batch]."""
        raise NotImplementedError

    @staticmethod
    def delta(a: Tensor, y: Tensor) -> Tensor:
        """∂C/∂z of the output layer, [batch, outputs]."""
        raise NotImplementedError


class Quadratic(Cost):
    """C = ½ Σ (a − y)²."""

    name = "quadratic"

    @staticmethod
    def value(a: Tensor, y: Tensor) -> Tensor:
        return (a - y).square().sum(-1) / 2

    @staticmethod
    def delta(a: Tensor, y: Tensor) -> Tensor:
        return (a - y) * sigmoid_slope(a)


class CrossEntropy(Cost):
    """C = −Σ (y ln a + (1 − y) ln(1 − a)); the slope of the sigmoid cancels out of its delta."""

    name = "cross-entropy"

    @staticmethod
    def value(a: Tensor, y: Tensor) -> Tensor:
        # Rounding can make a sure output exactly 0 or 1, whose logarithm must stay finite.
        log_a, log_rest = a.log().clamp(min=-100), (-a).log1p().clamp(min=-100)
        return -(y * log_a + (1 - y) * log_rest).sum(-1)

    @staticmethod
    def delta(a: Tensor, y: Tensor) -> Tensor:
        return a - y


COSTS: dict[str, type[Cost]] = {cost.name: cost for cost in (Quadratic, CrossEntropy)}

# Standard deviation of a neuron's first weights, by its number of inputs.
INITIAL_WEIGHTS = {"gaussian": lambda inputs: 1.0, "scaled": lambda inputs: 1 / math.sqrt(inputs)}


def new_network(sizes: tuple[int, ...], initial: str = "gaussian", seed: int = 0) -> Network:
    """An untrained network of the given sizes, the inputs first; float32, alike for the same seed.

    ``initial``: ``"gaussian"`` draws every weight from N(0, 1); ``"scaled"`` divides by √inputs,
    so that a neuron's sum starts near 0 where the sigmoid is steep. Biases are drawn from N(0, 1).

    Raises:
        ExplainerError: no such kind of initial weights, or a layer without neurons.
    """
    if initial not in INITIAL_WEIGHTS:
        raise ExplainerError(f"There are no initial weights called {initial}; choose {' or '.join(INITIAL_WEIGHTS)}.")
    if len(sizes) < 2 or min(sizes) < 1:
        raise ExplainerError("A network needs inputs, outputs, and at least one neuron in each layer.")
    random = torch.Generator().manual_seed(seed)
    biases = [torch.randn(n, generator=random) for n in sizes[1:]]
    weights = [
        torch.randn(n, inputs, generator=random) * INITIAL_WEIGHTS[initial](inputs) for inputs, n in pairwise(sizes)
    ]
    return Network(weights, biases)


@dataclass(frozen=True)
class Counted:
    """Parameters of one layer."""

    layer: str
    inputs: int
    neurons: int
    weights: int
    biases: int


def count_parameters(network: Network) -> tuple[Counted, ...]:
    """Weights and biases, layer by layer; 784-15-10 adds up to 11,935."""
    last = len(network.weights) - 1
    names = ["output" if i == last else "hidden" if last == 1 else f"hidden {i + 1}" for i in range(last + 1)]
    return tuple(
        Counted(name, w.shape[1], w.shape[0], w.numel(), b.numel())
        for name, w, b in zip(names, network.weights, network.biases, strict=True)
    )


def parameters_of(network: Network) -> int:
    """How many numbers the network learns."""
    return sum(row.weights + row.biases for row in count_parameters(network))
