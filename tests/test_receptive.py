"""Receptive fields: against the published figures, against PyTorch's shapes, and against gradients."""

import copy
from functools import cache

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from explainer.networks import ENTRIES
from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.layers import describe
from explainer.networks.vision import torchvision
from explainer.receptive import Window, compose, output_size, window_of


@cache
def alexnet2012_layers():
    with torch.device("meta"):
        return {layer.name: layer for layer in describe(AlexNet2012(), 227)}


@pytest.mark.parametrize(
    ("layer", "size", "step", "start"),
    [
        ("conv1", 11, 4, 0),
        ("conv2", 51, 8, -16),
        ("conv3", 99, 16, -32),
        ("conv4", 131, 16, -48),
        ("conv5", 163, 16, -64),
    ],
)
def test_alexnet_sees_through_windows_of(layer, size, step, start):
    # conv2: 5×5 on a pool of 3×3/2 on 11×11/4: 11 + 2·4 + 4·8 = 51, padding 2 of step 8; conv3: 51 + 2·8 + 2·16 = 99; …
    assert alexnet2012_layers()[layer].window == Window(size, step, start)


def test_fully_connected_layers_see_the_whole_picture():
    layers = alexnet2012_layers()
    assert [layers[name].window.size for name in ("fc6", "fc7", "fc8")] == [None] * 3
    assert [layer.name for layer in layers.values() if not layer.spatial] == ["fc6", "fc7", "fc8"]
    with pytest.raises(ValueError, match="whole picture"):
        layers["fc6"].window.box(0, 0)


def test_boxes():
    window = Window(size=51, step=8, start=-16)
    assert window.box(0, 0) == (-16, -16, 35, 35)
    assert window.box(row=2, column=5) == (24, 0, 75, 51)


def test_side_by_side_covers_both():
    assert Window(1, 8, 4).beside(Window(17, 8, -4)) == Window(17, 8, -4)
    assert Window(3, 1, -2).beside(Window(3, 1, 1)) == Window(6, 1, -2)
    assert Window(3, 1, 0).beside(Window(None, 0, 0)).size is None


def test_unknown_modules_are_refused():
    with pytest.raises(TypeError, match="GELU"):
        window_of(nn.Sequential(nn.Conv2d(1, 1, 3), nn.GELU()))


@pytest.mark.parametrize("ceil", [False, True])
def test_output_sizes_are_those_of_pytorch(ceil):
    for size in range(5, 20):
        for kernel in (1, 2, 3, 5):
            for stride in (1, 2, 3, 4):
                for padding in range(kernel // 2 + 1):
                    shape = F.max_pool2d(torch.zeros(1, 1, size, size), kernel, stride, padding, ceil_mode=ceil).shape
                    assert output_size(size, kernel, stride, padding, ceil) == shape[-1], (
                        size,
                        kernel,
                        stride,
                        padding,
                    )


def test_dilated_and_nested_modules():
    chain = nn.Sequential(nn.Conv2d(1, 1, 3, dilation=2, padding=2), nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(1, 1, 3)))
    # 5 wide, then a pool 2/2: 6 wide step 2, then 3×3: 6 + 2·2 = 10
    assert compose([chain]) == Window(10, 2, -2)


# --- by gradient -----------------------------------------------------------------------------------


def smeared(stages: nn.Sequential) -> nn.Sequential:
    """The same geometry with random positive weights, averages for maxima and nothing rectified or normalised.

    Then a unit has a gradient at exactly those pixels that can reach it.
    """
    stages = copy.deepcopy(stages)
    for module in list(stages.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(module, name, pool)
            elif isinstance(child, nn.LocalResponseNorm | nn.Dropout | nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    stages.eval().requires_grad_(False)
    for module in stages.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.uniform_(module.weight, 0.5, 1.5).div_(module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return stages


def squeezenet() -> nn.Sequential:
    return ENTRIES["squeezenet"].cut(torchvision().models.squeezenet1_0())


@pytest.mark.parametrize(("build", "size"), [(AlexNet2012, 227), (squeezenet, 224)])
def test_gradients_reach_exactly_the_window(build, size):
    torch.manual_seed(0)
    stages = smeared(build())
    layers = [layer for layer in describe(stages, size) if layer.spatial]
    assert len(layers) >= 8
    looked_at = min(size, layers[0].window.box(0, layers[0].shape[2] - 1)[2])  # 223 of 224: a step of 2 skips the last
    picture = torch.rand(1, 3, size, size, requires_grad=True)
    outputs, x = {}, picture
    for layer in layers:
        x = outputs[layer.name] = stages.get_submodule(layer.name)(x)
    for layer in layers:
        rows, columns = layer.shape[1:]
        for row, column in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 2)):
            unit = outputs[layer.name][0, :, row, column].sum()
            (gradient,) = torch.autograd.grad(unit, picture, retain_graph=True)
            reached = gradient[0].abs().sum(0) > 0
            left, top, right, bottom = (min(max(side, 0), looked_at) for side in layer.window.box(row, column))
            expected = torch.zeros(size, size, dtype=torch.bool)
            expected[top:bottom, left:right] = True
            assert torch.equal(reached, expected), (layer.name, row, column)
