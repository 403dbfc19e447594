"""Five networks by their numbers, counted in their own structure; nothing is computed for a count."""

import tomllib
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn

from explainer.networks.layers import describe
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


def depth_of(model: nn.Module) -> int:
    """Layers with weights along the longest way through a network.

    The way is found in the network's graph: a layer counts one more than the deepest it reads from.
    """
    depth: dict[torch.fx.Node, int] = {}
    traced = torch.fx.symbolic_trace(model)
    for node in traced.graph.nodes:
        before = max((depth[other] for other in node.all_input_nodes), default=0)
        weighted = node.op == "call_module" and isinstance(
            traced.get_submodule(node.target), nn.Conv2d | nn.Linear
        )  # fmt: skip
        depth[node] = before + weighted
    return max(depth.values())


@cache
def _told() -> dict[str, dict]:
    return tomllib.loads((ASSETS / "history" / "networks.toml").read_text("utf-8"))
