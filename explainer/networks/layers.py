"""What there is to say about a layer without running a picture through it."""

from dataclasses import dataclass
from math import prod

import torch
from torch import nn

from explainer.networks.private import ghost_of
from explainer.receptive import Window, window_of


@dataclass(frozen=True)
class Layer:
    """One named stage of a network.

    shape: what it hands on for one picture, (channels, rows, columns) or (neurons,).
    kind: "conv", "pool", "norm", "fc" or "block" (several convolutions in one stage).
    neurons: units with weights of their own or shared ones, inner ones of a block included.
    macs: multiplications (each with its addition) for one picture.
    window: receptive field of a unit on the network's input, in pixels.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    neurons: int
    macs: int
    window: Window

    @property
    def spatial(self) -> bool:
        """Whether its units lie on a grid over the picture."""
        return len(self.shape) == 3 and self.window.size is not None


def describe(stages: nn.Sequential, size: int) -> list[Layer]:
    """The layers of a chain of named stages for pictures of ``size`` × ``size`` pixels.

    Shapes come from a run on PyTorch's "meta" device, which computes no values.
    """
    layers, window = [], Window()
    x = torch.empty(1, 3, size, size, device="meta")
    for name, stage in stages.named_children():
        x, neurons, macs = _measure(stage, x)
        window = window.then(window_of(stage))
        parameters = sum(parameter.numel() for parameter in stage.parameters())
        layers.append(Layer(name, _kind(stage), tuple(x.shape[1:]), parameters, neurons, macs, window))
    return layers


def _measure(stage: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, int, int]:
    """(output, neurons, multiply-adds) of one stage for a meta tensor [1, …], counted on a copy without numbers."""
    neurons = macs = 0

    def count(layer, _inputs, output):
        nonlocal neurons, macs
        neurons += output.numel()
        macs += output.numel() * prod(layer.weight.shape[1:])

    ghost = ghost_of(stage)
    for layer in _weighted(ghost):
        layer.register_forward_hook(count)
    with torch.no_grad():
        output = ghost(x)
    return output, neurons, macs


def _weighted(stage: nn.Module) -> list[nn.Module]:
    return [module for module in stage.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def _kind(stage: nn.Module) -> str:
    weighted = _weighted(stage)
    if len(weighted) > 1:
        return "block"
    if weighted:
        return "conv" if isinstance(weighted[0], nn.Conv2d) else "fc"
    return "norm" if isinstance(stage, nn.LocalResponseNorm) else "pool"
