"""Five networks by their numbers, counted in their own structure; nothing is computed for a count."""

import tomllib
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn

from explainer.networks.layers import describe
from explainer.networks.private import ghost_of
from explainer.networks.zoo import entry
from explainer.places import ASSETS

FIVE = ("alexnet", "vgg16", "googlenet", "resnet50", "resnext50")


@dataclass(frozen=True)
class Count:
    """One network's numbers.

    layers: layers with weights one after another, along the longest way from picture to name.
    macs: multiplications (each with its addition) for one picture. neurons: numbers that the
    layers with weights hand on for one picture. top1, top5: as published with torchvision's
    weights, percent of ImageNet's validation pictures named rightly.
    """

    name: str
    short: str
    idea: str
    year: int
    layers: int
    parameters: int
    macs: int
    neurons: int
    top1: float
    top5: float

    @property
    def weight_bytes(self) -> int:
        """Of all weights as 32-bit numbers."""
        return 4 * self.parameters

    @property
    def activation_bytes(self) -> int:
        """Of all neurons' values for one picture as 32-bit numbers: training has to keep them."""
        return 4 * self.neurons


def structure(name: str) -> nn.Module:
    """torchvision's model without numbers, on PyTorch's "meta" device."""
    return entry(name).build().to("meta").eval()


@cache
def count(name: str) -> Count:
    """A network's numbers.

    Raises:
        NetworkError: no such network.
    """
    known, model = entry(name), structure(name)
    depth, parameters = depth_of(model), sum(parameter.numel() for parameter in model.parameters())
    layers = describe(known.cut(model), known.preprocessing.size)
    return Count(
        name, **_told()[name], year=known.year, layers=depth, parameters=parameters,
        macs=sum(layer.macs for layer in layers), neurons=sum(layer.neurons for layer in layers),
        top1=known.top1, top5=known.top5,
    )  # fmt: skip


def depth_of(model: nn.Module, side: int = 224) -> int:
    """Layers with weights along the longest way through a network.

    The way is found in the graph that autograd draws of one pass without numbers: a layer counts one more
    than the deepest it reads from. (Tracing the model would change how every module of the process is called.)
    """
    x = torch.empty(1, 3, side, side, device="meta")
    with torch.enable_grad():
        output = ghost_of(model).requires_grad_()(x)
    depth: dict[object, int] = {}
    waiting = [output.grad_fn]
    while waiting:
        node = waiting[-1]
        below = [other for other, _ in node.next_functions if other is not None]
        if unknown := [other for other in below if other not in depth]:
            waiting += unknown
            continue
        depth[waiting.pop()] = max((depth[other] for other in below), default=0) + node.name().startswith(_WEIGHTED)
    return depth[output.grad_fn]


# What autograd calls a convolution, a fully connected layer with a bias, and one without.
_WEIGHTED = ("ConvolutionBackward", "AddmmBackward", "MmBackward")


@cache
def _told() -> dict[str, dict]:
    return tomllib.loads((ASSETS / "history" / "networks.toml").read_text("utf-8"))
