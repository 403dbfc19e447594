"""Figures of *One neuron*: the cube of lights, the error while training, the activation curve.

Each function returns a Plotly figure and its alt text. Backgrounds are
transparent and fonts are the page's; colours come from the theme's palette. Orange
is the side of the plane where the sum is above zero, blue the other one.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from explainer.chapters.neuron.model import (
    LIGHTS,
    ROWS,
    Neuron,
    boundary,
    compared,
    decimals,
    described,
    equation,
    number,
    truth_table,
)
from explainer.figures.tiles import LIGHT, Palette

LAMPS = {"red": "#E23B30", "yellow": "#F2AE2B", "green": "#2FA765"}
REACH = 4.0  # the activation curve is drawn from sum −4 to +4


def cube(
    neuron: Neuron,
    lights: Sequence[int] | None = None,
    targets: Sequence[int] | None = None,
    palette: Palette = LIGHT,
    height: int = 380,
) -> tuple[go.Figure, str]:
    """The eight combinations as corners of a cube, and the plane where the sum is zero.

    Args:
        lights: the corner to ring, if any.
        targets: answers asked for; corners that the neuron gets wrong are crossed out.
        palette: the colours of the theme.
        height: in pixels.
    """
    table = truth_table(neuron)
    polygon = boundary(neuron)
    figure = go.Figure([_edges(palette), *_plane(polygon, palette)])
    for fires, name, colour, symbol in (
        (True, "go: sum above 0", palette.positive, "circle"),
        (False, "wait: sum 0 or below", palette.negative, "circle-open"),
    ):
        rows = [row for row, answer in enumerate(table) if answer.fires == fires]
        figure.add_trace(_corners(rows, table, name, colour, symbol))
    if targets is not None:
        wrong = [row for row, answer in enumerate(table) if answer.fires != bool(targets[row])]
        if wrong:
            # Plotly's "x" is a letter that few fonts have; a frame is drawn everywhere.
            figure.add_trace(_corners(wrong, table, "not as wanted", palette.ink, "square-open", size=18))
    if lights is not None:
        x, y, z = lights
        figure.add_trace(
            go.Scatter3d(
                x=[x],
                y=[y],
                z=[z],
                mode="markers",
                name="now",
                hoverinfo="skip",
                marker={"size": 17, "symbol": "circle-open", "color": palette.ink, "line": {"width": 3}},
            )
        )
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        font_color=palette.dim,
        legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": 0, "yanchor": "bottom"},
        uirevision="cube",  # a turned cube stays turned while the weights move
        scene={
            "bgcolor": "rgba(0,0,0,0)",
            "aspectmode": "cube",
            "camera": {
                "eye": {"x": 1.55, "y": -1.75, "z": 0.85},
                "center": {"x": 0, "y": 0, "z": -0.08},
                "projection": {"type": "orthographic"},
            },
            **{
                f"{axis}axis": {
                    "title": {"text": light, "font": {"color": palette.ink}},
                    "range": [-0.12, 1.12],
                    "tickvals": [0, 1],
                    "ticktext": ["off", "on"],
                    "showgrid": False,
                    "zeroline": False,
                    "showbackground": False,
                    "showspikes": False,
                    "color": palette.dim,
                }
                for axis, light in zip("xyz", LIGHTS, strict=True)
            },
        },
    )
    return figure, _cube_in_words(neuron, polygon, [answer.fires for answer in table])


def _edges(palette: Palette) -> go.Scatter3d:
    """The cube's twelve edges as one broken line."""
    line = []
    for a in ROWS:
        for axis in range(3):
            if a[axis] == 0:
                line += [a, tuple(1 if k == axis else value for k, value in enumerate(a)), (None,) * 3]
    x, y, z = zip(*line, strict=True)
    return go.Scatter3d(
        x=x,
        y=y,
        z=z,
        mode="lines",
        line={"color": palette.dim, "width": 2},
        opacity=0.45,
        hoverinfo="skip",
        showlegend=False,
    )


def _plane(polygon: np.ndarray, palette: Palette) -> list:
    """The boundary: a filled polygon and its outline, or just the outline where it only touches."""
    if len(polygon) == 0:
        return []
    outline = np.vstack([polygon, polygon[:1]])
    shapes = [
        go.Scatter3d(
            x=outline[:, 0],
            y=outline[:, 1],
            z=outline[:, 2],
            mode="lines",
            name="sum = 0",
            line={"color": palette.ink, "width": 3},
            hoverinfo="skip",
        )
    ]
    if len(polygon) >= 3:
        fan = np.array([(0, k, k + 1) for k in range(1, len(polygon) - 1)])
        shapes.append(
            go.Mesh3d(
                x=polygon[:, 0],
                y=polygon[:, 1],
                z=polygon[:, 2],
                i=fan[:, 0],
                j=fan[:, 1],
                k=fan[:, 2],
                color=palette.dim,
                opacity=0.3,
                flatshading=True,
                lighting={"ambient": 1, "diffuse": 0, "specular": 0},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return shapes


def _corners(rows: list[int], table: tuple, name: str, colour: str, symbol: str, size: int = 9) -> go.Scatter3d:
    corners = np.array([ROWS[row] for row in rows]).reshape(-1, 3)
    return go.Scatter3d(
        x=corners[:, 0],
        y=corners[:, 1],
        z=corners[:, 2],
        mode="markers",
        name=name,
        text=[f"{described(ROWS[row])}: sum {number(table[row].total, 2)}, {table[row].verdict}" for row in rows],
        hoverinfo="text",
        marker={"size": size, "color": colour, "symbol": symbol, "line": {"width": 2, "color": colour}},
    )


def _cube_in_words(neuron: Neuron, polygon: np.ndarray, fires: list[bool]) -> str:
    go_corners = [described(lights) for lights, go_here in zip(ROWS, fires, strict=True) if go_here]
    corners = f"{len(go_corners)} of the 8 corners say go" + (f": {', '.join(go_corners)}" if go_corners else "")
    plane = equation(neuron)
    if not plane:
        return f"A cube of the eight combinations of lights. All weights are 0, so there is no plane. {corners}."
    where = "cuts" if len(polygon) >= 3 else "only touches" if len(polygon) else "misses"
    return f"A cube of the eight combinations of lights. The plane {plane} {where} it. {corners}."


def diagram(neuron: Neuron, lights: Sequence[int], palette: Palette = LIGHT) -> tuple[bytes, str]:
    """The neuron as a drawing to keep: lights, wires, sum, curve and verdict as an SVG file."""
    answer, digits = neuron.weigh(lights), decimals(neuron)
    parts = [
        f'<rect width="760" height="250" fill="{palette.card}"/>',
        '<rect x="24" y="14" width="84" height="222" rx="18" fill="#26282c"/>',
    ]
    for light, weight, value, name, y in zip(
        lights, neuron.weights, answer.products, LIGHTS, (55, 125, 195), strict=True
    ):
        lamp = LAMPS[name]
        parts += [
            f'<circle cx="66" cy="{y}" r="27" fill="{lamp}" fill-opacity="{1 if light else 0.22}"/>',
            _wire(f"M116,{y} C236,{y} 236,125 356,125", weight, palette, 1 if light else 0.3),
            _text(
                132,
                y + 24 if y > 125 else y - 12,
                f"{light} × {number(weight, digits)} = {number(value, digits)}",
                palette.ink,
            ),
        ]
    half, x, y = 42, 545, 125
    sums = np.linspace(-REACH, REACH, 161)
    outputs = neuron.curve.function(sums)
    low, high = outputs.min(), outputs.max()
    points = [
        f"{x + half * 0.8 * z / REACH:.1f},{y + half * 0.8 * (1 - 2 * (a - low) / (high - low)):.1f}"
        for z, a in zip(sums, outputs, strict=True)
    ]
    at = int(np.abs(sums - answer.total).argmin())
    tone = _tone(answer.total, palette)
    parts += [
        _wire("M394,163 V190", neuron.bias, palette),
        _wire(f"M432,125 H{x - half}", answer.total, palette),
        _wire(f"M{x + half},125 H628", answer.output - answer.threshold, palette),
        f'<circle cx="394" cy="125" r="38" fill="{palette.soft}" stroke="{tone}" stroke-width="2.5"/>',
        _text(394, 128, number(answer.total, digits), palette.ink, 17, "middle"),
        _text(394, 146, "sum", palette.dim, 12, "middle"),
        _text(394, 210, f"bias {number(neuron.bias, digits)}", palette.dim, 13, "middle"),
        f'<rect x="{x - half}" y="{y - half}" width="{2 * half}" height="{2 * half}" rx="10" '
        f'fill="{palette.soft}" stroke="{palette.line}"/>',
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{palette.ink}" stroke-width="2"/>',
        f'<circle cx="{points[at].split(",")[0]}" cy="{points[at].split(",")[1]}" r="5.5" fill="{tone}"/>',
        _text(x, y + half + 20, neuron.curve.label, palette.dim, 13, "middle"),
        _text(644, 128, answer.verdict.capitalize(), palette.right if answer.fires else palette.dim, 30),
        _text(644, 152, compared(answer), palette.dim),
    ]
    alt = (
        f"A stoplight showing {described(lights)}, wired to a neuron: "
        f"{neuron.written(lights)}. {compared(answer)}: {answer.verdict}."
    )
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 250" width="760" height="250" role="img">'
        f"<title>{alt.replace('>', '&gt;')}</title>{''.join(parts)}</svg>"
    )
    return svg.encode(), alt


def _tone(value: float, palette: Palette) -> str:
    return palette.positive if value > 0 else palette.negative if value < 0 else palette.dim


def _wire(path: str, value: float, palette: Palette, opacity: float = 1) -> str:
    """Orange adds, blue takes away, thicker is more; a dashed line has no say."""
    dashes = ' stroke-dasharray="2 5"' if value == 0 else ""
    width = 1.5 if value == 0 else 1.8 + 2.6 * abs(value) ** 0.6
    return (
        f'<path d="{path}" fill="none" stroke="{_tone(value, palette)}" stroke-width="{width:.1f}" '
        f'stroke-linecap="round" opacity="{opacity}"{dashes}/>'
    )


def _text(x: float, y: float, words: str, colour: str, size: int = 13, anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-family="Source Code Pro, monospace" font-size="{size}" '
        f'text-anchor="{anchor}" fill="{colour}">{words.replace(">", "&gt;")}</text>'
    )
