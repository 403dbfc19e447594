"""Tiles, sheets and ramps: every pixel by hand arithmetic."""

import io

import numpy as np
import pytest
from PIL import Image

from explainer.figures.maps import map_sheet
from explainer.figures.tiles import (
    DARK,
    LIGHT,
    activation_levels,
    diverging,
    enlarge,
    filter_tiles,
    magma,
    png,
    rgb,
    sheet,
    sheet_columns,
    signed_tiles,
)


def pixels_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def luminance(colour) -> float:
    """Relative luminance of an sRGB colour (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.asarray(colour) / 255]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_rgb():
    assert rgb("#E2572E") == (226, 87, 46)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_diverging_ramp(palette):
    ramp = diverging(palette).astype(int)
    assert ramp.shape == (256, 3)
    assert tuple(ramp[0]) == rgb(palette.negative) and tuple(ramp[255]) == rgb(palette.positive)
    assert np.abs(ramp[[127, 128]] - rgb(palette.soft)).max() <= 2
    assert np.abs(np.diff(ramp, axis=0)).max() <= 2  # no step that the eye would take for an edge
    assert ramp[0, 2] > ramp[0, 0] and ramp[255, 0] > ramp[255, 2]  # blue below, orange above


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(palette):
    for ink, least in ((palette.ink, 7), (palette.dim, 4.5)):
        for ground in (palette.page, palette.card, palette.soft):
            light, dark = sorted((luminance(rgb(ink)), luminance(rgb(ground))), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (ink, ground)


def test_magma_grows_brighter_all_the_way():
    brightness = [luminance(colour) for colour in magma()]
    assert magma().shape == (256, 3) and brightness[0] < 0.01 and brightness[-1] > 0.8
    assert np.diff(brightness[::5]).min() > 0


def test_filters_keep_their_hue():
    weights = np.zeros((3, 3, 2, 2), np.float32)
    weights[0, :, 0, 0] = [0.5, -0.25, 0]
    weights[1, 0, 1, 1] = -2
    tiles = filter_tiles(weights)
    assert tiles.dtype == np.uint8 and tiles.shape == (3, 2, 2, 3)
    assert tiles[0, 0, 0].tolist() == [255, 64, 128]  # 127.5·(1 + 1), 127.5·(1 − ½), 127.5
    assert tiles[1, 1, 1].tolist() == [0, 128, 128] and (tiles[2] == 128).all()
    shared = filter_tiles(weights, shared=True)
    assert shared[0, 0, 0].tolist() == [159, 112, 128] and shared[1, 1, 1].tolist() == [0, 128, 128]


def test_activations():
    maps = np.array([[[0, 1], [2, 4]], [[0, 0], [0, 8]], [[0, 0], [0, 0]], [[-5, 0], [0, 1]]], float)
    levels = activation_levels(maps)
    assert levels.dtype == np.uint8
    assert levels.tolist() == [[[0, 64], [128, 255]], [[0, 0], [0, 255]], [[0, 0], [0, 0]], [[0, 0], [0, 255]]]
    assert activation_levels(maps, shared=True)[0].tolist() == [[0, 32], [64, 128]]


def test_signed_numbers():
    ramp = diverging(LIGHT)
    values = np.array([[-2.0, 0, 1, 2]])
    assert signed_tiles(values, LIGHT)[0].tolist() == ramp[[0, 128, 191, 255]].tolist()
    assert signed_tiles(values, LIGHT, largest=1)[0].tolist() == ramp[[0, 128, 255, 255]].tolist()
    assert signed_tiles(values * 0, DARK)[0].tolist() == diverging(DARK)[[128] * 4].tolist()


def test_sheets():
    tiles = np.arange(1, 6, dtype=np.uint8)[:, None, None] * np.ones((5, 2, 3), np.uint8)
    made = sheet(tiles, columns=3, gap=1, fill=9)
    assert made.shape == (2 * 2 + 1, 3 * 3 + 2)
    assert made[:2].tolist() == [[1, 1, 1, 9, 2, 2, 2, 9, 3, 3, 3]] * 2 and (made[2] == 9).all()
    assert made[3:].tolist() == [[4, 4, 4, 9, 5, 5, 5, 9, 9, 9, 9]] * 2
    assert sheet(tiles, 5).shape == (2, 15)


@pytest.mark.parametrize("count", [1, 6, 32, 48, 64, 96, 100, 128, 256, 384, 1000])
def test_columns_of_a_sheet(count):
    columns = sheet_columns(count)
    assert 8 <= columns <= 16 and (count != 96 or columns == 12)


def test_crisp_enlargement():
    small = np.array([[1, 2], [3, 4]], np.uint8)
    assert enlarge(small, 2).tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_pngs():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(pixels_of(png(pixels)), pixels)
    steps = pixels[..., 0]
    np.testing.assert_array_equal(pixels_of(png(steps, magma())), magma()[steps])


@pytest.mark.parametrize(("side", "factor"), [(55, 1), (13, 4), (6, 9), (109, 1), (1, 55)])
def test_the_sheet_of_maps(side, factor):
    maps = np.random.default_rng(1).random((10, side, side)).astype(np.float32)
    found = pixels_of(map_sheet(maps))
    place = side * factor + 3
    assert found.shape == (place - 3, 10 * place - 3, 3)
    for index in (0, 9):
        levels = np.round(255 * (maps[index] / maps[index].max())).astype(int)
        tile = found[:, index * place :][:, : side * factor]
        np.testing.assert_array_equal(tile, magma()[levels].repeat(factor, 0).repeat(factor, 1))
    if side > 1:
        shared = pixels_of(map_sheet(maps * np.arange(1, 11)[:, None, None], shared=True))
        assert luminance(shared[:, : side * factor].mean((0, 1))) < luminance(shared[:, -side * factor :].mean((0, 1)))
