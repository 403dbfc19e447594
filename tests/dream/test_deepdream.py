"""DeepDream: octaves, detail, guides, zoom films, and pictures of silly shapes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from explainer.dream import RECIPES, DreamError, Octaves, dream, parse_objective
from explainer.dream.deepdream import (
    MAX_SIDE,
    best_matches,
    guided,
    octave_sizes,
    over,
    resized,
    zoomed,
)
from explainer.pictures import Picture

QUICK = replace(RECIPES["deepdream"], octaves=3, iterations=2)


def photograph(height: int = 80, width: int = 104, seed: int = 0) -> Picture:
    """Smooth random colours."""
    small = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(seed))
    pixels = resized(small, (height, width)).clamp(0, 1)[0].permute(1, 2, 0)
    return Picture((pixels * 255).byte().numpy())


def last(frames):
    return list(frames)[-1]


def test_octaves_grow_by_the_ratio_up_to_the_picture():
    assert octave_sizes((480, 640), Octaves(octaves=4, ratio=1.4)) == [(175, 233), (245, 327), (343, 457), (480, 640)]
    assert octave_sizes((100, 200), Octaves(octaves=3, ratio=2.0), smallest=60) == [(60, 120), (60, 120), (100, 200)]


def test_a_dream_of_no_strength_is_the_picture_itself(toy):
    picture = photograph()
    frame = last(dream(toy, "layer:conv2", replace(QUICK, rate=1e-6), start=picture))
    assert frame.pixels.shape == picture.pixels.shape
    assert np.abs(frame.pixels.astype(int) - picture.pixels).max() <= 1


def test_only_detail_is_carried_up():
    """The full picture keeps its own fine structure; what a smaller octave added lies over it."""
    original = torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(0)) * 0.5
    small = resized(original, (20, 30))
    torch.testing.assert_close(over(original, small), original)
    torch.testing.assert_close(over(original, small + 0.25), original + 0.25, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "objective", ["layer:conv1", "layer:conv2", "channel:conv2:3", "layer:conv1 + 2*channel:conv2:1"]
)
def test_it_goes_uphill_in_every_octave(toy, objective):
    frames = list(dream(toy, objective, replace(QUICK, iterations=4), start=photograph()))
    assert [frame.step for frame in frames] == list(range(1, 13))
    assert {frame.pixels.shape for frame in frames} == {(80, 104, 3)}
    for octave in range(3):
        assert frames[4 * octave + 3].objective > frames[4 * octave].objective


def test_a_step_has_the_length_asked_for(toy):
    plain = Octaves(octaves=1, iterations=1, rate=2.0, jitter=0, colours="independent", smooth=0.0)
    picture = Picture(np.full((64, 64, 3), 128, np.uint8) + np.arange(64, dtype=np.uint8)[:, None, None] // 4)
    frame = last(dream(toy, "layer:conv2", plain, start=picture, precision="float32"))
    change = frame.state.numbers - frame.state.original
    assert change.abs().mean().item() == pytest.approx(2 / 255, rel=0.05)  # a few are cut off at black or white
    x = frame.state.original.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(
        parse_objective("layer:conv2", toy).measure({"conv2": toy.run((x - MEAN) / STD, stop="conv2")}).sum(), x
    )
    assert torch.cosine_similarity(change.flatten(), gradient.flatten(), dim=0) > 0.95


MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def test_the_same_seed_gives_the_same_bytes(toy):
    def frames():
        return dream(toy, "layer:conv2", replace(QUICK, scenes=2), start=photograph(), seed=4, guide=photograph(seed=1))

    straight = [frame.pixels.tobytes() for frame in frames()]
    assert straight == [frame.pixels.tobytes() for frame in frames()]


# --- a guide ---------------------------------------------------------------------------------------


def test_best_matches_by_brute_force():
    generator = torch.Generator().manual_seed(0)
    features, guide = torch.randn(50, 8, generator=generator), torch.randn(30, 8, generator=generator)
    expected = [max(guide, key=lambda other: float(one @ other)) for one in features]
    assert torch.equal(best_matches(features, guide, rows=7), torch.stack(expected))


def test_a_guide_pulls_every_position_towards_its_best_match(toy):
    objective = parse_objective("2*layer:conv2", toy)
    maps = torch.rand(1, 8, 5, 4, generator=torch.Generator().manual_seed(0), requires_grad=True)
    guide = torch.rand(12, 8, generator=torch.Generator().manual_seed(1))
    (gradient,) = torch.autograd.grad(guided(objective, {"conv2": maps}, {"conv2": guide}).sum(), maps)
    expected = 2 * best_matches(maps.detach().flatten(2)[0].T, guide).T.view(1, 8, 5, 4)
    torch.testing.assert_close(gradient, expected)


def test_a_guide_changes_the_dream(toy):
    picture = photograph()
    alone = last(dream(toy, "layer:conv2", QUICK, start=picture))
    led = last(dream(toy, "layer:conv2", QUICK, start=picture, guide=photograph(90, 70, seed=5)))
    assert not np.array_equal(alone.pixels, led.pixels)
    with pytest.raises(DreamError, match="layers"):
        dream(toy, "channel:conv2:1", QUICK, start=picture, guide=picture)


# --- the film ----------------------------------------------------------------------------------------


def test_zooming_enlarges_about_the_centre():
    x = torch.zeros(1, 3, 40, 60)
    x[..., 10:30, 15:45] = 1.0
    larger = zoomed(x, 0.5)
    assert larger.shape == x.shape and larger.mean() > 0.97  # the white middle fills the picture
    assert torch.equal(zoomed(x, 0.0), x)


def test_a_zoom_film_has_a_picture_a_scene(toy):
    frames = list(dream(toy, "layer:conv2", replace(QUICK, scenes=3, zoom=0.1), start=photograph()))
    assert len(frames) == 3 * 6
    kept = [frame for frame in frames if frame.whole]
    assert [frame.scene for frame in kept] == [0, 1, 2] and kept[-1].last
    assert not np.array_equal(kept[0].pixels, kept[1].pixels)


# --- silly input -------------------------------------------------------------------------------------


def test_a_huge_picture_is_bounded_work(toy):
    huge = Picture(np.zeros((3000, 5000, 3), np.uint8))
    running = dream(toy, "layer:conv1", Octaves(octaves=1, iterations=1), start=huge)
    assert max(next(running).pixels.shape) == MAX_SIDE


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (2, 2000), (5, 400)])
def test_a_sliver_of_a_picture_is_refused_in_a_sentence(toy, shape):
    with pytest.raises(DreamError, match=rf"{shape[1]} × {shape[0]} pixels, too narrow"):
        dream(toy, "layer:conv2", QUICK, start=Picture(np.zeros((*shape, 3), np.uint8)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (64, 64), (20, 200)])
def test_a_small_picture_is_enlarged(toy, shape):
    picture = Picture(np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8))
    assert min(last(dream(toy, "layer:conv2", QUICK, start=picture)).pixels.shape[:2]) == 64


def test_a_flat_picture_does_not_divide_by_zero(toy):
    frame = last(dream(toy, "channel:conv2:0", QUICK, start=Picture(np.full((70, 70, 3), 255, np.uint8))))
    assert np.isfinite(frame.objective)


def test_what_deepdream_cannot_do_is_said(toy):
    with pytest.raises(DreamError, match="conv1 to conv2"):
        dream(toy, "class:teapot", QUICK, start=photograph())
    with pytest.raises(DreamError, match="begins with a picture"):
        dream(toy, "layer:conv1", QUICK)


@pytest.mark.parametrize(
    "changes",
    [{"rate": 1e9}, {"rate": float("nan")}, {"octaves": 0}, {"octaves": 99}, {"octaves": 2.5}, {"ratio": 1},
     {"ratio": 1e9}, {"iterations": 10**9}, {"jitter": -1}, {"scenes": 10**9}, {"zoom": 2}, {"smooth": float("inf")},
     {"colours": "clipped"}],
)  # fmt: skip
def test_silly_octaves_are_refused(changes):
    with pytest.raises(DreamError) as error:
        replace(QUICK, **changes)
    assert str(error.value).endswith(".")


def test_the_strongest_dream_allowed_stays_a_picture(toy):
    frame = last(dream(toy, "layer:conv2", replace(QUICK, rate=50.0, jitter=200), start=photograph()))
    assert frame.state.numbers.min() >= 0 and frame.state.numbers.max() <= 1 and np.isfinite(frame.objective)


def test_the_shipped_network_dreams_on_a_photograph(network):
    objective = "layer:conv5"
    frames = list(dream(network, objective, QUICK, start=photograph(120, 160)))
    assert frames[-1].objective > 1.2 * frames[-2].objective or frames[-1].objective > 2 * frames[0].objective
    assert frames[-1].pixels.shape == (120, 160, 3)
