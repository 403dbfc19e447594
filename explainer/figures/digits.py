"""Figures of *Reading digits*: sheets of digits, what the hidden neurons look for, how they vote, the network drawn."""

from collections.abc import Sequence
from html import escape

import numpy as np
import torch
from torch import Tensor

from explainer.digits import Digits, Network, Reading, Votes, count_parameters, hidden_pictures, mistakes
from explainer.digits.data import SIDE
from explainer.figures.tiles import DARK, LIGHT, Palette, address, diverging, enlarge, magma, rgb, signed_tiles

EACH = 2  # digits of each class on the sheet
WRONG = 20  # digits on it that are read wrongly, at most


def a_digit(digit: int) -> str:
    """With its article: a 7, an 8."""
    return f"{'an' if digit == 8 else 'a'} {digit}"


def ink_tiles(images: Tensor, palette: Palette = LIGHT) -> np.ndarray:
    """Digits [N, 784], 0 to 1, from the page's colour to its ink: uint8 [N, 28, 28, 3]."""
    ink = images.reshape(-1, SIDE, SIDE, 1).clamp(0, 1).numpy()
    paper, full = np.array(rgb(palette.page), float), np.array(rgb(palette.ink), float)
    return (paper + (full - paper) * ink).round().astype(np.uint8)


def sheet_digits(network: Network, data: Digits) -> list[int]:
    """Which test digits stand on the sheet: the first few of each class, then those misread with most conviction."""
    first = [int(i) for digit in range(10) for i in (data.test_labels == digit).nonzero().flatten()[:EACH]]
    wrong = [mistake.index for mistake in mistakes(network, data.test_images, data.test_labels)]
    return first + [index for index in wrong if index not in first][:WRONG]


def neuron_tiles(network: Network, palette: Palette = LIGHT) -> np.ndarray:
    """Each hidden neuron's 784 weights, each neuron on a scale of its own: uint8 [hidden, 28, 28, 3]."""
    return np.stack([_signed_picture(picture.numpy(), palette) for picture in hidden_pictures(network)])


def _signed_picture(values: np.ndarray, palette: Palette) -> np.ndarray:
    """Numbers on a scale that their largest fiftieth passes, so that a few extremes don’t make all else pale."""
    sizes = np.abs(values)
    return signed_tiles(values, palette, float(np.quantile(sizes, 0.98)) or float(sizes.max()))


def products_row(network: Network, pixels: Tensor, neuron: int, palette: Palette = LIGHT) -> tuple[str, str]:
    """Pixels × weights = products of one hidden neuron as HTML, each picture with its name, and what they add up to."""
    weights = hidden_pictures(network)[neuron]
    picture = pixels.reshape(SIDE, SIDE)
    products = weights * picture
    parts = [ink_tiles(picture[None], palette)[0], *(_signed_picture(p.numpy(), palette) for p in (weights, products))]
    total = products.sum().item() + network.biases[0][neuron].item()
    alt = (
        f"The picture, the 784 weights of hidden neuron {neuron}, and the products of both; with the bias they add up "
        f"to {total:+.2f}, which the sigmoid turns into {torch.sigmoid(torch.tensor(total)).item():.2f}"
    )
    said = alt.replace("-", "−")
    figures = [
        f'<figure style="margin:0"><img src="{address(enlarge(tile, 7))}" '
        f'alt="{name} of hidden neuron {neuron}" style="width:100%;'
        f'image-rendering:pixelated;border:1px solid {palette.line};display:block"><figcaption class="quiet">{name}'
        "</figcaption></figure>"
        for name, tile in zip(("pixels", "weights", "products"), parts, strict=True)
    ]
    signs = ('<b style="margin-bottom:1.4em">×</b>', '<b style="margin-bottom:1.4em">=</b>')
    row = f"{figures[0]}{signs[0]}{figures[1]}{signs[1]}{figures[2]}"
    grid = "display:grid;grid-template-columns:1fr auto 1fr auto 1fr;gap:0.6rem;align-items:center;max-width:42rem"
    return f'<div style="{grid}">{row}</div>', said


def votes_table(cast: Votes, reading: Reading, palette: Palette = LIGHT) -> str:
    """Every hidden neuron's vote for every output, the biases, the sums and the outputs, as an HTML table."""
    votes = cast.votes.numpy()
    largest = float(np.abs(votes).max()) or 1.0
    digits = range(votes.shape[1])
    head = "".join(f'<th scope="col"{_mark(reading, k)}>{k}</th>' for k in digits)
    rows = [
        f'<tr><th scope="row">{j} <small>says {activation:.2f}</small></th>'
        + "".join(f"<td{cell_tint(value, largest, palette)}>{_signed(value)}</td>" for value in line)
        + "</tr>"
        for j, (activation, line) in enumerate(zip(cast.activations.tolist(), votes, strict=True))
    ]
    ends = [
        ("bias", [_signed(value) for value in cast.bias.tolist()]),
        ("sum", [_signed(value) for value in cast.z.tolist()]),
        ("output", [f"{value:.2f}" for value in cast.outputs.tolist()]),
    ]
    for name, values in ends:
        cells = "".join(f"<td{_mark(reading, k) if name == 'output' else ''}>{values[k]}</td>" for k in digits)
        rows.append(f'<tr class="end"><th scope="row">{name}</th>{cells}</tr>')
    return (
        '<div class="votes" tabindex="0" role="group" aria-label="Votes">'
        f'{TABLE_STYLE}<table><thead><tr><th scope="col">hidden</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


# Small enough to stand with what it dresses; the page's own style sheet stays the house's.
TABLE_STYLE = """<style>
.votes { overflow-x: auto; }
.votes table { table-layout: fixed; width: 100%; border-collapse: separate; border-spacing: 2px; }
.votes table { font: 0.78rem var(--mono); }
.votes th { font-weight: 400; color: var(--dim); text-align: right; padding: 0 0.35rem; white-space: nowrap; }
.votes th:first-child { width: 7.6rem; }
.votes thead th, .votes td { text-align: center; }
.votes th small { font-size: 0.7rem; opacity: 0.85; }
.votes td { padding: 0.1rem 0.2rem; border-radius: 3px; font-variant-numeric: tabular-nums; letter-spacing: -0.03em; }
.votes .first { font-weight: 700; color: var(--accent-text); }
@media (max-width: 640px) {
  .votes table { font-size: 0.75rem; border-spacing: 1px; min-width: 25rem; }
  .votes th small { display: none; }
  .votes th:first-child { width: 2.6rem; }
  .votes th, .votes td { padding: 0.15rem 0; letter-spacing: -0.06em; }
}
.votes .end th, .votes .end td { border-top: 1px solid var(--line); border-radius: 0; }
</style>"""


def parameters_table(network: Network) -> str:
    """Weights and biases counted out, layer by layer, as an HTML table."""
    rows = count_parameters(network)
    body = "".join(
        f"<tr><td>{escape(row.layer)}</td><td class='number'>{row.inputs:,} × {row.neurons} = {row.weights:,}</td>"
        f"<td class='number'>{row.biases}</td><td class='number'>{row.weights + row.biases:,}</td></tr>"
        for row in rows
    )
    total = sum(row.weights + row.biases for row in rows)
    return (
        "<div class='sums'><table><tr><th>layer</th><th>weights: inputs × neurons</th><th>biases, one a neuron</th>"
        f"<th>together</th></tr>{body}<tr><td><b>all</b></td><td></td><td></td><td class='number'><b>{total:,}</b></td>"
        "</tr></table></div>"
    )


def network_svg(network: Network, pixels: Tensor, reading: Reading, palette: Palette = LIGHT) -> tuple[bytes, str]:
    """The network reading a picture, as a drawing to keep: picture, hidden weights, wires and outputs."""
    from explainer.digits import votes

    cast = votes(network, pixels).votes.numpy()
    hidden = len(cast)
    svg = net_svg(
        pixels,
        neuron_tiles(network, palette),
        from_pixels=reading.sums[0].tolist(),
        wires=cast,
        hidden=[(magma()[round(255 * a)], f"{a:.2f}") for a in reading.hidden[0].tolist()],
        outputs=[(magma()[round(255 * a)], f"{a:.2f}") for a in reading.outputs.tolist()],
        bold=reading.guess,
        palette=palette,
    )
    alt = (
        f"A network of {hidden} hidden neurons reads a picture: its output for {reading.guess} says "
        f"{reading.outputs[reading.guess]:.2f}, the next one, for {reading.runner_up}, "
        f"{reading.outputs[reading.runner_up]:.2f}."
    )
    return svg.replace(b">", f"><title>{escape(alt)}</title>".encode(), 1), alt


def net_svg(
    pixels: Tensor,
    tiles: np.ndarray,
    *,
    from_pixels: Sequence[float],
    wires: np.ndarray,
    hidden: Sequence[tuple[Sequence[int], str]],
    outputs: Sequence[tuple[Sequence[int], str]],
    bold: int,
    palette: Palette,
    heads: Sequence[str] = ("", "", ""),
) -> bytes:
    """A digit network as a drawing: the picture, hidden neurons, outputs, and the wires between them.

    Args:
        pixels: [28, 28] or [784], 0 to 1. tiles: each hidden neuron's picture, uint8 [hidden, 28, 28, 3].
        from_pixels: what a hidden neuron gets from the picture, a wire each.
        wires: float [hidden, outputs], signed.
        hidden, outputs: colour and number of each neuron. bold: the output that stands out.
        heads: what stands over the three columns.
    """
    height = max(30 * len(hidden), 440) + 60
    places = [40 + (height - 60) * (j + 0.5) / len(hidden) for j in range(len(hidden))]
    ends = [40 + (height - 60) * (k + 0.5) / len(outputs) for k in range(len(outputs))]
    parts = [f'<rect width="760" height="{height}" fill="{palette.card}"/>']
    for x, words in zip((122, 340, 604), heads, strict=True):
        parts.append(
            f'<text x="{x}" y="24" text-anchor="middle" font-size="15" fill="{palette.dim}">{escape(words)}</text>'
        )
    parts.append(_image(24, height / 2 - 98, 196, ink_tiles(pixels.reshape(1, -1), palette)[0]))
    top = max(map(abs, from_pixels)) or 1.0
    for place, total in zip(places, from_pixels, strict=True):
        if total:
            parts.append(_wire(220, height / 2, 312, place, total / top, palette, 0.9))
    largest = float(np.abs(wires).max()) or 1.0
    for j, place in enumerate(places):
        for k, end in enumerate(ends):
            if wires[j, k]:
                parts.append(_wire(410, place, 590, end, wires[j, k] / largest, palette, 0.95))
    for tile, place, (colour, said) in zip(tiles, places, hidden, strict=True):
        parts.append(_image(314, place - 13, 26, tile))
        parts.append(_circle(352, place, 8, colour, palette))
        parts.append(_number(364, place + 5, said, 13, "400", palette))
    for k, (end, (colour, said)) in enumerate(zip(ends, outputs, strict=True)):
        parts.append(_circle(604, end, 10, colour, palette))
        parts.append(_number(628, end + 6, f"{k}  {said}", 17, "700" if k == bold else "400", palette))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" width="760" height="{height}" role="img">'
        f"{''.join(parts)}</svg>"
    ).encode()


def _mark(reading: Reading, output: int) -> str:
    return ' class="first"' if output == reading.guess else ""


def cell_tint(value: float, largest: float, palette: Palette) -> str:
    """The style of a table's cell coloured by a signed number, its figures standing out."""
    colour = diverging(palette)[round(127.5 + 127.5 * value / largest)]
    # Dark figures on light cells and the other way round, whichever stands out more.
    light = (colour / 255) ** 2.2 @ np.array([0.2126, 0.7152, 0.0722])
    bright = light > 0.18  # where black and white stand out alike
    ink = LIGHT.ink if bright else DARK.ink
    return f' style="background:rgb({colour[0]} {colour[1]} {colour[2]});color:{ink}"'


def _signed(value: float) -> str:
    text = f"{value:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def _image(x: float, y: float, side: float, pixels: np.ndarray) -> str:
    return f'<image x="{x}" y="{y:.1f}" width="{side}" height="{side}" href="{address(enlarge(pixels, 4))}"/>'


def _circle(x: float, y: float, radius: float, colour: Sequence[int], palette: Palette) -> str:
    r, g, b = colour
    return f'<circle cx="{x}" cy="{y:.1f}" r="{radius}" fill="rgb({r},{g},{b})" stroke="{palette.dim}"/>'


def _number(x: float, y: float, text: str, size: int, weight: str, palette: Palette) -> str:
    return (
        f'<text x="{x}" y="{y:.1f}" font-family="Source Code Pro, monospace" font-size="{size}" '
        f'font-weight="{weight}" fill="{palette.ink}" xml:space="preserve">{escape(text)}</text>'
    )


def _wire(x0: float, y0: float, x1: float, y1: float, share: float, palette: Palette, strongest: float) -> str:
    colour = palette.positive if share > 0 else palette.negative
    middle = (x0 + x1) / 2
    return (
        f'<path d="M{x0:.1f},{y0:.1f}C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}" fill="none" '
        f'stroke="{colour}" stroke-width="{0.5 + 4.5 * abs(share):.2f}" opacity="{strongest * abs(share) + 0.05:.2f}"/>'
    )
