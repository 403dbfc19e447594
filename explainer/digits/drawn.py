"""Drawn digits made like MNIST's: fitted into 20×20 pixels, centred by their mass in 28×28."""

import base64
import zlib
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from explainer.digits.data import SIDE
from explainer.errors import DataError
from explainer.pictures import Picture

PAD = 112  # side of the drawing pad in pixels
BOX = 20  # what MNIST fits a digit into
_CENTRE = 14  # where the mass of MNIST's digits lies, counted in pixels from 0
_INK = 0.1  # fainter than this is paper
_LONGEST_WORD = 2200  # letters of a drawing in the link: more than any drawing needs
_MOST_CUT = 448  # pixels a side of what is cut from a photograph
_MOST_ENLARGED = 4.0  # beyond the pad's own scale, so that a dot stays a dot


@dataclass(frozen=True, eq=False)
class Fitted:
    """A drawing as the network gets it, and how it came there.

    ``pixels`` float32 [28, 28]; ``box`` (top, left, bottom, right) of the ink on the pad, in
    its pixels, ends excluded, and None where there is no ink; ``scale`` is what the drawing was
    multiplied with; ``corner`` is where the box's top left went.
    """

    pixels: Tensor
    box: tuple[int, int, int, int] | None
    scale: float
    corner: tuple[int, int]

    @property
    def blank(self) -> bool:
        return self.box is None


def fit(canvas: Tensor | np.ndarray) -> Fitted:
    """Fit ink on a pad, [H, W], into 28×28 as MNIST's digits were.

    Bright is ink: uint8 0–255, or float 0–1. The box around the ink keeps its proportions, its
    longer side becomes 20 pixels, and its centre of mass goes to the centre, as far as the box
    then still fits. Specks are enlarged less, to no more than four times what they are on the pad.

    Raises:
        DataError: not a grey picture.
    """
    ink = as_ink(canvas)
    rows, columns = (ink > _INK).any(1).nonzero().flatten(), (ink > _INK).any(0).nonzero().flatten()
    if len(rows) == 0:
        return Fitted(torch.zeros(SIDE, SIDE), None, 1.0, (0, 0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    height, width = bottom - top, right - left
    scale = min(BOX / max(height, width), _MOST_ENLARGED * SIDE / max(ink.shape))
    small = _resize(ink[top:bottom, left:right], max(1, round(height * scale)), max(1, round(width * scale)))

    mass = small.sum().clamp(min=1e-6)
    corner = []
    for axis, size in enumerate(small.shape):
        middle = (small.sum(1 - axis) * torch.arange(size)).sum() / mass
        corner.append(min(max(round(_CENTRE - middle.item()), 0), SIDE - size))
    pixels = torch.zeros(SIDE, SIDE)
    pixels[corner[0] : corner[0] + small.shape[0], corner[1] : corner[1] + small.shape[1]] = small
    return Fitted(pixels, (top, left, bottom, right), scale, (corner[0], corner[1]))


def centre_as_mnist(canvas: Tensor | np.ndarray) -> Tensor:
    """:func:`fit`, the pixels alone: float32 [28, 28]; all 0 for an empty pad."""
    return fit(canvas).pixels


def as_ink(canvas: Tensor | np.ndarray) -> Tensor:
    """A grey picture as float32 [H, W], 0 (paper) to 1 (ink); bright is ink.

    Raises:
        DataError: not a grey picture.
    """
    ink = torch.as_tensor(canvas)
    if ink.ndim != 2 or 0 in ink.shape:
        raise DataError("A drawing must be a grey picture of rows and columns.")
    ink = ink.float() if ink.is_floating_point() else ink.float() / 255
    return ink.nan_to_num(0.0).clamp(0, 1)


def ink_of_photograph(grey: Tensor | np.ndarray) -> Tensor:
    """Writing on a photograph as ink: what differs from the paper around the edge, stretched to 0–1.

    Dark on bright and bright on dark both work; shadows and texture weaker than a third of the
    strongest contrast become paper. A picture without contrast has no ink.

    Raises:
        DataError: not a grey picture.
    """
    grey = as_ink(grey)
    edge = torch.cat([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    contrast = (grey - edge.median()).abs()
    strongest = contrast.quantile(0.995) if contrast.numel() <= 2**24 else contrast.max()
    if strongest < _INK:
        return torch.zeros_like(grey)
    return ((contrast / strongest - 1 / 3) * 2).clamp(0, 1)


def _resize(ink: Tensor, height: int, width: int) -> Tensor:
    """Anti-aliased, as scanners' greys come about."""
    return F.interpolate(ink[None, None], (height, width), mode="bilinear", antialias=True)[0, 0].clamp(0, 1)


def cut_from_photograph(pixels: np.ndarray, left: float, top: float, size: float) -> Tensor:
    """A square of a photograph as ink, float32 [h, w] of at most 448 pixels a side, ready for :func:`fit`.

    ``pixels`` uint8 [H, W, 3]; ``left``, ``top`` and ``size`` are shares of the picture's width
    (``top`` of its height). What reaches over the edge is left out.
    """
    height, width = pixels.shape[:2]
    x, y, side = round(left * width), round(top * height), max(1, round(size * width))
    part = pixels[max(0, y) : max(0, y) + side, max(0, x) : max(0, x) + side]
    if part.size == 0:
        part = pixels
    grey = Image.fromarray(np.ascontiguousarray(part)).convert("L")
    grey.thumbnail((_MOST_CUT, _MOST_CUT), Image.Resampling.BOX)
    return ink_of_photograph(np.asarray(grey, np.float32) / 255)


def middle_square(pixels: np.ndarray) -> tuple[float, float, float]:
    """The largest square in the middle of a photograph, as :func:`cut_from_photograph` takes it."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    return (width - side) / 2 / width, (height - side) / 2 / height, side / width


def pack(ink: np.ndarray) -> str:
    """A drawing as a word for a link: ink or none for each pixel of the pad, uint8 [112, 112]; some 200 letters."""
    inked = np.asarray(ink) > 127
    changed = inked ^ np.pad(inked, ((1, 0), (0, 0)))[:-1]  # from row to row little changes
    return base64.urlsafe_b64encode(zlib.compress(np.packbits(changed).tobytes(), 9)).decode().rstrip("=")


def unpack(word: str) -> np.ndarray | None:
    """The inverse of :func:`pack`, uint8 [112, 112] of 0 and 255; None where the word is not one of its."""
    if not word or len(word) > _LONGEST_WORD:
        return None
    try:
        packed = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
        bits = zlib.decompressobj().decompress(packed, PAD * PAD // 8 + 1)
    except (ValueError, zlib.error):
        return None
    if len(bits) != PAD * PAD // 8:
        return None
    changed = np.unpackbits(np.frombuffer(bits, np.uint8)).reshape(PAD, PAD)
    return np.bitwise_xor.accumulate(changed, axis=0) * np.uint8(255)


def first_cut(picture: Picture) -> tuple[float, float, float]:
    """The square chosen on a picture, or else the largest in its middle, as :func:`cut_from_photograph` takes it."""
    if picture.square is None:
        return middle_square(picture.pixels)
    left, top, side = (thousandths / 1000 for thousandths in picture.square)
    return left, top, side * min(picture.width, picture.height) / picture.width
