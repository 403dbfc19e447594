"""Backpropagation on one example, laid out step by step, and checked by finite differences.

Every number comes from the functions that train: for a batch of one example, the
gradient of a neuron's bias is that neuron's error δ itself.
"""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from explainer.digits.data import Digits, one_hot
from explainer.digits.network import Cost, Network, Quadratic, backprop, forward, new_network, sigmoid_slope, update

_WANTED, _SAID = 7, 0  # the worked case: it is a 7, but the 0 speaks up
_SAYS = 0.8


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that happens, with the numbers it makes.

    ``kind``: ``forward``, ``cost``, ``output error``, ``hidden error``, ``gradient``, ``update``
    or ``again``; ``layer`` counts layers of weights from 0, the formula's superscripts from 1
    as in the book; ``formula`` is LaTeX; ``values`` are its symbols.
    """

    kind: str
    layer: int | None
    formula: str
    values: dict[str, Tensor] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Walk:
    """One example from its pixels to the changed network; all numbers float64, vectors without a batch.

    Lists go by layer of weights, but ``activations`` begin with the pixels: layer l computes
    ``activations[l + 1]``. ``contributions[l]`` [neurons of l, neurons of l + 1] holds what each
    neuron above hands down to the error of each neuron of hidden layer l: w·δ, whose sum
    over the second axis, times ``slopes[l]`` = σ′(z), is ``deltas[l]``.
    """

    x: Tensor
    y: Tensor
    rate: float
    before: Network
    zs: list[Tensor]
    activations: list[Tensor]
    cost: float
    deltas: list[Tensor]
    contributions: list[Tensor]
    slopes: list[Tensor]
    nabla_b: list[Tensor]
    nabla_w: list[Tensor]
    after: Network
    zs_after: list[Tensor]
    activations_after: list[Tensor]
    cost_after: float
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class GradientCheck:
    """Backpropagation against (C(p + ε) − C(p − ε)) / 2ε.

    ``largest`` is the largest difference over ``checked`` parameters, found at ``layer``,
    ``row`` and ``column`` (None: that neuron's bias).
    """

    largest: float
    checked: int
    layer: int
    row: int
    column: int | None
    by_backprop: float
    by_difference: float


def walk(network: Network, x: Tensor, label: int, cost: type[Cost] = Quadratic, rate: float = 3.0) -> Walk:
    """One step of learning from one picture [784] or [28, 28] that shows ``label``; ``network`` stays as it is."""
    before = network.copy(torch.float64)
    x = x.reshape(1, -1).double()
    y = one_hot(torch.tensor([label])).double()
    zs, activations = forward(before, x)
    after = before.copy()
    nabla_b, nabla_w = update(after, x, y, cost, rate)
    zs_after, activations_after = forward(after, x)
    deltas = nabla_b
    last = len(zs) - 1
    contributions = [(w * delta[:, None]).T for w, delta in zip(before.weights[1:], deltas[1:], strict=True)]
    slopes = [sigmoid_slope(a[0]) for a in activations[1:]]
    value, value_after = (cost.value(a[-1], y).item() for a in (activations, activations_after))
    outputs, layers = activations[-1][0], range(len(zs))
    cost_formula, delta_formula = _COSTS[cost.name]

    steps = [_forward_step(n, before, zs[n][0], activations[n][0], activations[n + 1][0]) for n in layers]
    steps.append(Step("cost", None, cost_formula, {"a": outputs, "y": y[0], "C": torch.tensor(value)}))
    output_error = {"a": outputs, "y": y[0], "slope": slopes[-1], "delta": deltas[-1]}
    steps.append(Step("output error", last, delta_formula, output_error))
    for n in reversed(layers):
        if n < last:
            steps.append(_hidden_step(n, contributions[n], slopes[n], deltas[n]))
        steps.append(_gradient_step(n, activations[n][0], deltas[n], nabla_w[n]))
    descent = r"w \leftarrow w - \eta\,\nabla w \qquad b \leftarrow b - \eta\,\nabla b"
    steps.append(Step("update", None, descent, {f"w{n + 1}": after.weights[n] for n in layers}))
    once_more = {"a": outputs, "a_new": activations_after[-1][0], "C": torch.tensor(value_after)}
    steps.append(Step("again", None, r"a^L \to a^L_{\text{new}}", once_more))
    return Walk(
        x=x[0],
        y=y[0],
        rate=rate,
        before=before,
        zs=[z[0] for z in zs],
        activations=[a[0] for a in activations],
        cost=value,
        deltas=deltas,
        contributions=contributions,
        slopes=slopes,
        nabla_b=nabla_b,
        nabla_w=nabla_w,
        after=after,
        zs_after=[z[0] for z in zs_after],
        activations_after=[a[0] for a in activations_after],
        cost_after=value_after,
        steps=tuple(steps),
    )


def check_gradient(
    network: Network, x: Tensor, label: int, cost: type[Cost] = Quadratic, epsilon: float = 1e-5, every: int = 1
) -> GradientCheck:
    """Nudge parameters one at a time (each, or every so-manieth), up and down, and compare with backpropagation.

    In float64, where ε = 1e-5 leaves an error of about 1e-10.
    """
    network = network.copy(torch.float64)
    x = x.reshape(1, -1).double()
    y = one_hot(torch.tensor([label])).double()
    worst, checked = (-1.0, 0, 0, None, 0.0, 0.0), 0
    with torch.inference_mode():
        nabla_b, nabla_w = backprop(network, x, y, cost)
        for layer in range(len(nabla_w)):
            for parameter, nabla in ((network.weights[layer], nabla_w[layer]), (network.biases[layer], nabla_b[layer])):
                flat, gradient = parameter.view(-1), nabla.reshape(-1).tolist()
                for i in range(0, len(flat), every):
                    was = flat[i].item()
                    flat[i] = was + epsilon
                    above = cost.value(forward(network, x)[1][-1], y).item()
                    flat[i] = was - epsilon
                    below = cost.value(forward(network, x)[1][-1], y).item()
                    flat[i] = was
                    slope = (above - below) / (2 * epsilon)
                    checked += 1
                    if abs(slope - gradient[i]) > worst[0]:
                        place = divmod(i, parameter.shape[1]) if parameter.ndim == 2 else (i, None)
                        worst = (abs(slope - gradient[i]), layer, *place, gradient[i], slope)
    largest, layer, row, column, by_backprop, by_difference = worst
    return GradientCheck(largest, checked, layer, row, column, by_backprop, by_difference)


def worked_case(data: Digits, hidden: int = 15, seed: int = 0) -> tuple[Network, Tensor, int]:
    """A network that sees a 7 and whose "0" says 0.8: ``(network, picture [784], 7)``.

    Untrained; only the bias of its "0" output was chosen, so that it says exactly that.
    """
    x = data.test_images[(data.test_labels == _WANTED).nonzero()[0, 0]]
    network = new_network((len(x), hidden, 10), "scaled", seed)
    z = forward(network, x[None])[0][-1][0, _SAID]
    network.biases[-1][_SAID] += math.log(_SAYS / (1 - _SAYS)) - z
    return network, x, _WANTED


_COSTS = {
    "quadratic": (r"C = \tfrac12 \sum_k (a_k - y_k)^2", r"\delta^L = (a^L - y) \odot \sigma'(z^L)"),
    "cross-entropy": (
        r"C = -\sum_k \left[ y_k \ln a_k + (1 - y_k) \ln (1 - a_k) \right]",
        r"\delta^L = a^L - y",
    ),
}


def _forward_step(layer: int, before: Network, z: Tensor, a_in: Tensor, a: Tensor) -> Step:
    n, below = layer + 1, layer
    formula = rf"z^{n} = W^{n} a^{below} + b^{n} \qquad a^{n} = \sigma(z^{n})"
    values = {"a_in": a_in, "w": before.weights[layer], "b": before.biases[layer], "z": z, "a": a}
    return Step("forward", layer, formula, values)


def _hidden_step(layer: int, contributions: Tensor, slope: Tensor, delta: Tensor) -> Step:
    n, above = layer + 1, layer + 2
    formula = rf"\delta^{n} = \left( (W^{above})^T \delta^{above} \right) \odot \sigma'(z^{n})"
    return Step("hidden error", layer, formula, {"contributions": contributions, "slope": slope, "delta": delta})


def _gradient_step(layer: int, a_in: Tensor, delta: Tensor, nabla_w: Tensor) -> Step:
    n, below = layer + 1, layer
    formula = rf"\nabla W^{n}_{{kj}} = \delta^{n}_k\, a^{below}_j \qquad \nabla b^{n} = \delta^{n}"
    return Step("gradient", layer, formula, {"delta": delta, "a_in": a_in, "nabla_w": nabla_w, "nabla_b": delta})
