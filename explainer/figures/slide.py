"""A figure to take away: its panels with their names, a title, what the colours mean, and where it comes from.

What is on the page is made of the browser's parts; this draws the same for slides and worksheets, with Pillow, in the
house's type: Streamlit brings it along as web fonts, which Pillow reads. Where that changes, DejaVu, which comes with
Matplotlib, or Pillow's own stands in.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape, unescape
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from explainer.figures.shares import in_percent
from explainer.figures.tiles import LIGHT, Palette

WIDTH = 1920  # pixels, a slide's
MARGIN, GAP, NARROW, MANY = 64, 20, 8, 40  # pixels; between panels, and between more than MANY of them
ROOM = 820  # pixels of height that the panels share at first; more where there are many
MOST = 2400
SMALLEST_CELL = 64  # pixels: no panel with a label is narrower, the slide grows instead
NAMELESS_CELL = 24  # nor one without
WIDER = 1.3  # how much wider a browser's own type may be than the house's, in drawings
TITLE, TEXT, LABEL, SMALL = 54, 30, 24, 22  # pixels of type


@dataclass(frozen=True)
class Panel:
    """One picture of a figure: uint8 [H, W, 3], or with a fourth channel where something shows through.

    label: what stands under it. crisp: enlarge its pixels as squares. numbers: [H, W], written into the squares.
    """

    pixels: np.ndarray = field(repr=False)
    label: str = ""
    crisp: bool = False
    numbers: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Key:
    """What colours mean: a ramp, uint8 [n, 3], or none, and its words."""

    text: str
    colours: np.ndarray | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Figure:
    """Panels and what is said of them.

    columns: panels in a row; as many as make them largest where not given. about: sentences under the title.
    above: panels in a row of their own before the others, larger where the others are many.
    facts: written into the file, not onto it.
    """

    panels: Sequence[Panel]
    about: str = ""
    columns: int | None = None
    above: Sequence[Panel] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


def tiles(pixels: np.ndarray, labels: Sequence[str], crisp: bool = True, colours: np.ndarray | None = None):
    """A panel for each of many tiles, uint8 [N, h, w, 3] or steps [N, h, w] on a ramp of 256 ``colours``."""
    shown = pixels if colours is None else colours[pixels]
    return [Panel(tile, label, crisp) for tile, label in zip(shown, labels, strict=True)]


def slide(
    title: str, figure: Figure, *, keys: Sequence[Key] = (), source: str = "", palette: Palette = LIGHT,
    width: int = WIDTH,
) -> bytes:  # fmt: skip
    """The figure as a PNG of ``width`` pixels, under its title and above the keys and its source."""
    wide = width - 2 * MARGIN
    heading = wrapped(title, typeface(TITLE, bold=True, serif=True), wide) if title else []
    about = wrapped(figure.about, typeface(TEXT), wide) if figure.about else []
    blocks = [
        _Block(panels, wide, columns, room)
        for panels, columns, room in (
            (figure.above, len(figure.above), ROOM / 2 if figure.panels else ROOM),
            (figure.panels, figure.columns, ROOM),
        )
        if panels
    ]
    top = MARGIN + 64 * len(heading) + (16 + 40 * len(about) if about else 0) + 28
    foot = (54 if keys else 0) + (40 if source else 0)
    page = Image.new("RGB", (width, top + sum(block.tall for block in blocks) + foot + MARGIN), palette.page)
    pen = ImageDraw.Draw(page)
    y = MARGIN
    for text in heading:
        pen.text((MARGIN, y), text, palette.ink, typeface(TITLE, bold=True, serif=True))
        y += 64
    y += 16
    for text in about:
        pen.text((MARGIN, y), text, palette.dim, typeface(TEXT))
        y += 40
    y = top
    for block in blocks:
        block.draw(page, pen, y, palette)
        y += block.tall
    if keys:
        _draw_keys(pen, page, keys, y + 12, palette)
        y += 54
    if source:
        pen.text((MARGIN, y + 12), source, palette.dim, typeface(SMALL))
    about_it = PngImagePlugin.PngInfo()
    for name, text in {"Title": title, "Source": source, **figure.facts}.items():
        about_it.add_itxt(name, text)
    file = io.BytesIO()
    page.save(file, "PNG", compress_level=6, pnginfo=about_it)
    return file.getvalue()


def svg_slide(
    drawing: bytes | str,
    title: str,
    *,
    about: str = "",
    keys: Sequence[Key] = (),
    source: str = "",
    palette: Palette = LIGHT,
) -> bytes:
    """A drawing in SVG under its title and above its keys and source, as SVG: it stays sharp at any size."""
    text = drawing.decode() if isinstance(drawing, bytes) else drawing
    inner = text[text.index("<svg") :]
    wide = WIDTH - 2 * MARGIN
    left, top, width, height = _view_box(inner)
    tall = round(wide * height / width)
    if tall > 1000:
        wide, tall = round(1000 * width / height), 1000
    parts, y = [], MARGIN
    family = "'Source Sans 3', 'Source Sans Pro', system-ui, sans-serif"
    room = (WIDTH - 2 * MARGIN) / WIDER
    for line in wrapped(title, typeface(TITLE, bold=True, serif=True), room):
        y += 56
        parts.append(
            f'<text x="{MARGIN}" y="{y}" font-size="{TITLE}" font-weight="700" fill="{palette.ink}" '
            f"font-family=\"'Source Serif 4', Georgia, serif\">{escape(line)}</text>"
        )
    for line in wrapped(about, typeface(TEXT), room) if about else []:
        y += 42
        parts.append(f'<text x="{MARGIN}" y="{y}" font-size="{TEXT}" fill="{palette.dim}">{escape(line)}</text>')
    y += 36
    opened = inner.index(">")
    box = f'<svg x="{MARGIN}" y="{y}" width="{wide}" height="{tall}" viewBox="{left} {top} {width} {height}" '
    kept = _without(inner[4:opened], ("width", "height", "viewBox", "x", "y"))
    parts.append(box + kept + inner[opened:])
    y += tall + 48
    x = MARGIN
    for number, key in enumerate(keys):
        if key.colours is not None:
            stops = "".join(
                f'<stop offset="{i / 10}" stop-color="rgb({r},{g},{b})"/>'
                for i, (r, g, b) in enumerate(_along(key.colours, 11).tolist())
            )
            parts.append(
                f'<linearGradient id="key{number}">{stops}</linearGradient>'
                f'<rect x="{x}" y="{y - 18}" width="200" height="18" rx="9" fill="url(#key{number})"/>'
            )
            x += 216
        parts.append(f'<text x="{x}" y="{y}" font-size="{SMALL}" fill="{palette.ink}">{escape(key.text)}</text>')
        x += round(WIDER * typeface(SMALL).getlength(key.text)) + 48
    y += 44 if keys else 0
    parts.append(f'<text x="{MARGIN}" y="{y}" font-size="{SMALL}" fill="{palette.dim}">{escape(source)}</text>')
    y += MARGIN - 24
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
        f'font-family="{family}"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{y}" fill="{palette.page}"/>{"".join(parts)}</svg>'
    ).encode()


def bars(rows: Sequence[tuple[str, float]], palette: Palette = LIGHT, wide: int = 640) -> np.ndarray:
    """Names with a bar each, from 0 to 100 %: uint8 [H, W, 4]."""
    line = 76
    image = Image.new("RGBA", (wide, line * len(rows)), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    for number, (name, share) in enumerate(rows):
        y, font = number * line, typeface(30, bold=number == 0)
        said = f"{in_percent(share)}"
        room = wide - typeface(28).getlength(said) - 24
        pen.text((0, y), wrapped(name, font, room, most=1)[0], palette.ink, font)
        pen.text((wide, y), said, palette.ink, typeface(28), anchor="ra")
        pen.rounded_rectangle((0, y + 44, wide - 1, y + 56), 6, palette.soft)
        pen.rounded_rectangle((0, y + 44, max(6, round(share * (wide - 1))), y + 56), 6, palette.positive)
    return np.asarray(image)


def plain(html: str) -> str:
    """A sentence of the page without its marks."""
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()


# --- type -------------------------------------------------------------------------------------------------

FACES = {
    (False, False): ("SourceSansVF-Upright", [430], "DejaVuSans.ttf"),
    (True, False): ("SourceSansVF-Upright", [650], "DejaVuSans-Bold.ttf"),
    (False, True): ("SourceSerifVariable-Roman", [430, 30], "DejaVuSerif.ttf"),
    (True, True): ("SourceSerifVariable-Roman", [700, 40], "DejaVuSerif-Bold.ttf"),
}


@cache
def typeface(size: int, bold: bool = False, serif: bool = False) -> ImageFont.FreeTypeFont:
    """The house's type in pixels of size, or what stands in for it."""
    name, axes, other = FACES[bold, serif]
    for package, folder, pattern in (
        ("streamlit", "static/static/media", f"{name}*.woff2"),
        ("matplotlib", "mpl-data/fonts/ttf", other),
    ):
        found = find_spec(package)
        for path in sorted((Path(found.origin).parent / folder).glob(pattern)) if found and found.origin else ():
            try:
                font = ImageFont.truetype(path, size)
                if package == "streamlit":
                    font.set_variation_by_axes(axes)
                return font
            except OSError:  # a build of FreeType that can't open web fonts
                continue
    return ImageFont.load_default(size)


def wrapped(text: str, font: ImageFont.FreeTypeFont, wide: float, most: int = 6) -> list[str]:
    """Text in lines of at most ``wide`` pixels; what does not fit into ``most`` lines ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or font.getlength(longer) <= wide:
            lines[-1] = longer
        else:
            lines.append(word)
    for place, line in enumerate(lines):
        if font.getlength(line) > wide:
            while line and font.getlength(f"{line}…") > wide:
                line = line[:-1]
            lines[place] = f"{line}…"
    if len(lines) > most:
        lines = [*lines[: most - 1], wrapped(" ".join(lines[most - 1 :]) + "…", font, wide, 10**6)[0] + "…"]
    return lines


# --- where things stand -----------------------------------------------------------------------------------


class _Block:
    """Panels in rows: as large as their room allows, or so many in a row as asked for."""

    def __init__(self, panels: Sequence[Panel], wide: int, columns: int | None, room: float):
        self.panels, count = panels, len(panels)
        self.gap = NARROW if count > MANY else GAP
        aspect = max(panel.pixels.shape[0] / panel.pixels.shape[1] for panel in panels)
        labelled = 2 * LABEL if any(panel.label for panel in panels) else 0

        def cell_in(columns: int, room: float) -> int:
            across = (wide - (columns - 1) * self.gap) / columns
            down = (room / -(-count // columns) - labelled * min(1, across / 110) - GAP) / aspect
            return int(min(across, down))

        if columns:
            self.columns = min(columns, count)
            self.cell = max(1, cell_in(self.columns, room if self.columns == count else MOST))
        else:
            self.columns = max(range(1, count + 1), key=lambda n: cell_in(n, room))
            self.cell = cell_in(self.columns, room)
            least = SMALLEST_CELL if labelled else NAMELESS_CELL
            if self.cell < least:
                self.columns, self.cell = (wide + self.gap) // (least + self.gap), least
        self.size = max(_scaled(panel, self.cell)[1] for panel in panels)
        self.font = typeface(LABEL if self.cell >= 110 else max(14, round(LABEL * self.cell / 110)))
        self.line = round(1.25 * self.font.size)
        self.labels = [wrapped(panel.label, self.font, self.cell, most=4) if panel.label else [] for panel in panels]
        self.rows = [range(at, min(at + self.columns, count)) for at in range(0, count, self.columns)]
        self.heights = [self.size + max(len(self.labels[i]) for i in row) * self.line + GAP for row in self.rows]

    @property
    def tall(self) -> int:
        return sum(self.heights)

    def draw(self, page: Image.Image, pen: ImageDraw.ImageDraw, y: int, palette: Palette) -> None:
        for row, height in zip(self.rows, self.heights, strict=True):
            for place, i in enumerate(row):
                x = MARGIN + place * (self.cell + self.gap)
                picture = _enlarged(self.panels[i], self.cell, palette)
                page.paste(picture, (x, y), picture.getchannel("A"))
                for number, text in enumerate(self.labels[i]):
                    where = x, y + picture.height + 6 + number * self.line
                    pen.text(where, text, palette.ink, self.font)
            y += height


def _scaled(panel: Panel, cell: int) -> tuple[int, int]:
    """Width and height of a panel in a cell: whole multiples where its pixels are to stay squares."""
    height, width = panel.pixels.shape[:2]
    if panel.crisp and cell >= width:
        factor = cell // width
        return width * factor, height * factor
    return cell, max(1, round(height * cell / width))


def _enlarged(panel: Panel, cell: int, palette: Palette) -> Image.Image:
    width, height = _scaled(panel, cell)
    how = Image.Resampling.NEAREST if panel.crisp and cell >= panel.pixels.shape[1] else Image.Resampling.LANCZOS
    image = Image.fromarray(np.ascontiguousarray(panel.pixels)).convert("RGBA").resize((width, height), how)
    if panel.numbers is not None:
        _write_numbers(image, panel, palette)
    return image


def _write_numbers(image: Image.Image, panel: Panel, palette: Palette) -> None:
    rows, columns = panel.numbers.shape
    side = image.width / columns
    if side < 26:
        return
    said = [[_short(float(value)) for value in line] for line in panel.numbers]
    longest = max((text for line in said for text in line), key=len)
    size = max(8, min(round(side * 0.34), round(0.86 * side * 40 / max(1.0, typeface(40).getlength(longest)))))
    pen, font = ImageDraw.Draw(image), typeface(size)
    for row in range(rows):
        for column in range(columns):
            light = panel.pixels[row, column, :3] @ np.array([0.2126, 0.7152, 0.0722]) > 120
            where = (column + 0.5) * side, (row + 0.5) * image.height / rows
            pen.text(where, said[row][column], LIGHT.ink if light else "#FFFFFF", font, anchor="mm")


def _short(value: float) -> str:
    text = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2g}"
    return text.replace("-", "−")


def _draw_keys(pen: ImageDraw.ImageDraw, page: Image.Image, keys: Sequence[Key], y: int, palette: Palette) -> None:
    x, font = MARGIN, typeface(SMALL)
    for key in keys:
        if key.colours is not None:
            ramp = Image.fromarray(np.broadcast_to(_along(key.colours, 200), (18, 200, 3)).astype(np.uint8))
            page.paste(ramp, (x, y + 6))
            x += 216
        pen.text((x, y), key.text, palette.ink, font)
        x += round(font.getlength(key.text)) + 48


def _along(colours: np.ndarray, count: int) -> np.ndarray:
    return colours[np.linspace(0, len(colours) - 1, count).round().astype(int)]


def _view_box(svg: str) -> tuple[float, float, float, float]:
    root = ElementTree.fromstring(svg)
    if box := root.get("viewBox"):
        return tuple(float(number) for number in box.replace(",", " ").split())
    return 0.0, 0.0, float(root.get("width", "1").rstrip("px")), float(root.get("height", "1").rstrip("px"))


def _without(attributes: str, names: Sequence[str]) -> str:
    return re.sub(rf'\s({"|".join(names)})="[^"]*"', "", attributes)
