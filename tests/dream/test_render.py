"""Dreams from noise: repeatable, stoppable, uphill, and each recipe's switch felt."""

import gc
import threading
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from explainer.dream import (
    RECIPES,
    DreamError,
    Recipe,
    dream,
    natural_size,
    parse_objective,
    read,
)
from explainer.dream.frame import Settings, State
from explainer.dream.recipes import recipe_from
from explainer.dream.render import adam, ascend
from explainer.pictures import Picture

FROM_NOISE = [name for name, recipe in RECIPES.items() if isinstance(recipe, Recipe)]


def last(frames):
    return list(frames)[-1]


@pytest.mark.parametrize("recipe", FROM_NOISE)
def test_a_seed_fixes_every_byte(toy, recipe):
    def run(seed):
        return [frame.pixels.tobytes() for frame in dream(toy, "class:teapot", recipe, steps=6, size=32, seed=seed)]

    assert run(3) == run(3)
    assert run(3)[-1] != run(4)[-1]


def test_a_seed_fixes_every_byte_of_the_shipped_network(network):
    first, second = (last(dream(network, "class:dumbbell", steps=3, seed=9)) for _ in range(2))
    assert first.pixels.tobytes() == second.pixels.tobytes() and first.guesses == second.guesses


def test_settings_survive_as_plain_values(toy):
    for recipe in RECIPES.values():
        assert recipe_from(asdict(recipe)) == recipe
    settings = last(dream(toy, "0.5*class:teapot", steps=1, size=32)).settings
    assert Settings.of(settings.values()) == settings
    with pytest.raises(DreamError, match="no setting"):
        recipe_from({"octaves": 3, "colour": "red"})


def test_fewer_steps_are_the_beginning_of_more(toy):
    more, fewer = (list(dream(toy, "class:teapot", steps=steps, size=32)) for steps in (8, 5))
    assert [frame.pixels.tobytes() for frame in fewer] == [frame.pixels.tobytes() for frame in more[:5]]


def test_the_optimiser_is_adam():
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(5, generator=generator)
    theirs = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([theirs], lr=0.05, maximize=True)
    state = State(0, start)
    for step in range(1, 12):
        gradient = torch.randn(5, generator=generator)
        theirs.grad = gradient.clone()
        optimiser.step()
        state = adam(replace(state, step=step), gradient, 0.05)
        torch.testing.assert_close(state.numbers, theirs.detach(), atol=1e-6, rtol=1e-5)


def test_a_plain_step_has_the_length_asked_for():
    numbers, gradient = torch.zeros(2, 3, 4, 4), torch.randn(2, 3, 4, 4)
    moved = ascend(State(1, numbers), gradient * 1e6, 1.5).numbers
    assert moved.abs().mean((1, 2, 3)).tolist() == pytest.approx([1.5 / 255] * 2)
    assert (moved.sign() == gradient.sign()).all()
    assert torch.equal(ascend(State(1, numbers), torch.zeros_like(gradient), 1.5).numbers, numbers)


@pytest.mark.parametrize("recipe", FROM_NOISE)
def test_every_recipe_goes_uphill(toy, recipe):
    frames = list(dream(toy, "class:teapot", recipe, steps=50, size=32))
    early, late = (np.mean([frame.objective for frame in part]) for part in (frames[:8], frames[-8:]))
    assert late > early + 0.2


def test_the_shipped_network_reads_what_it_dreamt(network):
    """Few steps, well-known categories: the picture's effect on the network, whatever its weights are."""
    hits = 0
    for category in ("goldfish", "church", "golf ball"):
        frame = last(dream(network, f"class:{category}", steps=32, guess_every=100))
        hits += category in [guess.category for guess in frame.guesses]
        assert frame.guesses == read(network, frame.pixels) == tuple(network.classify(frame.picture()))
    assert hits >= 2


def test_one_unit_costs_only_what_it_sees(network):
    objective = parse_objective("unit:conv2:7", network)
    assert natural_size(network, objective) == 51
    frames = list(dream(network, objective, steps=25))
    assert frames[-1].pixels.shape == (51, 51, 3) and frames[-1].objective > 2 * frames[0].objective
    start, end = (frame.pixels.astype(float) for frame in dream(network, objective, "naive", steps=2, size=120))
    seen = np.argwhere((start != end).any(2))
    assert seen.min() >= (120 - 51) // 2 - 1 and seen.max() <= (120 + 51) // 2 + 1  # of a larger picture, the middle


def test_guesses_can_be_left_out(toy):
    assert last(dream(toy, "class:teapot", steps=2, size=32, guess_every=0)).guesses == ()


def test_several_pictures_at_once_differ_more_with_diversity(toy):
    def likeness(objective):
        frame = last(dream(toy, objective, "detector", steps=40, size=32, pictures=3, seed=1))
        assert frame.pictures.shape == (3, 32, 32, 3)
        x = torch.from_numpy(frame.pictures).permute(0, 3, 1, 2).float() / 255
        measure = parse_objective("diversity:conv2", toy).measure
        return -measure({"conv2": toy.run((x - 0.45) / 0.225, stop="conv2")}).mean().item()

    assert likeness("channel:conv2:2 + 20*diversity:conv2") < likeness("channel:conv2:2")


# --- the switches ------------------------------------------------------------------------------------


def grain(pixels: np.ndarray) -> float:
    """The share of a picture's energy in waves shorter than four pixels."""
    power = np.abs(np.fft.fft2(pixels.astype(float).mean(2) - pixels.mean())) ** 2
    frequency = np.hypot(np.fft.fftfreq(len(pixels))[:, None], np.fft.fftfreq(len(pixels))[None])
    return power[frequency > 0.25].sum() / power.sum()


def test_every_regulariser_takes_grain_out_of_noise(toy):
    naive = replace(RECIPES["naive"], rate=3.0)

    def drawn(recipe):
        return last(dream(toy, "channel:conv2:2", recipe, steps=40, size=32)).pixels

    without = grain(drawn(naive))
    assert grain(drawn(replace(naive, blur=1.0))) < 0.8 * without
    assert grain(drawn(replace(naive, jitter=30.0))) < without
    assert (
        grain(drawn(replace(naive, parameterisation="fourier", colours="decorrelated", optimiser="adam", rate=0.05)))
        < without
    )
    assert drawn(replace(naive, decay=0.2)).std() < 0.8 * drawn(naive).std()
    assert (drawn(replace(naive, drop_weak=0.3)) == 128).all(2).mean() > 0.2


def test_a_price_on_total_variation_smooths(toy):
    plain = last(dream(toy, "channel:conv2:2", "lucid", steps=30, size=32)).pixels
    priced = last(
        dream(toy, "channel:conv2:2", replace(RECIPES["lucid"], total_variation=0.1), steps=30, size=32)
    ).pixels
    assert np.abs(np.diff(priced.astype(float), axis=0)).mean() < np.abs(np.diff(plain.astype(float), axis=0)).mean()


def test_the_lead_is_won_over_rivals(toy):
    def ahead(lead):
        frame = last(dream(toy, "class:teapot", replace(RECIPES["lucid"], lead=lead), steps=20, size=32))
        return {guess.category: guess.probability for guess in frame.guesses}["teapot"]

    assert ahead(5.0) > ahead(0.0)


def test_the_best_is_kept(toy):
    frames = list(
        dream(toy, "class:teapot", replace(RECIPES["yosinski"], decay=0.0, blur=3.0, blur_every=10), steps=10, size=32)
    )
    assert frames[-1].state.best_value == max(frame.objective for frame in frames)
    best = max(
        frames, key=lambda frame: frame.objective
    ).step  # measured before its step: the picture one frame earlier
    assert np.array_equal(frames[-1].pixels, frames[best - 2].pixels)


def test_a_dream_can_begin_with_a_picture(toy):
    pixels = np.full((40, 60, 3), 200, np.uint8)
    frame = next(dream(toy, "class:teapot", "lucid", steps=1, size=32, start=Picture(pixels)))
    assert frame.pixels.shape == (32, 32, 3) and abs(frame.pixels.mean() - 200) < 10


# --- stopping, threads, memory -----------------------------------------------------------------------


def test_stop_is_within_one_step(toy, monkeypatch):
    passes = []
    monkeypatch.setattr("explainer.dream.render.activations", lambda *args: passes.append(1) or real(*args))
    running = dream(toy, "class:teapot", steps=100, size=32)
    assert not passes  # nothing is computed before the first frame is asked for
    next(running), next(running)
    running.close()
    assert len(passes) == 2
    with pytest.raises(StopIteration):
        next(running)


def real(*args):
    from explainer.dream.forward import activations

    return activations(*args)


def test_visitors_dream_at_the_same_time(toy):
    alone = [last(dream(toy, "unit:conv2:1", steps=12, size=32, seed=seed)).pixels for seed in range(3)]
    together = [None] * 3

    def work(seed):
        together[seed] = last(dream(toy, "unit:conv2:1", steps=12, size=32, seed=seed)).pixels

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other)


def test_a_page_without_gradients_dreams_all_the_same(toy):
    with torch.no_grad():
        inside = last(dream(toy, "class:teapot", steps=3, size=32))
        assert not torch.is_grad_enabled()
    assert np.array_equal(inside.pixels, last(dream(toy, "class:teapot", steps=3, size=32)).pixels)


def test_fifty_starts_and_stops_leave_memory_where_it_was(network):
    def start_and_stop():
        running = dream(network, "unit:conv3:5", steps=100)
        next(running), next(running)
        running.close()

    def tensors():
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    for _ in range(3):
        start_and_stop()
    before, resident = tensors(), megabytes()
    for _ in range(50):
        start_and_stop()
    assert tensors() <= before  # earlier tests' work may still be put away
    assert megabytes() - resident < 20


def megabytes() -> float:
    """Memory held by this process; 0 where the system doesn't say."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * 4096 / 2**20 if status.exists() else 0.0


# --- silly input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"rate": 1e9}, {"rate": float("nan")}, {"rate": 0}, {"rate": "fast"}, {"blur": -1}, {"blur_every": 0},
     {"decay": 2}, {"decay": float("inf")}, {"jitter": 1e9}, {"scale": (2, 1)}, {"scale": (0, 1)}, {"scale": 3},
     {"scale": (1, float("nan"))}, {"rotate": 1000}, {"steps": 10**9}, {"steps": 1.5}, {"parameterisation": "cubic"},
     {"colours": None}, {"optimiser": "magic"}, {"total_variation": 1e9}, {"lead": True}],
)  # fmt: skip
def test_a_silly_recipe_is_refused(changes):
    with pytest.raises(DreamError) as error:
        replace(RECIPES["clear"], **changes)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [{"steps": 0}, {"steps": 10**9}, {"steps": float("nan")}, {"size": 5000}, {"size": 1}, {"size": -3}, {"seed": -1},
     {"seed": 2**40}, {"pictures": 0}, {"pictures": 1000}, {"pictures": 9, "size": 512}, {"precision": "float4"},
     {"recipe": "lucent"}, {"guess_every": -1}, {"recipe": "deepdream"},
     {"guide": Picture(np.zeros((9, 9, 3), np.uint8))}],
)  # fmt: skip
def test_silly_settings_are_refused_before_the_first_step(toy, arguments):
    with pytest.raises(DreamError) as error:
        dream(toy, "class:teapot", **arguments)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


def test_the_wildest_recipe_allowed_stays_within_bounds(toy):
    wild = Recipe(
        rate=50,
        lead=100,
        jitter=200,
        scale=(0.25, 4),
        rotate=180,
        mirror=True,
        total_variation=100,
        blur=20,
        blur_every=1,
    )
    frame = last(dream(toy, "1000*class:teapot + -1000*layer:conv1", wild, steps=5, size=32))
    assert np.isfinite(frame.objective) and frame.state.numbers.isfinite().all()


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (1, 1), (7, 5)])
def test_any_picture_can_be_a_start(toy, shape):
    picture = Picture(np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8))
    assert next(dream(toy, "class:teapot", steps=1, size=32, start=picture)).pixels.shape == (32, 32, 3)
