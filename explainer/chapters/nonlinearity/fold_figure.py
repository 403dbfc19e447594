"""Exclusive-or to take away: the plane with two neurons' lines, and the plane folded by them."""

from collections.abc import Sequence
from html import escape

import numpy as np

from explainer.chapters.nonlinearity.fold import (
    CORNERS,
    HIGH,
    LOW,
    MIDDLE,
    NAMES,
    WANTED,
    Line,
    hidden,
    widest_gap,
)
from explainer.figures.tiles import LIGHT, Palette

_SIDE, _LEFTS, _TOP = 300, (20, 340), 20


def fold_svg(lines: Sequence[Line], bend: str, palette: Palette = LIGHT) -> bytes:
    """Two squares: the plane of lights with both lines, and where its sheet and its corners go. SVG."""
    even, fine = np.linspace(LOW, HIGH, 17), np.linspace(LOW, HIGH, 65)
    sheet = [np.stack([np.full(65, a), fine], 1) for a in even] + [np.stack([fine, np.full(65, b)], 1) for b in even]
    image = [hidden(lines, bend, line) for line in sheet]
    corners = hidden(lines, bend, CORNERS)
    every = np.concatenate([*image, corners])
    centre, span = (every.min(0) + every.max(0)) / 2, 1.12 * max(0.5, np.ptp(every, axis=0).max())
    gap = widest_gap(corners, WANTED)
    alt = "Two neurons' lines on the plane of two lights, and the plane folded by them"
    parts = [f'<rect width="660" height="340" fill="{palette.card}"/>']
    for left, drawn, places, middle, size in (
        (_LEFTS[0], sheet, CORNERS, np.full(2, MIDDLE), HIGH - LOW),
        (_LEFTS[1], image, corners, centre, span),
    ):
        clip = f"side{left}"
        frame = f'<rect x="{left}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" rx="8"'
        parts.append(
            f'<clipPath id="{clip}">{frame}/></clipPath>{frame} fill="{palette.page}" stroke="{palette.line}"/>'
        )
        inside = [_line(_pixels(line, left, middle, size), palette.dim, 1, 0.5) for line in drawn]
        if left == _LEFTS[0]:
            inside += [_line(_pixels(_ends(line), left, middle, size), palette.ink, 2.2) for line in lines]
        elif gap:
            normal = np.array(gap.normal)
            along = normal * gap.middle + np.outer([-20, 20], [-normal[1], normal[0]])
            inside.append(_line(_pixels(along, left, middle, size), palette.ink, 2.4))
        for place, kind, name in zip(_pixels(places, left, middle, size), WANTED, NAMES, strict=True):
            inside.append(_corner(place, palette.positive if kind > 0 else palette.negative, name, palette))
        parts.append(f'<g clip-path="url(#{clip})">{"".join(inside)}</g>')
    head = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 340" width="660" height="340" role="img"'
    return f"<svg {head}><title>{escape(alt)}</title>{''.join(parts)}</svg>".encode()


def _ends(line: Line) -> np.ndarray:
    """Two places on a line, far apart."""
    angle = np.radians(line.angle)
    normal = np.array([np.cos(angle), np.sin(angle)])
    return MIDDLE + line.offset * normal + np.outer([-4, 4], [-normal[1], normal[0]])


def _pixels(places: np.ndarray, left: float, middle: np.ndarray, size: float) -> np.ndarray:
    return (places - middle) / size * [_SIDE, -_SIDE] + [left + _SIDE / 2, _TOP + _SIDE / 2]


def _line(points: np.ndarray, colour: str, width: float, opacity: float = 1) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width}" opacity="{opacity}" '
        'stroke-linejoin="round"/>'
    )


def _corner(place: np.ndarray, colour: str, name: str, palette: Palette) -> str:
    x, y = place
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="{colour}"/><text x="{x + 11:.1f}" y="{y - 9:.1f}" '
        f'font-family="Source Sans, sans-serif" font-size="15" fill="{palette.ink}">{escape(name)}</text>'
    )
