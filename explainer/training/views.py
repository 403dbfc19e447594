"""Turns drawn lots into the batch of views that teacher and student both look at."""

import torch
from torch import Tensor
from torch.nn import functional

from explainer.training.lots import Lots
from explainer.training.store import Store

MEAN = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
SPREAD = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
_AT_ONCE = 16  # pictures, so that what is done to them stays in the processor's cache
_GREY = torch.tensor([0.299, 0.587, 0.114]).reshape(3, 1, 1)


def render(store: Store, lots: Lots, size: int) -> Tensor:
    """The views that ``lots`` describes: float [n, 3, size, size], normalised."""
    views = torch.empty(len(lots.pictures), 3, size, size)
    gains = torch.from_numpy(lots.gains)
    for start in range(0, len(views), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        crops = [
            crop(store.picture(picture), box, size).flip(2 if flip else ())
            for picture, box, flip in zip(lots.pictures[part], lots.boxes[part], lots.flips[part], strict=True)
        ]
        views[part] = normalise(jitter(torch.stack(crops).float().div_(255), gains[part]))
    return views


def crop(pixels, box, size: int) -> Tensor:
    """A rectangle of a picture, given in shares of its sides, as uint8 [3, size, size]."""
    height, width = pixels.shape[:2]
    top, left = int(box[0] * height), int(box[1] * width)
    bottom = min(height, top + max(8, round(box[2] * height)))
    right = min(width, left + max(8, round(box[3] * width)))
    part = torch.tensor(pixels[top:bottom, left:right]).permute(2, 0, 1)[None]
    return functional.interpolate(part, (size, size), mode="bilinear", antialias=True)[0].contiguous()


def jitter(pixels: Tensor, gains: Tensor) -> Tensor:
    """Brightness, saturation and contrast of each picture times its own gains.

    All three are linear in the colours, so they are done as one matrix for each picture:
    b times the colour, s away from its own grey, c away from the picture's mean grey.

    pixels: [n, 3, H, W] in 0–1. gains: [n, 3] as b, c, s. Returns the same shape, clipped to 0–1.
    """
    bright, contrast, saturation = gains.reshape(-1, 3, 1, 1).unbind(1)
    to_grey = _GREY.reshape(1, 1, 3).expand(1, 3, 3)
    matrix = bright * contrast * (saturation * torch.eye(3) + (1 - saturation) * to_grey)
    mean_grey = (pixels.mean((2, 3)) @ _GREY.reshape(3, 1)).reshape(-1, 1, 1)
    shift = (bright * (1 - contrast) * mean_grey).expand(-1, 3, 1)
    return torch.baddbmm(shift, matrix, pixels.flatten(2)).clamp_(0, 1).reshape(pixels.shape)


def normalise(pixels: Tensor) -> Tensor:
    """From 0–1 to what the networks expect: ImageNet's mean and spread taken out."""
    return (pixels - MEAN) / SPREAD
