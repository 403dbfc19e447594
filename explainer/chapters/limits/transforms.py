"""A picture turned, scaled, shifted, brightened, blurred or given noise, as a network would see it.

Everything happens on the network's own scale: the picture is resized as it always is, and
then another square is cut out of it. Where that square reaches beyond the picture, the picture is
continued as in a mirror. A black corner would be a new edge that nobody asked for, and the
network would answer to it; a mirrored one looks like more of the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from explainer.networks import Network
from explainer.networks.network import Preprocessing
from explainer.pictures import Crop, Picture

_AROUND = 2  # views on each side of the one that is seen: no change here reaches further
_LONGEST = 32  # aspect ratio up to which a picture is resized as a whole; see explainer.pictures.crop_seen


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A picture at the size at which a network looks at it, and the square that it sees.

    pixels: uint8 [h, w, 3], the whole picture resized. top, left: where the square begins.
    view: uint8 [size, size, 3], the square.
    """

    pixels: np.ndarray
    top: int
    left: int
    view: np.ndarray

    @property
    def size(self) -> int:
        return len(self.view)

    def window(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        """A rectangle of the picture, mirrored where it reaches beyond: uint8 [height, width, 3]."""
        rows = mirror(top + np.arange(height), self.pixels.shape[0])
        columns = mirror(left + np.arange(width), self.pixels.shape[1])
        return self.pixels[rows[:, None], columns]


def mirror(places: np.ndarray, length: int) -> np.ndarray:
    """Places on an endless row of mirror images, folded back to 0 … length − 1: … 1 0 | 0 1 2 | 2 1 …"""
    folded = np.mod(places, 2 * length)
    return np.minimum(folded, 2 * length - 1 - folded)


def surroundings(network: Network, picture: Picture) -> Surroundings:
    """The picture on the network's own scale; of a very long one the square alone."""
    preprocessing: Preprocessing = network.preprocessing
    view, crop = network.view(picture)
    width, height = picture.width, picture.height
    if picture.square:
        return _around(picture, view, crop)
    if max(width, height) > _LONGEST * min(width, height):
        return Surroundings(view, 0, 0, view)
    short = preprocessing.short_side
    resized = (short, int(short * height / width)) if width <= height else (int(short * width / height), short)
    pixels = np.asarray(Image.fromarray(picture.pixels).resize(resized, Image.Resampling.BILINEAR))
    left, top = (round((side - preprocessing.size) / 2) for side in resized)
    return Surroundings(pixels, top, left, view)


def _around(picture: Picture, view: np.ndarray, crop: Crop) -> Surroundings:
    """The picture at the scale at which its square is the view, as far as _AROUND views to each side of it."""
    size = len(view)
    step = (crop.right - crop.left) / size  # pixels of the picture to one that is seen

    def room(length: float) -> int:
        return min(int(length / step + 1e-6), _AROUND * size)

    left, top = room(crop.left), room(crop.top)
    right, bottom = room(picture.width - crop.right), room(picture.height - crop.bottom)
    box = crop.left - left * step, crop.top - top * step, crop.right + right * step, crop.bottom + bottom * step
    box = max(box[0], 0), max(box[1], 0), min(box[2], picture.width), min(box[3], picture.height)
    pixels = Image.fromarray(picture.pixels).resize(
        (left + size + right, top + size + bottom), Image.Resampling.BILINEAR, box=box
    )
    return Surroundings(np.asarray(pixels), top, left, view)


# --- one function a kind: Surroundings and values in, uint8 [N, size, size, 3] out -----------------------


def _turned(around: Surroundings, degrees: Sequence[float]) -> np.ndarray:
    """About the centre of the square, anticlockwise, bilinear."""
    height, width = around.pixels.shape[:2]
    size = around.size
    offsets = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    y, x = torch.meshgrid(offsets, offsets, indexing="ij")
    angle = torch.deg2rad(torch.tensor(list(degrees), dtype=torch.float32))[:, None, None]
    from_x = x * angle.cos() - y * angle.sin() + around.left + (size - 1) / 2
    from_y = x * angle.sin() + y * angle.cos() + around.top + (size - 1) / 2
    grid = torch.stack([(2 * from_x + 1) / width - 1, (2 * from_y + 1) / height - 1], dim=-1)
    source = torch.from_numpy(np.array(around.pixels)).permute(2, 0, 1).float()[None].expand(len(grid), -1, -1, -1)
    sampled = F.grid_sample(source, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return sampled.round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()


def _scaled(around: Surroundings, factors: Sequence[float]) -> np.ndarray:
    """Larger or smaller about the centre, antialiased."""
    size, frames = around.size, []
    for factor in factors:
        seen = size / factor
        reach = int(np.ceil(max(seen - size, 0) / 2)) + 1
        wide = around.window(around.top - reach, around.left - reach, size + 2 * reach, size + 2 * reach)
        edge = reach + (size - seen) / 2
        box = (edge, edge, edge + seen, edge + seen)
        frames.append(np.asarray(Image.fromarray(wide).resize((size, size), Image.Resampling.BILINEAR, box=box)))
    return np.stack(frames)


def _shifted(around: Surroundings, pixels: Sequence[float]) -> np.ndarray:
    """To the right, by whole pixels."""
    size = around.size
    return np.stack([around.window(around.top, around.left - round(by), size, size) for by in pixels])


def _brightened(around: Surroundings, factors: Sequence[float]) -> np.ndarray:
    """Every colour times the factor, no more than white."""
    factors = np.asarray(factors, np.float32)[:, None, None, None]
    return np.rint(np.minimum(around.view * factors, 255)).astype(np.uint8)


def _blurred(around: Surroundings, deviations: Sequence[float]) -> np.ndarray:
    """By a Gaussian of that standard deviation in pixels, cut off at four of them."""
    size, frames = around.size, []
    for deviation in deviations:
        reach = int(4 * deviation + 0.5)
        if not reach:
            frames.append(around.view)
            continue
        steps = torch.arange(-reach, reach + 1, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (steps / deviation) ** 2)
        kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
        wide = around.window(around.top - reach, around.left - reach, size + 2 * reach, size + 2 * reach)
        x = torch.from_numpy(wide).permute(2, 0, 1).float()[None]
        x = F.conv2d(F.conv2d(x, kernel, groups=3), kernel.transpose(2, 3), groups=3)[0]
        frames.append(x.round().clamp(0, 255).byte().permute(1, 2, 0).numpy())
    return np.stack(frames)


def _noisy(around: Surroundings, deviations: Sequence[float]) -> np.ndarray:
    """The same Gaussian noise every time, stronger and stronger; its standard deviation in steps of colour."""
    noise = np.random.default_rng(0).standard_normal(around.view.shape).astype(np.float32)
    return np.stack([np.rint(np.clip(around.view + by * noise, 0, 255)).astype(np.uint8) for by in deviations])


# --- what there is ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """One way to change a picture.

    name: in links and commands. did: what it does to a picture, as in "turned by 15°".
    axis: the axis of the values, with the unit. unit: after a value. values: of a sweep, rising.
    neutral: the value that changes nothing, one of ``values``. factors: whether equal steps are equal factors.
    """

    name: str
    did: str
    axis: str
    unit: str
    values: tuple[float, ...]
    neutral: float
    apply: Callable[[Surroundings, Sequence[float]], np.ndarray]
    factors: bool = False

    @property
    def reaches_out(self) -> bool:
        """Whether pixels from beyond the square come into it, and mirrored ones from beyond the picture."""
        return self.name in ("rotation", "scale", "shift", "blur")

    def said(self, value: float) -> str:
        """ "turned by −15°"."""
        if value == self.neutral:
            return "unchanged"
        return f"{self.did} {self.amount(value)}"

    def amount(self, value: float) -> str:
        """ "−15°"."""
        number = f"{value:.2f}".rstrip("0").rstrip(".") if self.factors else f"{value:g}"
        return f"{number}{self.unit}".replace("-", "−")


def _powers(base: float, per: int, reach: int) -> tuple[float, ...]:
    return tuple(round(base ** (step / per), 4) for step in range(-reach, reach + 1))


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "rotation", "turned by", "turned anticlockwise, degrees", "°",
            tuple(float(angle) for angle in range(-180, 180, 5)), 0.0, _turned,
        ),
        Kind("scale", "scaled", "size, times", "×", _powers(2, 12, 16), 1.0, _scaled, factors=True),
        Kind(
            "shift", "shifted by", "shifted to the right, pixels", " px",
            tuple(float(by) for by in range(-100, 101, 5)), 0.0, _shifted,
        ),
        Kind("brightness", "brightness", "brightness, times", "×", _powers(2, 5, 15), 1.0, _brightened, factors=True),
        Kind(
            "blur", "blurred by", "blur, standard deviation in pixels", " px",
            tuple(round(0.4 * step, 1) for step in range(31)), 0.0, _blurred,
        ),
        Kind(
            "noise", "noise of", "noise, standard deviation of 255 steps", "",
            tuple(4.0 * step for step in range(31)), 0.0, _noisy,
        ),
    )
}  # fmt: skip


def transformed(around: Surroundings, kind: Kind, values: Sequence[float]) -> np.ndarray:
    """The pictures at some values, uint8 [N, size, size, 3]; the neutral value gives the view itself."""
    frames = np.array(kind.apply(around, values))
    frames[np.isclose(values, kind.neutral)] = around.view
    return frames
