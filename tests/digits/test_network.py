"""Backpropagation against autograd, finite differences, a NumPy program and arithmetic by hand."""

import math

import numpy as np
import pytest
import torch

from explainer.digits.network import (
    COSTS,
    CrossEntropy,
    Network,
    Quadratic,
    backprop,
    count_parameters,
    forward,
    new_network,
    parameters_of,
    sigmoid_slope,
    update,
)
from explainer.errors import ExplainerError

from .conftest import numpy_gradient

SHAPES = [(784, 15, 10), (12, 7, 10), (9, 10), (20, 8, 6, 10), (6, 5, 4, 3, 2)]


def example(sizes, batch=7, seed=1):
    random = torch.Generator().manual_seed(seed)
    x = torch.rand(batch, sizes[0], generator=random, dtype=torch.float64)
    y = torch.eye(sizes[-1], dtype=torch.float64)[torch.randint(sizes[-1], (batch,), generator=random)]
    return x, y


@pytest.mark.parametrize("cost", COSTS.values(), ids=lambda cost: cost.name)
@pytest.mark.parametrize("sizes", SHAPES, ids=str)
def test_the_gradient_is_autograds(sizes, cost):
    network = new_network(sizes, "scaled", 3).copy(torch.float64)
    x, y = example(sizes)
    nabla_b, nabla_w = backprop(network, x, y, cost)

    leaves = network.copy()
    parameters = [*leaves.biases, *leaves.weights]
    for parameter in parameters:
        parameter.requires_grad_(True)
    a = x
    for w, b in zip(leaves.weights, leaves.biases, strict=True):
        a = 1 / (1 + torch.exp(-(a @ w.T + b)))
    if cost is Quadratic:
        total = ((a - y) ** 2).sum() / 2
    else:
        total = torch.nn.functional.binary_cross_entropy(a, y, reduction="sum")
    assert total.item() == pytest.approx(cost.value(forward(network, x)[1][-1], y).sum().item(), rel=1e-12)
    expected = torch.autograd.grad(total, parameters)
    for ours, theirs in zip([*nabla_b, *nabla_w], expected, strict=True):
        assert (ours - theirs).abs().max() < 1e-6 * max(1, theirs.abs().max().item())


@pytest.mark.parametrize("cost", COSTS)
def test_the_gradient_is_numpys(cost):
    sizes = (11, 6, 4, 10)
    network = new_network(sizes, "scaled", 5).copy(torch.float64)
    x, y = example(sizes, batch=5)
    nabla_b, nabla_w = backprop(network, x, y, COSTS[cost])
    weights, biases = [w.numpy() for w in network.weights], [b.numpy() for b in network.biases]
    each = [numpy_gradient(weights, biases, x[i].numpy(), y[i].numpy(), cost) for i in range(5)]
    for layer in range(3):
        assert np.allclose(nabla_b[layer], sum(one[0][layer] for one in each), atol=1e-13)
        assert np.allclose(nabla_w[layer], sum(one[1][layer] for one in each), atol=1e-13)


def test_one_step_by_hand():
    """1-1-1, all weights 1, all biases 0, input 1, wanted 0, rate 1."""
    one = torch.ones(1, 1, dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    network = Network([one.clone(), one.clone()], [zero.clone(), zero.clone()])
    a1 = 1 / (1 + math.exp(-1))  # 0.7310586
    a2 = 1 / (1 + math.exp(-a1))  # 0.6750375
    delta2 = a2 * a2 * (1 - a2)
    delta1 = delta2 * a1 * (1 - a1)
    zs, activations = forward(network, one)
    assert [z.item() for z in zs] == pytest.approx([1, a1])
    assert [a.item() for a in activations] == pytest.approx([1, a1, a2])
    assert Quadratic.value(activations[-1], zero[None]).item() == pytest.approx(a2**2 / 2)
    nabla_b, nabla_w = update(network, one, zero[None], Quadratic, rate=1.0)
    assert [n.item() for n in nabla_b] == pytest.approx([delta1, delta2])
    assert [n.item() for n in nabla_w] == pytest.approx([delta1, delta2 * a1])
    assert network.weights[0].item() == pytest.approx(1 - delta1)
    assert network.weights[1].item() == pytest.approx(1 - delta2 * a1)
    assert network.biases[1].item() == pytest.approx(-delta2)
    # Cross-entropy: the slope of the sigmoid is gone from the output's error.
    assert CrossEntropy.delta(activations[-1], zero[None]).item() == pytest.approx(a2)
    assert CrossEntropy.value(activations[-1], zero[None]).item() == pytest.approx(-math.log(1 - a2))


def test_one_step_goes_down_the_mean_gradient_and_shrinks_weights_only():
    network = new_network((12, 5, 10), "gaussian", 2).copy(torch.float64)
    x, y = example((12, 5, 10), batch=4)
    rate, lam, total = 0.5, 3.0, 100
    leaves = network.copy()
    parameters = [*leaves.biases, *leaves.weights]
    for parameter in parameters:
        parameter.requires_grad_(True)
    cost = ((forward(leaves, x)[1][-1] - y) ** 2).sum() / 2 / len(x)
    cost = cost + lam / (2 * total) * sum((w**2).sum() for w in leaves.weights)
    expected = [p - rate * g for p, g in zip(parameters, torch.autograd.grad(cost, parameters), strict=True)]
    update(network, x, y, Quadratic, rate, shrink=1 - rate * lam / total)
    for ours, theirs in zip([*network.biases, *network.weights], expected, strict=True):
        assert torch.allclose(ours, theirs.detach(), atol=1e-12)


def test_11_935_parameters():
    network = new_network((784, 15, 10))
    rows = count_parameters(network)
    assert [(row.layer, row.weights, row.biases) for row in rows] == [("hidden", 11760, 15), ("output", 150, 10)]
    assert parameters_of(network) == 11935
    assert network.sizes == (784, 15, 10)
    assert [row.layer for row in count_parameters(new_network((4, 3, 3, 2)))] == ["hidden 1", "hidden 2", "output"]


def test_initial_weights():
    gaussian, scaled = new_network((784, 100, 10), "gaussian", 4), new_network((784, 100, 10), "scaled", 4)
    assert gaussian.weights[0].std().item() == pytest.approx(1, abs=0.02)
    assert scaled.weights[0].std().item() == pytest.approx(1 / 28, abs=0.001)
    assert torch.equal(new_network((784, 100, 10), "gaussian", 4).weights[1], gaussian.weights[1])
    assert not torch.equal(new_network((784, 100, 10), "gaussian", 5).weights[1], gaussian.weights[1])
    with pytest.raises(ExplainerError, match="gaussian or scaled"):
        new_network((784, 10), "zero")
    with pytest.raises(ExplainerError, match="at least one neuron"):
        new_network((784, 0, 10))


def test_sure_outputs_cost_finite_amounts():
    a = torch.tensor([[0.0, 1.0]])
    assert CrossEntropy.value(a, torch.tensor([[1.0, 0.0]])).isfinite().all()
    assert CrossEntropy.value(a, torch.tensor([[0.0, 1.0]])).item() == 0
    assert sigmoid_slope(torch.tensor(0.5)).item() == 0.25


def test_a_copy_has_memory_of_its_own():
    network = new_network((4, 3, 2))
    other = network.copy()
    other.weights[0] += 1
    other.biases[0] += 1
    assert not torch.equal(network.weights[0], other.weights[0])
    assert not torch.equal(network.biases[0], other.biases[0])
