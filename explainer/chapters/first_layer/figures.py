"""Figures of the first layer: the sheet of detectors, one place's numbers, two neighbours."""

from collections.abc import Sequence

import numpy as np

from explainer.chapters.first_layer.filters import FirstLayer, products_at
from explainer.figures.slide import Figure, Panel, tiles
from explainer.figures.tiles import (
    Palette,
    activation_levels,
    enlarge,
    filter_tiles,
    magma,
    png,
    rgb,
    sheet,
    sheet_columns,
    signed_tiles,
)
from explainer.networks import Trace


def filter_sheet(first: FirstLayer, shared: bool = False) -> bytes:
    """All filters in one PNG, enlarged crisply, on white.

    ``shared`` puts the whole sheet on one scale instead of each filter on its own.
    """
    drawn = filter_tiles(first.weights, shared)
    factor = max(1, 44 // drawn.shape[1])
    drawn = np.stack([enlarge(tile, factor) for tile in drawn])
    return png(sheet(drawn, sheet_columns(len(drawn)), gap=4, fill=255))


def sheet_figure(
    first: FirstLayer, trace: Trace, detector: int, row: int, column: int, order: Sequence[int], as_filters: bool,
    palette: Palette,
) -> Figure:  # fmt: skip
    """All detectors with their numbers, and above them the products behind the value at one place."""
    maps, found = trace[first.layer.name], products_at(first, trace, detector, row, column)
    largest = float(np.abs(found.products).max()) or 1.0
    arithmetic = [
        Panel(found.pixels, f"the patch at row {row}, column {column}", True),
        Panel(filter_tiles(found.weights[None])[0], f"× the weights of detector {detector}", True),
        Panel(signed_tiles(found.products.sum(0), palette, largest), "= the products, colours added up", True),
    ]
    peaks = maps.amax(dim=(1, 2))
    if as_filters:
        drawn = tiles(filter_tiles(first.weights)[list(order)], [str(i) for i in order])
    else:
        names = [f"{i}: {peaks[i]:.1f}" for i in order]
        drawn = tiles(activation_levels(maps.numpy())[list(order)], names, colours=magma())
    about = (
        f"Under each detector its number{'' if as_filters else ' and its strongest answer'}. At row {row}, column "
        f"{column} detector {detector} answers {float(maps[detector, row, column]):.2f}."
    )
    return Figure(drawn, about, above=arithmetic)


def neighbours(first: FirstLayer, view: np.ndarray, row: int, column: int) -> tuple[np.ndarray, str, str]:
    """Two receptive fields side by side along a row, with the pixels they share.

    view: uint8 [H, W, 3], what the network sees. Returns an enlarged picture uint8
    [h, w, 3] of the surroundings, its alt text, and a sentence.
    """
    window = first.window
    column = min(column, first.layer.shape[2] - 2)
    one, two = window.box(row, column), window.box(row, column + 1)
    margin = max(2, window.size // 3)
    padding = max(0, margin - one[0], margin - one[1], two[2] + margin - view.shape[1], two[3] + margin - view.shape[0])
    padded = np.pad(view, ((padding, padding), (padding, padding), (0, 0)), constant_values=127)
    left, top, right, bottom = (
        side + padding for side in (one[0] - margin, one[1] - margin, two[2] + margin, two[3] + margin)
    )
    factor = max(4, 360 // (right - left))
    picture = enlarge(padded[top:bottom, left:right], factor).copy()
    for box, colour in ((one, "#E2572E"), (two, "#2A6BDB")):
        _frame(
            picture,
            [(side - origin + padding) * factor for side, origin in zip(box, (left, top, left, top), strict=True)],
            rgb(colour),
        )
    words = (
        f"Neuron {column} (orange) sees columns {one[0]} to {one[2] - 1} of the picture, neuron {column + 1} (blue) "
        f"columns {two[0]} to {two[2] - 1}. They lie {window.step} apart and are {window.size} wide, so they share "
        f"{window.size} − {window.step} = {first.overlap} columns of pixels."
    ).replace("-", "−")
    if one[0] < 0:
        words += " Left of column 0 there is no picture, only padding: zeros."
    return picture, f"Two overlapping squares on the picture that share {first.overlap} columns", words


def _frame(picture: np.ndarray, box: list[int], colour: tuple[int, int, int], thickness: int = 4) -> None:
    """Draw a rectangle's outline into uint8 [H, W, 3], inside (left, top, right, bottom)."""
    left, top, right, bottom = box
    for strip in (
        np.s_[top : top + thickness, left:right],
        np.s_[bottom - thickness : bottom, left:right],
        np.s_[top:bottom, left : left + thickness],
        np.s_[top:bottom, right - thickness : right],
    ):
        picture[strip] = colour
