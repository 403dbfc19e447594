"""Drawings made like MNIST's: size, centre, and sensible answers to anything at all."""

import base64
import zlib

import numpy as np
import pytest
import torch

from explainer.digits.data import small_digits
from explainer.digits.drawn import (
    PAD,
    as_ink,
    centre_as_mnist,
    cut_from_photograph,
    first_cut,
    fit,
    ink_of_photograph,
    middle_square,
    pack,
    unpack,
)
from explainer.digits.files import load_network
from explainer.digits.reading import read
from explainer.errors import DataError
from explainer.pictures import Picture


def centre_of_mass(picture):
    places = torch.arange(28.0)
    return (picture.sum(1) * places).sum() / picture.sum(), (picture.sum(0) * places).sum() / picture.sum()


def test_mnists_own_digits_come_back_from_a_pad(small):
    """Ten times as large and anywhere on a pad, they are found again almost as MNIST has them."""
    differences, moved = [], 0
    network, _ = load_network("digits-15")
    for i in range(0, 1000, 10):
        digit = small.test_images[i].view(28, 28)
        pad = torch.zeros(400, 500)
        pad[90:370, 200:480] = digit.repeat_interleave(10, 0).repeat_interleave(10, 1)
        back = centre_as_mnist(pad)
        differences.append((back - digit).abs().mean().item())
        moved += read(network, back).guess != read(network, digit).guess
    # Nearly all to the pixel; a mass that lies between two pixels may go to the other one.
    assert np.median(differences) < 0.02 and sorted(differences)[-3] < 0.03
    assert moved <= 8


def test_the_box_is_20_and_its_mass_in_the_middle():
    pad = torch.zeros(280, 280)
    pad[30:130, 150:190] = 1  # 100 × 40 at the upper right
    fitted = fit(pad)
    assert fitted.box == (30, 150, 130, 190) and fitted.scale == pytest.approx(0.2) and not fitted.blank
    ink = (fitted.pixels > 0.5).nonzero()
    assert (ink[:, 0].max() - ink[:, 0].min() + 1, ink[:, 1].max() - ink[:, 1].min() + 1) == (20, 8)
    assert all(abs(c.item() - 14) <= 0.5 for c in centre_of_mass(fitted.pixels))
    assert fitted.corner == (int(ink[:, 0].min()), int(ink[:, 1].min()))


def test_mass_not_the_box_is_centred():
    pad = torch.zeros(200, 200)
    pad[20:120, 40:60] = 1
    pad[100:120, 40:140] = 1  # an L: its mass lies low and left
    pixels = fit(pad).pixels
    assert all(abs(c.item() - 14) <= 0.5 for c in centre_of_mass(pixels))
    ink = (pixels > 0.5).nonzero()
    assert ink[:, 0].min() < 4 and ink[:, 1].max() > 23


def test_ink_that_would_leave_the_frame_is_held_inside():
    pad = torch.zeros(200, 200)
    pad[0:200, 0:30] = 0.15
    pad[180:200, 0:200] = 1
    fitted = fit(pad)
    assert fitted.pixels.sum() > 0 and fitted.corner[0] >= 0
    assert (fitted.pixels > 0).any(1).sum() == 20


@pytest.mark.parametrize("kind", ["uint8", "float", "numpy"])
def test_kinds_of_pads(kind):
    pad = np.zeros((100, 100), np.uint8)
    pad[20:80, 40:60] = 255
    given = {"uint8": torch.from_numpy(pad), "float": torch.from_numpy(pad).float() / 255, "numpy": pad}[kind]
    assert torch.equal(centre_as_mnist(given), centre_as_mnist(pad))
    assert centre_as_mnist(given).dtype == torch.float32 and centre_as_mnist(given).max() == 1


def drawings():
    nothing, dot, speck, blob, stroke, letter, noise = (torch.zeros(280, 280) for _ in range(7))
    dot[140, 140] = 1
    speck[100:110, 200:210] = 1
    rows, columns = torch.meshgrid(torch.arange(280), torch.arange(280), indexing="ij")
    blob[(rows - 140) ** 2 + (columns - 140) ** 2 < 130**2] = 1
    stroke[:, 100:102] = 1
    letter[40:240, 60:85] = letter[40:240, 195:220] = letter[130:155, 60:220] = 1  # an H
    noise = torch.rand(280, 280, generator=torch.Generator().manual_seed(0))
    faint = torch.full((280, 280), 0.05)
    broken = nothing.clone()
    broken[5, 5] = torch.nan
    return {
        "nothing": nothing,
        "dot": dot,
        "speck": speck,
        "blob": blob,
        "full": torch.ones(280, 280),
        "stroke": stroke,
        "letter": letter,
        "noise": noise,
        "faint": faint,
        "not a number": broken,
        "one pixel pad": torch.ones(1, 1),
        "line pad": torch.ones(1, 300),
    }


@pytest.mark.parametrize("name", drawings())
def test_anything_drawn_is_answered(name):
    network, _ = load_network("digits-15")
    fitted = fit(drawings()[name])
    assert fitted.pixels.shape == (28, 28) and fitted.pixels.isfinite().all()
    assert fitted.pixels.min() >= 0 and fitted.pixels.max() <= 1
    reading = read(network, fitted.pixels)
    assert 0 <= reading.guess <= 9 and reading.outputs.isfinite().all()
    blank = name in ("nothing", "faint", "not a number")
    assert fitted.blank == blank and (reading.verdict == "blank") == blank


def test_a_dot_stays_small_and_a_blob_fills_the_box():
    dots, blob, full = (fit(drawings()[name]).pixels for name in ("dot", "blob", "full"))
    assert (dots > 0.1).sum() <= 4
    assert (fit(drawings()["speck"]).pixels > 0.1).sum() <= 36
    assert (blob > 0.5).any(1).sum() == 20 and (full > 0.99).sum() == 400


def test_what_is_no_pad_is_told():
    for wrong in (torch.zeros(28, 28, 3), torch.zeros(0, 5), torch.zeros(9)):
        with pytest.raises(DataError):
            fit(wrong)


def test_writing_on_a_photograph_becomes_ink():
    wall = torch.full((100, 300), 0.8) + 0.03 * torch.rand(100, 300, generator=torch.Generator().manual_seed(0))
    wall[30:70, 100:120] = 0.1
    for grey in (wall, 1 - wall, (wall * 255).to(torch.uint8)):
        ink = ink_of_photograph(grey)
        assert ink[50, 110] == 1 and ink[10, 10] == 0 and (ink > 0.1).sum() == 40 * 20
    assert ink_of_photograph(torch.full((50, 50), 0.4)).max() == 0
    assert as_ink(torch.full((2, 2), 7.0)).max() == 1


def test_a_digit_cut_from_a_photograph_is_read_as_if_drawn():
    """Dark ink on uneven paper, anywhere in a colour photograph."""
    data = small_digits()
    network, _ = load_network("digits-15")
    right = 0
    chosen = [int((data.test_labels == digit).nonzero()[3, 0]) for digit in range(10)]
    for index in chosen:
        ink = np.kron(data.test_images[index].reshape(28, 28).numpy(), np.ones((6, 6)))
        photo = np.full((400, 600, 3), 220.0)
        photo += np.linspace(-12, 12, 600)[None, :, None]  # the light comes from one side
        photo[100:268, 300:468] -= 180 * ink[..., None]
        cut = (290 / 600, 90 / 400, 190 / 600)
        pixels = fit(cut_from_photograph(photo.clip(0, 255).astype(np.uint8), *cut)).pixels
        right += read(network, pixels).guess == read(network, data.test_images[index]).guess
    assert right >= 8
    assert middle_square(np.zeros((400, 600, 3))) == pytest.approx((100 / 600, 0, 400 / 600))
    assert middle_square(np.zeros((600, 400, 3))) == pytest.approx((0, 100 / 600, 1))


def test_a_square_chosen_on_a_picture_is_cut_first():
    picture = Picture(np.zeros((400, 600, 3), np.uint8))
    assert first_cut(picture) == middle_square(picture.pixels)
    assert first_cut(picture.framed(300, 100, 500)) == pytest.approx((0.3, 0.1, 200 / 600))


@pytest.mark.parametrize("cut", [(0, 0, 1), (0.99, 0.99, 1), (1, 1, 1), (0.5, 0.5, 0.0), (0, 0, 0.04)])
def test_any_square_of_any_photograph_gives_ink(cut):
    for shape in ((300, 500, 3), (1, 1, 3), (1000, 30, 3)):
        photo = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
        ink = cut_from_photograph(photo, *cut)
        assert ink.ndim == 2 and ink.min() >= 0 and ink.max() <= 1 and max(ink.shape) <= 448
        assert fit(ink).pixels.shape == (28, 28)


def test_a_drawing_survives_the_link():
    generator = np.random.default_rng(0)
    across, down = np.meshgrid(np.arange(PAD), np.arange(PAD))
    drawings = [np.zeros((PAD, PAD), bool), np.ones((PAD, PAD), bool), generator.random((PAD, PAD)) < 0.5]
    drawings += [np.abs(np.hypot(across - 56, down - 50) - 30) < 5]  # a nought drawn with the pad's pen
    for drawn in drawings:
        word = pack(drawn * np.uint8(255))
        assert word.replace("-", "").replace("_", "").isalnum() and len(word) <= 2200
        np.testing.assert_array_equal(unpack(word), drawn * np.uint8(255))
    assert len(word) < 400


@pytest.mark.parametrize("word", ["", "x", "AAAA", "é", "=" * 8, "A" * 5000, "-_-_", "٣²", "eJw"])
def test_odd_drawings_in_the_link(word):
    assert unpack(word) is None


def test_a_word_that_unpacks_to_more_than_a_drawing():
    bomb = base64.urlsafe_b64encode(zlib.compress(bytes(10**6), 9)).decode().rstrip("=")
    assert unpack(bomb) is None
