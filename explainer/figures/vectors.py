"""What all detectors answer at one place, as bars."""

import numpy as np
import plotly.graph_objects as go

from explainer.figures.tiles import (
    Palette,
)


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
