"""The hill as a map, with the ball's way down on it, and the way as numbers."""

import plotly.graph_objects as go

from explainer.chapters.backpropagation.hill import LAST, Hill, Way
from explainer.figures.tiles import LIGHT, Palette, magma

_RAMP = [[at / 255, "rgb({}, {}, {})".format(*magma()[at])] for at in range(0, 256, 15)]
_LINE = "#FFFFFF"  # on the ramp, in every theme


def level_map(hill: Hill, way: Way, palette: Palette = LIGHT, height: int = 330) -> go.Figure:
    """The hill from above: lines of equal cost, and the way."""
    across, down = hill.along(0), hill.along(1)
    figure = go.Figure(
        go.Contour(
            x=across, y=down, z=hill.heights.tolist(), colorscale=_RAMP, ncontours=18,
            contours={"coloring": "heatmap"}, line={"width": 0.6, "color": "rgba(255,255,255,0.35)"},
            colorbar={"title": {"text": "cost", "side": "right"}, "thickness": 10, "outlinewidth": 0, "nticks": 5},
            hovertemplate="a %{x:.2f}, b %{y:.2f}<br>cost %{z:.3f}<extra></extra>",
        )
    )  # fmt: skip
    last = len(way.places) - 1 - LAST
    for places, width, size in ((way.places, 1.4, 4), (way.places[max(0, last) :], 3.2, 7)):
        figure.add_scatter(
            x=[a for a, _ in places], y=[b for _, b in places], mode="lines+markers", hoverinfo="skip",
            line={"color": _LINE, "width": width},
            marker={"color": palette.positive, "size": size, "line": {"color": _LINE, "width": 1}},
        )  # fmt: skip
    for (a, b), symbol, size in ((way.places[0], "circle-open", 15), (way.places[-1], "circle", 13)):
        figure.add_scatter(
            x=[a], y=[b], mode="markers", hoverinfo="skip",
            marker={
                "symbol": symbol, "size": size, "color": palette.positive,
                "line": {"color": _LINE, "width": 2.5},
            },
        )  # fmt: skip
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 6, "b": 0}, showlegend=False, uirevision="level map"
    )
    figure.update_xaxes(range=[across[0], across[-1]], title=f"a: {hill.axes[0]}", constrain="domain")
    figure.update_yaxes(range=[down[0], down[-1]], title=f"b: {hill.axes[1]}")
    return figure


def hill_rows(way: Way) -> list[dict[str, float]]:
    """Every place on the way, its cost and its slopes, as rows of a table."""
    return [
        {"step": step, "a": a, "b": b, "cost": cost, "slope in a": slopes[0], "slope in b": slopes[1]}
        for step, ((a, b), cost, slopes) in enumerate(zip(way.places, way.costs, way.slopes, strict=True))
    ]
