"""The shortened forward pass: the same gradients as the whole network's, and a network left as it was."""

import copy
import threading

import pytest
import torch
from torch import nn

from explainer.dream import dream, parse_objective
from explainer.dream.forward import LEAK, BlockConvolution, LeakyBackward, activations, normalise, positions
from explainer.dream.render import view_side
from explainer.networks import Network
from explainer.pictures import crop_seen
from tests.dream.conftest import toy_network

OBJECTIVES = ["class:goldfish", "lead:goldfish", "channel:conv2:7", "unit:conv3:{fires}", "layer:conv4",
              "unit:fc6:{fires}", "class:church + 0.5*channel:conv3:9 + 0.001*layer:pool2"]  # fmt: skip


def whole_network_gradient(network: Network, objective, x: torch.Tensor) -> torch.Tensor:
    """An oracle: a copy of the whole network run to its end, layers caught by hooks."""
    stages, caught = copy.deepcopy(network.stages), {}
    for name, stage in stages.named_children():
        stage.register_forward_hook(lambda _module, _inputs, output, name=name: caught.update({name: output}))
    x = x.clone().requires_grad_()
    stages(normalise(network, x))
    (gradient,) = torch.autograd.grad(objective.measure(caught).sum(), x)
    return gradient


@pytest.mark.parametrize("text", OBJECTIVES)
def test_gradients_equal_autograd_on_the_whole_network(network, text):
    size = network.preprocessing.size
    x = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))
    if "{fires}" in text:  # a unit that is silent has no gradient to compare
        with torch.no_grad():
            values = network.run(normalise(network, x[:1]), stop=text.split(":")[1])[0]
        middle = values if values.dim() == 1 else values[:, values.shape[1] // 2, values.shape[2] // 2]
        text = text.format(fires=middle.argmax().item())
    objective = parse_objective(text, network)
    expected = whole_network_gradient(network, objective, x)
    y = x.clone().requires_grad_()
    found = activations(network, normalise(network, y), objective.layers)
    (gradient,) = torch.autograd.grad(objective.measure(found).sum(), y)
    assert expected.abs().max() > 0
    assert (gradient - expected).norm() / expected.norm() < 1e-5


def test_half_precision_points_the_same_way(network):
    objective, size = parse_objective("class:goldfish", network), network.preprocessing.size
    x = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    gradients = []
    for precision in ("float32", "bfloat16"):
        y = x.clone().requires_grad_()
        found = activations(network, normalise(network, y), objective.layers, precision)
        gradients += torch.autograd.grad(objective.measure(found).sum(), y)
    assert gradients[1].dtype == torch.float32
    assert torch.cosine_similarity(gradients[0].flatten(), gradients[1].flatten(), dim=0) > 0.98
    assert all(parameter.dtype == torch.float32 for parameter in network.stages.parameters())


class Trap(nn.Module):
    def forward(self, x):
        raise AssertionError("the pass went on beyond the deepest layer of the objective")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_pass_stops_at_the_deepest_layer(precision):
    trapped = toy_network(last=nn.Sequential(Trap()))
    x = torch.rand(1, 3, 32, 32)
    assert set(activations(trapped, x, {"conv1", "conv2"}, precision)) == {"conv1", "conv2"}
    with pytest.raises(AssertionError, match="beyond"):
        activations(trapped, x, {"conv1", "fc3"}, precision)


def test_leaky_backward():
    x = torch.tensor([-2.0, -1, 0, 1], requires_grad=True)
    with LeakyBackward():
        y = nn.ReLU()(x)
    assert y.tolist() == [0, 0, 0, 1]
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == pytest.approx([LEAK, LEAK, LEAK, 1])
    assert torch.autograd.grad(nn.ReLU()(x).sum(), x)[0].tolist() == [0, 0, 0, 1]


def test_a_leak_stays_in_its_thread():
    x = torch.tensor([-1.0], requires_grad=True)
    seen = []
    with LeakyBackward():
        other = threading.Thread(target=lambda: seen.append(torch.autograd.grad(nn.ReLU()(x).sum(), x)[0].item()))
        other.start()
        other.join()
    assert seen == [0.0]


def test_a_detector_that_is_silent_everywhere_is_woken():
    """A bias so low that no start picture passes the ReLU: without the cure nothing would ever change."""
    asleep = toy_network(bias=-1.0)
    objective = parse_objective("unit:conv2:3", asleep)
    frames = list(
        dream(asleep, objective, "naive", steps=30, size=view_side(asleep, objective, 32), precision="float32")
    )
    assert frames[0].objective == 0
    assert frames[-1].objective > 0.1


def test_a_pool_over_silent_detectors_is_woken_too():
    """SqueezeNet's sums are means over maps after a ReLU: a category can be silent everywhere."""
    asleep = toy_network(bias=-9.0, last=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    x = torch.rand(1, 3, 32, 32, requires_grad=True)
    gradients = []
    for leaky in (False, True):
        found = activations(asleep, normalise(asleep, x), {"fc3"}, leaky=leaky)
        gradients += torch.autograd.grad(found["fc3"][:, 3].sum(), x)
    assert not gradients[0].any() and gradients[1].any()


def test_nothing_is_left_on_the_network(network):
    def marks():
        return [
            (module.training, len(module._forward_hooks), len(module._backward_hooks), sorted(vars(module)))
            for module in network.stages.modules()
        ] + [parameter.requires_grad for parameter in network.stages.parameters()]

    before = marks()
    for objective in ("unit:conv2:3", "class:goldfish"):
        list(dream(network, objective, steps=2))
        running = dream(network, objective, steps=5)
        next(running)
        running.close()
    with pytest.raises(RuntimeError):
        activations(network, torch.rand(1, 4, 227, 227), {"conv1"}, leaky=True)
    assert marks() == before
    assert torch.is_grad_enabled() and not torch.overrides._get_current_function_mode_stack()


@pytest.mark.parametrize("layer", ["conv1", "pool1", "conv2", "conv3", "conv5", "pool5"])
def test_a_unit_sees_the_same_in_its_own_small_view(network, layer):
    """The centre unit of the small view answers as the same unit of the full picture does."""
    objective = parse_objective(f"unit:{layer}:7", network)
    side, full = view_side(network, objective, 224), network.preprocessing.size
    window = network.layer(layer).window
    index = positions(network, layer, side) // 2
    low, _, high, _ = window.box(index, index)
    assert low >= 0 and high <= side and low == side - high  # all it sees, in the middle
    x = torch.randn(1, 3, full, full, generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        maps = network.run(x, stop=layer)[0, 7]
        there = maps.shape[0] // 2
        left = window.box(there, there)[0] - low
        if left < 0 or left + side > full:
            pytest.skip("the view hangs over the border of the full picture")
        small = network.run(x[..., left : left + side, left : left + side], stop=layer)
    assert objective.measure({layer: small}).item() == pytest.approx(maps[there, there].item(), abs=1e-4)


def test_the_normalisation_is_the_networks_own(network):
    pixels, _ = crop_seen((torch.rand(64, 64, 3) * 255).byte().numpy(), 64, 64)
    colours = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    torch.testing.assert_close(normalise(network, colours), network.preprocessing.normalise(pixels))


@pytest.mark.parametrize(
    "geometry", [(11, 4, 0), (11, 4, 2), (7, 2, 0), (7, 2, 3), (5, 2, 1), (3, 3, 0), (4, 4, 0), (2, 3, 0)]
)
@pytest.mark.parametrize("size", [(23, 23), (24, 31), (40, 29)])
def test_a_convolution_in_blocks_is_the_convolution(geometry, size):
    kernel, stride, padding = geometry
    strided = nn.Conv2d(3, 5, kernel, stride, padding).requires_grad_(False)
    x = torch.randn(2, 3, *size, requires_grad=True)
    expected, found = strided(x), BlockConvolution(strided)(x)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    push = torch.randn_like(expected)
    gradients = [torch.autograd.grad((output * push).sum(), x)[0] for output in (expected, found)]
    torch.testing.assert_close(*gradients, atol=1e-5, rtol=1e-5)
