"""Legends: what a colour means, with units."""

from html import escape

from explainer.figures.tiles import diverging, magma
from explainer.ui.theme import palette


def signed_legend(text: str) -> str:
    """The blue-to-orange ramp for numbers that can be negative."""
    return _legend(diverging(palette()), text)


def activation_legend(text: str) -> str:
    """The dark-to-bright ramp for activations."""
    return _legend(magma(), text)


def _legend(colours, text: str) -> str:
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in colours[::51].tolist())
    ramp = f'<span class="ramp" style="background: linear-gradient(90deg, {stops})"></span>'
    return f'<span class="legend">{ramp}{escape(text)}</span>'
