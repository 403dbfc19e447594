"""Transforms: each step the network looks at the picture a little differently.

What survives being moved, enlarged, turned and mirrored is something the network would
recognise in a photograph; a pattern made for one exact view does not survive.

A transform is a function of a count and a generator that returns random matrices
[count, 3, 3], from points of the view to points of the picture, both from −1 to 1 across.
Matrices multiply, so any number of transforms costs one look at the picture.
"""

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Transform = Callable[[int, torch.Generator], Tensor]
SURROUNDS = ("mirror", "grey")


def jitter(pixels: float, size: int) -> Transform:
    """Moves a picture of ``size`` pixels by up to ``pixels`` along both axes."""

    def draw(count: int, generator: torch.Generator) -> Tensor:
        matrices = torch.eye(3).repeat(count, 1, 1)
        matrices[:, :2, 2] = _between(-1, 1, (count, 2), generator) * 2 * pixels / size
        return matrices

    return draw


def scale(low: float, high: float) -> Transform:
    """Enlarges the picture about its centre by a factor from ``low`` to ``high``."""

    def draw(count: int, generator: torch.Generator) -> Tensor:
        factors = 1 / _between(low, high, (count, 1), generator)
        return torch.diag_embed(torch.cat([factors, factors, torch.ones(count, 1)], 1))

    return draw


def rotate(degrees: float) -> Transform:
    """Turns the picture about its centre by up to ``degrees`` either way."""

    def draw(count: int, generator: torch.Generator) -> Tensor:
        angles = _between(-1, 1, (count,), generator) * math.radians(degrees)
        matrices = torch.eye(3).repeat(count, 1, 1)
        matrices[:, 0, 0] = matrices[:, 1, 1] = angles.cos()
        matrices[:, 1, 0] = angles.sin()
        matrices[:, 0, 1] = -angles.sin()
        return matrices

    return draw


def mirror() -> Transform:
    """Swaps left and right, half of the time."""

    def draw(count: int, generator: torch.Generator) -> Tensor:
        matrices = torch.eye(3).repeat(count, 1, 1)
        matrices[:, 0, 0] = torch.randint(0, 2, (count,), generator=generator) * 2.0 - 1
        return matrices

    return draw


def middle(share: float) -> Transform:
    """Shows the middle of the picture only, ``share`` of it across."""
    return scale(1 / share, 1 / share)


def compose(transforms: Sequence[Transform]) -> Transform:
    """All of them, the first one first."""

    def draw(count: int, generator: torch.Generator) -> Tensor:
        matrices = torch.eye(3).repeat(count, 1, 1)
        for transform in transforms:
            matrices = matrices @ transform(count, generator)
        return matrices

    return draw


def look(picture: Tensor, matrices: Tensor, side: int, surround: str = "mirror") -> Tensor:
    """The pictures [N, 3, H, W] as ``side`` × ``side`` views through matrices [N, 3, 3].

    Beyond the border lies the picture's mirror image, or mid-grey (``surround`` "grey").
    A picture much finer than the view is averaged first, so that no detail slips through.
    """
    finest = matrices[:, :2, :2].norm(dim=1).max().item()
    if (coarser := int(finest * picture.shape[-1] / side)) > 1:
        picture = F.avg_pool2d(picture, coarser)
    grid = F.affine_grid(matrices[:, :2], [len(picture), 3, side, side], align_corners=False)
    if surround == "mirror":
        return F.grid_sample(picture, grid, padding_mode="reflection", align_corners=False)
    return 0.5 + F.grid_sample(picture - 0.5, grid, padding_mode="zeros", align_corners=False)


def _between(low: float, high: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator)
