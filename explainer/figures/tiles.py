"""Turns filters, feature maps and products into small coloured tiles, and many tiles into one sheet.

Colours mean the same everywhere: signed numbers run from blue (negative) over a
neutral zero to orange (positive); activations run along magma from black (silent)
to pale yellow (strongest).
"""

import base64
import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image
from plotly.colors import get_colorscale, sample_colorscale


@dataclass(frozen=True)
class Palette:
    """The house's colours for one theme, as "#RRGGBB"."""

    page: str
    card: str
    soft: str
    ink: str
    dim: str
    line: str
    positive: str
    negative: str
    right: str


LIGHT = Palette(
    "#FBFAF7", "#FFFFFF", "#F3F0EA", "#1D1C1A", "#6F6A62", "#E6E1D8", "#E2572E", "#2A6BDB", "#2E7D4F"
)  # fmt: skip
DARK = Palette(
    "#131417", "#1A1C20", "#202329", "#EDEBE6", "#9A978F", "#2B2E34", "#FF8257", "#6FA0FF", "#6CC48F"
)  # fmt: skip


def rgb(colour: str) -> tuple[int, int, int]:
    """ "#RRGGBB" as three numbers from 0 to 255."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


@cache
def diverging(palette: Palette) -> np.ndarray:
    """256 colours from negative over neutral to positive: uint8 [256, 3]; zero lies at 127.5."""
    stops = np.array([rgb(palette.negative), rgb(palette.soft), rgb(palette.positive)], float)
    places = np.linspace(0, 2, 256)
    return np.stack([np.interp(places, [0, 1, 2], stops[:, i]) for i in range(3)], axis=1).round().astype(np.uint8)


@cache
def magma() -> np.ndarray:
    """256 colours for activations, dark to bright: uint8 [256, 3]."""
    colours = sample_colorscale(get_colorscale("Magma"), np.linspace(0, 1, 256), colortype="tuple")
    return (np.array(colours) * 255).round().astype(np.uint8)


def filter_tiles(weights: np.ndarray, shared: bool = False) -> np.ndarray:
    """Colour filters as pictures of themselves: float [N, 3, k, k] → uint8 [N, k, k, 3].

    Zero is mid-grey and the scale symmetric: the largest weight by size becomes 0 or
    255, of each filter by itself or, with ``shared``, of the whole sheet. The three
    colours of a filter are never scaled apart, which would change its hue.
    """
    axes = None if shared else (1, 2, 3)
    largest = np.abs(weights).max(axis=axes, keepdims=True)
    scaled = weights / np.where(largest > 0, largest, 1)
    return (127.5 + 127.5 * scaled).round().astype(np.uint8).transpose(0, 2, 3, 1)


def activation_levels(maps: np.ndarray, shared: bool = False) -> np.ndarray:
    """Feature maps as steps on magma: float [N, H, W] → uint8 [N, H, W].

    0 is silence; 255 the strongest value of each map or, with ``shared``, of all of them.
    """
    maps = np.maximum(maps, 0)
    largest = maps.max(axis=None if shared else (1, 2), keepdims=True)
    return (255 * (maps / np.where(largest > 0, largest, 1))).round().astype(np.uint8)


def signed_tiles(values: np.ndarray, palette: Palette, largest: float | None = None) -> np.ndarray:
    """Signed numbers on the diverging ramp: float [..., H, W] → uint8 [..., H, W, 3].

    ``largest`` is the size at either end of the ramp; the largest there is by default.
    """
    largest = float(np.abs(values).max()) if largest is None else largest
    steps = np.clip(127.5 + 127.5 * values / (largest or 1), 0, 255)
    return diverging(palette)[steps.round().astype(np.uint8)]


def sheet(tiles: np.ndarray, columns: int, gap: int = 0, fill: int = 0) -> np.ndarray:
    """Tiles side by side, row by row: [N, h, w, …] → [rows·h + gaps, columns·w + gaps, …].

    ``gap`` pixels lie between tiles; gaps and places left over hold ``fill``.
    """
    count, height, width = tiles.shape[:3]
    rows = -(-count // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *tiles.shape[3:])
    result = np.full(shape, fill, tiles.dtype)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        result[top : top + height, left : left + width] = tile
    return result


def sheet_columns(count: int) -> int:
    """How many tiles stand in a row of a sheet: twelve for 96, sixteen for larger ones."""
    return 12 if count == 96 else 16 if count >= 128 else 10 if count % 10 == 0 else 8


def enlarge(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Crisp enlargement: every pixel becomes ``factor`` × ``factor`` of its own colour."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def png(pixels: np.ndarray, colours: np.ndarray | None = None) -> bytes:
    """A PNG of uint8 [H, W, 3] pixels, or of uint8 [H, W] steps on a ramp of 256 ``colours``."""
    image = Image.fromarray(pixels)
    if colours is not None:
        image.putpalette(colours.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=3)  # a third of the time of 6, for a fifteenth more bytes
    return buffer.getvalue()


def address(picture: np.ndarray | bytes, kind: str = "png") -> str:
    """A picture to put into a page: the ``data:`` address of a file's bytes, or of pixels as a PNG."""
    file = picture if isinstance(picture, bytes) else png(np.ascontiguousarray(picture))
    return f"data:image/{kind};base64,{base64.b64encode(file).decode()}"


def jpeg(pixels: np.ndarray, fine: bool = True) -> bytes:
    """A JPEG of a photograph, uint8 [H, W, 3], whose losses nobody sees; or, not ``fine``, of a third of the bytes."""
    buffer = io.BytesIO()
    how = {"quality": 88, "subsampling": 0} if fine else {"quality": 50}
    Image.fromarray(pixels).save(buffer, "JPEG", **how)
    return buffer.getvalue()
