"""Tuning, against filtering the drawn pictures by hand."""

import numpy as np
import pytest

from explainer.atlas import tuning as backend
from explainer.chapters.first_layer.filters import first_layer
from explainer.networks import shared_network


@pytest.fixture(scope="module")
def found():
    network = shared_network()
    return backend.tuning_of(network, network.layer("conv1"))


def patch_at_the_centre(picture: np.ndarray) -> np.ndarray:
    """The network's own input under the middle window of conv1, [3, 11, 11]."""
    preprocessing = shared_network().preprocessing
    left, top, right, bottom = shared_network().layer("conv1").window.box(27, 27)
    cut = picture[top:bottom, left:right].transpose(2, 0, 1)
    return (cut - np.reshape(preprocessing.mean, (3, 1, 1))) / np.reshape(preprocessing.std, (3, 1, 1))


def grid() -> np.ndarray:
    low, _, high, _ = shared_network().layer("conv1").window.box(27, 27)
    return np.mgrid[:227, :227] + 0.5 - (low + high) / 2


def answer(picture: np.ndarray) -> np.ndarray:
    """What each detector of conv1 adds up there: a dot product."""
    first = first_layer(shared_network())
    return np.tensordot(first.weights, patch_at_the_centre(picture), 3) + first.bias


def test_gratings_are_answered_as_by_hand(found):
    for at, width in ((0, 2), (3, 4), (9, 0)):
        angle, pixels = backend.ANGLES[at], backend.WIDTHS[width]
        phases = [backend.grating(grid(), angle, pixels, phase / 4)[..., None].repeat(3, 2) for phase in range(4)]
        np.testing.assert_allclose(found.gratings[:, at, width], np.max([answer(one) for one in phases], 0), atol=1e-3)


def test_colours_are_answered_as_by_hand(found):
    for at in (0, 7):
        shown = backend.coloured_pictures(grid(), backend.HUES[at], 11)
        np.testing.assert_allclose(found.hues[:, at], np.max([answer(one) for one in shown], 0), atol=1e-3)


def test_places_are_answered_as_by_hand(found):
    shown = list(backend.patches(grid(), 11))
    each = len(shown) // 49
    expected = [np.max([answer(one) for one in shown[i * each : (i + 1) * each]], 0) for i in (0, 24, 47)]
    for place, values in zip(((0, 0), (3, 3), (6, 5)), expected, strict=True):
        np.testing.assert_allclose(found.places[:, *place], values, atol=1e-3)


def test_stripes_lie_as_their_angle_says():
    places = np.mgrid[:40, :40].astype(float)
    across = backend.grating(places, 0, 4, 0)
    assert np.ptp(across, axis=1).max() < 1e-6 < np.ptp(across, axis=0).min()
    upright = backend.grating(places, 90, 4, 0)
    assert np.ptp(upright, axis=0).max() < 1e-6 < np.ptp(upright, axis=1).min()
    np.testing.assert_allclose(across[:32], across[8:40], atol=1e-6)  # two stripes of four pixels are a period


def test_colours_of_the_wheel():
    for hue, colour in ((0, (1, 0, 0)), (60, (1, 1, 0)), (120, (0, 1, 0)), (240, (0, 0, 1)), (300, (1, 0, 1))):
        np.testing.assert_allclose(backend.colour_of(hue), colour)
