"""One example, step by step: the numbers of every step, and the check by finite differences."""

import pytest
import torch

from explainer.digits import steps as module
from explainer.digits.data import one_hot
from explainer.digits.files import load_network
from explainer.digits.network import COSTS, CrossEntropy, Network, Quadratic, forward, new_network
from explainer.digits.steps import check_gradient, walk, worked_case


@pytest.mark.parametrize("cost", COSTS.values(), ids=lambda cost: cost.name)
@pytest.mark.parametrize("sizes", [(784, 15, 10), (784, 6, 5, 10), (784, 10)], ids=str)
def test_every_number_of_a_walk_follows_from_those_before(small, sizes, cost):
    network = new_network(sizes, "scaled", 4)
    x, label = small.test_images[5], int(small.test_labels[5])
    path = walk(network, x, label, cost, rate=2.0)
    a = x.double()
    for w, b, z, said in zip(network.weights, network.biases, path.zs, path.activations[1:], strict=True):
        assert torch.allclose(z, w.double() @ a + b.double())
        a = 1 / (1 + torch.exp(-z))
        assert torch.allclose(said, a)
    y = torch.eye(10, dtype=torch.float64)[label]
    if cost is Quadratic:
        assert path.cost == pytest.approx(0.5 * ((a - y) ** 2).sum().item())
        delta = (a - y) * a * (1 - a)
    else:
        assert path.cost == pytest.approx(-(y * a.log() + (1 - y) * (1 - a).log()).sum().item())
        delta = a - y
    for layer in reversed(range(len(path.zs))):
        assert torch.allclose(path.deltas[layer], delta, atol=1e-14)
        assert torch.allclose(path.nabla_w[layer], torch.outer(delta, path.activations[layer]), atol=1e-14)
        assert torch.equal(path.nabla_b[layer], path.deltas[layer])
        if layer:
            w = network.weights[layer].double()
            parts = path.contributions[layer - 1]
            assert parts.shape == (w.shape[1], w.shape[0])
            for j, k in ((0, 0), (w.shape[1] - 1, w.shape[0] - 1)):
                assert parts[j, k].item() == pytest.approx((w[k, j] * delta[k]).item())
            delta = parts.sum(1) * path.slopes[layer - 1]
    for layer in range(len(path.zs)):
        expected = network.weights[layer].double() - 2.0 * path.nabla_w[layer]
        assert torch.allclose(path.after.weights[layer], expected)
        assert torch.allclose(path.after.biases[layer], network.biases[layer].double() - 2.0 * path.nabla_b[layer])
    assert torch.allclose(path.activations_after[-1], forward(path.after, x.double()[None])[1][-1][0])


def test_the_steps_come_in_the_order_of_the_chapter(small):
    path = walk(new_network((784, 4, 3, 10)), small.test_images[0], 0)
    assert [(step.kind, step.layer) for step in path.steps] == [
        ("forward", 0),
        ("forward", 1),
        ("forward", 2),
        ("cost", None),
        ("output error", 2),
        ("gradient", 2),
        ("hidden error", 1),
        ("gradient", 1),
        ("hidden error", 0),
        ("gradient", 0),
        ("update", None),
        ("again", None),
    ]
    for step in path.steps:
        assert step.formula and step.values and all(v.isfinite().all() for v in step.values.values())
    two = walk(new_network((784, 4, 10)), small.test_images[0], 0)
    hidden = next(step for step in two.steps if step.kind == "hidden error")
    assert hidden.formula == r"\delta^1 = \left( (W^2)^T \delta^2 \right) \odot \sigma'(z^1)"
    assert torch.equal(hidden.values["delta"], two.deltas[0])


def test_the_network_given_stays_as_it_is(small):
    network = new_network((784, 4, 10))
    before = network.copy()
    walk(network, small.test_images[0], 3)
    check_gradient(network, small.test_images[0], 3, every=50)
    assert torch.equal(network.weights[0], before.weights[0]) and network.weights[0].dtype == torch.float32
    assert torch.equal(network.biases[1], before.biases[1])


def test_the_worked_case(small):
    network, x, label = worked_case(small)
    said = forward(network, x[None])[1][-1][0]
    assert label == 7 and small.test_labels[(small.test_images == x).all(1).nonzero()[0, 0]] == 7
    assert said[0].item() == pytest.approx(0.8, abs=1e-6)
    for cost in (Quadratic, CrossEntropy):
        path = walk(network, x, label, cost, rate=1.0)
        change = path.after.weights[1] - path.before.weights[1]
        inputs = path.activations[1]
        assert (change[0] < 0).all() and (change[7] > 0).all()
        # The more the larger its input.
        assert torch.equal(change[0].abs().argsort(), inputs.argsort())
        assert torch.equal(change[7].abs().argsort(), inputs.argsort())
        assert path.activations_after[-1][0] < 0.8 and path.activations_after[-1][7] > path.activations[-1][7]
        assert path.cost_after < path.cost


@pytest.mark.parametrize("cost", COSTS.values(), ids=lambda cost: cost.name)
def test_finite_differences_agree(small, cost):
    network, _ = load_network("digits-15")
    found = check_gradient(network, small.test_images[7], int(small.test_labels[7]), cost, every=7)
    assert found.checked > 1_600 and found.largest < 1e-7
    untrained = check_gradient(new_network((784, 3, 4, 10)), small.test_images[7], 1, cost, every=11)
    assert untrained.largest < 1e-7


def test_every_parameter_is_checked(small):
    network, x, label = worked_case(small)
    found = check_gradient(network, x, label)
    assert found.checked == 11935 and found.largest < 1e-4
    assert found.largest == abs(found.by_backprop - found.by_difference)


def test_a_wrong_gradient_is_found(small, monkeypatch):
    network = new_network((784, 3, 10), "scaled")
    right = module.backprop

    def wrong(*arguments):
        nabla_b, nabla_w = right(*arguments)
        nabla_w[0][2, 400] += 0.01
        return nabla_b, nabla_w

    monkeypatch.setattr(module, "backprop", wrong)
    found = check_gradient(network, small.test_images[0], 4)
    assert (found.layer, found.row, found.column) == (0, 2, 400)
    assert found.largest == pytest.approx(0.01, rel=1e-3)


def test_by_hand():
    """784 inputs of which one is ink: weights to all others have no gradient."""
    network = Network([torch.zeros(2, 784), torch.zeros(10, 2)], [torch.zeros(2), torch.zeros(10)])
    x = torch.zeros(784)
    x[100] = 1
    path = walk(network, x, 3, rate=1.0)
    # Everything says 0.5: δ = (0.5 − y) · 0.25.
    wanted = torch.full((10,), 0.125, dtype=torch.float64) - one_hot(torch.tensor(3)).double() * 0.25
    assert torch.allclose(path.deltas[1], wanted)
    assert path.cost == pytest.approx(10 * 0.125)
    assert torch.equal(path.deltas[0], torch.zeros(2, dtype=torch.float64))
    assert torch.allclose(path.nabla_w[1], wanted[:, None] * torch.full((10, 2), 0.5, dtype=torch.float64))
