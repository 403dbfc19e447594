"""Figures of *Why the bend matters*: where a stack takes the plane, activation functions, a curve approximated.

Drawings to keep are SVG files with their alt text; sentences say what a figure shows now.
"""

from collections.abc import Callable, Sequence
from html import escape

import torch
from torch import Tensor

from explainer.chapters.nonlinearity.bending import ACTIVATIONS, Fit, Stack, best_line, grid
from explainer.figures.tiles import LIGHT, Palette

REACH = 2.0  # inputs are drawn from −2 to 2
_SIDE = 300


def plane_svg(stack: Stack, x: Tensor, activation: str = "none", palette: Palette = LIGHT) -> tuple[bytes, str]:
    """A grid of inputs, and where a stack of two inputs and two outputs takes it."""
    ticks = torch.linspace(-REACH, REACH, 9, dtype=torch.float64).tolist()
    fine = torch.linspace(-REACH, REACH, 65, dtype=torch.float64).tolist()
    lines = [[(a, t) for t in fine] for a in ticks] + [[(t, b) for t in fine] for b in ticks]
    image = [[_through(stack, point, activation) for point in line] for line in lines]
    matrix, bias = stack.collapsed()
    end, flat = stack.through(x, activation)[-1].tolist(), (matrix @ x + bias).tolist()
    most = max(abs(value) for line in [*image, [end, flat]] for point in line for value in point) or 1.0
    parts = [f'<rect width="660" height="350" fill="{palette.card}"/>']
    for left, drawn, reach in ((20, lines, REACH), (340, image, most)):
        parts.append(_frame(left, 20, _SIDE, _SIDE, palette))
        for number, line in enumerate(drawn):
            colour = palette.ink if number < 9 else palette.negative
            parts.append(_line([_at(point, left, reach) for point in line], colour, 1, 0.6))
    for point, left, reach in ((x.tolist(), 20, REACH), (end, 340, most)):
        u, v = _at(point, left, reach)
        parts.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="6" fill="{palette.positive}"/>')
    u, v = _at(flat, 340, most)
    parts.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="9" fill="none" stroke="{palette.ink}" stroke-width="2"/>')
    caption = f"input {_written(x.tolist())} → {_written(end)}; the one matrix says {_written(flat)}"
    parts.append(_text(20, 342, caption, palette))
    alt = f"A grid of inputs and where {len(stack.weights)} layers take it: {caption}"
    return _svg(660, 350, alt, parts), alt


def activations_svg(palette: Palette = LIGHT) -> tuple[bytes, str]:
    """Every activation function with its slope, beside each other."""
    z = torch.linspace(-4, 4, 321, dtype=torch.float64)
    parts = [f'<rect width="1060" height="220" fill="{palette.card}"/>']
    for number, (name, activation) in enumerate(ACTIVATIONS.items()):
        left = 20 + 208 * number
        parts += [_frame(left, 34, 188, 160, palette), _text(left, 24, name, palette)]
        value, slope = activation.value(z), activation.slope(z)
        for values, colour, width in ((slope, palette.dim, 1.5), (value, palette.ink, 2.5)):
            points = [
                (left + 94 + 94 * a / 4, 154 - 40 * b)
                for a, b in zip(z.tolist(), values.tolist(), strict=True)
                if b == b and -1 <= b <= 3
            ]
            parts.append(_line(points, colour, width))
    alt = f"The activation functions {', '.join(ACTIVATIONS)}, each with its slope, for sums from −4 to 4"
    return _svg(1060, 220, alt, parts), alt


def fit_svg(y: Tensor, fit: Fit | None, activation: str, palette: Palette = LIGHT) -> tuple[bytes, str]:
    """The curve wanted, the network's sum, and what each hidden neuron adds."""
    x = grid().tolist()

    def points(values: Tensor) -> list[tuple[float, float]]:
        return [(330 + 310 * a, 160 - 130 * max(-1.15, min(1.15, b))) for a, b in zip(x, values.tolist(), strict=True)]

    parts = [f'<rect width="660" height="330" fill="{palette.card}"/>', _frame(20, 10, 620, 300, palette)]
    parts.append(_line(points(y), palette.dim, 7, 0.4))
    alt = "A curve that no network has been trained on yet"
    if fit is not None:
        for part, v in zip(fit.contributions, fit.v.tolist(), strict=True):
            parts.append(_line(points(part), palette.negative if v < 0 else palette.positive, 1, 0.5))
        parts.append(_line(points(fit.sum), palette.ink, 2.5))
        alt = (
            f"A curve and the sum of {len(fit.v)} hidden neurons with activation {activation} after {fit.step} steps, "
            f"{fit.error:.3f} from it (root of the mean square)"
        )
    return _svg(660, 330, alt, parts), alt


def fit_words(y: Tensor, fit: Fit, activation: str, words: dict[str, str]) -> str:
    """A sentence about how close the network is, and why not closer."""
    slope, height = (round(value, 2) for value in best_line(y))
    exact = best_line(y)
    line = exact[0] * grid() + exact[1]
    kind = "none" if activation == "none" else "step" if not ACTIVATIONS[activation].learns else "bent"
    return words[f"fit_{kind}"].format(
        hidden=len(fit.v),
        neurons="1 hidden neuron" if len(fit.v) == 1 else f"{len(fit.v)} hidden neurons",
        error=f"{fit.error:.3f}",
        line_error=f"{(line - y).square().mean().sqrt().item():.3f}",
        slope=f"{slope:.2f}".replace("-", "−"),
        height=f"{abs(height):.2f}",
        sign="−" if height < 0 else "+",
        activation="ReLU" if activation == "relu" else activation,
    )


def formulas_table(called: Callable[[str], str] = str) -> str:
    """Each activation function and its slope as formulas, a Markdown table. ``called``: how the page writes a name."""
    rows = [f"| {called(name)} | ${one.formula}$ | ${one.slope_formula}$ |" for name, one in ACTIVATIONS.items()]
    return "\n".join(["| activation | value at the sum $z$ | slope |", "|---|---|---|", *rows])


def _through(stack: Stack, point: tuple[float, float], activation: str) -> list[float]:
    return stack.through(torch.tensor(point, dtype=torch.float64), activation)[-1].tolist()


def _at(point: Sequence[float], left: float, reach: float) -> tuple[float, float]:
    half = _SIDE / 2
    return left + half + 0.93 * half * point[0] / reach, 20 + half - 0.93 * half * point[1] / reach


def _written(values: Sequence[float]) -> str:
    return "(" + ", ".join(f"{round(value, 2):g}".replace("-", "−") for value in values) + ")"


def _frame(x: float, y: float, width: float, height: float, palette: Palette) -> str:
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{palette.page}" '
        f'stroke="{palette.line}"/>'
    )


def _line(points: Sequence[tuple[float, float]], colour: str, width: float, opacity: float = 1) -> str:
    places = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'opacity="{opacity}" stroke-linejoin="round"/>'
    )


def _text(x: float, y: float, words: str, palette: Palette) -> str:
    style = f'font-family="Source Sans, sans-serif" font-size="15" fill="{palette.ink}"'
    return f'<text x="{x}" y="{y}" {style}>{escape(words)}</text>'


def _svg(width: int, height: int, alt: str, parts: Sequence[str]) -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img"><title>{escape(alt)}</title>{"".join(parts)}</svg>'
    ).encode()
