"""Figures of *Backpropagation, step by step*: gradients, training curves, confusion, mistakes, a search's trials.

Plotly figures come with their alt text; backgrounds are transparent and colours the theme's.
"""

from collections.abc import Sequence
from math import floor, log10

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from torch import Tensor

from explainer.digits import Digits, Network, Progress, Trial, Walk, mistakes
from explainer.digits.tuning import SPACE, OneOf
from explainer.figures.digits import TABLE_STYLE, a_digit, cell_tint, ink_tiles, net_svg, neuron_tiles
from explainer.figures.tiles import LIGHT, Palette, address, diverging, enlarge, magma, png, rgb, sheet, signed_tiles

MOST_TILES = 30  # hidden neurons shown while training
MOST_WRONG = 12
CONFUSION_HEAD = '<div class="quiet">What a digit is ↓ and what it is read as →</div>'


# --- one example -----------------------------------------------------------------------------------


def gradient_tiles(done: Walk, palette: Palette = LIGHT) -> np.ndarray:
    """The gradient of every hidden weight in the place of its pixel, all on one scale: uint8 [hidden, 28, 28, 3]."""
    gradient = done.nabla_w[0].numpy()
    return signed_tiles(gradient.reshape(len(gradient), 28, 28), palette)


def gradient_sheet(done: Walk, palette: Palette = LIGHT) -> bytes:
    """The same as a PNG to keep."""
    tiles = np.stack([enlarge(tile, 4) for tile in gradient_tiles(done, palette)])
    columns = 5
    gaps = np.full((1, 1, 3), rgb(palette.card), np.uint8)
    page = sheet(tiles, columns, gap=6)
    empty = sheet(np.ones(tiles.shape[:3], np.uint8), columns, gap=6) == 0
    page[empty] = gaps[0, 0]
    return png(page)


def stop_svg(done: Walk, parts: Tensor, stop: int, heads: Sequence[str], palette: Palette = LIGHT) -> bytes:
    """The network at one of the walk's stops, with the numbers that the stage shows there, as a drawing to keep.

    parts: what each output adds to the cost, [10]. stop: from 0. heads: what the three columns show.
    """
    again, hidden_count = stop == 8, len(done.deltas[0])
    network = done.after if again else done.before
    a1, a2 = (done.activations_after if again else done.activations)[1:3]
    delta1, delta2 = (values.tolist() for values in done.deltas)
    most1, most2 = (max(map(abs, values)) or 1.0 for values in (delta1, delta2))
    bright, ramp = magma(), diverging(palette)

    def said(value: float) -> tuple[Sequence[int], str]:
        return bright[round(255 * value)], f"{value:.2f}"

    def blamed(value: float, most: float, factor: float = 1.0) -> tuple[Sequence[int], str]:
        place = value / most * (1 if factor > 0 else -1)
        return ramp[round(127.5 + 127.5 * place)], nearly(factor * value)

    rate = done.rate
    hidden = {5: 1.0, 6: 1.0, 7: -rate}.get(stop)
    outputs = {3: 1.0, 4: 1.0, 5: 1.0, 6: 1.0, 7: -rate}.get(stop)
    none = np.zeros((hidden_count, 10))
    forward = done.before.weights[1].numpy().T * done.activations[1].numpy()[:, None]
    back = {
        1: forward,
        4: done.nabla_w[1].numpy().T,
        5: done.contributions[0].numpy(),
        7: -rate * done.nabla_w[1].numpy().T,
    }
    tiles = gradient_tiles(done, palette) if stop == 6 else neuron_tiles(network, palette)
    if stop == 7:
        tiles = signed_tiles(-rate * done.nabla_w[0].numpy().reshape(hidden_count, 28, 28), palette)
    out = [said(a) for a in a2.tolist()]
    if stop == 0:
        out = [(rgb(palette.card), "") for _ in out]
    elif stop == 2:
        out = [(colour, f"{part:.3f}") for (colour, _), part in zip(out, parts.tolist(), strict=True)]
    elif stop == 8:
        was = done.activations[2].tolist()
        out = [(colour, f"{old:.2f} → {now}") for (colour, now), old in zip(out, was, strict=True)]
    elif outputs:
        out = [blamed(value, most2, outputs) for value in delta2]
    return net_svg(
        done.x,
        tiles,
        from_pixels=done.zs[0].tolist() if stop == 0 else [0.0] * hidden_count,
        wires=back.get(stop, none),
        hidden=[blamed(value, most1, hidden) for value in delta1] if hidden else [said(a) for a in a1.tolist()],
        outputs=out,
        bold=int(done.y.argmax()),
        palette=palette,
        heads=heads,
    )  # fmt: skip


def nearly(value: float, digits: int = 3) -> str:
    """A signed number; "≈ 0" where all its places would be zeros, which is not the same as 0."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    if value == 0:
        return "0"
    return "≈ 0" if float(f"{value:.{digits}f}") == 0 else text


def gradient_table(done: Walk, palette: Palette = LIGHT) -> str:
    """∂C/∂w of every weight into the outputs, hidden neurons down and outputs across, as an HTML table."""
    gradient, delta = done.nabla_w[1].numpy().T, done.deltas[1].tolist()
    largest = float(np.abs(gradient).max()) or 1.0
    power = max(0, -3 * floor(log10(10 * largest) / 3))  # thousandths, millionths …, where the numbers are that small
    unit = f"<br><small>in 10<sup>−{power}</sup></small>" if power else ""
    label = int(done.y.argmax())
    mark = [' class="first"' if k == label else "" for k in range(10)]
    head = "".join(f'<th scope="col"{mark[k]}>{k}</th>' for k in range(10))
    rows = [
        f'<tr><th scope="row">{j} <small>a = {a:.2f}</small></th>'
        + "".join(f"<td{cell_tint(value, largest, palette)}>{_signed(value * 10**power)}</td>" for value in line)
        + "</tr>"
        for j, (a, line) in enumerate(zip(done.activations[1].tolist(), gradient, strict=True))
    ]
    rows.append(
        '<tr class="end"><th scope="row">δ</th>'
        + "".join(f"<td{mark[k]}>{_signed(value * 10**power)}</td>" for k, value in enumerate(delta))
        + "</tr>"
    )
    return (
        '<div class="votes" tabindex="0" role="group" aria-label="Gradients">'
        f'{TABLE_STYLE}<table><thead><tr><th scope="col">hidden{unit}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


# --- training --------------------------------------------------------------------------------------


def curves(history: Sequence[Progress], palette: Palette = LIGHT, height: int = 212) -> tuple[go.Figure, str]:
    """Accuracy above, cost below, against epochs: digits learned from and digits never seen."""
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.09)
    at = [p.position for p in history]
    lines = (
        (1, "never seen", [100 * p.accuracy for p in history], palette.positive, "solid"),
        (1, "learned from", [100 * p.train_accuracy for p in history], palette.dim, "dot"),
        (2, "never seen", [p.test_cost for p in history], palette.positive, "solid"),
        (2, "learned from", [p.cost for p in history], palette.dim, "dot"),
    )
    for row, name, values, colour, dash in lines:
        unit = "%{y:.1f}%" if row == 1 else "cost %{y:.4f}"
        figure.add_scatter(
            x=at, y=values, row=row, col=1, name=name, 
            mode="lines" if len(at) > 1 else "markers",
            line={"color": colour, "width": 2.2, "dash": dash}, marker={"color": colour, "size": 7},
            hovertemplate=f"epoch %{{x:.1f}}<br>{unit}<extra>{name}</extra>",
        )  # fmt: skip
    _layout(figure, palette, height)
    figure.update_layout(showlegend=False, uirevision="curves", margin_t=4, margin_l=62)
    epochs = history[-1].epochs if history else 1
    figure.update_xaxes(range=[0, epochs], row=1, col=1)
    figure.update_xaxes(range=[0, epochs], title="epochs", row=2, col=1)
    figure.update_yaxes(range=[0, 114], tickvals=[0, 50, 100], row=1, col=1)
    figure.update_yaxes(rangemode="tozero", nticks=4, row=2, col=1)
    for axis, what in (
        ("y", "right, %"),
        ("y2", "cost"),
    ):  # an axis' own title stands as far off as its numbers are wide
        figure.add_annotation(
            text=what, textangle=-90, showarrow=False, font={"size": 14, "color": palette.ink},
            xref="paper", x=0, xanchor="center", xshift=-50, yref=f"{axis} domain", y=0.5,
        )  # fmt: skip
    if not history:
        return figure, "Axes for accuracy and cost; nothing has been trained yet."
    first, last = history[0], history[-1]
    words = (
        f"Accuracy on digits never seen from {first.accuracy:.1%} to {last.accuracy:.1%} and cost from "
        f"{first.test_cost:.3f} to {last.test_cost:.3f}, up to epoch {last.position:.1f} of {last.epochs}. "
        f"Accuracy on digits learned from: {last.train_accuracy:.1%}."
    )
    return figure, words


def curve_legend(palette: Palette = LIGHT) -> str:
    """What the two lines of :func:`curves` are."""
    line = '<span style="width: 22px; border-top: 2.2px {} {}"></span>'
    return (
        f'<div class="legend">{line.format("solid", palette.positive)}never seen '
        f"{line.format('dotted', palette.dim)}learned from</div>"
    )


def curve_rows(history: Sequence[Progress]) -> list[dict]:
    """The curves as numbers, one row for each time they were measured."""
    return [
        {"epochs": p.position, "examples": p.examples, "right of test digits, %": 100 * p.accuracy,
         "right of learning digits, %": 100 * p.train_accuracy, "cost of test digits": p.test_cost,
         "cost of learning digits": p.cost, "learning rate": p.rate}
        for p in history
    ]  # fmt: skip


def confusion_table(progress: Progress, palette: Palette = LIGHT) -> str:
    """How often each digit was read as which, true digit down and guess across, as an HTML table."""
    counts = progress.confusion.numpy()
    wrong = counts * (1 - np.eye(10, dtype=counts.dtype))
    most = int(wrong.max()) or 1
    ramp = diverging(palette)
    head = "".join(f'<th scope="col">{k}</th>' for k in range(10))
    rows = []
    for digit, line in enumerate(counts):
        cells = ""
        for guess, count in enumerate(line):
            if guess == digit:
                cells += f'<td class="hit">{count}</td>'
            elif count:
                cells += f"<td{cell_tint(count, most, palette)}>{count}</td>"
            else:
                r, g, b = ramp[128]
                cells += f'<td style="background:rgb({r} {g} {b})"></td>'
        rows.append(f'<tr><th scope="row">{digit}</th>{cells}</tr>')
    return (
        '<div class="votes confusion" tabindex="0" role="group" aria-label="Confusion">'
        f"{CONFUSION_HEAD}{TABLE_STYLE}<style>.confusion .hit {{ color: {palette.right}; "
        f"font-weight: 600; }} .confusion td {{ height: 1.15rem; "
        f"padding: 0; }} .confusion th:first-child {{ width: 3.4rem; line-height: 1.15; }} "
        f"@media (max-width: 640px) {{ .confusion table {{ min-width: 0; }} }}</style><table><thead><tr>"
        f'<th scope="col">digit</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def hidden_sheet(network: Network, palette: Palette = LIGHT, factor: int = 2) -> tuple[np.ndarray, str]:
    """The hidden neurons' weights side by side, thirty at most: uint8 [H, W, 3], and its alt text."""
    count = network.sizes[1]
    part = Network([network.weights[0][:MOST_TILES]], [])
    tiles = np.stack([enlarge(tile, factor) for tile in neuron_tiles(part, palette)])
    gap = 2 * factor
    page = sheet(tiles, 15, gap=gap)
    page[sheet(np.ones(tiles.shape[:3], np.uint8), 15, gap=gap) == 0] = rgb(palette.card)
    which = f"the first {MOST_TILES} of {count}" if count > MOST_TILES else f"all {count}"
    return page, f"The weights of {which} hidden neurons in the places of their pixels, orange for and blue against"


def wrong_ones(network: Network, data: Digits, palette: Palette = LIGHT) -> str:
    """Test digits read wrongly, those with most conviction first, each with what it is and what was read; as HTML."""
    found = mistakes(network, data.test_images, data.test_labels)
    shown = found[:MOST_WRONG]
    if not shown:
        return '<p class="quiet">Every test digit is read right.</p>'
    tiles = ink_tiles(data.test_images[[m.index for m in shown]], palette)
    figures = "".join(
        f'<figure><img src="{address(tile)}" '
        f'alt="test digit {m.index}, {a_digit(m.label)} read as {a_digit(m.guess)}">'
        f'<figcaption title="its output for {m.guess} says {m.said:.2f}"><b>{m.label}</b> → {m.guess}</figcaption>'
        "</figure>"
        for m, tile in zip(shown, tiles, strict=True)
    )
    return (
        "<style>.wrong { display: grid; grid-template-columns: repeat(auto-fill, minmax(50px, 1fr)); gap: 6px; }"
        ".wrong figure { margin: 0; } .wrong img { width: 100%; image-rendering: pixelated; border-radius: 4px; }"
        ".wrong figcaption { font: 0.78rem var(--mono); color: var(--dim); letter-spacing: -0.05em; }"
        ".wrong b { color: var(--ink); } .wronged { margin: 0.3rem 0; }</style>"
        f'<p class="quiet wronged">{len(found):,} of {len(data.test_labels):,} test digits read wrong; '
        f'those it was surest of: what it is → what it read.</p><div class="wrong">{figures}</div>'
    )


def hidden_picture(network: Network, palette: Palette = LIGHT) -> bytes:
    """The hidden neurons' weights as a PNG to keep."""
    return png(hidden_sheet(network, palette, 4)[0])


# --- the search ------------------------------------------------------------------------------------


def trials_map(
    trials: Sequence[Trial], over: Sequence[str], palette: Palette = LIGHT, height: int = 240
) -> tuple[go.Figure, str]:
    """Where in the first two settings searched over the trials lie, brighter for better, the best one a star."""
    across, down = over[0] if over else "rate", over[1] if len(over) > 1 else None
    best = max(trials, key=lambda trial: trial.accuracy, default=None)
    figure = go.Figure()
    figure.add_scatter(
        x=[t.values[across] for t in trials],
        y=[t.values[down] if down else 100 * t.accuracy for t in trials],
        mode="markers",
        marker={
            "size": [18 if t is best else 12 for t in trials],
            "symbol": ["star" if t is best else "circle" for t in trials],
            "color": [100 * t.accuracy for t in trials],
            "cmin": 0,
            "cmax": 100,
            "colorscale": [[i / 15, "rgb({},{},{})".format(*magma()[17 * i])] for i in range(16)],
            "line": {"color": palette.dim, "width": 1},
        },
        text=[_told(t) for t in trials],
        customdata=[t.number for t in trials],
        hovertemplate="%{text}<extra></extra>",
    )
    _layout(figure, palette, height)
    figure.update_xaxes(**_axis(across))
    figure.update_yaxes(**(_axis(down) if down else {"title": "right, %", "range": [0, 104]}))
    if best is None:
        return figure, "Axes for the trials of a search; none has run yet."
    return figure, f"{len(trials)} trials. The best so far is {_told(best, '; ')}."


def trials_race(trials: Sequence[Trial], palette: Palette = LIGHT, height: int = 240) -> tuple[go.Figure, str]:
    """How good each trial was, in their order, and the best so far."""
    numbers = [t.number for t in trials]
    figure = go.Figure()
    figure.add_scatter(
        x=numbers,
        y=[100 * t.accuracy for t in trials],
        mode="markers",
        marker={"color": palette.dim, "size": 7},
        text=[_told(t) for t in trials],
        customdata=[t.number for t in trials],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.add_scatter(
        x=numbers,
        y=[100 * t.best_so_far for t in trials],
        mode="lines",
        line={"color": palette.positive, "width": 2.2, "shape": "hv"},
        hoverinfo="skip",
    )
    _layout(figure, palette, height)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title="trial", range=[0.5, max([10, *numbers]) + 0.5])
    figure.update_yaxes(title="right, %", range=[0, 104])
    values = ", ".join(f"{t.accuracy:.0%}" for t in trials)
    return figure, f"Accuracy of the trials in their order: {values}." if trials else "No trial yet."


def trials_rows(trials: Sequence[Trial]) -> list[dict]:
    """The trials as rows of a table, the best first."""
    return [
        {"trial": t.number, "right, %": round(100 * t.accuracy, 1), "cost": round(t.cost, 4), **t.values}
        for t in sorted(trials, key=lambda t: -t.accuracy)
    ]


def _axis(name: str) -> dict:
    """A setting's axis over the whole of what is searched."""
    space = SPACE[name]
    if isinstance(space, OneOf):
        return {"title": name, "type": "category", "categoryorder": "array", "categoryarray": list(space.values)}
    ends = [space.low / 1.25, space.high * 1.25]
    if not space.log:
        return {"title": name, "range": ends}
    marks = [m * 10.0**power for power in range(-3, 4) for m in (1, 3)]
    marks = [space.low, *(mark for mark in marks if 1.5 * space.low < mark < space.high / 1.5), space.high]
    labels = [f"{mark:g}" for mark in marks]
    return {"title": name, "type": "log", "range": np.log10(ends).tolist(), "tickvals": marks, "ticktext": labels}


def _told(trial: Trial, between: str = "<br>") -> str:
    values = [
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in trial.values.items()
    ]
    return between.join([f"trial {trial.number}: {trial.accuracy:.1%}", *values])


def _layout(figure: go.Figure, palette: Palette, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font_color=palette.dim,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, linecolor=palette.line, title_font_color=palette.dim)
    figure.update_yaxes(gridcolor=palette.line, zeroline=False, title_font_color=palette.dim)


def _signed(value: float) -> str:
    text = f"{value:+.3f}".replace("-", "−")
    return "0" if float(f"{value:.3f}") == 0 else text.replace("0.", ".", 1)
