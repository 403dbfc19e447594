"""Projections on one sheet, as Zeiler and Fergus printed them: beside them, the patches."""

from collections.abc import Sequence

import numpy as np

from explainer.deconvnet.projection import Projection
from explainer.figures.tiles import enlarge, sheet

_WHITE = 255
_CLIPPED = 0.002
_SIDE = 96  # smaller patches are enlarged to about this


def projection_tiles(projections: Sequence[Projection], shared: bool = False) -> np.ndarray:
    """Projections inside their boxes, as pictures: uint8 [N, k, k, 3].

    Zero is mid-grey and the scale symmetric, one for the three colours: the size that only
    0.2% of the values exceed, of each projection or with ``shared`` of all of them, becomes
    0 or 255, and so do those beyond it. A few pixels often hold most of a projection.
    """
    crops = np.stack([projection.crop for projection in projections])
    sizes = np.abs(crops).reshape(1 if shared else len(crops), -1)
    largest = np.maximum(np.quantile(sizes, 1 - _CLIPPED, axis=1), 1e-3 * sizes.max(axis=1))
    scaled = crops / np.where(largest > 0, largest, 1)[:, None, None, None]
    return (127.5 + 127.5 * scaled.clip(-1, 1)).round().astype(np.uint8).transpose(0, 2, 3, 1)


def plate(projections: Sequence[Projection], columns: int = 3, shared: bool = False) -> np.ndarray:
    """Projections of one layer on the left, their patches in the same order on the right.

    uint8 [H, W, 3]; small ones are enlarged crisply. ValueError where there are none.
    """
    if not projections:
        raise ValueError("there is nothing to put on the plate")
    columns = min(columns, len(projections))
    tiles = projection_tiles(projections, shared), np.stack([projection.patch for projection in projections])
    factor = max(1, round(_SIDE / tiles[0].shape[1]))
    left, right = (
        sheet(np.stack([enlarge(tile, factor) for tile in half]), columns, gap=2, fill=_WHITE) for half in tiles
    )
    between = np.full((len(left), 12, 3), _WHITE, np.uint8)
    return np.concatenate([left, between, right], axis=1)
