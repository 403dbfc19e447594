"""Small networks on the plane: gradients by finite differences and autograd, points by their rules, sets learned."""

import math

import numpy as np
import pytest
import torch

from explainer.chapters import chapter
from explainer.chapters.nonlinearity.learning import (
    MOST_LAYERS,
    Settings,
    Steps,
    learn,
    point_step,
    read_features,
    read_layers,
    written_layers,
)
from explainer.chapters.nonlinearity.plane_network import BENDS, FEATURES, PlaneNetwork, new_network
from explainer.chapters.nonlinearity.playground import beside
from explainer.chapters.nonlinearity.playground_figure import network_figure, pictures
from explainer.chapters.nonlinearity.points import COUNT, SETS, draw_points
from explainer.errors import ExplainerError

ALL = tuple(FEATURES)


def some_network(bend: str, features=("x", "y", "xy"), hidden=(4, 3), seed=1) -> PlaneNetwork:
    return new_network(hidden, features, bend, seed=seed)


# --- gradients


@pytest.mark.parametrize("bend", BENDS)
def test_the_gradient_is_autograds(bend):
    network, task = some_network(bend), draw_points("spiral", 0.1, seed=3)
    inputs = network.inputs(task.seen)
    by_weight, by_bias = network.gradient(inputs, task.seen_kinds)
    weights = [torch.tensor(w, requires_grad=True) for w in network.weights]
    biases = [torch.tensor(b, requires_grad=True) for b in network.biases]
    a = torch.tensor(inputs)
    curve = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid, "linear": lambda z: z}[bend]
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        a = curve(a @ w.T + b)
    said = torch.tanh(a @ weights[-1].T + biases[-1])[:, 0]
    cost = (said - torch.tensor(task.seen_kinds)).square().mean() / 2
    cost.backward()
    np.testing.assert_allclose(network.outputs(task.seen), said.detach(), atol=1e-12)
    assert network.judged(task.seen, task.seen_kinds)[0] == pytest.approx(cost.item())
    for ours, theirs in zip((*by_weight, *by_bias), (*weights, *biases), strict=True):
        np.testing.assert_allclose(ours, theirs.grad, atol=1e-12)


@pytest.mark.parametrize("bend", ["tanh", "sigmoid"])
def test_the_gradient_is_what_nudging_finds(bend):
    network, task = some_network(bend), draw_points("moons", seed=2)
    gradient = [part for parts in network.gradient(network.inputs(task.seen), task.seen_kinds) for part in parts]
    for part, slopes in zip((*network.weights, *network.biases), gradient, strict=True):
        for place in np.ndindex(part.shape):
            before, costs = part[place], []
            for nudge in (1e-5, -1e-5):
                part[place] = before + nudge
                costs.append(network.judged(task.seen, task.seen_kinds)[0])
            part[place] = before
            assert slopes[place] == pytest.approx((costs[0] - costs[1]) / 2e-5, abs=1e-8)


def test_one_points_step_is_the_gradient_of_that_point_alone():
    network, task = some_network("tanh"), draw_points("xor", seed=5)
    step = point_step(network, task.seen[7], task.seen_kinds[7])
    by_weight, by_bias = network.gradient(network.inputs(task.seen[7:8]), task.seen_kinds[7:8])
    for ours, theirs in zip((*step.by_weight, *step.deltas), (*by_weight, *by_bias), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-14)
    x, y = task.seen[7]
    np.testing.assert_allclose(step.said[0], [x, y, x * y])
    assert step.said[-1][0] == pytest.approx(math.tanh(step.sums[-1][0]))


def test_features_by_hand():
    network = new_network((1,), ALL)
    x, y = 1.5, -2.0
    expected = [x, y, x * x, y * y, x * y, math.sin(x), math.sin(y)]
    np.testing.assert_allclose(network.inputs(np.array([[x, y]]))[0], expected)


# --- steps


def test_adam_is_torchs_with_a_rate_that_shrinks():
    network = some_network("tanh")
    settings = Settings(rate=0.1, pull="L2", strength=0.01)
    theirs = [torch.tensor(part.copy(), requires_grad=True) for part in (*network.weights, *network.biases)]
    adam = torch.optim.Adam(theirs, lr=0.1, betas=(0.9, 0.99), eps=1e-8)
    steps, random = Steps(settings, network), np.random.default_rng(0)
    for number in range(5):
        done = number / 5
        slopes = [random.normal(size=part.shape) for part in theirs]
        for part, slope in zip(theirs, slopes, strict=True):
            pull = 0.01 * part.detach() if part.ndim == 2 else 0
            part.grad = torch.tensor(slope) + pull
        for group in adam.param_groups:
            group["lr"] = 0.1 * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)
        adam.step()
        count = len(network.weights)
        steps.take(slopes[:count], slopes[count:], done)
    for ours, part in zip((*network.weights, *network.biases), theirs, strict=True):
        np.testing.assert_allclose(ours, part.detach(), atol=1e-7)


def test_plain_steps_and_their_pulls_by_hand():
    def after(pull: str) -> tuple[list, float]:
        network = PlaneNetwork(("x", "y"), "tanh", (np.array([[0.5, 0.01]]), np.array([[1.0]])), (np.zeros(1),) * 2)
        steps = Steps(Settings(method="sgd", rate=0.1, pull=pull, strength=0.5), network)
        steps.take([np.array([[1.0, 0.0]]), np.zeros((1, 1))], [np.array([2.0]), np.zeros(1)], 0.0)
        return network.weights[0][0].tolist(), network.biases[0][0]

    assert after("none")[0] == pytest.approx([0.4, 0.01])
    assert after("L2")[0] == pytest.approx([0.4 - 0.1 * 0.5 * 0.4, 0.01 - 0.1 * 0.5 * 0.01])
    assert after("L1")[0] == pytest.approx([0.4 - 0.1 * 0.5, 0.0])  # pulled past 0: cut
    assert after("L1")[1] == pytest.approx(-0.2)


# --- points


@pytest.mark.parametrize("name", SETS)
def test_points_are_split_and_repeat_with_their_seed(name):
    task, again, other = (draw_points(name, 0.2, 0.3, seed) for seed in (4, 4, 5))
    assert len(task.seen) == 150 and len(task.unseen) == COUNT - 150
    assert np.array_equal(task.seen, again.seen) and not np.array_equal(task.seen, other.seen)
    kinds = np.concatenate([task.seen_kinds, task.unseen_kinds])
    assert set(kinds) == {1, -1} and 0.3 < np.mean(kinds > 0) < 0.7


def test_the_playgrounds_rules():
    """Without noise, each kind lies where the Playground puts it."""

    def both(name):
        task = draw_points(name, 0.0)
        return np.concatenate([task.seen, task.unseen]), np.concatenate([task.seen_kinds, task.unseen_kinds])

    places, kinds = both("circle")
    far = np.hypot(*places.T)
    assert far[kinds > 0].max() < 2.5 and far[kinds < 0].min() >= 3.5 and far.max() <= 5
    places, kinds = both("xor")
    assert (np.sign(places[:, 0] * places[:, 1]) == kinds).all() and np.abs(places).min() >= 0.3
    places, kinds = both("spiral")
    far, turned = np.hypot(*places.T), np.arctan2(places[:, 0], places[:, 1])
    expected = far / 5 * 1.75 * 2 * math.pi + np.where(kinds > 0, 0, math.pi)
    apart = np.abs((turned - expected + math.pi) % (2 * math.pi) - math.pi)
    assert apart[far > 1e-9].max() < 1e-6
    places, kinds = both("gauss")
    for kind in (1, -1):
        cloud = places[kinds == kind]
        np.testing.assert_allclose(cloud.mean(0), [2 * kind] * 2, atol=0.2)
        np.testing.assert_allclose(cloud.var(0), 0.5, atol=0.15)


# --- learning


@pytest.mark.parametrize("seed", range(5))
def test_a_spiral_is_learned_by_two_layers_of_eight(seed):
    laps = list(learn(Settings(seed=seed)))
    assert laps[0].unseen_right < 0.8
    assert max(lap.unseen_right for lap in laps) >= 0.95 and laps[-1].right > 0.95
    assert laps[-1].epoch == 500 and len(laps) < 70


PRESETS = {name: preset for name, preset in chapter("nonlinearity").presets.items()}


def settings_of(preset: dict) -> Settings:
    return Settings(
        preset["play_points"], preset["play_noise"], preset["play_share"], read_features(preset["play_features"]),
        read_layers(preset["play_layers"]), preset["play_bend"], preset["play_method"], preset["play_rate"],
        preset["play_batch"], preset["play_pull"], preset["play_strength"], preset["play_start"],
    )  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_a_presets_network_learns(name):
    *_, last = learn(settings_of(PRESETS[name]))
    assert last.unseen_right > 0.9


def test_without_a_bend_only_the_clouds_are_learned():
    right = {}
    for name in SETS:
        *_, lap = learn(Settings(points=name, bend="linear", epochs=60))
        right[name] = lap.unseen_right
    assert right.pop("gauss") > 0.98
    assert max(right.values()) < 0.93 and right["xor"] < 0.7 and right["spiral"] < 0.75


def test_three_neurons_are_enough_for_the_circle_and_two_are_not():
    best = {}
    for n in (2, 3):
        best[n] = 0
        for seed in range(6):
            *_, lap = learn(Settings(points="circle", hidden=(n,), epochs=150, seed=seed))
            best[n] = max(best[n], lap.unseen_right)
    assert best[3] > 0.97 and best[2] < 0.97


def test_a_training_that_grows_without_end_says_so():
    with pytest.raises(ExplainerError, match="learning rate is too large"):
        for _ in learn(Settings(method="sgd", rate=10, pull="L2", strength=10)):
            pass


@pytest.mark.parametrize("wrong", [
    {"hidden": ()}, {"hidden": (1,) * (MOST_LAYERS + 1)}, {"hidden": (9,)}, {"features": ()}, {"features": ("z",)},
    {"points": "star"}, {"bend": "step"}, {"noise": 0.6}, {"rate": 0}, {"epochs": 0}, {"method": "newton"},
])  # fmt: skip
def test_settings_have_limits(wrong):
    with pytest.raises(ExplainerError):
        Settings(**wrong)


def test_layers_and_features_in_a_link():
    assert read_layers("8-8") == (8, 8) and written_layers((4, 2)) == "4-2"
    assert read_features("y-x") == ("x", "y")
    for wrong in ("", "9", "0", "1-1-1-1-1", "x", "²", "1e9", "-1"):
        assert read_layers(wrong) is None
    for wrong in ("", "z", "x-z", "x--y"):
        assert read_features(wrong) is None


# --- what is drawn


def test_the_second_axis_of_the_fold_is_the_widest_spread_beside_the_output():
    network, task = some_network("tanh", hidden=(4, 5)), draw_points("moons")
    side = beside(network, task.seen)
    out = network.weights[-1][0]
    said = network.forward(network.inputs(task.seen))[1][-2]
    assert np.linalg.norm(side) == pytest.approx(1) and side @ out == pytest.approx(0, abs=1e-9)
    random = np.random.default_rng(0)
    for _ in range(200):
        other = random.normal(size=5)
        other -= other @ out * out / (out @ out)
        other /= np.linalg.norm(other)
        assert np.var(said @ other) <= np.var(said @ side) + 1e-9
    assert not beside(some_network("tanh", hidden=(3, 1)), task.seen).any()


def test_the_figure_shows_every_neuron():
    lap = next(learn(Settings(hidden=(3, 2))))
    figure = network_figure(lap)
    assert len(figure.panels) == 5 and len(figure.above) == 1
    answer = pictures(lap, 12)[-1][0]  # squares of side 1: row 0 is the top
    assert answer[0, 11] == pytest.approx(lap.network.outputs(np.array([[5.5, 5.5]]))[0])
    assert answer[11, 0] == pytest.approx(lap.network.outputs(np.array([[-5.5, -5.5]]))[0])
