"""A filter over three sheets: PyTorch's convolution with three channels, and what the drawn filters find."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from explainer.chapters.convolution.colour import FILTERS, OWN, PICTURES, as_light, colour_scan, products
from explainer.chapters.convolution.colour_view import colour_figure, in_colours
from explainer.figures.tiles import LIGHT
from explainer.gallery import sample
from tests.test_pages import opened, sound


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("weights", FILTERS)
def test_three_sheets_make_one_map(picture, weights):
    scan = colour_scan(PICTURES[picture], FILTERS[weights])
    expected = F.conv2d(torch.tensor(scan.picture)[None].double(), torch.tensor(scan.weights)[None])[0, 0]
    np.testing.assert_allclose(scan.map, expected, atol=1e-9)
    np.testing.assert_allclose(scan.parts.sum(0), scan.map)
    assert scan.picture.shape == (3, 10, 10) and scan.picture.min() >= 0 and scan.picture.max() <= 100
    assert products() == 48


@pytest.mark.parametrize(
    ("picture", "weights", "place"),
    [
        ("stoplight", "red spot", (1, 3)), ("stoplight", "green spot", (5, 3)), ("flower", "yellow spot", (3, 3)),
        ("flag", "white left of red", (0, 5)),
    ],
)  # fmt: skip
def test_filters_find_their_colour(picture, weights, place):
    scan = colour_scan(PICTURES[picture], FILTERS[weights])
    assert scan.map[place] == scan.map.max()


def test_a_photograph_becomes_ten_by_ten():
    pixels = sample("cat").pixels
    light = as_light(pixels)
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    block = pixels[top : top + side // 10, left : left + side // 10].reshape(-1, 3).mean(0) * 100 / 255
    assert light.shape == (3, 10, 10) and np.abs(light[:, 0, 0] - block).max() < 3
    np.testing.assert_array_equal(as_light(in_colours(light)), light)


def test_colour_on_the_page():
    app = opened("convolution", scan_in="colour", colour_picture="flower", colour_filter="yellow spot")
    assert "48 products, still one sum" in sound(app)
    app.selectbox(key="colour_picture").set_value(OWN).run()
    assert sound(app) and "colour_picture" in app.query_params
    assert len(colour_figure(colour_scan(PICTURES["flag"], FILTERS["red spot"]), LIGHT).panels) == 8
