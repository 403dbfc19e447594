"""Stacks that collapse, slopes against autograd, and curves approximated or not."""

import math

import numpy as np
import pytest
import torch

from explainer.chapters.nonlinearity.bending import (
    ACTIVATIONS,
    POINTS,
    TARGETS,
    Stack,
    best_line,
    drawn_target,
    fit_curve,
    gradient,
    grid,
    layer_sizes,
    new_stack,
    read_numbers,
    target,
    write_numbers,
)
from explainer.errors import DataError, ExplainerError

# --- stacks of linear layers


@pytest.mark.parametrize("sizes", [(2, 3, 3, 2), (1, 1), (4, 2, 5, 3, 1)], ids=str)
def test_a_stack_is_one_matrix(sizes):
    stack = new_stack(sizes, seed=5)
    matrix, bias = stack.collapsed()
    assert matrix.shape == (sizes[-1], sizes[0])
    for x in torch.eye(sizes[0], dtype=torch.float64):
        x = 3 * x - 0.5
        assert torch.allclose(stack.through(x)[-1], matrix @ x + bias, atol=1e-12)


def test_a_stack_by_hand():
    def numbers(*values):
        return torch.tensor(values, dtype=torch.float64)

    stack = Stack((numbers([1, 2], [0, -1]), numbers([3, 1])), (numbers(1, 0), numbers(-2)))
    matrix, bias = stack.collapsed()
    assert matrix.tolist() == [[3, 5]] and bias.tolist() == [1]
    assert [v.tolist() for v in stack.through(numbers(1, 1))] == [[1, 1], [4, -1], [9]]
    # With a bend in between it is another function: the -1 is lost.
    assert [v.tolist() for v in stack.through(numbers(1, 1), "relu")] == [[1, 1], [4, 0], [10]]


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "none"])
def test_no_matrix_equals_a_bent_stack(activation):
    """A linear map takes the middle of two inputs to the middle of their outputs; a bent one need not."""
    stack = new_stack((2, 3, 3, 2), seed=0)
    rises = []
    for seed in range(20):
        a, b = torch.randn(2, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        ends = (stack.through(a, activation)[-1] + stack.through(b, activation)[-1]) / 2
        rises.append((stack.through((a + b) / 2, activation)[-1] - ends).abs().max().item())
    assert max(rises) > 0.05


def test_stacks_have_numbers_short_enough_to_follow():
    stack = new_stack(seed=3)
    assert all(((2 * w) == (2 * w).round()).all() and w.abs().max() <= 2 for w in (*stack.weights, *stack.biases))
    assert all(torch.equal(a, b) for a, b in zip(stack.weights, new_stack(seed=3).weights, strict=True))
    with pytest.raises(ExplainerError):
        new_stack((3,))
    with pytest.raises(ExplainerError, match="activation"):
        stack.through(torch.zeros(2, dtype=torch.float64), "wiggle")


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_stack_in_a_link(depth):
    sizes = layer_sizes(depth)
    stack, x = new_stack(sizes, seed=depth), torch.tensor([1.5, -0.25], dtype=torch.float64)
    text = write_numbers(stack, x)
    again, y = read_numbers(text, sizes)
    assert torch.equal(x, y) and text.startswith("1.5_-0.25_") and set(text) <= set("0123456789.-_e+")
    for ours, theirs in zip((*stack.weights, *stack.biases), (*again.weights, *again.biases), strict=True):
        assert torch.equal(ours, theirs)
    assert read_numbers(text.replace("1.5", "1e9", 1), sizes)[1].tolist() == [99, -0.25]
    for wrong in ("", "1_2", text + "_1", text.replace("1.5", "nan", 1), text.replace("_", ",")):
        with pytest.raises(DataError):
            read_numbers(wrong, sizes)


# --- activations


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_autograds_and_values_pythons(name):
    activation = ACTIVATIONS[name]
    z = torch.linspace(-6, 6, 100, dtype=torch.float64)  # an even number: 0 is not among them
    python = {
        "none": lambda v: v,
        "step": lambda v: float(v > 0),
        "sigmoid": lambda v: 1 / (1 + math.exp(-v)),
        "tanh": math.tanh,
        "relu": lambda v: max(0.0, v),
    }[name]
    assert np.allclose(activation.value(z), [python(v) for v in z.tolist()], atol=1e-14)
    leaf = z.clone().requires_grad_(True)
    known = {"none": lambda v: v, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}.get(name)
    if known:
        (expected,) = torch.autograd.grad(known(leaf).sum(), leaf)
        assert torch.allclose(activation.slope(z), expected, atol=1e-14)
    else:
        assert activation.slope(z).abs().max() == 0 and not activation.learns


def test_where_there_is_no_slope_none_is_given():
    zero = torch.zeros(1)
    assert ACTIVATIONS["step"].slope(zero).isnan() and ACTIVATIONS["relu"].slope(zero).isnan()
    assert ACTIVATIONS["sigmoid"].slope(zero) == 0.25 and ACTIVATIONS["tanh"].slope(zero) == 1
    assert ACTIVATIONS["step"].value(zero) == 0


# --- curves


def last(y, *arguments, **options):
    *_, state = fit_curve(y, *arguments, **options)
    return state


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "step"])
def test_the_gradient_is_autograds(name):
    random = torch.Generator().manual_seed(1)
    parameters = [torch.randn(5, generator=random, dtype=torch.float64) for _ in range(3)]
    parameters.append(torch.randn((), generator=random, dtype=torch.float64))
    x, y = grid(), target("two waves")
    ours, contributions = gradient(x, y, parameters, ACTIVATIONS[name])
    w, b, v, c = leaves = [p.clone().requires_grad_(True) for p in parameters]
    bend = {"none": lambda z: z, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}[name]
    summed = sum(v[j] * bend(w[j] * x + b[j]) for j in range(5)) + c
    expected = torch.autograd.grad((summed - y).square().mean() / 2, leaves)
    for mine, theirs in zip(ours, expected, strict=True):
        assert (mine - theirs).abs().max() < 1e-12
    assert torch.allclose(contributions.sum(0) + parameters[3], summed.detach())


def test_without_activation_only_the_best_line_is_reached():
    for name in TARGETS:
        y = target(name)
        slope, height = np.polyfit(grid().numpy(), y.numpy(), 1)
        assert best_line(y) == pytest.approx((slope, height), abs=1e-9)
        line = torch.as_tensor(slope * grid().numpy() + height)
        reached = last(y, 12, "none")
        assert (reached.sum - line).abs().max() < 5e-3
        assert reached.error >= (line - y).square().mean().sqrt().item() - 1e-9


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("name", ["wave", "hill", "kink", "line"])
def test_with_a_bend_the_curve_is_reached(name, activation):
    y = target(name)
    for seed in (0, 1):
        assert last(y, 10, activation, seed=seed).error < 0.05 * max(0.4, y.std().item())


def test_more_neurons_do_better():
    for activation in ("relu", "step", "sigmoid"):
        errors = [last(target("two waves"), n, activation).error for n in (1, 5, 25)]
        assert errors[0] > errors[1] > 2 * errors[2]


def test_a_step_teaches_nothing_to_what_stands_before_it():
    states = list(fit_curve(target("wave"), 8, "step"))
    assert torch.equal(states[0].w, states[-1].w) and torch.equal(states[0].b, states[-1].b)
    assert not torch.equal(states[0].v, states[-1].v)
    assert states[-1].error < 0.6 * states[0].error


def test_states_add_up_and_are_kept():
    states = list(fit_curve(target("hill"), 6, "tanh", steps=100, every=30))
    assert [s.step for s in states] == [0, 30, 60, 90, 100] and states[-1].share == 1
    for s in states:
        assert s.contributions.shape == (6, POINTS)
        expected = s.v[:, None] * torch.tanh(s.w[:, None] * grid() + s.b[:, None])
        assert torch.allclose(s.contributions, expected, atol=1e-12)
        assert torch.allclose(s.sum, expected.sum(0) + s.c)
        assert s.error == pytest.approx((s.sum - target("hill")).square().mean().sqrt().item())
    again = list(fit_curve(target("hill"), 6, "tanh", steps=100, every=30))
    assert all(torch.equal(a.sum, b.sum) for a, b in zip(states, again, strict=True))


def test_a_drawn_curve_is_numpys_interpolation():
    points = [(0.5, 0.2), (-0.6, -0.4), (0.1, 0.9), (-0.2, 0.3)]
    xs, ys = zip(*sorted(points), strict=True)
    assert np.allclose(drawn_target(points), np.interp(grid().numpy(), xs, ys), atol=1e-12)
    assert drawn_target([(0, 1), (0, 0), (1, 0.5)])[0].item() == 0.5  # one above the other: the middle
    assert drawn_target([(-5, 9), (5, -9)]).abs().max() == 1


@pytest.mark.parametrize(
    "points", [[], [(0, 1)], [(0.1, 0), (0.1, 1)], [(0, math.nan), (1, 1)], ["a", "b"], [(1, 2, 3)]]
)
def test_what_is_no_curve_is_told(points):
    with pytest.raises(DataError):
        drawn_target(points)


def test_what_can_not_be_fitted_is_told():
    for wrong in ({"hidden": 0}, {"hidden": 1000}, {"activation": "wiggle"}):
        with pytest.raises(ExplainerError):
            fit_curve(target("wave"), **wrong)
    with pytest.raises(ExplainerError):
        fit_curve(torch.zeros(3))
    with pytest.raises(ExplainerError, match="two waves"):
        target("tide")
