"""Where a digit stands: moved pictures, and a digit network slid over a wide one, which is a convolution."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from explainer.digits.data import SIDE, Digits
from explainer.digits.drawn import BOX, as_ink, ink_of_photograph
from explainer.digits.network import Network, sigmoid
from explainer.digits.network import forward as forward_fully
from explainer.errors import DataError
from explainer.places import NETWORKS

REACH = 10  # pixels to either side
_STRIDE = 4  # of the last feature map of the small convolutional network: two poolings by two
_PLACES = 3  # of the last feature map on a 28×28 picture, in each direction
_PAPER = 8  # around the shifts, so that no feature of a digit falls off the sheet
_BATCH = 100  # pictures at a time: their feature maps stay in the processor's cache
MARGIN = SIDE // 2  # paper put around a wide picture, so that a window can centre on its edge
_MOST_PHOTOGRAPH = 1_200  # pixels a side of a photograph that is read
_MOST_WIDE = 2_000  # pixels of a wide picture, once its digits are 20 pixels high


class SmallConvolutional(nn.Module):
    """Three convolutions and two poolings, then the strongest answer of each feature anywhere, and one vote.

    No padding: what a window of the picture gives is a window of what the whole picture gives.
    Input [N, 1, H, W], 0–1, of any size from 20×20; output logits [N, 10].
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5)
        self.conv2 = nn.Conv2d(8, 24, 5)
        self.conv3 = nn.Conv2d(24, 64, 2)
        self.vote = nn.Linear(64, 10)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map: [N, 64, 3, 3] for 28×28."""
        x = F.max_pool2d(self.conv1(x).relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        return self.conv3(x).relu()

    def forward(self, x: Tensor) -> Tensor:
        return self.vote(self.features(x).amax((2, 3)))


def load_convolutional(path: Path = NETWORKS / "digits-convolutional.safetensors") -> SmallConvolutional:
    """The small convolutional network that ships.

    Raises:
        WeightsError: its file is missing or damaged.
    """
    from explainer.networks.weights import load_into, read_state

    model = SmallConvolutional()
    load_into(model, read_state(path), path, "the small convolutional network")
    return model.eval().requires_grad_(False)


def convolutional_card(path: Path = NETWORKS / "digits-convolutional.json") -> dict:
    """What is known of that network: ``parameters``, ``accuracy`` on MNIST's test digits, how it was trained."""
    return json.loads(path.read_text(encoding="utf-8"))


# A digit, moved


def shifted(pictures: Tensor, dx: int, dy: int) -> Tensor:
    """Pictures [..., 28, 28] moved right by ``dx`` and down by ``dy``; what leaves the frame is lost."""
    height, width = pictures.shape[-2:]
    moved = torch.zeros_like(pictures)
    to_rows, from_rows = _overlap(dy, height)
    to_columns, from_columns = _overlap(dx, width)
    moved[..., to_rows, to_columns] = pictures[..., from_rows, from_columns]
    return moved


def read_convolutional(model: SmallConvolutional, picture: Tensor) -> Tensor:
    """The ten probabilities for one picture, [28, 28] or [784]."""
    return model(picture.reshape(1, 1, SIDE, SIDE)).softmax(1)[0]


@dataclass(frozen=True, eq=False)
class Shifted:
    """Both networks' ten outputs for one digit at every shift: [21, 21, 10], row ``dy + 10``, column ``dx + 10``.

    As in :class:`ShiftMap`, ``on_sheet`` is the convolutional network with paper enough around the digit.
    """

    fully_connected: Tensor
    convolutional: Tensor
    on_sheet: Tensor


def every_shift(network: Network, model: SmallConvolutional, picture: Tensor, reach: int = REACH) -> Shifted:
    """Show one digit, [28, 28] or [784], to both networks at every shift up to ``reach``."""
    side, digit = range(-reach, reach + 1), picture.reshape(SIDE, SIDE)
    around = 3 * _STRIDE  # paper enough, and the poolings' blocks fall as they do without it
    with torch.inference_mode():
        moved = torch.stack([shifted(digit, dx, dy) for dy in side for dx in side])
        fully = forward_fully(network, moved.flatten(1))[1][-1]
        convolutional = model(moved[:, None]).softmax(1)
        # On a sheet, a shift by four is the same feature maps elsewhere: sixteen sheets stand for all.
        sheets = torch.stack(
            [
                F.pad(digit, (around + dx, around - dx, around + dy, around - dy))
                for dy in range(_STRIDE)
                for dx in range(_STRIDE)
            ]
        )
        answers = model(sheets[:, None]).softmax(1).view(_STRIDE, _STRIDE, 10)
        rest = torch.tensor([shift % _STRIDE for shift in side])
        on_sheet = answers[rest][:, rest]
    size = (len(side), len(side), 10)
    return Shifted(fully.view(size), convolutional.view(size), on_sheet)


@dataclass(frozen=True, eq=False)
class ShiftMap:
    """Shares of digits read rightly after a shift; NaN where not yet computed.

    Arrays are [21, 21]: row ``dy + 10``, column ``dx + 10``. Both networks see the same 28×28 frame,
    which cuts off what is moved out of it; ``on_sheet`` is the convolutional one given a sheet of
    paper large enough to hold the moved digit, which the other has no inputs for.
    """

    fully_connected: Tensor
    convolutional: Tensor
    on_sheet: Tensor
    digits: int
    done: int  # shifts that both networks have answered

    @property
    def share(self) -> float:
        return self.done / self.fully_connected.numel()


def shift_map(
    network: Network, model: SmallConvolutional, images: Tensor, labels: Tensor, reach: int = REACH
) -> Iterator[ShiftMap]:
    """Accuracy of both networks for every shift up to ``reach``, from the middle outwards.

    ``images`` [N, 784]. Nothing is moved for it. For the fully connected network, a picture moved
    one way is weights moved the other way, so that all shifts of a ring are one product of matrices. In
    the convolutional one, a moved picture is another window of the same feature maps.
    """
    side = 2 * reach + 1
    fully, convolutional, sheet = (torch.full((side, side), torch.nan) for _ in range(3))
    slid = _SlidAccuracy(model, images, labels, reach)
    done = 0
    for radius in range(reach + 1):
        ring = _ring(radius)
        for part in _parts(ring):
            with torch.inference_mode():
                for (dx, dy), share in zip(part, _accuracies(network, images, labels, part), strict=True):
                    fully[dy + reach, dx + reach] = share
                for dx, dy in part:
                    convolutional[dy + reach, dx + reach], sheet[dy + reach, dx + reach] = slid.accuracy(dx, dy)
            done += len(part)
            yield ShiftMap(fully.clone(), convolutional.clone(), sheet.clone(), len(labels), done)


def _accuracies(network: Network, images: Tensor, labels: Tensor, shifts: list[tuple[int, int]]) -> list[float]:
    """The fully connected network's accuracy for each of some shifts."""
    first = network.weights[0].view(-1, SIDE, SIDE)
    weights = torch.stack([shifted(first, -dx, -dy) for dx, dy in shifts])
    z = images @ weights.view(-1, SIDE * SIDE).T
    a = sigmoid(z.view(len(images), len(shifts), -1) + network.biases[0])
    rest = Network(network.weights[1:], network.biases[1:])
    if rest.weights:
        a = forward_fully(rest, a.flatten(0, 1))[1][-1].view(len(images), len(shifts), -1)
    return (a.argmax(2) == labels[:, None]).float().mean(0).tolist()


class _SlidAccuracy:
    """The convolutional network's accuracy by shift, a whole lattice of shifts at a time.

    A window of the picture at offset o is a window of the feature maps only where the poolings'
    blocks of two fall alike, so offsets go by their remainder of four; each remainder is one pass. Nothing is
    kept from pass to pass but shares: feature maps of a thousand digits would take 400 MB.
    """

    def __init__(self, model: SmallConvolutional, images: Tensor, labels: Tensor, reach: int) -> None:
        self.model, self.labels, self.origin = model, labels, reach + _PAPER
        self.in_frame: dict[tuple[int, int], float] = {}
        self.on_sheet: dict[tuple[int, int], float] = {}
        self.images = images.view(-1, 1, SIDE, SIDE)

    def accuracy(self, dx: int, dy: int) -> tuple[float, float]:
        """Within the frame, and on the whole sheet."""
        row, column = self.origin - dy, self.origin - dx  # where the frame stands on the sheet
        if (row, column) not in self.in_frame:
            self._pass(row % _STRIDE, column % _STRIDE)
        return self.in_frame[row, column], self.on_sheet[row % _STRIDE, column % _STRIDE]

    def _pass(self, row: int, column: int) -> None:
        weight, bias = self.model.vote.weight, self.model.vote.bias
        framed, whole = 0, 0
        for part, labels in zip(self.images.split(_BATCH), self.labels.split(_BATCH), strict=True):
            sheet = F.pad(part, (self.origin,) * 4)[..., row:, column:]
            features = self.model.features(sheet.contiguous(memory_format=torch.channels_last))
            strongest = F.max_pool2d(features, _PLACES, stride=1)
            logits = F.conv2d(strongest, weight[:, :, None, None], bias)
            framed = framed + (logits.argmax(1) == labels[:, None, None]).sum(0)
            whole += (F.linear(strongest.amax((2, 3)), weight, bias).argmax(1) == labels).sum().item()
        shares = framed / len(self.labels)
        for i in range(shares.shape[0]):
            for j in range(shares.shape[1]):
                self.in_frame[row + _STRIDE * i, column + _STRIDE * j] = shares[i, j].item()
        self.on_sheet[row, column] = whole / len(self.labels)


# A wide picture, window by window


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


def _ring(radius: int) -> list[tuple[int, int]]:
    """All (dx, dy) whose larger part is ``radius``."""
    reach = range(-radius, radius + 1)
    return [(dx, dy) for dy in reach for dx in reach if max(abs(dx), abs(dy)) == radius]


def _parts(ring: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The inner rings, where the convolutional network's passes are made, one shift at a time."""
    return [ring[i : i + 1] for i in range(len(ring))] if len(ring) <= 16 else [ring]


def _overlap(shift: int, size: int) -> tuple[slice, slice]:
    """Where a line of pixels goes to and comes from."""
    shift = min(max(shift, -size), size)
    return slice(max(shift, 0), size + min(shift, 0)), slice(max(-shift, 0), size - max(shift, 0))


def _last(states: Iterator[Scan]) -> Scan:
    for state in states:  # noqa: B007 - only the last is wanted
        pass
    return state
