"""A layer's feature maps on one sheet."""

import numpy as np

from explainer.figures.tiles import activation_levels, enlarge, magma, png, sheet, sheet_columns


def map_sheet(maps: np.ndarray, shared: bool = False) -> bytes:
    """Feature maps float [N, H, W] as a PNG on magma, small ones enlarged crisply.

    Each map on a scale of its own up to its largest value, or all on one if ``shared``.
    """
    levels = activation_levels(maps, shared)
    factor = max(1, 55 // maps.shape[1])
    tiles = np.stack([enlarge(tile, factor) for tile in levels])
    # One byte a pixel keeps a sheet of 384 maps small; the gaps are the ramp's darkest.
    return png(sheet(tiles, sheet_columns(len(tiles)), gap=3), magma())
