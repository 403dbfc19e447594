"""The few pieces of SVG that the drawings are put together from."""

from collections.abc import Sequence
from html import escape

FONT = "Source Sans, Helvetica, Arial, sans-serif"


def pick(name: object, label: str, inner: Sequence[str]) -> str:
    """A part of a drawing that can be pointed at and picked."""
    return f'<g data-pick="{name}"><title>{escape(label)}</title>{"".join(inner)}</g>'


def text(x, y, words, colour: str, size: float, anchor: str = "start", weight: int = 400, halo: str = "") -> str:
    """One line of words; with a ``halo`` of the ground's colour where lines run behind it."""
    around = f' stroke="{halo}" stroke-width="4" paint-order="stroke"' if halo else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" text-anchor="{anchor}" '
        f'font-weight="{weight}"{around}>{escape(str(words))}</text>'
    )


def rect(x: float, y: float, wide: float, high: float, look: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:.1f}" width="{wide:.2f}" height="{high:.1f}" {look}/>'


def line(x: float, y: float, to_x: float, to_y: float, colour: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}"{dashed}/>'


def svg(wide: float, high: float, alt: str, parts: Sequence[str]) -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high:.0f}" font-family="{FONT}" '
        f'aria-label="{escape(alt, quote=True)}">{"".join(parts)}</svg>'
    ).encode()
