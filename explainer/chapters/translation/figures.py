"""Figures of *Where it stands matters*: maps of accuracy by shift, a line of digits as it was read, the comparison."""

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from explainer.chapters.translation.shifting import ShiftMap
from explainer.digits.lines import Compared, Found, Scan
from explainer.figures.slide import Figure, Panel, typeface
from explainer.figures.tiles import LIGHT, Palette, enlarge, magma, rgb

_STRIP_SCALE = 4


def accuracy_figure(found: ShiftMap, on_sheet: bool, palette: Palette = LIGHT) -> Figure:
    """Both networks' maps side by side with their axes: the share of digits read rightly at every shift."""
    second = found.on_sheet if on_sheet else found.convolutional
    named = (
        (found.fully_connected, "fully connected: weights for each pixel"),
        (second, "convolutional: the same weights everywhere" + (", the digit on a larger sheet" if on_sheet else "")),
    )
    panels = [Panel(_with_axes(_on_magma(values, palette), palette), name) for values, name in named]
    middle = found.fully_connected.shape[0] // 2
    centre = [_percent(values[middle, middle].item()) for values, _ in named]
    about = (
        f"A square is a shift, in pixels. In the middle, where the digits were written, the networks are right on "
        f"{centre[0]} and {centre[1]} of {found.digits:,} digits."
    )
    return Figure(panels, about)


def _with_axes(tile: np.ndarray, palette: Palette, cell: int = 36) -> np.ndarray:
    """A map of shifts with its numbers: uint8 [n, n, 3] → uint8 [h, w, 4]."""
    side, reach = cell * len(tile), len(tile) // 2
    left, under = 92, 92
    image = Image.new("RGBA", (left + side, side + under), (0, 0, 0, 0))
    image.paste(Image.fromarray(enlarge(tile, cell)), (left, 0))
    pen, font = ImageDraw.Draw(image), typeface(26)
    for shift in (-reach, -reach // 2, 0, reach // 2, reach):
        at = (shift + reach + 0.5) * cell
        text = f"{shift:+d}".replace("-", "−") if shift else "0"
        pen.text((left + at, side + 8), text, palette.ink, font, anchor="ma")
        pen.text((left - 12, at), text, palette.ink, font, anchor="rm")
    pen.text((left + side / 2, side + 46), "shifted right, pixels", palette.ink, font, anchor="ma")
    down = Image.new("RGBA", (420, 36), (0, 0, 0, 0))
    ImageDraw.Draw(down).text((210, 0), "shifted down, pixels", palette.ink, font, anchor="ma")
    image.alpha_composite(down.rotate(90, expand=True), (0, side // 2 - 210))
    return np.asarray(image)


def accuracy_table(found: ShiftMap, on_sheet: bool) -> str:
    """How often each network is right in the middle, and at each distance on average, as an HTML table."""
    second = found.on_sheet if on_sheet else found.convolutional
    both = _rings(found.fully_connected), _rings(second)
    rows = []
    for radius in (0, 1, 2, 4, 6, 8, 10):
        shares = [_percent(shares[radius]) for shares in both]
        name = "where it was written" if radius == 0 else f"{radius} pixel{'s' if radius > 1 else ''} off"
        rows.append(f"<tr><td>{name}</td>" + "".join(f'<td class="number">{share}</td>' for share in shares) + "</tr>")
    return (
        '<div class="sums"><table><tr><th>digit stands</th><th>fully connected</th><th>convolutional</th></tr>'
        + "".join(rows)
        + "</table></div>"
    )


def _rings(values: torch.Tensor) -> list[float]:
    """The mean over all shifts of the same size, from 0 on; NaN where nothing is computed yet."""
    reach = values.shape[0] // 2
    steps = torch.arange(-reach, reach + 1).abs()
    distance = torch.maximum(steps[:, None], steps[None, :])
    return [values[distance == radius].nanmean().item() for radius in range(reach + 1)]


def half_words(found: ShiftMap | None) -> str:
    """How far a digit may move before the fully connected network is wrong more often than right, in sentences."""
    if found is None or not bool(found.fully_connected.isfinite().all()):
        return "Wait until its map is finished, and ask again."
    shares = _rings(found.fully_connected)
    lost = next((radius for radius, share in enumerate(shares) if share < 0.5), None)
    if not lost:
        return f"It never is: even {len(shares) - 1} pixels off it reads {_percent(shares[-1])}."
    return (
        f"By {lost}: there it reads {_percent(shares[lost])} of the test digits, averaged over all directions. "
        f"With {lost - 1 or 'none'}, it is {_percent(shares[lost - 1])}."
    )


def loss_words(found: ShiftMap | None) -> str:
    """Why the convolutional network loses a little far from the middle, in sentences."""
    if found is None or not bool(found.convolutional.isfinite().all() and found.on_sheet.isfinite().all()):
        return "Wait until its map is finished, and ask again."
    framed, free = _rings(found.convolutional), _rings(found.on_sheet)
    last = len(framed) - 1
    return (
        f"In the frame it reads {_percent(framed[0])} in the middle, {_percent(framed[2])} at 2 pixels off, where "
        f"nothing is cut off, and {_percent(framed[last])} at {last}, where part of the digit is gone: a 7 without its "
        f"bar is hard to tell from a 1. On a *sheet* it is {_percent(free[last])}. What is left of the loss comes from "
        "pooling, which looks at blocks of two: a shift by one pixel sorts the ink into other blocks."
    )


def windows_words(height: int, width: int, side: int = 28) -> str:
    """How many windows fit into a line, and how often a pixel is looked at, in sentences."""
    across, down = width - side + 1, height - side + 1
    most = min(side, across) * min(side, down)
    return (
        f"{across:,} across and {down} down: {across * down:,}. A pixel in the middle is looked at {most} times, "
        "one in a corner once."
    )


def strip_figure(strip: Tensor, scan: Scan | None, found: list[Found], palette: Palette = LIGHT) -> Figure:
    """A line of digits with boxes around those found, and below it what each of the ten outputs says everywhere."""
    paper, ink = (np.array(rgb(colour), float) for colour in (palette.page, palette.ink))
    picture = enlarge((paper + (ink - paper) * strip.numpy()[..., None]).round().astype(np.uint8), _STRIP_SCALE)
    for one in found:
        top, left, bottom, right = (value * _STRIP_SCALE for value in one.box)
        for edge in (np.s_[top : top + 3, left:right], np.s_[bottom - 3 : bottom, left:right]):
            picture[edge] = rgb(palette.positive)
        for edge in (np.s_[top:bottom, left : left + 3], np.s_[top:bottom, right - 3 : right]):
            picture[edge] = rgb(palette.positive)
    panels = [Panel(picture, "the line; a box around every digit found")]
    if scan is not None:
        before = (strip.shape[1] - scan.maps.shape[2]) // 2
        for digit, values in enumerate(scan.maps):
            row = np.full((values.shape[0], strip.shape[1], 3), rgb(palette.card), np.uint8)
            row[:, before : before + values.shape[1]] = _on_magma(values, palette)
            panels.append(Panel(row, f"the output for {digit}"))
    return Figure(panels[1:], above=panels[:1], columns=2)


def comparison_table(both: Compared) -> str:
    """The same maps computed both ways, as an HTML table."""
    rows = [
        (f"window by window: {both.windows:,} times", both.window_seconds),
        ("as one convolution: once", both.convolution_seconds),
    ]
    body = "".join(
        f'<tr><td>{name}</td><td class="number">{1000 * seconds:,.1f} ms</td></tr>' for name, seconds in rows
    )
    return (
        f'<div class="sums"><table><tr><th>way</th><th>time, measured just now</th></tr>{body}'
        f'<tr><td>largest difference of any output anywhere</td><td class="number">'
        f"{both.largest_difference:.1e}</td></tr>".replace("e-", "e−")
        + f'<tr><td><b>faster</b></td><td class="number"><b>{both.times_faster:,.0f} times</b></td></tr></table></div>'
    )


def _percent(share: float) -> str:
    return "…" if share != share else f"{100 * share:.1f}%"


def _on_magma(values: Tensor, palette: Palette) -> np.ndarray:
    """Numbers from 0 to 1 on the ramp, NaN in the soft colour: [H, W] → uint8 [H, W, 3]."""
    known = ~values.isnan().numpy()
    steps = (values.nan_to_num(0.0).clamp(0, 1) * 255).round().long().numpy()
    picture = magma()[steps]
    picture[~known] = rgb(palette.soft)
    return picture
