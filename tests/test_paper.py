"""Figures on paper: signs told apart without colour, white grounds from either theme, photographs as they are."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from explainer.figures.paper import WIDE, grey, grey_drawing, grey_picture, small
from explainer.figures.slide import Figure, Panel
from explainer.figures.tiles import DARK, LIGHT, diverging, magma, png, rgb
from explainer.ui.taking_away import for_paper

both = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


@both
def test_what_is_positive_prints_dark_and_what_is_negative_light(palette):
    shades = grey(diverging(palette)[None])[0].astype(int)
    negative, zero, positive = shades[0], shades[128], shades[255]
    assert positive + 80 < negative and negative + 60 < zero and zero > 235
    assert (np.diff(shades[:127]) >= 0).all() and (np.diff(shades[128:]) <= 0).all()


def test_the_more_of_an_activation_the_darker():
    shades = grey(magma()[None])[0].astype(int)
    assert shades[0] == 255 and shades[-1] < 5 and (np.diff(shades) <= 0).all()


def test_photographs_stay_as_bright_as_they_are():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    expected = np.asarray(Image.fromarray(pixels).convert("L"), int)
    assert np.abs(grey(pixels).astype(int) - expected).max() <= 1
    assert (grey(np.full((4, 4, 3), 17, np.uint8)) == 17).all(), "a dark photograph is no dark page"


@both
def test_a_drawing_prints_on_white_with_its_pictures(palette):
    tile = base64.b64encode(png(np.full((4, 4, 3), rgb(palette.negative), np.uint8))).decode()
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect fill="{palette.card}"/>'
        f'<text fill="{palette.ink}">7</text><path stroke="{palette.positive}"/>'
        f'<path stroke="rgb({",".join(map(str, rgb(palette.negative)))})"/>'
        f'<image href="data:image/png;base64,{tile}"/></svg>'
    )
    found = grey_drawing(drawing.encode()).decode()
    assert re.findall("#[0-9A-F]{6}", found) == ["#FFFFFF", "#000000", "#323232"] and "rgb(165,165,165)" in found
    (inner,) = re.findall(r"base64,([^\"]+)", found)
    assert np.unique(np.asarray(Image.open(io.BytesIO(base64.b64decode(inner))).convert("L"))).tolist() == [165]


@both
def test_a_figure_of_panels_is_small_light_and_without_its_frame(palette):
    panels = [Panel(np.full((30, 30, 3), rgb(palette.soft), np.uint8), "nothing") for _ in range(3)]
    panels[1] = Panel(np.full((30, 30, 3), rgb(palette.positive), np.uint8), "all")
    seen = Image.open(io.BytesIO(for_paper(Figure(panels, "about"))))
    shades = np.asarray(seen.convert("L"))
    assert seen.width <= WIDE and shades.mean() > 150 and shades[5, 5] > 235 and shades[60, seen.width // 2] < 70
    assert for_paper(b"a,b\n1,2\n") is None


def test_a_picture_keeps_what_shows_through():
    pixels = np.zeros((2, 2, 4), np.uint8)
    assert grey_picture(pixels).shape == (2, 2, 4) and (grey_picture(pixels)[..., 3] == 0).all()


def test_the_white_around_a_picture_is_cut_off():
    page = np.full((200, 3000, 3), 255, np.uint8)
    page[80:120, 500:2500] = 0
    assert Image.open(io.BytesIO(small(png(page)))).size == (WIDE, round(48 * WIDE / 2008))
