"""Wires: through which small kernels the detectors of a layer hear the detectors below them.

A stage of one convolution adds up, for each of its detectors and at each place,

    sum = bias + Σ over detectors below Σ over the kernel (weight × what that detector hands on there),

so what each detector below has added is a number of its own, and they add up to the sum exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explainer.networks import Network
from explainer.networks.bends import bend_of


@dataclass(frozen=True)
class Wires:
    """The kernels of some detectors of one layer.

    units: their numbers. below: name of the stage that the layer reads, None if it reads the picture.
    weights: float [units, channels below, k, k], zero where a detector hears nothing (groups), with a batch
    normalisation behind the convolution multiplied in, as into bias [units]. stride, padding: of the windows.
    bend: what the sum goes through, as :func:`~explainer.networks.bends.bend_of` names it.
    known: False where the stage is no single convolution; then weights and bias are empty.
    """

    layer: str
    units: tuple[int, ...]
    below: str | None
    weights: Tensor = field(repr=False)
    bias: Tensor = field(repr=False)
    stride: int = 1
    padding: int = 0
    bend: str | None = None

    @property
    def known(self) -> bool:
        return self.weights.numel() > 0

    @cached_property
    def side(self) -> int:
        """Rows (and columns) of a kernel."""
        return self.weights.shape[-1]

    def window(self, x: Tensor, row: int, column: int) -> Tensor:
        """What lies under the kernels at a place: [..., C, H, W] → [..., C, k, k], zero in the padding."""
        top, left = row * self.stride - self.padding, column * self.stride - self.padding
        inside = x[..., max(top, 0) : max(0, top + self.side), max(left, 0) : max(0, left + self.side)]
        above, before = max(0, -top), max(0, -left)
        return F.pad(
            inside, (before, self.side - before - inside.shape[-1], above, self.side - above - inside.shape[-2])
        )

    def added(self, x: Tensor, row: int, column: int) -> Tensor:
        """What each detector below adds at one place: float [N, C, H, W] → [N, C].

        N pictures of the stage below, as many for each unit in turn: N is a multiple of the units.
        """
        weights = self.weights.repeat_interleave(len(x) // len(self.units), 0)
        return (self.window(x, row, column) * weights).sum((-2, -1))


def wires_of(network: Network, layer: str, units: Sequence[int]) -> Wires:
    """The wires that lead to some detectors of a layer.

    Raises:
        NetworkError: there is no such layer.
    """
    names = [described.name for described in network.layers]
    place = names.index(network.layer(layer).name)
    below = names[place - 1] if place else None
    stage = network.stages[place]
    conv = _single_convolution(stage)
    if conv is None:
        return Wires(layer, tuple(units), below, torch.empty(0), torch.empty(0))
    chosen = torch.tensor(list(units), dtype=torch.long)
    weights, bias = _folded(stage, conv)
    inputs, each = conv.in_channels, conv.in_channels // conv.groups
    full = weights.new_zeros(len(chosen), inputs, *weights.shape[2:])
    group = chosen // (len(weights) // conv.groups)
    heard = group[:, None] * each + torch.arange(each)
    full[torch.arange(len(chosen))[:, None], heard] = weights[chosen]
    return Wires(
        layer, tuple(units), below, full, bias[chosen], conv.stride[0], conv.padding[0], bend_of(stage)
    )  # fmt: skip


_BESIDE = (nn.ReLU, nn.Hardswish, nn.SiLU, nn.BatchNorm2d, nn.Dropout, nn.Identity)


def _single_convolution(stage: nn.Module) -> nn.Conv2d | None:
    """A stage's convolution, if beside it there is nothing but a bend, a normalisation or a dropout."""
    leaves = [module for module in stage.modules() if not list(module.children())]
    convolutions = [module for module in leaves if isinstance(module, nn.Conv2d)]
    plain = all(isinstance(module, (nn.Conv2d, *_BESIDE)) for module in leaves)
    if len(convolutions) != 1 or not plain or convolutions[0].dilation != (1, 1):
        return None
    return convolutions[0]


def _folded(stage: nn.Module, conv: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """Weights and bias of a convolution, with the batch normalisation behind it multiplied in."""
    weights = conv.weight.detach()
    bias = torch.zeros(len(weights)) if conv.bias is None else conv.bias.detach()
    for norm in (module for module in stage.modules() if isinstance(module, nn.BatchNorm2d)):
        factor = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach()
        weights, bias = weights * factor.view(-1, 1, 1, 1), norm.bias.detach() + (bias - norm.running_mean) * factor
    return weights, bias
