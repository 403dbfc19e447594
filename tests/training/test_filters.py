import numpy as np
import pytest

from explainer.networks import load_network
from explainer.networks.zoo import embedded_card
from explainer.training import filters
from tests.beside import SHARED, needs_shared


def grating(cycles: float, angle: float, size: int = 11) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size // 2
    wave = np.cos(2 * np.pi * cycles / size * (x * np.cos(angle) + y * np.sin(angle)))
    return np.repeat((wave * np.exp(-(x**2 + y**2) / 18))[None], 3, 0)


def blob(size: int = 11) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size // 2
    return np.exp(-(x**2 + y**2) / 18) * np.array([1.0, -0.5, -0.5]).reshape(3, 1, 1)


def test_gratings_blobs_noise_and_dead_filters_are_told_apart():
    random = np.random.default_rng(7)
    sheet = filters.inspect(
        np.stack([grating(2.5, 0.4), grating(1, 1.2), blob(), random.standard_normal((3, 11, 11)), blob() * 1e-3])
    )
    assert sheet.grating.tolist() == [True, True, False, False, False]
    assert sheet.fine.tolist() == [True, False, False, False, False]
    assert sheet.noise.tolist() == [False, False, False, True, False]
    assert sheet.dead.tolist() == [False, False, False, False, True]
    assert sheet.cycles[0] == pytest.approx(2.5, abs=0.3)
    assert sheet.colour[[0, 2]].tolist() == pytest.approx([0, 1])


def test_nearly_all_pure_noise_is_called_noise():
    noise = np.random.default_rng(1).standard_normal((500, 3, 11, 11))
    assert filters.inspect(noise).summary()["noise_like"] >= 495


def test_a_little_noise_does_not_make_a_grating_noise():
    grainy = grating(2, 0.3) + 0.2 * np.random.default_rng(2).standard_normal((3, 11, 11))
    assert filters.inspect(grainy[None]).summary()["noise_like"] == 0


def test_the_sheet_shows_zero_as_mid_grey_and_each_filter_on_its_own_scale():
    weights = np.zeros((3, 3, 2, 2))
    weights[0, 0] = 5.0
    weights[1, 1] = -0.001
    image = np.asarray(filters.contact_sheet(weights, columns=2, scale=3, gap=1))
    assert image.shape == (13, 13, 3)
    assert image[0, 0].tolist() == [255, 127, 127]
    assert image[0, 7].tolist() == [127, 0, 127]
    assert image[7, 0].tolist() == [127, 127, 127]
    assert (image[:, 6] == 255).all()


@needs_shared
def test_the_famous_filters_by_the_same_measure(tmp_path):
    folder = SHARED / "weights"
    famous = filters.published(folder)
    assert famous["filters"] == 96 and famous["dead"] == famous["noise_like"] == 0
    assert famous == embedded_card()["conv1 of the published AlexNet, for comparison"]
    assert filters.published(tmp_path) is None


def test_the_shipped_filters_are_as_their_card_says():
    weights = load_network().stages.get_submodule("conv1.conv").weight
    assert filters.inspect(weights).summary() == embedded_card()["conv1"]
