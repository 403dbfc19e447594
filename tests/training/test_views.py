from dataclasses import replace

import numpy as np
import pytest
import torch

from explainer.training.lesson import Lesson, true_labels
from explainer.training.lots import Lots, chances, draw
from explainer.training.store import Store
from explainer.training.teacher import Opinion
from explainer.training.views import MEAN, SPREAD, crop, jitter, mix, render


def plain_lots(pictures, **changes) -> Lots:
    n = len(pictures)
    lots = Lots(
        pictures=np.array(pictures),
        boxes=np.tile([0.0, 0.0, 1.0, 1.0], (n, 1)),
        flips=np.zeros(n, bool),
        gains=np.ones((n, 3), np.float32),
        partners=np.arange(n),
        shares=np.ones(n, np.float32),
    )
    return replace(lots, **changes)


@pytest.fixture
def squares() -> Store:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    return Store(
        pixels.ravel(), np.array([0, 768]), np.array([16, 16]), np.array([16, 16]),
        np.array(["a", "b"]), np.array(["a/0", "b/0"]), np.array([3, -1]),
    )  # fmt: skip


def test_a_view_with_nothing_done_to_it_is_the_picture(squares):
    view = render(squares, plain_lots([1]), 16)[0]
    expected = (torch.tensor(squares.picture(1)).permute(2, 0, 1) / 255 - MEAN) / SPREAD
    torch.testing.assert_close(view, expected)


def test_a_mirrored_view_is_the_mirror_image(squares):
    plain = render(squares, plain_lots([0]), 16)
    mirrored = render(squares, plain_lots([0], flips=np.array([True])), 16)
    assert torch.equal(mirrored, plain.flip(3))


def test_a_crop_is_that_part_of_the_picture(squares):
    part = crop(squares.picture(0), np.array([0.5, 0.0, 0.5, 0.5]), 8)
    assert (part.permute(1, 2, 0).numpy() == squares.picture(0)[8:, :8]).all()


def test_mixup_arithmetic():
    values = torch.tensor([[10.0, 0.0], [0.0, 100.0]])
    mixed = mix(values, torch.tensor([1, 0]), torch.tensor([0.75, 0.6]))
    torch.testing.assert_close(mixed, torch.tensor([[7.5, 25.0], [4.0, 60.0]]))


def test_views_and_labels_are_mixed_alike(squares):
    lots = plain_lots([0, 1], partners=np.array([1, 0]), shares=np.array([0.75, 0.6], np.float32))
    plain = render(squares, plain_lots([0, 1]), 16)
    torch.testing.assert_close(render(squares, lots, 16)[0], 0.75 * plain[0] + 0.25 * plain[1])
    labels = true_labels(torch.tensor([3, -1]), lots, outputs=5)
    torch.testing.assert_close(labels, torch.tensor([[0, 0, 0, 0.75, 0], [0, 0, 0, 0.4, 0]]))


def test_jitter_matches_doing_it_one_after_the_other():
    pixels = torch.rand(2, 3, 4, 5) * 0.4 + 0.3
    bright, contrast, saturation = 0.9, 1.1, 0.8
    grey = torch.tensor([0.299, 0.587, 0.114]).reshape(3, 1, 1)
    expected = pixels * bright
    light = (expected * grey).sum(1, keepdim=True)
    expected = light + saturation * (expected - light)
    middle = light.mean((2, 3), keepdim=True)
    expected = middle + contrast * (expected - middle)
    gains = torch.tensor([[bright, contrast, saturation]] * 2)
    torch.testing.assert_close(jitter(pixels, gains), expected.clamp(0, 1))
    assert jitter(pixels, torch.tensor([[9.0, 1, 1]] * 2)).max() == 1


def test_a_batch_depends_on_seed_and_number_alone(store):
    training = store.training
    chance = chances(store.categories, store.sources, training)

    def batch(seed: int, number: int) -> Lots:
        return draw(seed, number, 16, training, chance, (0.2, 0.9), 0.3)

    batch(0, 4)
    for one, other in zip(vars(batch(0, 5)).values(), vars(batch(0, 5)).values(), strict=True):
        assert (one == other).all()
    assert (batch(0, 5).boxes != batch(0, 6).boxes).any()
    assert (batch(0, 5).boxes != batch(1, 5).boxes).any()
    lots = batch(2, 0)
    assert set(lots.pictures) <= set(training)
    assert ((lots.boxes[:, :2] + lots.boxes[:, 2:]) <= 1 + 1e-9).all()
    assert ((lots.shares >= 0.5) & (lots.shares <= 1)).all()


def test_chances_give_a_category_the_root_of_its_pictures():
    categories, sources = np.array([1, 2, 2, 2, 2]), np.array(["dogs"] * 5)
    chance = chances(categories, sources, np.arange(5))
    assert chance[1:].sum() / chance[0] == pytest.approx(2)
    assert chance.sum() == pytest.approx(1)


def test_teacher_and_student_get_the_same_views(new_course, monkeypatch):
    course, seen = new_course(), []
    ask = course.teacher.forward
    monkeypatch.setattr(course.teacher, "forward", lambda views, size: seen.append(views) or ask(views, size))
    lesson = course.lesson(0, 2)
    assert torch.equal(seen[0], lesson.views)
    torch.testing.assert_close(ask(lesson.views, 67).logits, lesson.opinion.logits)


def test_mirroring_a_lesson_mirrors_what_the_teacher_said_about_it():
    views, maps = torch.rand(1, 3, 4, 4), torch.rand(1, 2, 3, 3)
    lesson = Lesson(views, Opinion(torch.rand(1, 5), maps), torch.rand(1, 5)).mirrored()
    assert torch.equal(lesson.views[..., 0], views[..., 3])
    assert torch.equal(lesson.opinion.maps[..., 0], maps[..., 2])
