from dataclasses import replace

import numpy as np
import pytest
import torch

from explainer.training.lesson import true_labels
from explainer.training.lots import Lots, chances, draw, varied
from explainer.training.notebook import Notebook, Term, condensed
from explainer.training.store import Store
from explainer.training.teacher import Opinion
from explainer.training.views import MEAN, SPREAD, crop, jitter, render

from .conftest import SMALL


def plain_lots(pictures, **changes) -> Lots:
    n = len(pictures)
    lots = Lots(
        pictures=np.array(pictures),
        boxes=np.tile([0.0, 0.0, 1.0, 1.0], (n, 1)),
        flips=np.zeros(n, bool),
        gains=np.ones((n, 3), np.float32),
    )
    return replace(lots, **changes)


@pytest.fixture
def squares() -> Store:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    return Store(
        (pixels.ravel(),), np.zeros(2, np.uint8), np.array([0, 768]), np.array([16, 16]), np.array([16, 16]),
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


def test_a_label_is_one_at_its_place_and_unknown_is_nowhere():
    torch.testing.assert_close(
        true_labels(torch.tensor([3, -1]), outputs=5), torch.tensor([[0, 0, 0, 1.0, 0], [0, 0, 0, 0, 0]])
    )


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


def test_a_draw_depends_on_seed_and_number_alone(store):
    training = store.training
    chance = chances(store.categories, store.sources, training, {})

    def lots_of(seed: int, number: int) -> Lots:
        return draw(seed, number, 16, training, chance, (0.2, 0.9))

    lots_of(0, 4)
    for one, other in zip(vars(lots_of(0, 5)).values(), vars(lots_of(0, 5)).values(), strict=True):
        assert (one == other).all()
    assert (lots_of(0, 5).boxes != lots_of(0, 6).boxes).any()
    assert (lots_of(0, 5).boxes != lots_of(1, 5).boxes).any()
    lots = lots_of(2, 0)
    assert set(lots.pictures) <= set(training)
    assert ((lots.boxes[:, :2] + lots.boxes[:, 2:]) <= 1 + 1e-6).all()


def test_varying_changes_neither_picture_nor_part():
    lots = plain_lots([1] * 400)
    changed = varied(np.random.default_rng(0), lots)
    assert (changed.pictures == lots.pictures).all() and (changed.boxes == lots.boxes).all()
    assert 150 < changed.flips.sum() < 250
    assert (np.abs(changed.gains - 1) <= 0.3 + 1e-6).all() and len(np.unique(changed.gains)) > 1000


def test_chances_give_a_category_the_root_of_its_pictures():
    categories, sources = np.array([1, 2, 2, 2, 2]), np.array(["dogs"] * 5)
    chance = chances(categories, sources, np.arange(5), {})
    assert chance[1:].sum() / chance[0] == pytest.approx(2)
    assert chance.sum() == pytest.approx(1)


def test_chances_weigh_a_source_by_its_attention():
    categories, sources = np.array([1, 2, 3]), np.array(["few", "much", "none"])
    chance = chances(categories, sources, np.arange(3), {"much": 3.0, "none": 0.0})
    assert chance == pytest.approx([0.25, 0.75, 0])


def test_the_teacher_sees_the_parts_as_they_are_and_the_student_mirrors_its_opinion(new_course):
    course = new_course()
    next(iter(course.run()))
    term = course.notebook.terms[0]
    views = render(course.store, term.lots, term.size)
    again = condensed(course.teacher(views, term.size)).logits
    torch.testing.assert_close(again, term.opinion.logits, atol=2e-3, rtol=2e-3)  # half precision
    lesson = course.lesson(0)
    rng = np.random.default_rng([SMALL.seed, course.step, 0])
    lots, opinion = course.notebook.draw(rng, SMALL.batch // SMALL.parts)
    flips = varied(rng, lots).flips
    for i, flip in enumerate(flips):
        expected = opinion.maps[i].flip(2) if flip else opinion.maps[i]
        assert torch.equal(lesson.opinion.maps[i], expected)
    assert torch.equal(lesson.opinion.logits, opinion.logits)


def test_the_notebook_forgets_the_oldest_term_and_keeps_views_with_their_opinions():
    notebook = Notebook(2)
    for term in range(3):
        pictures = np.arange(4) + 10 * term
        values = torch.tensor(pictures, dtype=torch.float16)
        maps = values.reshape(4, 1, 1, 1).expand(4, 512, 3, 3)
        notebook.add(Term(plain_lots(pictures), 67, Opinion(values[:, None].expand(4, 1000), maps)))
    lots, opinion = notebook.draw(np.random.default_rng(0), 300)
    assert set(lots.pictures.tolist()) == {10, 11, 12, 13, 20, 21, 22, 23}
    assert (opinion.logits[:, 7].numpy() == lots.pictures).all()
    assert (opinion.maps[:, 5, 1, 2].numpy() == lots.pictures).all()
    assert opinion.logits.dtype == torch.float32


def test_an_opinion_is_condensed_to_means_over_places():
    maps = torch.arange(36.0).reshape(1, 1, 6, 6).expand(1, 512, 6, 6)
    small = condensed(Opinion(torch.zeros(1, 1000), maps)).maps
    assert small.shape == (1, 512, 3, 3)
    assert small[0, 0, 0, 0] == (0 + 1 + 6 + 7) / 4
