"""A layer's feature maps on one sheet."""

import numpy as np
from PIL import Image

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


def over(view: np.ndarray, values: np.ndarray, largest: float | None = None) -> np.ndarray:
    """One feature map laid over what the network sees, as the pages do: the stronger, the less of the picture.

    view: uint8 [H, W, 3]. values: float [h, w], 0 to ``largest`` (its own if not given).
    """
    top = largest or float(values.max()) or 1.0
    share = Image.fromarray((values / top).clip(0, 1).astype(np.float32)).resize(
        view.shape[1::-1], Image.Resampling.NEAREST
    )
    share = np.asarray(share)[..., None]
    grey = np.repeat((view @ np.array([0.2126, 0.7152, 0.0722]))[..., None], 3, 2)
    colours = magma()[(255 * share[..., 0]).round().astype(int)]
    return ((1 - share) * grey + share * colours).round().astype(np.uint8)
