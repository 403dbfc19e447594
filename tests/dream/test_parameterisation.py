"""Numbers become pictures and pictures numbers again; NumPy's transform is the oracle."""

import numpy as np
import pytest
import torch

from explainer.dream.parameterisation import (
    COLOUR_AXES,
    COLOURS,
    PARAMETERISATIONS,
    Canvas,
    frequencies,
    from_spectrum,
    to_spectrum,
    uncolour,
)


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("size", [8, 11, 56, 99])
def test_the_spectrum_inverts(size):
    canvas = torch.randn(2, 3, size, size, generator=chance())
    torch.testing.assert_close(from_spectrum(to_spectrum(canvas), size), canvas, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("size", [8, 9])
def test_the_spectrum_is_numpys(size):
    spectrum = torch.randn(1, 3, size, size // 2 + 1, 2, generator=chance())
    waves = spectrum[..., 0].numpy() + 1j * spectrum[..., 1].numpy()
    across, down = np.meshgrid(np.fft.rfftfreq(size), np.fft.fftfreq(size))
    waves = waves / np.maximum(np.hypot(across, down), 1 / size) / 4
    expected = np.fft.irfft2(waves, s=(size, size), norm="ortho")
    np.testing.assert_allclose(from_spectrum(spectrum, size).numpy(), expected, atol=1e-5)


def test_frequencies_run_from_zero_to_half_a_wave_a_pixel():
    found = frequencies(8)
    assert found[0, 0] == 0 and found[0, 4] == 0.5 and found[3, 4] == pytest.approx((0.375**2 + 0.25) ** 0.5)


@pytest.mark.parametrize("kind", PARAMETERISATIONS)
@pytest.mark.parametrize("colours", COLOURS)
def test_every_picture_has_its_numbers(kind, colours):
    canvas = Canvas(kind, colours, 24)
    picture = 0.02 + 0.96 * torch.rand(2, 3, 24, 24, generator=chance())
    torch.testing.assert_close(canvas.picture(canvas.numbers_of(picture)), picture, atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", PARAMETERISATIONS)
@pytest.mark.parametrize("colours", COLOURS)
def test_dreams_begin_as_faint_noise_around_grey(kind, colours):
    canvas = Canvas(kind, colours, 64)
    picture = canvas.picture(canvas.start(3, chance()))
    assert picture.shape == (3, 3, 64, 64) and picture.min() >= 0 and picture.max() <= 1
    assert abs(picture.mean().item() - 0.5) < 0.02 and 0.001 < picture.std() < 0.2
    assert not torch.equal(picture[0], picture[1])
    assert torch.equal(picture, canvas.picture(canvas.start(3, chance())))
    assert not torch.equal(picture, canvas.picture(canvas.start(3, chance(1))))


def test_steps_on_the_spectrum_change_large_shapes_most():
    """The gradient's mean square over pixels is the same for all waves; that of the picture's change is not."""
    numbers = torch.zeros(1, 3, 64, 33, 2, requires_grad=True)
    push = torch.randn(1, 3, 64, 64, generator=chance())
    (gradient,) = torch.autograd.grad((from_spectrum(numbers, 64) * push).sum(), numbers)
    change = torch.fft.rfft2(from_spectrum(gradient.sign(), 64), norm="ortho").abs()[0, 0]
    ring = frequencies(64)
    low, high = change[(ring > 0.02) & (ring < 0.06)].mean(), change[(ring > 0.3) & (ring < 0.5)].mean()
    assert low > 5 * high


def test_colours_along_their_own_axes():
    """The first axis is light and dark; numbers of equal spread give colours that vary together as in photographs."""
    assert (COLOUR_AXES[:, 0] > 0).all() and COLOUR_AXES.norm(dim=0).max().item() == pytest.approx(1)
    canvas = Canvas("pixel", "decorrelated", 64)
    picture = canvas.picture(0.1 * torch.randn(1, 3, 64, 64, generator=chance()))
    together = np.corrcoef(picture[0].flatten(1).numpy())
    apart = np.corrcoef(Canvas("pixel", "independent", 64).picture(torch.randn(1, 3, 64, 64))[0].flatten(1).numpy())
    assert together[0, 1] > 0.8 and together[1, 2] > 0.8 and abs(apart[0, 1]) < 0.1
    assert uncolour(torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).repeat(1, 3, 1, 1), "decorrelated").isfinite().all()
