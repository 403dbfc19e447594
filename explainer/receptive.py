"""Receptive-field arithmetic: which pixels can a unit see?

A layer looks at its input through windows of ``size`` pixels, one every ``step``
pixels, the first starting at ``start`` (negative where padding sticks out). Stacked
layers compose into one such window on the picture, the same along both axes.
"""

from dataclasses import dataclass
from functools import reduce

from torch import nn


@dataclass(frozen=True)
class Window:
    """Square windows on a grid: all three in pixels of whatever lies below.

    ``size`` None means that a unit sees the whole picture (after a flattening).
    """

    size: int | None = 1
    step: int = 1
    start: int = 0

    def then(self, above: "Window") -> "Window":
        """The window of a layer ``above`` this one, measured below this one."""
        if self.size is None or above.size is None:
            return Window(None, 0, 0)
        return Window(
            size=self.size + (above.size - 1) * self.step,
            step=self.step * above.step,
            start=self.start + above.start * self.step,
        )

    def beside(self, other: "Window") -> "Window":
        """The smallest window that covers two branches read side by side."""
        if self.size is None or other.size is None:
            return Window(None, 0, 0)
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return Window(end - start, self.step, start)

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) of the unit at (row, column), right and bottom excluded.

        Parts in the padding lie outside the picture and are not cut off.

        Raises:
            ValueError: the unit sees the whole picture.
        """
        if self.size is None:
            raise ValueError("this unit sees the whole picture")
        left, top = self.start + column * self.step, self.start + row * self.step
        return left, top, left + self.size, top + self.size


def output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, ceil: bool = False) -> int:
    """Positions that a window finds along one side: ⌊(size + 2·padding − kernel) / stride⌋ + 1.

    With ``ceil`` (some pools) a last window may hang over the far edge.
    """
    span = size + 2 * padding - kernel
    if not ceil:
        return span // stride + 1
    positions = -(-span // stride) + 1
    return positions - 1 if (positions - 1) * stride >= size + padding else positions


def window_of(module: nn.Module) -> Window:
    """The window through which ``module`` sees its own input.

    A gate (squeeze-and-excitation) looks at the whole picture, but only to turn whole maps up or
    down; what a unit sees where is decided by the maps, and theirs is the window given.

    Knows sliding windows, modules that work point by point, chains of modules, and
    the branched blocks of torchvision's networks (see :data:`BRANCHES`).

    Raises:
        TypeError: a module of a kind it does not know.
    """
    if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        kernel, stride, padding, dilation = (
            _one(getattr(module, name, 1)) for name in ("kernel_size", "stride", "padding", "dilation")
        )
        return Window(dilation * (kernel - 1) + 1, stride, -padding)
    if isinstance(module, nn.Flatten | nn.Linear | nn.AdaptiveAvgPool2d):
        return Window(None, 0, 0)
    if isinstance(module, _POINT_BY_POINT) or type(module).__name__ in _GATES:
        return Window()
    if isinstance(module, nn.Sequential):
        return compose(module)
    branches = BRANCHES.get(type(module).__name__)
    if branches is None:
        raise TypeError(f"no receptive-field rule for {type(module).__name__}")
    return reduce(Window.beside, (compose(branch) for branch in branches(module)))


def compose(modules) -> Window:
    """The window of modules applied one after the other."""
    return reduce(lambda below, module: below.then(window_of(module)), modules, Window())


def _one(value: int | tuple[int, int]) -> int:
    """The side of a square kernel, stride, padding or dilation."""
    if isinstance(value, tuple):
        assert value[0] == value[1], "windows are square in every network here"
        return value[0]
    return value


_POINT_BY_POINT = (
    nn.ReLU, nn.Hardswish, nn.SiLU, nn.Dropout, nn.BatchNorm2d, nn.LocalResponseNorm, nn.Identity,
)  # fmt: skip
_GATES = ("SqueezeExcitation", "StochasticDepth")  # the latter does nothing once a network is trained

# torchvision's blocks with several paths: block → its paths, each a chain of modules.
BRANCHES = {
    "BasicConv2d": lambda block: [[block.conv]],
    "Inception": lambda block: [[block.branch1], [block.branch2], [block.branch3], [block.branch4]],
    "Fire": lambda block: [[block.squeeze, block.expand1x1], [block.squeeze, block.expand3x3]],
    "Bottleneck": lambda block: [
        [block.conv1, block.conv2, block.conv3],
        [block.downsample] if block.downsample is not None else [],
    ],
    "InvertedResidual": lambda block: [[block.block]] + [[]] * block.use_res_connect,
    "MBConv": lambda block: [[block.block]] + [[]] * block.use_res_connect,
}
