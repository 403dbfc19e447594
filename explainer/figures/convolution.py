"""Pictures to take away from *Scanning by hand*, and a kernel's result in colours."""

import numpy as np

from explainer.convolution import Filtered, Look, Sizes
from explainer.drawings import FULL
from explainer.figures.tiles import Palette, activation_levels, enlarge, magma, png, rgb, signed_tiles
from explainer.tiny_network import TinyNetwork, TinyTrace

GAP = 16


def ink_tile(ink: np.ndarray, palette: Palette, paper: str | None = None) -> np.ndarray:
    """A drawing from paper (the page's colour, or another) to ink: [H, W] of 0 to 100 → uint8 [H, W, 3]."""
    paper, full = np.array(rgb(paper or palette.page)), np.array(rgb(palette.ink))
    return (paper + (full - paper) * (0.88 * ink / FULL)[..., None]).round().astype(np.uint8)


def small_drawings(inks: list[np.ndarray], palette: Palette) -> np.ndarray:
    """Drawings as small sheets of paper with a margin: n × [10, 10] → uint8 [n, 72, 72, 3]."""
    tiles = np.full((len(inks), 72, 72, 3), rgb(palette.soft), np.uint8)
    for tile, ink in zip(tiles, inks, strict=True):
        tile[6:-6, 6:-6] = enlarge(ink_tile(ink, palette, palette.soft), 6)
    return tiles


def scan_sheet(ink: np.ndarray, weights: np.ndarray, feature_map: np.ndarray, palette: Palette) -> bytes:
    """Drawing, filter and map side by side, each enlarged crisply, as a PNG."""
    tiles = [ink_tile(ink, palette), signed_tiles(weights, palette), signed_tiles(feature_map, palette)]
    return png(_beside([enlarge(tile, 40) for tile in tiles], palette))


def network_sheet(ink: np.ndarray, network: TinyNetwork, trace: TinyTrace, palette: Palette) -> bytes:
    """The drawing above ten columns: filter, map, map after ReLU, pooled map; one scale a row."""
    filters = network.filters.weight.detach()[:, 0].numpy()
    signed = [signed_tiles(maps, palette) for maps in (filters, trace.maps.numpy())]
    bright = [magma()[activation_levels(maps.numpy(), shared=True)] for maps in (trace.rectified, trace.pooled)]
    rows = [_beside([enlarge(tile, 84 // tile.shape[0]) for tile in tiles], palette) for tiles in signed + bright]
    return png(_below([enlarge(ink_tile(ink, palette), 30), *rows], palette))


def sizes_sheet(sizes: Sizes, palette: Palette) -> bytes:
    """How often each pixel of the padded picture is looked at, on magma."""
    looks = sizes.looks.astype(float)[None]
    return png(enlarge(magma()[activation_levels(looks)[0]], max(1, 480 // sizes.padded)))


def result_picture(filtered: Filtered, look: Look, palette: Palette) -> np.ndarray:
    """What a kernel makes of a picture, as colours: uint8 [rows, columns, 3].

    A signed map runs from blue over neutral zero to orange; after ReLU, from black (0)
    to pale yellow; both up to ``filtered.largest``. As a picture, each colour by itself,
    cut to 0 … 255.
    """
    if look == "signed map":
        return signed_tiles(filtered.values, palette, filtered.largest)
    if look == "after relu":
        return magma()[activation_levels(np.minimum(filtered.values, filtered.largest)[None])[0]]
    return np.clip(np.rint(filtered.colours), 0, 255).astype(np.uint8)


def _beside(tiles: list[np.ndarray], palette: Palette) -> np.ndarray:
    """Tiles of any size in a row, on the card's colour."""
    return _below([tile.swapaxes(0, 1) for tile in tiles], palette).swapaxes(0, 1)


def _below(tiles: list[np.ndarray], palette: Palette) -> np.ndarray:
    """Tiles of any size in a column, on the card's colour."""
    width = max(tile.shape[1] for tile in tiles)
    height = sum(tile.shape[0] for tile in tiles) + GAP * (len(tiles) - 1)
    result = np.full((height, width, 3), rgb(palette.card), np.uint8)
    top = 0
    for tile in tiles:
        result[top : top + tile.shape[0], : tile.shape[1]] = tile
        top += tile.shape[0] + GAP
    return result
