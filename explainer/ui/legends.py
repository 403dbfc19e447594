"""Legends: what a colour means, with units."""

import re
from collections.abc import Sequence
from html import escape, unescape

import numpy as np

from explainer.figures.slide import Key
from explainer.figures.tiles import diverging, magma, rgb
from explainer.ui.theme import palette


def signed_legend(text: str) -> str:
    """The blue-to-orange ramp for numbers that can be negative."""
    return _legend(diverging(palette()), text)


def activation_legend(text: str) -> str:
    """The dark-to-bright ramp for activations."""
    return _legend(magma(), text)


def count_legend(text: str) -> str:
    """From neutral to orange, for how often something happens."""
    return _legend(diverging(palette())[128:].repeat(2, axis=0), text)


def ink_legend(text: str = "ink: 0 to 100") -> str:
    """From the page's colour to its ink, for amounts."""
    shades = np.linspace(rgb(palette().page), rgb(palette().ink), 256).astype(np.uint8)
    return _legend(shades, text)


class Legend(str):
    """A legend's HTML, which knows what it is made of: its words, and the colours of its ramp if it has one."""

    key: Key


def words_legend(text: str, html: str | None = None) -> Legend:
    """Words without a ramp; ``html`` where they are more than words."""
    legend = Legend(f'<span class="legend">{escape(text)}</span>' if html is None else html)
    legend.key = Key(text)
    return legend


def keys_of(legends: Sequence[str]) -> list[Key]:
    """What a figure that is taken away says of its colours: the same as the page."""
    return [
        legend.key if isinstance(legend, Legend) else Key(unescape(re.sub(r"<[^>]+>", " ", legend)).strip())
        for legend in legends
    ]


def _legend(colours, text: str) -> Legend:
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in colours[::51].tolist())
    ramp = f'<span class="ramp" style="background: linear-gradient(90deg, {stops})"></span>'
    legend = Legend(f'<span class="legend">{ramp}{escape(text)}</span>')
    legend.key = Key(text, colours)
    return legend
