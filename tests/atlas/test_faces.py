"""Faces, on a network small enough to know the answer: |x| has two, x has one."""

import pytest
import torch
from torch import nn

from explainer.atlas.faces import KEPT, dream_faces, face_side, two_faced
from explainer.networks import Network, Preprocessing, shared_network


@pytest.fixture(scope="module")
def network() -> Network:
    """conv1: light in the middle, and dark in the middle. conv2: either of them; light only; nothing ever."""
    kernel = -torch.ones(3, 5, 5)
    kernel[:, 1:4, 1:4] = 16 / 9
    first, second = nn.Conv2d(3, 2, 5, stride=2), nn.Conv2d(2, 3, 1)
    with torch.no_grad():
        first.weight[:] = torch.stack([kernel, -kernel]) / 10
        first.bias.zero_()
        second.weight[:] = torch.tensor([[1.0, 1.0], [1.0, 0.0], [-1.0, -1.0]])[:, :, None, None]
        second.bias[:] = torch.tensor([0.0, 0.0, -1.0])
    stages = nn.Sequential()
    stages.add_module("conv1", nn.Sequential(first, nn.ReLU()))
    stages.add_module("conv2", nn.Sequential(second, nn.ReLU()))
    return Network("small", "the small one", stages, Preprocessing(40, 32), ("a", "b"), "none", "0" * 16, {})


def last(network, layer, units, **settings):
    *_, faces = dream_faces(network, layer, units, precision="float32", **settings)
    return faces


def test_what_fires_for_opposites_has_two_faces_and_what_fires_for_one_thing_has_one(network):
    faces = last(network, "conv2", [0, 1], steps=60)
    assert faces.two.tolist() == [True, False]
    light = faces.pixels.float().mean(-1)
    middle = light[..., 1:4, 1:4].mean((2, 3)) - light.mean((2, 3))
    assert middle[0].prod() < 0, "one face of |x| is light in the middle, the other dark"
    assert middle[1, 0] > 0


def test_a_face_fires_its_detector_as_its_value_says(network):
    faces = last(network, "conv2", [0, 1], steps=20)
    x = faces.pixels.float().div(255).movedim(-1, 2).flatten(0, 1)
    x = (x - torch.tensor(network.preprocessing.mean).view(3, 1, 1)) / torch.tensor(network.preprocessing.std).view(
        3, 1, 1
    )
    answers = network.stages(x)[:, :, 0, 0].unflatten(0, (2, 2))
    torch.testing.assert_close(faces.values, torch.stack([answers[0, :, 0], answers[1, :, 1]]), atol=1e-4, rtol=1e-4)
    assert (faces.values[:, 0] >= faces.values[:, 1]).all()


def test_the_same_seed_gives_the_same_faces_and_the_network_stays_as_it_was(network):
    before = [parameter.clone() for parameter in network.stages.parameters()]
    first, again = (last(network, "conv2", [1], steps=4, seed=7) for _ in range(2))
    assert torch.equal(first.pixels, again.pixels)
    assert all(torch.equal(a, b) for a, b in zip(before, network.stages.parameters(), strict=True))


def test_a_detector_that_never_fires_has_one_face_of_value_zero(network):
    faces = last(network, "conv2", [2], steps=4)
    assert faces.values.tolist() == [[0, 0]] and not faces.two.any()


def test_two_faces_need_both_strength_and_difference():
    values = torch.tensor([[10.0, 9.0], [10.0, 5.0], [10.0, 9.0], [0.0, 0.0]])
    assert two_faced(values, torch.tensor([0.2, 0.2, 0.8, 0.0])).tolist() == [True, False, False, False]


def test_faces_of_the_network_in_the_box_wake_their_detectors():
    network = shared_network()
    faces = last(network, "conv2", [0, 200], steps=12)
    assert faces.pixels.shape[2] == min(face_side(network, "conv2"), KEPT) == 51
    assert (faces.values > 1).all()
