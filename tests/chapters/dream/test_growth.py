"""What a page follows, and the regularisers as switches."""

from dataclasses import asdict

import numpy as np
import pytest

from explainer.chapters.dream.figures import recipe_code
from explainer.chapters.dream.growth import growing, keepsake
from explainer.chapters.dream.switches import SWITCHES, amounts, switched, switches_on
from explainer.dream import RECIPES, DreamError, Recipe, dream
from explainer.pictures import Picture

FROM_NOISE = ["naive", "yosinski", "lucid", "clear", "detector"]


def test_growth_follows_every_step(toy):
    frames = list(dream(toy, "class:teapot", steps=20, size=32, guess_every=4))
    *_, growth = growing(dream(toy, "class:teapot", steps=20, size=32, guess_every=4))
    assert growth.values == tuple(frame.objective for frame in frames)
    assert np.array_equal(growth.frame.pixels, frames[-1].pixels) and growth.before is None
    assert [step for step, _ in growth.guesses] == [1, 4, 8, 12, 16, 20]
    for step, probability in growth.probabilities("teapot"):
        (guess,) = (guess for guess in frames[step - 1].guesses if guess.category == "teapot")
        assert probability == guess.probability
    assert len(growth.film.frames) == 20


def test_a_deepdream_remembers_the_picture_it_began_with(toy):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    *_, growth = growing(dream(toy, "layer:conv2", RECIPES["deepdream"], start=Picture(pixels), guess_every=8))
    assert np.abs(growth.before.astype(int) - pixels).max() <= 1
    assert not np.array_equal(growth.frame.pixels, growth.before)


def test_a_keepsake_looks_the_same_and_weighs_little(toy):
    *_, frame = dream(toy, "class:teapot", steps=2, size=32)
    kept = keepsake(frame)
    assert np.array_equal(kept.pixels, frame.pixels) and kept.settings == frame.settings
    assert kept.state.numbers.numel() == 0 and frame.state.numbers.numel() > 0


@pytest.mark.parametrize("name", FROM_NOISE)
def test_a_recipes_own_switches_leave_it_as_it_is(name):
    recipe = RECIPES[name]
    assert switched(recipe, switches_on(recipe)) == recipe


def test_what_the_recipes_have_switched_on():
    assert switches_on(RECIPES["naive"]) == [] and amounts(RECIPES["naive"]) == []
    assert set(switches_on(RECIPES["yosinski"])) == {"blur", "decay"}
    assert set(switches_on(RECIPES["lucid"])) == {"Fourier", "natural colours", "jitter", "scale", "rotation"}


@pytest.mark.parametrize("switch", list(SWITCHES))
@pytest.mark.parametrize("name", ["naive", "clear"])
def test_every_switch_changes_its_own_setting_and_dreams(name, switch, toy):
    recipe = RECIPES[name]
    on = set(switches_on(recipe)) ^ {switch}
    changed = switched(recipe, on)
    assert set(switches_on(changed)) == on
    allowed = {"name", "rate", "optimiser", "colours", SWITCHES[switch][0]}
    before, after = asdict(recipe), asdict(changed)
    assert {key for key in before if before[key] != after[key]} <= allowed
    *_, frame = dream(toy, "class:teapot", changed, steps=3, size=32)
    assert frame.step == 3


def test_every_mixture_can_be_dreamt():
    rng = np.random.default_rng(1)
    for _ in range(200):
        on = [name for name in SWITCHES if rng.random() < 0.5]
        recipe = switched(RECIPES[rng.choice(FROM_NOISE)], on, float(rng.uniform(0.1, 10)))
        assert set(switches_on(recipe)) == set(on) and len(amounts(recipe)) == len(on)
        assert eval(recipe_code(recipe), {"Recipe": Recipe, "RECIPES": RECIPES}) == recipe


@pytest.mark.parametrize("strength", [0.0, -1.0, 1e9, float("nan"), float("inf")])
def test_a_strength_out_of_bounds_is_refused(strength):
    with pytest.raises(DreamError, match="strength"):
        switched(RECIPES["naive"], [], strength)


def test_an_unknown_switch_is_refused():
    with pytest.raises(DreamError, match="switch"):
        switched(RECIPES["naive"], ["magic"])
