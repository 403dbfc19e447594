"""What a detector is built from, against the forward pass and against loops."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.atlas.built import built_from, place_below, source_of, used_by, users_of
from explainer.errors import NetworkError
from explainer.gallery import sample
from explainer.networks import Network, Preprocessing, shared_network

CONVOLUTIONS = ["conv1", "conv2", "conv3", "conv4", "conv5"]


@pytest.fixture(scope="module")
def network():
    return shared_network()


@pytest.mark.parametrize("layer", CONVOLUTIONS)
def test_the_parts_add_up_to_the_forward_pass(network, layer):
    trace = network.trace(sample("cat"))
    chance = np.random.default_rng(5)
    units, rows, columns = network.layer(layer).shape
    for _ in range(40):  # inner places and corners, firing and silent
        unit, row, column = (int(chance.integers(most)) for most in (units, rows, columns))
        found = built_from(network, trace, layer, unit, (row, column))
        assert found.value == trace[layer][unit, row, column].item()
        assert abs(max(0, found.added.sum() + found.bias) - found.value) < 1e-4
        assert found.error < 1e-4
    for corner in ((0, 0), (rows - 1, columns - 1)):
        assert built_from(network, trace, layer, 0, corner).error < 1e-4


def test_by_default_the_strongest_place_is_taken_apart(network):
    trace = network.trace(sample("cat"))
    unit = int(trace["conv5"].amax((1, 2)).argmax())
    assert built_from(network, trace, "conv5", unit).value == trace["conv5"][unit].max().item()


def small_network(groups: int = 2, normalised: bool = False) -> Network:
    torch.manual_seed(3)
    first = [nn.Conv2d(3, 4, 3, stride=2, bias=not normalised)] + [nn.BatchNorm2d(4)] * normalised + [nn.ReLU()]
    stages = nn.Sequential()
    stages.add_module("conv1", nn.Sequential(*first))
    stages.add_module("pool1", nn.MaxPool2d(3, 2))
    stages.add_module("conv2", nn.Sequential(nn.Conv2d(4, 6, 3, padding=1, groups=groups), nn.ReLU()))
    stages.add_module("conv3", nn.Sequential(nn.Conv2d(6, 5, 1), nn.ReLU()))
    if normalised:
        stages.conv1[1].running_mean.uniform_(-1, 1)
        stages.conv1[1].running_var.uniform_(0.5, 2)
        nn.init.uniform_(stages.conv1[1].weight)
        nn.init.uniform_(stages.conv1[1].bias)
    return Network("small", "the small one", stages, Preprocessing(40, 32), tuple("abcde"), "none", "0" * 16, {})


def test_each_part_is_the_product_of_its_window_and_its_kernel():
    network = small_network()
    trace = network.trace(sample("coffee"))
    conv = network.stages.conv2[0]
    for unit, row, column in ((0, 2, 3), (5, 0, 0), (3, 4, 6)):
        found = built_from(network, trace, "conv2", unit, (row, column))
        group = unit // 3
        for part in range(4):
            expected = 0.0
            for down in range(3):
                for right in range(3):
                    at = row + down - 1, column + right - 1
                    inside = 0 <= at[0] < trace["pool1"].shape[1] and 0 <= at[1] < trace["pool1"].shape[2]
                    if inside and part // 2 == group:
                        weight = conv.weight[unit, part % 2, down, right].item()
                        expected += weight * trace["pool1"][part][at].item()
            assert found.added[part] == pytest.approx(expected, abs=1e-5)


def test_a_normalisation_behind_the_convolution_is_multiplied_in():
    network = small_network(normalised=True)
    trace = network.trace(sample("coffee"))
    for unit in range(4):
        assert built_from(network, trace, "conv1", unit, (3, 5)).error < 1e-4


def test_layers_hear_the_nearest_detectors_below_and_are_heard_by_the_next():
    network = small_network()
    assert [source_of(network, name) for name in ("conv1", "conv2", "conv3")] == [None, "conv1", "conv2"]
    assert [users_of(network, name) for name in ("conv1", "conv2", "conv3")] == ["conv2", "conv3", None]


def test_going_down_leads_to_the_answer_that_was_multiplied():
    network = small_network()
    trace = network.trace(sample("coffee"))
    found = built_from(network, trace, "conv2", 0, (2, 3))
    for part in (0, 1):
        row, column = place_below(network, trace, found, part)
        products = np.abs(found.kernels[part] * found.seen[part])
        assert trace["conv1"][part, row, column].item() == pytest.approx(found.seen[part].flat[products.argmax()])


def test_who_uses_it_agrees_with_taking_the_users_apart(network):
    trace = network.trace(sample("cat"))
    unit = int(trace["conv4"].amax((1, 2)).argmax())
    helped, held_back = used_by(network, trace, "conv4", unit)
    assert helped and held_back and helped[0].added > 0 > held_back[0].added
    for user in (*helped, *held_back):
        found = built_from(network, trace, user.layer, user.unit, (user.row, user.column))
        assert found.added[unit] == pytest.approx(user.added, abs=1e-4)
        assert found.value == pytest.approx(user.value)
    assert helped[0].added == max(user.added for user in helped)


def test_what_cannot_be_taken_apart_says_so(network):
    trace = network.trace(sample("cat"))
    for layer, unit, place in (("pool1", 0, (0, 0)), ("conv5", 256, (0, 0)), ("conv5", 0, (13, 0)), ("fc6", 0, None)):
        with pytest.raises(NetworkError):
            built_from(network, trace, layer, unit, place)
