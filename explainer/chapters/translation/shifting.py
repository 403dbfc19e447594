"""Where a digit stands: two networks asked at every place it can be moved to."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from explainer.digits.convolutional import SmallConvolutional
from explainer.digits.data import SIDE
from explainer.digits.network import Network, sigmoid
from explainer.digits.network import forward as forward_fully

REACH = 10  # pixels to either side
_STRIDE = 4  # of the last feature map of the small convolutional network: two poolings by two
_PLACES = 3  # of the last feature map on a 28×28 picture, in each direction
_PAPER = 8  # around the shifts, so that no feature of a digit falls off the sheet
_BATCH = 100  # pictures at a time: their feature maps stay in the processor's cache


# A digit, moved


def shifted(pictures: Tensor, dx: int, dy: int) -> Tensor:
    """Pictures [..., 28, 28] moved right by ``dx`` and down by ``dy``; what leaves the frame is lost."""
    height, width = pictures.shape[-2:]
    moved = torch.zeros_like(pictures)
    to_rows, from_rows = _overlap(dy, height)
    to_columns, from_columns = _overlap(dx, width)
    moved[..., to_rows, to_columns] = pictures[..., from_rows, from_columns]
    return moved


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
