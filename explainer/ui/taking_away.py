"""What a chapter hands over for download: its figure under a title, with its keys and its source."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from explainer.chapters import Chapter
from explainer.figures.paper import WHITE, WIDE, grey_drawing, grey_picture, small
from explainer.figures.slide import Figure, Panel, slide, svg_slide
from explainer.figures.tiles import Palette
from explainer.gallery import SAMPLES
from explainer.ui import state
from explainer.ui.legends import keys_of

APP = "How Machines See"
PNG, SVG = b"\x89PNG", b"<svg"

Made = bytes | np.ndarray | Figure
Download = Made | Callable[[], Made]


def source_line(chapter: Chapter, values: Mapping[str, object]) -> str:
    """Where a figure comes from: the app and its chapter; the picture and the network where the chapter uses them."""
    said = [APP, chapter.menu]
    if "picture" in values:
        name = values["picture"]
        said.append(f"picture: {SAMPLES[name].title.lower() if name in SAMPLES else 'one of our own'}")
    if "network" in values:
        said.append(f"network: {state.current_network().label}")
    return " · ".join(said)


def finished(made: Made, title: str, legends: Sequence[str], source: str, palette: Palette, about: str = "") -> bytes:
    """A picture, panels or a drawing as a file for slides; other files, tables for example, as they are."""
    keys = keys_of(legends)
    if isinstance(made, bytes) and made.lstrip()[:4] == SVG:
        return svg_slide(made, title, about=about, keys=keys, source=source, palette=palette)
    if isinstance(made, bytes) and made[:4] == PNG:
        made = np.asarray(Image.open(io.BytesIO(made)).convert("RGB"))
    if isinstance(made, np.ndarray):
        made = Figure([Panel(made)], about)
    if isinstance(made, Figure):
        return slide(title, made, keys=keys, source=source, palette=palette)
    return made


def for_paper(made: Made) -> bytes | None:
    """The figure alone in shades of grey, for a sheet that says the rest around it; None where it is no picture."""
    if isinstance(made, bytes) and made.lstrip()[:4] in (SVG, b"<?xm"):
        return grey_drawing(made[made.index(SVG) :])
    if isinstance(made, bytes) and made[:4] == PNG:
        made = np.asarray(Image.open(io.BytesIO(made)).convert("RGB"))
    if isinstance(made, np.ndarray):
        made = Figure([Panel(made)])
    if not isinstance(made, Figure):
        return None
    above, panels = (
        [replace(one, pixels=grey_picture(one.pixels)) for one in row] for row in (made.above, made.panels)
    )
    figure = replace(made, above=above, panels=panels, about="")
    return small(slide("", figure, palette=WHITE, width=WIDE))
