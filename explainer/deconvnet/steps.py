"""One rule for each kind of layer: how it hands activations up, and a signal back down.

Every step has the same four methods. ``above(side)`` is the side of its output map, and
``below(region, side)`` the part of its input that a part of its output needs. ``up(x, have,
region)`` gives its output on ``region`` from its input on ``have``, and with it a memory of
what the way back will ask for; ``down(signal, memory, method)`` turns a signal on the output
into one on the input. Nothing is kept anywhere else, so a network can be shared.

Sources: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks",
ECCV 2014, section 2 (deconvnet); Springenberg et al., "Striving for Simplicity", ICLR
2015 workshop, section 3.4 (guided); Simonyan et al., ICLR 2014 workshop (gradient).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explainer.deconvnet.regions import Region, give_back, take
from explainer.receptive import output_size, window_of


class Step:
    """A step; here, what holds for those that work point by point."""

    kind: str

    def above(self, side: int) -> int:
        return side

    def below(self, region: Region, side: int) -> Region:
        return region

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, object]:
        raise NotImplementedError

    def down(self, signal: Tensor, memory: object, method: str) -> Tensor:
        raise NotImplementedError


@dataclass(frozen=True)
class Filter(Step):
    """A convolution; on the way back the same filters, transposed, and no bias."""

    module: nn.Conv2d
    kind = "filter"

    def above(self, side: int) -> int:
        return _positions(self.module, side)

    def below(self, region: Region, side: int) -> Region:
        return region.below(window_of(self.module), side)

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, tuple]:
        conv, want = self.module, self.below(region, have.side)
        x = take(x, have, want)
        return F.conv2d(x, conv.weight, conv.bias, conv.stride, 0, conv.dilation, conv.groups), (have, want)

    def down(self, signal: Tensor, memory: tuple, method: str) -> Tensor:
        return give_back(_transposed(self.module, signal), *memory)


@dataclass(frozen=True)
class Rectify(Step):
    """A ReLU. What it does to the signal is all that tells the three methods apart."""

    kind = "rectify"

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, Tensor]:
        x = F.relu(x)
        return x, x

    def down(self, signal: Tensor, memory: Tensor, method: str) -> Tensor:
        if method == "deconvnet":
            return F.relu(signal)
        signal = signal * (memory > 0)
        return F.relu(signal) if method == "guided" else signal


@dataclass(frozen=True)
class Bend(Step):
    """A smooth relative of ReLU (swish, hard-swish). The papers know ReLU only; this is their rules' nearest kin.

    The deconvnet rectifies the signal, whatever the layer was given, as it does at a ReLU. A gradient
    is multiplied by the slope; the guided one keeps of that what is positive. With ReLU's slopes, 0
    and 1, these are the published rules.
    """

    module: nn.Module
    kind = "rectify"

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, Tensor]:
        return self.module(x), x

    def down(self, signal: Tensor, memory: Tensor, method: str) -> Tensor:
        if method == "deconvnet":
            return F.relu(signal)
        if method == "guided":
            signal = F.relu(signal)
        signal = _derivative(self.module, memory, signal)
        return F.relu(signal) if method == "guided" else signal


@dataclass(frozen=True)
class Gate(Step):
    """Squeeze-and-excitation: a number from 0 to 1 for each map, worked out from all maps' means, turns it up or down.

    To know it, the whole map is needed. On the way back of the deconvnet and of the guided gradient it
    stays as this picture set it, like a pool's switches; a true derivative also asks what set it.
    """

    module: nn.Module
    kind = "gate"

    def below(self, region: Region, side: int) -> Region:
        return Region.whole(len(region.tops), side)

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, tuple]:
        whole = Region.whole(len(region.tops), have.side)
        x = take(x, have, whole)
        return take(self.module(x), whole, region), (have, whole, region, x)

    def down(self, signal: Tensor, memory: tuple, method: str) -> Tensor:
        have, whole, region, x = memory
        signal = give_back(signal, whole, region)
        signal = _derivative(self.module, x, signal) if method == "gradient" else signal * self._gates(x)
        return give_back(signal, have, whole)

    def _gates(self, x: Tensor) -> Tensor:
        """[N, C, 1, 1], from 0 to 1."""
        gate = self.module
        return gate.scale_activation(gate.fc2(gate.activation(gate.fc1(gate.avgpool(x)))))


@dataclass(frozen=True)
class Unpool(Step):
    """A max pool. Its switches remember who won each window; on the way back a winner gets
    the sum over the windows that it won (they overlap, so it may have won several)."""

    module: nn.MaxPool2d
    kind = "unpool"

    def above(self, side: int) -> int:
        return _positions(self.module, side)

    def below(self, region: Region, side: int) -> Region:
        return region.below(window_of(self.module), side)

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, tuple]:
        want = self.below(region, have.side)
        x = take(x, have, want, fill=-torch.inf)
        pooled, switches = F.max_pool2d(x, *self._geometry(), return_indices=True)
        return pooled, (have, want, x, switches)

    def down(self, signal: Tensor, memory: tuple, method: str) -> Tensor:
        have, want, x, switches = memory
        kernel, stride, padding, dilation = ([side, side] for side in self._geometry())
        signal = torch.ops.aten.max_pool2d_with_indices_backward(
            signal, x, kernel, stride, padding, dilation, False, switches
        )  # adds up where a position won several windows; F.max_unpool2d would keep one of them
        return give_back(signal, have, want)

    def _geometry(self) -> tuple[int, int, int, int]:
        """Kernel, stride, padding (here always part of the region) and dilation."""
        window = window_of(self.module)
        dilation = self.module.dilation
        return (window.size - 1) // dilation + 1, window.step, 0, dilation


@dataclass(frozen=True)
class Scale(Step):
    """A batch normalisation: for a trained network no more than a factor and a shift for each map."""

    module: nn.BatchNorm2d
    kind = "scale"

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, None]:
        norm = self.module
        return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps), None

    def down(self, signal: Tensor, memory: None, method: str) -> Tensor:
        norm = self.module
        factor = norm.weight / (norm.running_var + norm.eps).sqrt()
        return signal * factor.view(-1, 1, 1)


@dataclass(frozen=True)
class Normalise(Step):
    """Contrast between neighbouring maps: left alone on the way down, but for true derivatives."""

    module: nn.LocalResponseNorm
    kind = "normalise"

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, Tensor]:
        return self.module(x), x

    def down(self, signal: Tensor, memory: Tensor, method: str) -> Tensor:
        return signal if method == "deconvnet" else _derivative(self.module, memory, signal)


@dataclass(frozen=True)
class Linear(Step):
    """What mixes everything it is given, the same for every picture: an average, a
    flattening, fully connected weights. Its way back is its transpose, and no bias."""

    module: nn.Module
    kind = "filter"

    def above(self, side: int) -> int:
        size = getattr(self.module, "output_size", 1)
        return size if isinstance(size, int) else size[0]

    def below(self, region: Region, side: int) -> Region:
        return Region.whole(len(region.tops), side)

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, Tensor]:
        return self.module(x), x

    def down(self, signal: Tensor, memory: Tensor, method: str) -> Tensor:
        if isinstance(self.module, nn.Linear):
            return signal @ self.module.weight
        if isinstance(self.module, nn.Flatten):
            return signal.reshape(memory.shape)
        return _derivative(self.module, memory, signal)


@dataclass(frozen=True)
class Branches(Step):
    """Chains of steps that read the same input; their outputs are joined, by "cat" or "sum"."""

    chains: tuple["Chain", ...]
    join: str
    kind = "block"

    def above(self, side: int) -> int:
        return max(chain.above(side) for chain in self.chains)

    def below(self, region: Region, side: int) -> Region:
        needs = [chain.below(region, side) for chain in self.chains]
        for need in needs[1:]:
            needs[0] = needs[0].beside(need)
        return needs[0]

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, tuple]:
        wants = [chain.below(region, have.side).clipped() for chain in self.chains]
        ways = [chain.up(take(x, have, want), want, region) for chain, want in zip(self.chains, wants, strict=True)]
        outputs = [output for output, _ in ways]
        joined = torch.cat(outputs, dim=1) if self.join == "cat" else sum(outputs)
        return joined, (have, wants, [way for _, way in ways], [output.shape[1] for output in outputs])

    def down(self, signal: Tensor, memory: tuple, method: str) -> Tensor:
        have, wants, ways, widths = memory
        signals = signal.split(widths, dim=1) if self.join == "cat" else [signal] * len(self.chains)
        return sum(
            give_back(chain.down(part, way, method), have, want)
            for chain, part, way, want in zip(self.chains, signals, ways, wants, strict=True)
        )


@dataclass(frozen=True)
class Chain(Step):
    """Steps one after the other."""

    steps: tuple[Step, ...]

    def above(self, side: int) -> int:
        for step in self.steps:
            side = step.above(side)
        return side

    def below(self, region: Region, side: int) -> Region:
        return self.regions(region, side)[0]

    def regions(self, region: Region, side: int) -> list[Region]:
        """What each step reads, and last ``region``: never more of a map than there is."""
        sides = [side]
        for step in self.steps:
            sides.append(step.above(sides[-1]))
        regions = [region]
        for step, side in zip(reversed(self.steps), reversed(sides[:-1]), strict=True):
            regions.append(step.below(regions[-1], side).clipped())
        return regions[::-1]

    def up(self, x: Tensor, have: Region, region: Region) -> tuple[Tensor, list]:
        memories = []
        regions = self.regions(region, have.side)
        for step, below, above in zip(self.steps, regions[:-1], regions[1:], strict=True):
            x, memory = step.up(x, below, above)
            memories.append(memory)
        return x, memories

    def down(self, signal: Tensor, memories: list, method: str) -> Tensor:
        for step, memory in zip(reversed(self.steps), reversed(memories), strict=True):
            signal = step.down(signal, memory, method)
        return signal

    def descend(self, signal: Tensor, memories: list, method: str) -> Iterator[Tensor]:
        """The signal on the input of each step, from the last step to the first."""
        for step, memory in zip(reversed(self.steps), reversed(memories), strict=True):
            signal = step.down(signal, memory, method)
            yield signal


def _transposed(conv: nn.Conv2d, signal: Tensor) -> Tensor:
    """Every window of ``conv`` filled with its filter times the signal there, overlaps added up."""
    stride = conv.stride[0]
    if stride == 1 or conv.groups > 1 or conv.dilation[0] > 1:
        return F.conv_transpose2d(signal, conv.weight, stride=conv.stride, groups=conv.groups, dilation=conv.dilation)
    # The same sums, four times faster for conv1: pixels that lie alike under the windows (each stride × stride
    # of them do so differently) are a convolution of the signal with every stride-th weight.
    maps, colours, kernel, _ = conv.weight.shape
    reach = -(-kernel // stride)
    weights = F.pad(conv.weight, (0, reach * stride - kernel) * 2)
    weights = weights.view(maps, colours, reach, stride, reach, stride).flip(2, 4).permute(1, 3, 5, 0, 2, 4)
    pixels = F.conv2d(signal, weights.reshape(colours * stride**2, maps, reach, reach), padding=reach - 1)
    size = (signal.shape[-1] - 1) * stride + kernel
    return F.pixel_shuffle(pixels, stride)[:, :, :size, :size]


def _positions(module: nn.Conv2d | nn.MaxPool2d, side: int) -> int:
    """The side of the map that a sliding window makes of a map with this one."""
    window = window_of(module)
    return output_size(side, window.size, window.step, -window.start, getattr(module, "ceil_mode", False))


def _derivative(module: nn.Module, x: Tensor, signal: Tensor) -> Tensor:
    """A signal sent back through the derivative of a module at ``x``."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(module(x), x, signal)[0]
