"""What is measured over photographs, against NumPy on the whole."""

import numpy as np
import pytest

from explainer.atlas.records import STEPS, company, firing, look, names, together
from explainer.gallery import sample
from explainer.networks import shared_network

PICTURES = ("cat", "coffee", "rocket", "gravel", "checkerboard", "star")


@pytest.fixture(scope="module")
def views():
    return np.stack([shared_network().view(sample(name))[0] for name in PICTURES])


@pytest.fixture(scope="module")
def found(views):
    return together(
        [look(shared_network(), views[:4], ["conv2", "conv5"]), look(shared_network(), views[4:], ["conv2", "conv5"])]
    )


@pytest.fixture(scope="module")
def maps(views):
    return np.stack([shared_network().trace(sample(name))["conv5"].numpy() for name in PICTURES])


def test_firing_is_counted_over_all_places_and_photographs(found, maps):
    measured = firing(found, "conv5")
    np.testing.assert_allclose(measured["share"], (maps > 0).mean((0, 2, 3)), atol=2e-3)
    peaks = maps.max((2, 3))
    np.testing.assert_allclose(measured["quantiles"], np.quantile(peaks, STEPS, axis=0).T, atol=1e-3)
    with np.errstate(invalid="ignore"):
        sharpness = np.nan_to_num(1 - peaks.mean(0) ** 2 / (peaks**2).mean(0))
    np.testing.assert_allclose(measured["sharpness"], sharpness, atol=1e-4)


def test_names_are_those_whose_sums_go_along(found, maps):
    logits = np.stack([shared_network().trace(sample(name)).logits.numpy() for name in PICTURES])
    logits = logits - logits.mean(1, keepdims=True)
    peaks = maps.max((2, 3))
    known = [3, 281, 282, 504, 657, 812, 900]
    measured = names(found, "conv5", known)
    for unit in (0, 17, 255):
        if peaks[:, unit].std() == 0:
            continue
        likeness = [np.corrcoef(peaks[:, unit], logits[:, name])[0, 1] for name in known]
        best = int(np.argmax(likeness))
        assert measured["names_for"][unit, 0] == known[best]
        assert measured["for"][unit, 0] == pytest.approx(likeness[best], abs=1e-3)
        assert measured["names_against"][unit, 0] == known[int(np.argmin(likeness))]


def test_company_fires_at_the_same_places(found, maps):
    answers = maps.transpose(1, 0, 2, 3).reshape(256, -1)
    with np.errstate(invalid="ignore", divide="ignore"):
        likeness = np.nan_to_num(np.corrcoef(answers))
    np.fill_diagonal(likeness, -2)
    measured = company(found, "conv5")
    for unit in (1, 40, 200):
        assert measured["closeness"][unit, 0] == pytest.approx(likeness[unit].max(), abs=1e-3)
        assert likeness[unit, measured["company"][unit, 0]] == pytest.approx(likeness[unit].max(), abs=1e-3)
        assert unit not in measured["company"][unit]
