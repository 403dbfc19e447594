"""The gallery: every sample loads, says whose it is, and the drawn ones have the properties they promise."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from explainer.errors import PictureError
from explainer.first_picture import in_order
from explainer.gallery import GROUPS, SAMPLES, sample, thumbnail
from explainer.networks import load_network
from explainer.networks.zoo import imagenet_categories
from explainer.pictures import Picture, crop_seen

PROBES = [name for name, item in SAMPLES.items() if item.kind == "probe"]


def seen(name: str) -> np.ndarray:
    """What a network of 256 and 227 pixels sees of a sample, as floats of 0 to 1. [227, 227, 3]"""
    return crop_seen(sample(name), 256, 227)[0] / 255


def test_the_cat_comes_first_and_photographs_before_probes():
    assert list(SAMPLES)[:5] == ["cat", "coffee", "astronaut", "rocket", "motorcycle"]
    assert [name for group in GROUPS.values() for name in group if name not in SAMPLES] == []
    assert sorted(name for group in GROUPS.values() for name in group) == sorted(SAMPLES)
    kinds = [item.kind for item in SAMPLES.values()]
    assert kinds == sorted(kinds) and set(kinds) == {"photograph", "probe"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample(name):
    item, picture = SAMPLES[name], sample(name)
    assert item.name == picture.name == name
    assert name == name.lower() and name.replace("-", "").isalpha()  # fit for a link
    assert item.title and item.credit and len(item.note) < 75 and not item.note.endswith(".")
    assert isinstance(picture, Picture) and picture is sample(name)
    assert min(picture.height, picture.width) >= 227
    assert picture.pixels.std() > 10
    if item.kind == "probe":
        assert picture.pixels.shape == (454, 454, 3)


def test_the_first_picture_is_named_rightly_and_surely():
    """Whatever network is in the box: its own probabilities, added up here one by one."""
    network = load_network()
    order = in_order(network)
    assert sorted(order) == sorted(name for name, item in SAMPLES.items() if item.shows)
    right, sure = [], []
    for name in order:
        guesses = network.classify(sample(name), top=1000)
        right.append(guesses[0].category in SAMPLES[name].shows)
        sure.append(sum(guess.probability for guess in guesses if guess.category in SAMPLES[name].shows))
    assert right == sorted(right, reverse=True) and right[0]
    firsts = sum(right)
    assert sure[:firsts] == sorted(sure[:firsts], reverse=True) and sure[firsts:] == sorted(sure[firsts:], reverse=True)


def test_every_name_of_a_thing_is_one_of_the_thousand():
    for item in SAMPLES.values():
        assert set(item.shows) <= set(imagenet_categories()) and (not item.shows or item.kind == "photograph")


def test_samples_differ_in_picture_title_and_note():
    assert len({sample(name).digest for name in SAMPLES}) == len(SAMPLES)
    assert (
        len({item.title for item in SAMPLES.values()}) == len({item.note for item in SAMPLES.values()}) == len(SAMPLES)
    )


def test_no_such_sample():
    with pytest.raises(PictureError, match=r"^The gallery has no picture called 'dog': choose cat, coffee, .*noise\.$"):
        sample("dog")


def test_nothing_heavy_is_imported_and_no_one_is_called():
    code = """
import socket, sys
def call(*_): raise AssertionError("the network was used")
socket.socket.connect = socket.getaddrinfo = call
from explainer.gallery import SAMPLES, sample
for name in SAMPLES: sample(name)
sys.exit(any(module in sys.modules for module in ("torch", "streamlit", "skimage", "scipy", "pooch")))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_thumbnail():
    square = thumbnail(sample("coffee"))
    assert square.shape == (96, 96, 3) and square.dtype == np.uint8
    assert thumbnail(sample("galaxies"), 30).shape == (30, 30, 3)
    stripes = np.zeros((100, 300, 3), np.uint8)
    stripes[:, 100:200] = 200  # the middle third is the central square
    assert np.all(thumbnail(Picture(stripes), 20)[:, 1:-1] == 200)


# --- what each drawing promises ------------------------------------------------------------------


def strongest_wave(patch: np.ndarray) -> tuple[float, float]:
    """Period in pixels and orientation in degrees (0 to 180) of the strongest wave in a patch, by Fourier."""
    grey = patch.mean(axis=2) - patch.mean()
    power = np.abs(np.fft.rfft2(grey, (512, 512)))
    row, column = np.unravel_index(power.argmax(), power.shape)
    fy, fx = np.fft.fftfreq(512)[row], np.fft.rfftfreq(512)[column]
    return 1 / np.hypot(fx, fy), np.degrees(np.arctan2(fy, fx)) % 180


def test_gratings_have_six_orientations_and_periods_from_4_to_22():
    picture, cell = seen("gratings"), 227 / 6
    for row, column in np.ndindex(5, 6):  # the coarsest row shows little more than one period
        top, left = (round(at * cell) for at in (row, column))
        period, angle = strongest_wave(picture[top : top + 37, left : left + 37])
        assert period == pytest.approx(4 * 5.5 ** (row / 5), rel=0.12)
        assert abs((angle - 30 * column + 90) % 180 - 90) < 5


def test_the_grating_is_diagonal_with_a_period_of_8():
    period, angle = strongest_wave(seen("grating"))
    assert period == pytest.approx(8, rel=0.02) and angle == pytest.approx(45, abs=1)


def test_the_star_has_as_much_edge_in_twelve_directions():
    down, across = np.gradient(seen("star").mean(axis=2))
    y, x = np.indices(down.shape) - 113
    edge = np.where(np.hypot(x, y) < 100, np.hypot(down, across), 0)
    direction = np.round(np.degrees(np.arctan2(down, across)) / 15).astype(int) % 12
    amounts = np.bincount(direction.ravel(), edge.ravel())
    assert amounts.min() > 0.7 * amounts.mean()


def test_the_checkerboard_has_squares_of_sixteen_pixels():
    picture = seen("checkerboard")
    assert np.abs(np.diff(picture[8, :, 0])).sum() == pytest.approx(13, abs=0.6)  # 14 squares, 13 edges
    assert picture[8, 8, 0] in (0, 1) and picture[8, 8, 0] != picture[8, 24, 0] == picture[24, 8, 0]


def test_the_zone_plate_is_finest_at_the_edge_of_what_is_seen():
    row = seen("zone-plate")[113, :, 0] - 0.5
    period, _ = strongest_wave(np.broadcast_to(row[-20:], (20, 20))[..., None])
    assert period == pytest.approx(4.2, abs=0.4)
    assert row[113] == pytest.approx(0.5, abs=0.02)


def test_dots_grow_downwards_in_six_colours():
    picture, cell = seen("dots"), 227 / 6
    inks = [(1, 1, 1), (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)]
    for column, ink in enumerate(inks):
        centre = picture[round(5.5 * cell), round((column + 0.5) * cell)]
        assert centre == pytest.approx(ink, abs=0.04)
    size = [np.abs(picture[round(r * cell) : round((r + 1) * cell)] - 128 / 255).sum() for r in range(6)]
    assert all(small < large for small, large in pairwise(size))


def test_colour_patches():
    picture, cell = seen("colours"), 227 / 4
    found = [picture[round((r + 0.5) * cell), round((c + 0.5) * cell)] for r in range(4) for c in range(4)]
    assert [found[place].tolist() for place in (0, 4, 8)] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert [found[place].tolist() for place in (2, 6, 10)] == [[1, 1, 0], [0, 1, 1], [1, 0, 1]]
    assert [grey.mean().round(2) for grey in found[12:]] == [0, 0.25, 0.75, 1]
    assert picture[57, 57] == pytest.approx(0.5, abs=0.01)  # between the patches


def test_the_colour_plane_changes_hue_and_never_brightness():
    picture = sample("opponents").pixels.astype(int)
    assert np.abs(picture.sum(axis=2) - 382.5).max() <= 2
    assert np.abs(np.diff(picture, axis=0)).max() <= 2 and np.abs(np.diff(picture, axis=1)).max() <= 2
    red, green, blue = np.moveaxis(picture, 2, 0)
    assert np.all(red[:, -1] > red[:, 0]) and np.all(green[:, 0] > green[:, -1]) and np.all(blue[-1] > blue[0])


def test_the_pinwheel_shows_twelve_full_colours():
    pixels = sample("pinwheel").pixels.reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    full = colours[counts > len(pixels) / 40]
    assert len(full) == 12 and all(colour.max() == 255 and colour.min() == 0 for colour in full)


def test_the_ramp_rises_smoothly_above_and_in_twelve_steps_below():
    above, below = (sample("ramp").pixels[row, :, 1].astype(int) for row in (100, 350))
    assert above[0] == below[0] == 0 and above[-1] == below[-1] == 255
    assert np.diff(above).min() >= 0 and np.diff(above).max() == 1
    assert len(np.unique(below)) == 12 and set(np.diff(below)) <= {0, 23, 24}


def test_noise_is_the_same_every_time_and_knows_no_colour():
    pixels = sample("noise").pixels
    assert pixels.reshape(-1, 3).mean(axis=0) == pytest.approx(127.5, abs=1)
    assert np.abs(np.corrcoef(pixels[::2, ::2].reshape(-1, 3).T) - np.eye(3)).max() < 0.02
    expected = np.random.default_rng(0).random(3) * 255  # the first colour of seed 0
    assert pixels[0, 0] == pytest.approx(expected, abs=0.5)
    assert seen("noise").std() > 0.12
