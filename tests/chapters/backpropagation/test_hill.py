"""The hill: slopes by nudging and autograd, curvatures against the whole Hessian, ways down against torch."""

import math

import numpy as np
import pytest
import torch

from explainer.chapters.backpropagation.hill import (
    LIGHTS,
    SIDE,
    STOPLIGHT,
    DigitsSlice,
    Hill,
    NeuronSlice,
    curved_along,
    flattened,
    most_curved,
    one_weight,
    start_of,
    survey,
    unflattened,
    walk_down,
    what_it_is,
)
from explainer.chapters.backpropagation.hill_figures import hill_rows, level_map
from explainer.chapters.backpropagation.hill_view import angles_of
from explainer.chapters.backpropagation.hills import HILLS, NUMBERS, PAIR, RATES, called, hill_of, network_of, told
from explainer.digits import Network, new_network
from explainer.digits.network import Quadratic, backprop, forward
from explainer.errors import ExplainerError


def small() -> tuple[Network, torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(4)
    network = new_network((6, 4, 3), "scaled", seed=1).copy(torch.float64)
    x = torch.rand(20, 6, generator=random, dtype=torch.float64)
    y = torch.eye(3, dtype=torch.float64)[torch.randint(3, (20,), generator=random)]
    return network, x, y


def some_ways(network: Network) -> tuple[Network, Network]:
    random = torch.Generator().manual_seed(7)
    flat = flattened(network)
    return tuple(
        unflattened(torch.randn(len(flat), generator=random, dtype=flat.dtype), network) for _ in range(2)
    )  # fmt: skip


def test_the_slice_is_the_cost_of_the_moved_network():
    network, x, y = small()
    first, second = some_ways(network)
    cut = DigitsSlice(network, (first, second), x, y)
    for a, b in ((0, 0), (0.3, -0.7), (-2, 1)):
        moved = unflattened(flattened(network) + a * flattened(first) + b * flattened(second), network)
        cost = Quadratic.value(forward(moved, x)[1][-1], y).mean()
        assert cut.cost(a, b) == pytest.approx(cost.item())
        nabla_b, nabla_w = backprop(moved, x, y, Quadratic)
        gradient = flattened(Network(nabla_w, nabla_b)) / len(x)
        expected = [float(gradient @ flattened(way)) for way in (first, second)]
        assert cut.slope(a, b) == pytest.approx(expected)


def by_nudging(cut, a: float, b: float) -> tuple[float, float]:
    h = 1e-5
    return (cut.cost(a + h, b) - cut.cost(a - h, b)) / (2 * h), (cut.cost(a, b + h) - cut.cost(a, b - h)) / (2 * h)


def test_slopes_are_what_nudging_finds():
    network, x, y = small()
    for cut in (DigitsSlice(network, some_ways(network), x, y), NeuronSlice(), NeuronSlice((1, 3))):
        for a, b in ((0, 0), (0.5, -1.5), (3, 2)):
            assert cut.slope(a, b) == pytest.approx(by_nudging(cut, a, b), abs=1e-8)


def test_one_neurons_hill_has_its_floor_at_the_worked_example():
    cut = NeuronSlice()
    assert cut.slope(STOPLIGHT[0], STOPLIGHT[2]) == pytest.approx((0, 0))
    inputs = np.concatenate([LIGHTS.numpy(), np.ones((8, 1))], 1)
    wanted = np.where((LIGHTS[:, 2] == 1) & (LIGHTS[:, 0] == 0), 1.0, -1.0)
    best, *_ = np.linalg.lstsq(inputs, wanted, rcond=None)
    np.testing.assert_allclose(best, STOPLIGHT, atol=1e-12)  # of all neurons, not only on this cut
    assert cut.cost(0.5, -2) == pytest.approx(np.mean((inputs @ [0.5, 0, -2, -0.5] - wanted) ** 2) / 2)


# --- curvature


def whole_hessian(network: Network, x, y) -> np.ndarray:
    """Second derivatives from the hand-written gradient, a finite difference a row."""
    flat, rows = flattened(network), []
    for place in range(len(flat)):
        ends = []
        for sign in (1, -1):
            moved = flat.clone()
            moved[place] += sign * 1e-5
            nabla_b, nabla_w = backprop(unflattened(moved, network), x, y, Quadratic)
            ends.append(flattened(Network(nabla_w, nabla_b)) / len(x))
        rows.append(((ends[0] - ends[1]) / 2e-5).numpy())
    return np.array(rows)


def test_products_and_largest_curvatures_are_the_whole_hessians():
    network, x, y = small()
    hessian = whole_hessian(network, x, y)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-8)
    product = curved_along(network, x, y)
    random = torch.Generator().manual_seed(0)
    for _ in range(3):
        v = torch.randn(len(hessian), generator=random, dtype=torch.float64)
        np.testing.assert_allclose(product(v), hessian @ v.numpy(), atol=1e-7)
    values, vectors = np.linalg.eigh(hessian)
    curvatures, ways = most_curved(network, x, y)
    np.testing.assert_allclose(curvatures, values[[-1, -2]], rtol=1e-4)
    for way, place in zip(ways, (-1, -2), strict=True):
        flat = flattened(way).numpy()
        assert np.linalg.norm(flat) == pytest.approx(1, abs=1e-6)
        assert abs(flat @ vectors[:, place]) > 0.999


def test_the_survey_finds_the_curvatures_along_its_axes():
    network, x, y = small()
    curvatures, ways = most_curved(network, x, y)
    cut = DigitsSlice(network, tuple(ways), x, y)
    hill = survey(cut, ("a", "b"), (0.0, 0.0), 0.05)
    assert hill.curvatures == pytest.approx(curvatures, rel=0.02)
    assert hill.heights.shape == (SIDE, SIDE)
    assert float(hill.heights[3, 20]) == pytest.approx(cut.cost(hill.along(0)[20], hill.along(1)[3]))


# --- ways down


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_the_way_down_is_torchs(momentum):
    hill = hill_of("one neuron", pair=(1, 3))
    way = walk_down(hill, (2.0, -3.0), rate=0.7, momentum=momentum, steps=12)
    place = torch.tensor([2.0, -3.0], dtype=torch.float64, requires_grad=True)
    descent = torch.optim.SGD([place], lr=0.7, momentum=momentum)
    for ours in way.places:
        assert ours == pytest.approx(place.detach().tolist(), abs=1e-9)
        place.grad = torch.tensor(hill.slice.slope(*place.detach().tolist()), dtype=torch.float64)
        descent.step()


class Bowl:
    """½ (4 a² + b²): along a, a step leaps from η = 1/4 on and climbs from η = 1/2 on."""

    def cost(self, a, b):
        return (4 * a * a + b * b) / 2

    def slope(self, a, b):
        return 4 * a, b


@pytest.mark.parametrize("rate, kind", [(0.001, "crawl"), (0.2, "arrive"), (0.4, "leap"), (0.6, "diverge")])
def test_four_things_can_become_of_a_ball(rate, kind):
    hill = Hill(Bowl(), ("a", "b"), (0.0, 0.0), 2.0, torch.zeros(SIDE, SIDE), (4.0, 1.0))
    assert walk_down(hill, (1.0, 1.5), rate).kind == kind
    numbers = told(hill)
    assert (numbers["leaps"], numbers["leaves"]) == ("0.25", "0.5")


def test_a_ball_that_leaves_the_surface_is_known_to_have_left():
    hill = Hill(Bowl(), ("a", "b"), (0.0, 0.0), 2.0, torch.zeros(SIDE, SIDE), (4.0, 1.0))
    assert walk_down(hill, (1.0, 1.5), 0.2).left(hill) is None
    way = walk_down(hill, (1.0, 1.5), 0.6)  # a: 1, −1.4, 1.96, −2.744, …
    assert way.left(hill) == 3 and way.places[2][0] == pytest.approx(1.96)
    assert walk_down(hill, (1.0, -2.5), 0.3, steps=1).left(hill) is None  # from outside, back onto it


def test_flat_ground_is_not_left_and_has_no_rate_that_leaps():
    hill = hill_of("two weights", "trained", (1, 2))  # from the corner's pixels, where no digit has ink
    assert walk_down(hill, start_of(hill), 1000).kind == "arrive"
    assert (told(hill)["leaps"], told(hill)["leaves"]) == ("", "")


@pytest.mark.parametrize("which", HILLS)
def test_on_every_hill_there_is_a_rate_that_arrives(which):
    hill = hill_of(which, "trained", (1, 3) if which == "one neuron" else PAIR)
    kinds = {walk_down(hill, start_of(hill), float(rate)).kind for rate in RATES[::2]}
    assert {"crawl", "arrive"} <= kinds
    if which != "two weights":
        assert "leap" in kinds and "diverge" in kinds
        assert math.isfinite(float(told(hill)["leaps"]))


# --- numbers by their place


def test_every_number_has_its_place():
    network = network_of("untrained")
    values = flattened(network)
    assert len(values) == NUMBERS == 11_935
    for number in (0, 783, 784, 11_759, 11_760, 11_774, 11_775, 11_924, 11_925, 11_934):
        kind, origin, end = what_it_is(network, number)
        layer = {"pixel weight": 0, "output weight": 1}.get(kind)
        part = network.biases[origin - 1][end] if kind == "bias" else network.weights[layer][end, origin]
        assert float(part) == float(values[number]) and called(network, number + 1)
        moved = flattened(one_weight(network, number))
        assert moved.nonzero().flatten().tolist() == [number] and float(moved[number]) == 1
    with pytest.raises(ExplainerError):
        one_weight(network, NUMBERS)
    with pytest.raises(ExplainerError):
        what_it_is(network, NUMBERS)
    assert called(network, PAIR[0]) == "change of w, hidden 9 → output 2"


def test_figures_show_the_way():
    hill = hill_of("one neuron", pair=(1, 3))
    way = walk_down(hill, start_of(hill), 1.0)
    flat = level_map(hill, way)
    assert flat.data[0].type == "contour"
    assert list(flat.data[1].x) == [a for a, _ in way.places]
    assert len(flat.data[2].x) == 11
    rows = hill_rows(way)
    assert len(rows) == len(way.places) and rows[3]["cost"] == way.costs[3]


def test_angles_from_a_link_or_the_browser():
    assert angles_of("35_38") == (35, 38) == angles_of([395, 38]) and angles_of("0_0") == (0, 9)
    for wrong in ("", "1", "1_2_3", "a_b", "²_1", [1], None, [1.5, 2]):
        assert angles_of(wrong) is None
