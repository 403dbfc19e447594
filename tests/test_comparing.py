"""The same question to every method and to random weights, against autograd and SciPy."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from explainer.attribution import METHODS, randomisable, randomised
from explainer.attribution.comparing import check, compare
from explainer.gallery import sample
from explainer.networks import load_network


def gradient(network, picture, category: int) -> torch.Tensor:
    x = network.preprocess(picture).requires_grad_()
    (derivative,) = torch.autograd.grad(network.stages(x)[0, category], x)
    return derivative[0]


def test_every_method_one_after_the_other():
    network, picture = load_network(), sample("cat")
    asked = compare(network, picture, 281)
    found = [next(asked) for _ in range(3)]
    asked.close()
    assert [len(one) for one in found] == [1, 2, 3]
    assert [one.method for one in found[-1]] == list(METHODS)[:3]
    by_name = {one.method: one for one in found[-1]}
    torch.testing.assert_close(by_name["gradient"].values, gradient(network, picture, 281), atol=1e-5, rtol=1e-3)


def test_random_from_the_top():
    network, picture = load_network(), sample("cat")
    asked = check(network, picture, 281, "gradient")
    for _ in range(3):
        found = next(asked)
    asked.close()
    assert [one.layer for one in found] == [None, *randomisable(network)[:2]]
    trained, random = (
        gradient(shown, picture, 281).abs().sum(0).numpy().ravel()
        for shown in (network, randomised(network, found[2].layer))
    )
    assert found[0].likeness == 1
    assert found[2].likeness == pytest.approx(spearmanr(trained, random).statistic, abs=0.02)
    assert np.isclose(found[2].answer.weight.sum(), 1)
