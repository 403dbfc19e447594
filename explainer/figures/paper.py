"""Figures on paper: the house's colours as shades that a printer keeps apart, white where the screen may be dark.

Converted as photographs are, orange and blue would become the same grey. Here what is positive prints dark and what is
negative light; a zero, the page and whatever is only its ground stay white.
"""

import base64
import io
import re
from dataclasses import replace
from functools import cache

import numpy as np
from PIL import Image

from explainer.figures.tiles import DARK, LIGHT, Palette, diverging, magma, rgb

WIDE, SHADES = 1280, 64  # pixels across a sheet of paper; shades of grey
WHITE = replace(LIGHT, page="#FFFFFF", ink="#000000")
LUMINANCE = np.array([0.299, 0.587, 0.114])  # as photographs are made grey: ITU-R BT.601
POSITIVE, NEGATIVE = 50, 165  # how dark orange and blue print, of 255 for paper
FLAT = {
    "page": 255, "card": 255, "soft": 245, "ink": 0, "dim": 85, "line": 205, "right": 110,
    "positive": POSITIVE, "negative": NEGATIVE,
}  # fmt: skip
MOSTLY = 0.5  # a picture with so large a share of the house's colours was drawn, not taken
EMBEDDED = re.compile(r"data:image/(?:png|jpeg|webp);base64,([A-Za-z0-9+/=]+)")
HEX, RGB = re.compile(r"#[0-9A-Fa-f]{6}\b"), re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)")


@cache
def _table(palette: Palette | None) -> tuple[np.ndarray, np.ndarray]:
    """A theme's colours as sorted numbers, and the shade of each: the ramp for signed numbers, and what has a name.

    None: of activations, whose dark ground would eat ink; the more there is, the darker they print.
    """
    if palette is None:
        codes, places = np.unique(_codes(magma()), return_index=True)
        return codes, 255.0 - places
    shades = np.interp(np.linspace(0, 2, 256), [0, 1, 2], [NEGATIVE, FLAT["soft"], POSITIVE])
    found = dict(zip(_codes(diverging(palette)).tolist(), shades.tolist(), strict=True))
    found |= {int(_codes(np.array(rgb(getattr(palette, name))))): float(shade) for name, shade in FLAT.items()}
    codes = np.array(sorted(found))
    return codes, np.array([found[code] for code in codes.tolist()])


def _codes(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.int64)[..., :3] @ np.array([1 << 16, 1 << 8, 1])


def grey(pixels: np.ndarray) -> np.ndarray:
    """Colours as shades of grey: uint8 [..., 3] → uint8 [...]; those that are not the house's stay as bright."""
    plain, codes = pixels[..., :3] @ LUMINANCE, _codes(pixels)
    shades = plain
    for palette in (LIGHT, DARK, None):
        known, shade = _table(palette)
        at = np.searchsorted(known, codes).clip(max=len(known) - 1)
        drawn = known[at] == codes
        if drawn.mean() >= MOSTLY:
            shades = np.where(drawn, shade[at], 255 - plain if palette is DARK else plain)
            break
    return shades.round().clip(0, 255).astype(np.uint8)


def grey_picture(pixels: np.ndarray) -> np.ndarray:
    """The same for a picture, uint8 [H, W, 3 or 4] → uint8 of that shape, so that it can be set among others."""
    return np.concatenate([np.repeat(grey(pixels)[..., None], 3, axis=-1), pixels[..., 3:]], axis=-1)


def grey_drawing(svg: bytes) -> bytes:
    """A drawing whose colours, and those of the pictures in it, are shades for paper."""
    text = svg.decode()
    dark = DARK.ink.lower() in text.lower()
    themes = (None, DARK) if dark else (None, LIGHT)
    known = {code: shade for theme in themes for code, shade in zip(*map(list, _table(theme)), strict=True)}

    def shade(colour: tuple[int, int, int]) -> int:
        plain = float(np.array(colour) @ LUMINANCE)
        return round(known.get(int(_codes(np.array(colour))), 255 - plain if dark else plain))

    def picture(found: re.Match) -> str:
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGBA"))
        file = io.BytesIO()
        Image.fromarray(grey_picture(pixels)).convert("LA").save(file, "PNG", optimize=True)
        return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"

    text = EMBEDDED.sub(picture, text)
    text = HEX.sub(lambda found: f"#{shade(rgb(found[0])):02X}" + 2 * f"{shade(rgb(found[0])):02X}", text)
    return RGB.sub(
        lambda found: found[0][: found[0].index("(")] + "({0},{0},{0}".format(shade(tuple(map(int, found.groups())))),
        text,
    ).encode()


def small(picture: bytes) -> bytes:
    """A picture's file in few shades of grey, no wider than paper needs, without the white around it."""
    image = Image.open(io.BytesIO(picture)).convert("L")
    ink = image.point(lambda level: 255 * (level < 250)).getbbox() or (0, 0, *image.size)
    image = image.crop((max(0, ink[0] - 4), max(0, ink[1] - 4), ink[2] + 4, ink[3] + 4))
    if image.width > WIDE:
        image = image.resize((WIDE, round(image.height * WIDE / image.width)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.quantize(SHADES).save(file, "PNG", optimize=True)
    return file.getvalue()
