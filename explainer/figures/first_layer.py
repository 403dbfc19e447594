"""Figures of the first layer: the sheet of detectors, one place's numbers, two neighbours."""

import numpy as np
import plotly.graph_objects as go

from explainer.figures.tiles import Palette, enlarge, filter_tiles, png, rgb, sheet, sheet_columns
from explainer.first_layer import FirstLayer


def filter_sheet(first: FirstLayer, shared: bool = False) -> bytes:
    """All filters in one PNG, enlarged crisply, on white.

    ``shared`` puts the whole sheet on one scale instead of each filter on its own.
    """
    tiles = filter_tiles(first.weights, shared)
    factor = max(1, 44 // tiles.shape[1])
    tiles = np.stack([enlarge(tile, factor) for tile in tiles])
    return png(sheet(tiles, sheet_columns(len(tiles)), gap=4, fill=255))


def vector_figure(values: np.ndarray, detector: int, palette: Palette) -> tuple[go.Figure, str]:
    """One place of the picture as a bar for every detector: values float [detectors]."""
    colours = [palette.positive if i == detector else palette.dim for i in range(len(values))]
    figure = go.Figure(
        go.Bar(
            x=np.arange(len(values)),
            y=values,
            marker_color=colours,
            hovertemplate="detector %{x}: %{y:.2f}<extra></extra>",
        )
    )
    figure.update_layout(
        height=230, margin=dict(l=10, r=10, t=10, b=10), bargap=0.15,
        xaxis_title="detector", yaxis_title="activation", showlegend=False,
    )  # fmt: skip
    strongest = int(values.argmax())
    awake = int((values > 0).sum())
    return figure, (
        f"{len(values)} bars, {awake} of them above zero; the tallest is detector {strongest} with "
        f"{values[strongest]:.2f}, the chosen detector {detector} has {values[detector]:.2f}"
    )


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
