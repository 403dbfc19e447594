"""A line of digits: a network that reads one digit, slid over a wide picture, which is a convolution."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from explainer.digits.data import SIDE, Digits
from explainer.digits.drawn import BOX, as_ink, ink_of_photograph
from explainer.digits.network import Network, sigmoid
from explainer.digits.network import forward as forward_fully
from explainer.errors import DataError

MARGIN = SIDE // 2  # paper put around a wide picture, so that a window can centre on its edge
_MOST_PHOTOGRAPH = 1_200  # pixels a side of a photograph that is read
_MOST_WIDE = 2_000  # pixels of a wide picture, once its digits are 20 pixels high


@dataclass(frozen=True, eq=False)
class Scan:
    """What the ten outputs say with the window's top left at each place: ``maps`` [10, rows, columns]."""

    maps: Tensor
    windows: int  # how many were read
    seconds: float = field(compare=False)


@dataclass(frozen=True)
class Found:
    """A digit found: the window's top left on the picture, and what its output says."""

    digit: int
    said: float
    row: int
    column: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom, right of the 20×20 pixels in the window's middle, where MNIST keeps the digit."""
        rim = (SIDE - BOX) // 2
        return self.row + rim, self.column + rim, self.row + rim + BOX, self.column + rim + BOX


@dataclass(frozen=True)
class Compared:
    """The same maps computed both ways."""

    windows: int
    window_seconds: float
    convolution_seconds: float
    largest_difference: float

    @property
    def times_faster(self) -> float:
        return self.window_seconds / self.convolution_seconds


def as_strip(canvas: Tensor) -> Tensor:
    """A wide pad or picture, bright ink, made ready to be read: writing 20 pixels high, paper around it.

    Raises:
        DataError: not a grey picture, or writing so long that it can't be read at this height.
    """
    ink = as_ink(canvas)
    rows = (ink > 0.1).any(1).nonzero().flatten()
    columns = (ink > 0.1).any(0).nonzero().flatten()
    if len(rows) == 0:
        return torch.zeros(SIDE + 2 * (MARGIN - 4), 4 * SIDE)
    writing = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # A speck is not blown up to a digit's size.
    scale = min(BOX / writing.shape[0], 4 * SIDE / ink.shape[0])
    height, width = (max(1, round(n * scale)) for n in writing.shape)
    if width > _MOST_WIDE:
        raise DataError("That line is too long for its height; write fewer digits, or larger ones.")
    small = F.interpolate(writing[None, None], (height, width), mode="bilinear", antialias=True)[0, 0].clamp(0, 1)
    above = (BOX - height) // 2
    return F.pad(small, (MARGIN, MARGIN, MARGIN + above, MARGIN + BOX - height - above))


def strip_of_photograph(pixels: np.ndarray) -> Tensor:
    """A photograph of a line of digits, uint8 [H, W, 3], as :func:`as_strip` makes it of a pad.

    What stands out from the paper around the edge is ink.
    """
    grey = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    grey.thumbnail((_MOST_PHOTOGRAPH, _MOST_PHOTOGRAPH), Image.Resampling.BOX)
    return as_strip(ink_of_photograph(np.asarray(grey, np.float32) / 255))


def write_number(digits: str, data: Digits, seed: int = 0, gap: tuple[int, int] = (0, 6)) -> Tensor:
    """A number in handwriting: test digits side by side on one strip, float32 [48, W].

    Between the boxes of neighbours are ``gap`` pixels, least and most; each digit sits a little high or low.

    Raises:
        DataError: not one to twenty digits.
    """
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise DataError("Write one to twenty digits, 0 to 9.")
    random = torch.Generator().manual_seed(seed)

    def pick(count: int) -> int:
        return int(torch.randint(count, (1,), generator=random))

    pictures = []
    for digit in digits:
        of_kind = (data.test_labels == int(digit)).nonzero().flatten()
        picture = data.test_images[of_kind[pick(len(of_kind))]].view(SIDE, SIDE)
        inked = (picture > 0.1).any(0).nonzero().flatten()
        pictures.append((picture[:, inked[0] : inked[-1] + 1], pick(5) - 2))
    width = sum(p.shape[1] for p, _ in pictures) + gap[1] * len(pictures)
    strip, at = torch.zeros(BOX + 2 * MARGIN, width + 2 * MARGIN), MARGIN
    for picture, low in pictures:
        top = (strip.shape[0] - SIDE) // 2 + low
        area = strip[top : top + SIDE, at : at + picture.shape[1]]
        torch.maximum(area, picture, out=area)
        at += picture.shape[1] + gap[0] + pick(gap[1] - gap[0] + 1)
    return strip[:, : at + MARGIN]


def scan_windows(network: Network, strip: Tensor) -> Iterator[Scan]:
    """Cut out every 28×28 window and read it by itself; yields after every row, NaN where not yet read."""
    rows, columns = strip.shape[0] - SIDE + 1, strip.shape[1] - SIDE + 1
    maps, seconds = torch.full((10, rows, columns), torch.nan), 0.0
    for row in range(rows):
        started = time.perf_counter()
        with torch.inference_mode():
            for column in range(columns):
                window = strip[row : row + SIDE, column : column + SIDE].reshape(1, -1)
                maps[:, row, column] = forward_fully(network, window)[1][-1][0]
        seconds += time.perf_counter() - started
        yield Scan(maps.clone(), (row + 1) * columns, seconds)


def scan_convolution(network: Network, strip: Tensor) -> Scan:
    """The same as one convolution: 28×28 filters that are the hidden neurons' weights, then 1×1 ones."""
    started = time.perf_counter()
    with torch.inference_mode():
        a = strip[None, None]
        for layer, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            filters = w.view(len(w), 1, SIDE, SIDE) if layer == 0 else w[:, :, None, None]
            a = sigmoid(F.conv2d(a, filters, b))
    maps = a[0].clone()
    return Scan(maps, maps[0].numel(), time.perf_counter() - started)


def compare(network: Network, strip: Tensor, rounds: int = 3) -> Compared:
    """Both ways on one strip: the largest difference of any output anywhere, and the best time of each."""
    slow = min((_last(scan_windows(network, strip)) for _ in range(rounds)), key=lambda scan: scan.seconds)
    return compared(slow, network, strip, rounds + 1)


def compared(scan: Scan, network: Network, strip: Tensor, rounds: int = 4) -> Compared:
    """A finished scan window by window against the same as one convolution, the best time of ``rounds``."""
    fast = min((scan_convolution(network, strip) for _ in range(rounds)), key=lambda each: each.seconds)
    difference = (scan.maps - fast.maps).abs().max().item()
    return Compared(scan.windows, scan.seconds, fast.seconds, difference)


def find_digits(scan: Scan, least: float = 0.5, overlap: float = 0.4) -> list[Found]:
    """Digits from left to right: the window that is surest, without those that overlap it, again and again.

    Windows in which no output says ``least`` are taken to show no digit. Two windows are of the
    same digit if they share more than ``overlap`` of the area they cover together.
    """
    said, digit = scan.maps.max(0)
    candidates = (said >= least).nonzero()
    order = torch.argsort(said[said >= least], descending=True, stable=True)
    found: list[Found] = []
    for row, column in candidates[order].tolist():
        if all(_shared(row - other.row, column - other.column) <= overlap for other in found):
            found.append(Found(int(digit[row, column]), float(said[row, column]), row, column))
    return sorted(found, key=lambda one: one.column)


def number_read(found: list[Found]) -> str:
    """The digits in a row; empty if there are none."""
    return "".join(str(one.digit) for one in found)


def _shared(rows: int, columns: int) -> float:
    """What two windows so far apart share, of what they cover together."""
    both = max(0, SIDE - abs(rows)) * max(0, SIDE - abs(columns))
    return both / (2 * SIDE * SIDE - both)


def _last(states: Iterator[Scan]) -> Scan:
    for state in states:  # noqa: B007 - only the last is wanted
        pass
    return state
