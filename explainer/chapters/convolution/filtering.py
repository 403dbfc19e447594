"""Convolution by hand: products under a window, sizes and strides, and any kernel on any picture.

As everywhere in deep learning, "convolution" here does not flip the kernel; strictly it
is a cross-correlation.
"""

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from explainer.chapters.convolution.drawings import CAT, FULL, SIDE
from explainer.chapters.convolution.tiny_network import FILTERS, POOL
from explainer.errors import ExplainerError
from explainer.receptive import output_size

WEIGHT_LIMIT = 999  # typed weights, either sign
KERNEL_SIDES = range(3, 12)
LONG_SIDE, SHORT_SIDE = 320, 33  # of a photograph while a kernel slides over it
Look = Literal["signed map", "after relu", "picture"]
LOOKS = get_args(Look)


class KernelError(ExplainerError):
    """These weights are no kernel, or it does not fit on the picture."""


# --- The scan ----------------------------------------------------------------------------------------


def convolve(picture: np.ndarray, weights: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """The map of one filter: float64 [H, W] by [k, k] → [rows, columns].

    ``padding`` rings of zeros go round the picture first.

    Raises:
        KernelError: the filter is larger than the padded picture.
    """
    if max(weights.shape) > min(picture.shape) + 2 * padding:
        raise KernelError(does_not_fit(min(picture.shape), len(weights), padding))
    x = torch.as_tensor(np.array(picture, float))[None, None]
    kernel = torch.as_tensor(np.array(weights, float))[None, None]
    return F.conv2d(x, kernel, stride=stride, padding=padding)[0, 0].numpy()


def strongest(activation_map: np.ndarray) -> tuple[int, int]:
    """(row, column) of the largest value; the first one where several tie."""
    return divmod(int(activation_map.argmax()), activation_map.shape[1])


def ink_of(values: object) -> np.ndarray | None:
    """A drawing [10, 10] from 100 numbers of a browser or a link; None if it isn't one.

    Numbers are rounded, and cut to 0 … 100.
    """
    numbers = _numbers(values, SIDE * SIDE)
    return None if numbers is None else np.clip(np.rint(numbers), 0, FULL).astype(int).reshape(SIDE, SIDE)


def weights_of(values: object) -> np.ndarray | None:
    """A 4 × 4 filter from sixteen numbers of a browser or a link; None if it isn't one."""
    numbers = _numbers(values, 16)
    return None if numbers is None else np.clip(numbers, -WEIGHT_LIMIT, WEIGHT_LIMIT).reshape(4, 4)


def _numbers(values: object, count: int) -> np.ndarray | None:
    """``count`` finite numbers from a list, or from a text in which they are separated by "_"."""
    try:
        numbers = np.array(values.split("_") if isinstance(values, str) else values, float).ravel()
    except (TypeError, ValueError):
        return None
    return numbers if numbers.size == count and np.isfinite(numbers).all() else None


def in_link(values: np.ndarray) -> str:
    """Numbers as they stand in a link: "0_30_30_0…"."""
    return "_".join(f"{value:g}" for value in np.ravel(values))


# --- Sizes -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """A window of ``kernel`` pixels that moves by ``stride`` over ``picture`` pixels, ``padding`` zeros on each side.

    All four are along one side of a square.
    """

    picture: int
    kernel: int
    stride: int = 1
    padding: int = 0

    @property
    def padded(self) -> int:
        return self.picture + 2 * self.padding

    @property
    def possible(self) -> bool:
        return self.kernel <= self.padded

    @property
    def positions(self) -> int:
        """Places along one side, which is the map's side; 0 where the window doesn't fit."""
        return output_size(self.picture, self.kernel, self.stride, self.padding) if self.possible else 0

    @property
    def left_over(self) -> int:
        """Rows at the far edge (padding included) that no window reaches."""
        return (self.padded - self.kernel) % self.stride if self.possible else 0

    @property
    def looks(self) -> np.ndarray:
        """How many windows cover each pixel of the padded picture: int [padded, padded]."""
        along = np.zeros(self.padded, int)
        for start in range(0, self.positions * self.stride, self.stride):
            along[start : start + self.kernel] += 1
        return np.outer(along, along)

    @property
    def formula(self) -> str:
        """⌊(picture + 2 · padding − kernel) / stride⌋ + 1, with the numbers in it."""
        inner = f"⌊({self.picture} + 2·{self.padding} − {self.kernel}) / {self.stride}⌋ + 1"
        return f"{inner} = {self.positions}" if self.possible else inner

    @property
    def verdict(self) -> str:
        """One or two sentences: the map that comes out, or why none can."""
        if not self.possible:
            return does_not_fit(self.picture, self.kernel, self.padding)
        result = f"The map is {self.positions} × {self.positions}."
        if self.left_over:
            result += (
                f" {_count(self.left_over, 'row')} and {_count(self.left_over, 'column')} at the far edge are never "
                f"looked at, because the next step of {self.stride} would fall off."
            )
        if self.stride > self.kernel:
            result += f" Steps of {self.stride} with a window of {self.kernel} jump over pixels in between."
        if self.padding >= self.kernel:
            result += " With that much padding the outermost windows see nothing but zeros."
        if self.positions == self.picture:
            result += " It is as large as the picture: this is called “same” padding."
        return result


def does_not_fit(picture: int, kernel: int, padding: int) -> str:
    """Why a filter can't be laid on a picture, and what to do."""
    across = picture + 2 * padding
    with_padding = f", {across} with its padding" if padding else ""
    return (
        f"A {kernel} × {kernel} filter does not fit on a picture {picture} pixels across{with_padding}. "
        f"Take a filter of at most {across}, a larger picture, or more padding."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# --- Any kernel on a photograph -----------------------------------------------------------------------


def parse_kernel(text: str) -> np.ndarray:
    """A square kernel from text: rows end with ";" or a new line, numbers may be fractions such as 1/9.

    Returns:
        float64 [k, k] with k from 3 to 11.

    Raises:
        KernelError: it is not square, too small or large, or holds something that is no finite number.
    """
    rows = [re.split(r"[\s,]+", row.strip(" \t,")) for row in re.split(r"[;\n]", text) if row.strip(" \t,")]
    side = len(rows)
    if not rows:
        raise KernelError("There is no kernel yet: type rows of numbers, such as -1 0 1; -2 0 2; -1 0 1.")
    uneven = next((number for number, row in enumerate(rows, start=1) if len(row) != side), None)
    if side not in KERNEL_SIDES or (uneven and len(rows[0]) not in KERNEL_SIDES):
        raise KernelError(
            f"This kernel has {_count(side, 'row')} of {_count(len(rows[0]), 'number')}; it can be anything "
            "from 3 × 3 to 11 × 11. End each row with a semicolon."
        )
    if uneven:
        raise KernelError(
            f"Row {uneven} has {_count(len(rows[uneven - 1]), 'number')} and there are {side} rows; a kernel is square."
        )
    return np.array([[_weight(word) for word in row] for row in rows])


def _weight(word: str) -> float:
    above, slash, below = word.replace("−", "-").partition("/")
    try:
        value = float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError, OverflowError):
        value = np.nan
    if np.isnan(value):
        raise KernelError(f"“{word[:20]}” is not a weight. Weights are numbers such as 2, −0.5 or 1/9.")
    if abs(value) > WEIGHT_LIMIT:
        raise KernelError(f"The weight {word[:20]} is too large; −{WEIGHT_LIMIT} to {WEIGHT_LIMIT} will do.")
    return value


def write_kernel(weights: np.ndarray) -> str:
    """A kernel as :func:`parse_kernel` reads it, in as few characters as the numbers allow."""
    return "; ".join(" ".join(_written(value) for value in row) for row in np.asarray(weights, float))


def _written(value: float) -> str:
    simple = Fraction(value).limit_denominator(300)
    if simple.denominator > 1 and float(simple) == value and len(str(simple)) <= len(f"{value:.6g}"):
        return str(simple)
    return f"{value:.6g}"


def resized(weights: np.ndarray, side: int) -> np.ndarray:
    """The same kernel on a larger or smaller square: zeros are added around it, or its rim is cut away."""
    result = np.zeros((side, side))
    old = len(weights)
    common = min(old, side)
    to, fro = (side - common) // 2, (old - common) // 2
    result[to : to + common, to : to + common] = weights[fro : fro + common, fro : fro + common]
    return result


def reduced(pixels: np.ndarray) -> np.ndarray:
    """A picture, uint8 [H, W, 3], small enough to answer at once, without losing a panorama's short side."""
    height, width = pixels.shape[:2]
    scale = min(1.0, max(LONG_SIDE / max(height, width), SHORT_SIDE / min(height, width)))
    if scale == 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


@dataclass(frozen=True)
class Filtered:
    """A picture seen through a kernel.

    values: the map of the picture's brightness, float32 [rows, columns]; brightness is
    the mean of red, green and blue, 0 to 255. colours: the same for each colour by
    itself, float32 [rows, columns, 3]. Both are smaller than the picture by the
    kernel's side minus 1: no padding is used.
    """

    values: np.ndarray
    colours: np.ndarray

    @property
    def largest(self) -> float:
        """The size that all but the strongest half per cent of the map's values stay below, 0 for a silent map.

        Colours reach their ends there: a few glints would otherwise make the rest pale.
        """
        sizes = np.abs(self.values)
        return float(np.quantile(sizes, 0.995) or sizes.max())


def look_through(pixels: np.ndarray, weights: np.ndarray) -> Filtered:
    """Slide a kernel [k, k] over a picture, uint8 [H, W, 3].

    Raises:
        KernelError: the picture is smaller than the kernel.
    """
    height, width = pixels.shape[:2]
    if len(weights) > min(height, width):
        raise KernelError(
            f"This picture is {width} × {height} pixels here; a kernel of {len(weights)} × {len(weights)} "
            "does not fit on it. Take a smaller kernel or another picture."
        )
    x = torch.tensor(pixels, dtype=torch.float32).movedim(-1, 0)[:, None]
    colours = F.conv2d(x, torch.as_tensor(weights, dtype=torch.float32)[None, None])[:, 0]
    # Sums that should cancel leave float32's rounding behind, which a signed map would show as noise.
    colours[colours.abs() < 1e-6 * 255 * float(np.abs(weights).sum())] = 0
    return Filtered(colours.mean(0).numpy(), colours.movedim(0, -1).numpy())


def natural_look(weights: np.ndarray) -> Look:
    """How a kernel's result is best shown: weights that cancel out give a signed map, others a picture."""
    return "signed map" if abs(weights.sum()) < 1e-6 * max(np.abs(weights).max(), 1) else "picture"


# --- The words' numbers -------------------------------------------------------------------------------


def lesson(round_filter: np.ndarray) -> dict[str, object]:
    """The numbers that the chapter's words mention: the cat's eye, its blank forehead, and the sizes.

    The eye is at row 3, column 0 of the map, the forehead at row 0, column 3.
    """
    sizes = Sizes(SIDE, len(round_filter))
    patch = CAT[3 : 3 + sizes.kernel, : sizes.kernel]
    terms = Counter(
        (int(ink), int(weight)) for ink, weight in zip(patch.flat, round_filter.flat, strict=True) if ink * weight
    )
    sums = convolve(CAT, round_filter)
    return {
        "pixels": CAT.size,
        "full": FULL,
        "side": SIDE,
        "kernel": sizes.kernel,
        "weights": round_filter.size,
        "map": sizes.positions,
        "filters": FILTERS,
        "pool": POOL,
        "eye_terms": " + ".join(
            f"{times}·{ink}·{weight}" for (ink, weight), times in sorted(terms.items(), reverse=True)
        ),
        "eye_sum": f"{sums[3, 0]:,.0f}",
        "flat_sum": f"{sums[0, 3]:,.0f}",
    }
