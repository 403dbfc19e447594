"""Each transform by what it must do to a picture."""

import math

import pytest
import torch

from explainer.dream.transform import compose, jitter, look, mirror, rotate, scale

SIZE = 32
PICTURE = torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
PLAIN = torch.eye(3)[None]


def draw(transform, count: int = 200, seed: int = 0) -> torch.Tensor:
    return transform(count, torch.Generator().manual_seed(seed))


def test_no_transform_changes_nothing():
    torch.testing.assert_close(look(PICTURE, PLAIN, SIZE), PICTURE, atol=1e-5, rtol=0)
    assert torch.equal(draw(compose([]), 3), torch.eye(3).repeat(3, 1, 1))


def test_jitter_moves_by_pixels():
    matrices = draw(jitter(5, SIZE))
    shifts = matrices[:, :2, 2] * SIZE / 2
    assert shifts.abs().max() <= 5 and shifts.min() < -4 and shifts.max() > 4
    assert torch.equal(matrices[:, :2, :2], torch.eye(2).repeat(200, 1, 1))
    whole = PLAIN.clone()
    whole[0, 0, 2], whole[0, 1, 2] = 3 * 2 / SIZE, -2 * 2 / SIZE  # three to the right, two up
    moved = look(PICTURE, whole, SIZE)
    torch.testing.assert_close(moved[..., 2:, :-3], PICTURE[..., :-2, 3:], atol=1e-5, rtol=0)


def test_scale_enlarges_by_the_factor():
    factors = 1 / draw(scale(0.5, 2))[:, 0, 0]
    assert factors.min() >= 0.5 and factors.max() <= 2 and factors.min() < 0.6 and factors.max() > 1.9
    twice = look(PICTURE, draw(scale(2, 2), 1), 2 * SIZE)  # enlarged twice, at twice the pixels: the middle, four-fold
    assert twice.shape[-1] == 2 * SIZE
    torch.testing.assert_close(
        look(PICTURE, draw(scale(2, 2), 1), SIZE // 2), PICTURE[..., 8:24, 8:24], atol=1e-5, rtol=0
    )


def test_rotate_turns_about_the_centre():
    matrices = draw(rotate(30))
    angles = torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0])
    assert angles.abs().max() <= math.radians(30) and angles.abs().max() > math.radians(27)
    torch.testing.assert_close(matrices @ matrices.transpose(1, 2), torch.eye(3).repeat(200, 1, 1))
    quarter = torch.tensor([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]])
    torch.testing.assert_close(look(PICTURE, quarter, SIZE), PICTURE.rot90(1, (2, 3)), atol=1e-5, rtol=0)


def test_mirror_swaps_left_and_right_half_of_the_time():
    signs = draw(mirror())[:, 0, 0]
    assert set(signs.tolist()) == {-1.0, 1.0} and 70 < (signs > 0).sum() < 130
    swapped = torch.diag(torch.tensor([-1.0, 1, 1]))[None]
    torch.testing.assert_close(look(PICTURE, swapped, SIZE), PICTURE.flip(3), atol=1e-5, rtol=0)


def test_composed_transforms_are_one_after_the_other():
    def quarter(count, _generator):
        return torch.tensor([[[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]]).repeat(count, 1, 1)

    def swapped(count, _generator):
        return torch.diag(torch.tensor([-1.0, 1, 1]))[None].repeat(count, 1, 1)

    at_once = look(PICTURE, draw(compose([quarter, swapped]), 1), SIZE)
    torch.testing.assert_close(at_once, PICTURE.rot90(1, (2, 3)).flip(3), atol=1e-5, rtol=0)


def test_beyond_the_border():
    away = PLAIN.clone()
    away[0, 0, 2] = 2.0  # a whole picture to the right
    torch.testing.assert_close(look(PICTURE, away, SIZE, "mirror"), PICTURE.flip(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(look(PICTURE, away, SIZE, "grey"), torch.full_like(PICTURE, 0.5))


def test_a_coarse_view_lets_no_fine_grain_through():
    grain = ((torch.arange(64)[:, None] + torch.arange(64)) % 2).float().expand(1, 3, 64, 64)
    assert look(grain, PLAIN, 16).sub(0.5).abs().max() < 1e-5


@pytest.mark.parametrize("transform", [jitter(5, SIZE), scale(0.9, 1.1), rotate(10), mirror()])
def test_chance_comes_from_the_generator_alone(transform):
    assert torch.equal(draw(transform, 4, seed=7), draw(transform, 4, seed=7))
    assert not torch.equal(draw(transform, 4, seed=7), draw(transform, 4, seed=8))
