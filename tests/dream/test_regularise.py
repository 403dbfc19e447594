"""Each regulariser by what it must do, with SciPy and NumPy as oracles."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from explainer.dream.regularise import blur, decay, drop_weak, total_variation

CANVAS = torch.randn(2, 3, 20, 24, generator=torch.Generator().manual_seed(2))


def test_decay_goes_a_share_of_the_way_to_grey():
    torch.testing.assert_close(decay(CANVAS, 0.25), 0.75 * CANVAS)
    assert torch.equal(decay(CANVAS, 0.0), CANVAS)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5])
def test_blur_is_scipys(sigma):
    radius = max(1, round(3 * sigma))
    expected = gaussian_filter(CANVAS.double().numpy(), sigma, mode="nearest", radius=radius, axes=(2, 3))
    np.testing.assert_allclose(blur(CANVAS, sigma).numpy(), expected, atol=1e-5)
    assert blur(CANVAS, sigma).std() < CANVAS.std()
    flat = torch.full((1, 3, 9, 9), 0.3)
    torch.testing.assert_close(blur(flat, sigma), flat)


def test_weak_pixels_become_grey_and_strong_ones_stay():
    dropped = drop_weak(CANVAS, 0.5)
    strength = CANVAS.norm(dim=1)
    for picture, before, how_strong in zip(dropped, CANVAS, strength, strict=True):
        empty = picture.abs().sum(0) == 0
        assert empty.sum() == 20 * 24 // 2
        assert how_strong[empty].max() < how_strong[~empty].min()
        assert torch.equal(picture[:, ~empty], before[:, ~empty])


def test_total_variation_counts_differences_between_neighbours():
    x = CANVAS.double().numpy()
    expected = (np.diff(x, axis=2) ** 2).sum((1, 2, 3)) + (np.diff(x, axis=3) ** 2).sum((1, 2, 3))
    np.testing.assert_allclose(total_variation(CANVAS).numpy(), expected, rtol=1e-5)
    assert total_variation(torch.full((1, 3, 5, 5), 0.7)).item() == 0
