"""What every chapter hands over: named, with its source, large enough for a slide; nothing where there is nothing."""

import io
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from PIL import Image

from explainer.chapters import chapter
from explainer.dream.film import settings_in
from explainer.figures.slide import (
    MARGIN,
    WIDTH,
    Figure,
    Key,
    Panel,
    bars,
    plain,
    slide,
    svg_slide,
    tiles,
    typeface,
    wrapped,
)
from explainer.figures.tiles import LIGHT, magma, rgb
from explainer.ui.legends import Legend, keys_of
from tests.test_pages import opened, sound

# Every part of every chapter with a figure of its own.
PARTS = [
    ("home", {}),
    ("neuron", {}),
    *[("nonlinearity", {"bend": part}) for part in ("one matrix", "activations", "approximate")],
    *[("digits", {"digit_from": part}) for part in ("test digits", "draw", "photograph")],
    *[("backpropagation", {"stop": str(stop)}) for stop in range(1, 10)],
    ("backpropagation", {"lesson": "train"}),
    ("backpropagation", {"lesson": "tune"}),
    *[("convolution", {"scan": part}) for part in ("one filter", "ten filters", "sizes", "your picture")],
    *[("first_layer", {"sheet": part}) for part in ("filters", "maps", "strongest first")],
    *[("layers", link) for link in ({}, {"layer": "conv1", "maps_order": "in order"}, {"layer": "fc7"})],
    *[("translation", {"standing": part}) for part in ("shift a digit", "read a line")],
    *[("deconvnet", {"project_part": part}) for part in ("your picture", "opened up", "compared", "random")],
    ("deconvnet", {"project_part": "top nine", "layer": "conv2"}),
    ("deconvnet", {"project_part": "look behind", "layer": "conv5"}),
    *[("verdict", {"change": part}) for part in ("detectors", "together", "picture")],
    *[("dream", {"dream": part, "dream_steps": "8", "detector_steps": "8"}) for part in ("a name", "deepdream")],
    *[("limits", {"limit": part}) for part in ("sweep", "parts upside down", "context", "nudge")],
    *[("history", {"history_part": part}) for part in ("the race", "five networks", "paths", "why graphics chips")],
]
EMPTY = {("backpropagation", "tune"), ("backpropagation", "train")}  # at first: nothing searched for, nor trained


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def offered(monkeypatch) -> list[dict]:
    """The chapter's Download on the last run: what it makes, its name, whether it can be pressed."""
    seen, original = [], st.download_button

    def noted(label, data, file_name=None, *arguments, **options):
        if options.get("key") == "download":
            seen.append({"data": data, "name": file_name, "disabled": options.get("disabled", False)})
        return original(label, data, file_name, *arguments, **options)

    monkeypatch.setattr(st, "download_button", noted)
    return seen


@pytest.mark.parametrize(("name", "link"), PARTS, ids=lambda value: value if isinstance(value, str) else str(value))
def test_a_figure_is_ready_for_a_slide(name, link, offered):
    app = opened(name, **link)
    for _ in range(20):
        if offered and not offered[-1]["disabled"]:
            break
        app.run()
    sound(app)
    if (name, next(iter(link.values()), "")) in EMPTY:
        assert offered[-1]["disabled"]
        return
    made, file_name = offered[-1]["data"], offered[-1]["name"]
    assert not offered[-1]["disabled"]
    data = made() if callable(made) else made
    if file_name.endswith(".png"):
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            assert image.width >= 1600 and image.height > 300
            assert image.text["Title"] and chapter(name).menu in image.text["Source"]
            shown = np.asarray(image.convert("RGB"))
        assert (shown[: MARGIN // 2] == rgb(LIGHT.page)).all()  # a margin
        assert len(np.unique(shown.reshape(-1, 3)[::97], axis=0)) > 5
    elif file_name.endswith(".svg"):
        root = ElementTree.fromstring(data)
        said = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert int(root.get("width")) >= 1600 and said[-1].startswith("How Machines See · ")
        assert root.findtext("{http://www.w3.org/2000/svg}title")
    else:
        assert file_name.endswith(".csv") and len(pd.read_csv(io.BytesIO(data)).columns) > 1
    if name == "dream":
        assert settings_in(data)["objective"]


# --- the kit ----------------------------------------------------------------------------------------------


def opened_slide(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_a_panel_keeps_its_pixels_as_squares():
    tile = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    page = opened_slide(slide("Four by four", Figure([Panel(tile, "a tile", crisp=True)])))
    assert page.shape[1] == WIDTH
    first = np.argwhere((page == tile[0, 0]).all(-1))[0]
    factor = 1
    while (page[first[0], first[1] + factor] == tile[0, 0]).all():
        factor += 1
    for row in range(4):
        for column in range(4):
            square = page[
                first[0] + row * factor : first[0] + (row + 1) * factor,
                first[1] + column * factor : first[1] + (column + 1) * factor,
            ]
            assert (square == tile[row, column]).all()
    assert factor >= 100


def test_many_tiles_are_all_there():
    colours = np.stack([np.full((8, 8, 3), [i, 255 - i, 7], np.uint8) for i in range(200)])
    page = opened_slide(slide("Many", Figure(tiles(colours, [str(i) for i in range(200)]))))
    found = {tuple(colour) for colour in np.unique(page.reshape(-1, 3), axis=0).tolist()}
    assert all((i, 255 - i, 7) in found for i in range(200))


def test_long_words_are_wrapped_and_end_in_an_ellipsis():
    font = typeface(20)
    lines = wrapped("one two three four five " * 20, font, 200, most=3)
    assert len(lines) == 3 and all(font.getlength(line) <= 215 for line in lines) and lines[-1].endswith("…")
    assert wrapped("x" * 500, font, 100)[0].endswith("…")
    data = slide("A long title " * 30, Figure([Panel(np.zeros((9, 9, 3), np.uint8), "label " * 90)], "about " * 300))
    assert opened_slide(data).shape[1] == WIDTH


def test_bars_are_as_long_as_they_say():
    drawn = bars([("all", 1.0), ("half", 0.5), ("none", 0.0)], LIGHT, 640)
    orange = (drawn[..., :3] == rgb(LIGHT.positive)).all(-1) & (drawn[..., 3] == 255)
    lengths = [int(orange[76 * row + 50].sum()) for row in range(3)]
    assert abs(lengths[0] - 640) < 4 and abs(lengths[1] - 320) < 4 and lengths[2] < 10


def test_legends_say_the_same_on_paper():
    legend = Legend("<span>…</span>")
    legend.key = Key("from 0 to 1", magma())
    keys = keys_of([legend, '<span class="legend">grey: nothing &amp; more</span>'])
    assert keys[0].text == "from 0 to 1" and keys[1].text == "grey: nothing & more" and keys[1].colours is None
    assert plain("<b>a</b> &lt; b") == "a < b"


def test_foreign_words_stay_words_in_a_drawing():
    inner = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5"><rect width="10" height="5"/></svg>'
    drawn = svg_slide(inner, "<script>x</script>", about="a & b", keys=[Key("<b>", magma())], source='"quoted"')
    root = ElementTree.fromstring(drawn)
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "<script>x</script>"
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
