"""Patches that excite a detector, and their projections, as more than one page shows them."""

from html import escape

import numpy as np
from PIL import Image

from explainer.corpus import Corpus, Index, patches
from explainer.deconvnet import Projection
from explainer.figures.plate import projection_tiles
from explainer.figures.tiles import jpeg, sheet
from explainer.networks import Network

SIDE = 112  # pixels of a patch as it is sent
PATCH = 96  # side of a tile of the nine, in pixels


def resized(pixels: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A square picture at another size, uint8 [side, side, 3]: crisp when it grows, averaged when it shrinks."""
    how = Image.Resampling.NEAREST if pixels.shape[0] <= side else Image.Resampling.BOX
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), how))


def pair(projection: Projection, side: int = 336, gap: int = 12) -> np.ndarray:
    """One patch beside its projection, large: uint8 [side, 2·side + gap, 4], nothing between them."""
    (tile,) = projection_tiles([projection])
    drawn = np.zeros((side, 2 * side + gap, 4), np.uint8)
    for left, pixels in ((0, projection.patch), (side + gap, tile)):
        drawn[:, left : left + side, :3] = resized(pixels, side)
        drawn[:, left : left + side, 3] = 255
    return drawn


def place_words(projection: Projection, peak: float) -> str:
    """HTML: which detector, how strongly and where it fires; ``peak`` is its strongest in this picture."""
    row, column = projection.position
    left, top, right, bottom = projection.box
    if projection.value <= 0:
        fires = "is silent, so there is nothing to send down"
    elif projection.value < 0.999 * peak:
        fires = f'fires with <span class="number">{projection.value:.2f}</span>, at its best with {peak:.2f}'
    else:
        fires = f'fires most, with <span class="number">{projection.value:.2f}</span>'
    return (
        f"Detector <b>{projection.unit}</b> of {escape(projection.layer)} {fires}, at row {row}, column {column} of "
        f"its map. There it sees {right - left} × {bottom - top} pixels: the patch, and its projection."
    )


def nine(network: Network, corpus: Corpus, index: Index, layer: str, unit: int) -> tuple[bytes, str] | None:
    """The patches of a corpus in which a unit fired most, strongest first, as one sheet (a JPEG), and its alt text.

    None where nothing made it fire.
    """
    found = index.top(layer, unit)
    if not found:
        return None
    tiles = []
    for patch in patches(network, corpus, index, layer, unit):
        resampling = Image.Resampling.NEAREST if max(patch.shape[:2]) < PATCH else Image.Resampling.LANCZOS
        tiles.append(np.asarray(Image.fromarray(patch).resize((PATCH, PATCH), resampling)))
    names = ", ".join(dict.fromkeys(corpus.label(sighting.picture) for sighting in found))
    alt = f"The {len(found)} patches in which detector {unit} of {layer} fired most, from: {names}"
    return jpeg(sheet(np.stack(tiles), 3, gap=3, fill=128)), alt
