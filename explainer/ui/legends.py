"""Legends: what a colour means, with units."""

from html import escape

import numpy as np

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


def _legend(colours, text: str) -> str:
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in colours[::51].tolist())
    ramp = f'<span class="ramp" style="background: linear-gradient(90deg, {stops})"></span>'
    return f'<span class="legend">{ramp}{escape(text)}</span>'
