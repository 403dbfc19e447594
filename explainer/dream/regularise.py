"""Regularisers: what keeps a dream from drowning in noise that only the network can see.

Three of them change the canvas [N, 3, H, W], where zero is mid-grey, after a step; total variation is a price on
the picture, to be paid out of the objective.

Source: Yosinski et al., "Understanding Neural Networks Through Deep Visualization", 2015,
section 3; total variation after Mahendran and Vedaldi, 2015.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def decay(canvas: Tensor, share: float) -> Tensor:
    """Every pixel a ``share`` of the way back to grey: extremes don't last unless the network insists."""
    return (1 - share) * canvas


def blur(canvas: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of ``sigma`` pixels: fine patterns have to be won again, shapes stay."""
    radius = max(1, round(3 * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2)
    weights = (weights / weights.sum()).expand(canvas.shape[1], 1, -1)
    for across in (True, False):
        kernel = weights[:, :, None, :] if across else weights[:, :, :, None]
        border = (radius, radius, 0, 0) if across else (0, 0, radius, radius)
        canvas = F.conv2d(F.pad(canvas, border, mode="replicate"), kernel, groups=canvas.shape[1])
    return canvas


def drop_weak(canvas: Tensor, share: float) -> Tensor:
    """The ``share`` of pixels nearest to grey made grey: what hardly matters stays empty."""
    strength = canvas.norm(dim=1, keepdim=True)
    threshold = strength.flatten(1).quantile(share, dim=1).view(-1, 1, 1, 1)
    return canvas * (strength >= threshold)


def total_variation(picture: Tensor) -> Tensor:
    """Squared differences between neighbours across and down, added up: float [N], 0 for a flat picture."""
    across = (picture[..., 1:] - picture[..., :-1]).square().flatten(1).sum(1)
    down = (picture[..., 1:, :] - picture[..., :-1, :]).square().flatten(1).sum(1)
    return across + down
