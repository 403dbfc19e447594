"""Searches: their budget, their honesty, their order; and that each ends when it should."""

import pytest
import torch

from explainer.digits import tuning
from explainer.digits.data import Digits
from explainer.digits.training import Settings, train
from explainer.digits.tuning import METHODS, SPACE, Between, tune
from explainer.errors import ExplainerError


@pytest.fixture(scope="module")
def few(small):
    return small.first(300)


@pytest.mark.parametrize("method", METHODS)
def test_every_trial_can_be_done_again(few, method):
    trials = list(tune(few, method, trials=4, over=("rate", "batch", "cost"), settings=Settings(hidden=4, epochs=1)))
    assert 1 <= len(trials) <= 4
    for number, trial in enumerate(trials, 1):
        assert trial.number == number and set(trial.values) == {"rate", "batch", "cost"}
        assert trial.settings.hidden == (4,) and trial.settings.rate == trial.values["rate"]
        *_, last = train(few.held_out(), trial.settings)
        assert (last.accuracy, last.test_cost) == (trial.accuracy, trial.cost)
    so_far = 0
    for trial in trials:
        assert trial.best == (trial.accuracy > so_far or trial.number == 1)
        so_far = max(so_far, trial.accuracy)
        assert trial.best_so_far == so_far
    assert trials == list(
        tune(few, method, trials=4, over=("rate", "batch", "cost"), settings=Settings(hidden=4, epochs=1))
    )


@pytest.mark.parametrize("method", METHODS)
def test_values_stay_where_they_may(few, method):
    over = tuple(SPACE)
    for trial in tune(few.first(60), method, trials=8, over=over, settings=Settings(epochs=1)):
        for name, value in trial.values.items():
            known = SPACE[name]
            if isinstance(known, Between):
                assert known.low <= value <= known.high and (not known.whole or value == int(value))
            else:
                assert value in known.values


def test_a_grid_covers_its_corners(few):
    trials = list(tune(few.first(60), "grid", trials=9, over=("rate", "hidden"), settings=Settings(epochs=1)))
    assert len(trials) == 9
    assert {t.values["rate"] for t in trials} == {0.03, 0.9487, 30.0}
    assert {t.values["hidden"] for t in trials} == {4, 16, 64}
    assert len(list(tune(few.first(60), "grid", trials=1, settings=Settings(epochs=1)))) == 1
    assert len(list(tune(few.first(60), "grid", trials=10, over=("rate",), settings=Settings(epochs=1)))) == 10


def test_test_digits_have_no_say(few):
    other = Digits(few.train_images, few.train_labels, torch.rand(5, 784), torch.zeros(5).long(), "x", "y")
    settings = Settings(hidden=4, epochs=1)
    assert list(tune(few, "bayesian", 3, settings=settings)) == list(tune(other, "bayesian", 3, settings=settings))


def test_the_bayesian_search_learns_from_what_it_tried(few, monkeypatch):
    """On a made-up hill it comes closer to the top than chance does, over several seeds."""
    import math

    class Said:
        def __init__(self, accuracy):
            self.accuracy, self.test_cost = accuracy, 0.0

    def hill(_data, settings, **_):
        yield Said(1 - abs(math.log10(settings.rate)) / 3)

    monkeypatch.setattr(tuning, "train", hill)
    best = {
        method: sum(max(t.accuracy for t in tune(few, method, trials=25, over=("rate",), seed=s)) for s in range(5))
        for method in ("random", "bayesian")
    }
    assert best["bayesian"] >= best["random"]
    late = [t.accuracy for s in range(5) for t in tune(few, "bayesian", trials=25, over=("rate",), seed=s)][-10:]
    early = [t.accuracy for s in range(5) for t in tune(few, "random", trials=25, over=("rate",), seed=s)][-10:]
    assert sum(late) > sum(early)


def test_it_ends_when_its_time_is_up(few):
    assert len(list(tune(few, "random", trials=10_000, seconds=0.0, settings=Settings(hidden=2, epochs=1)))) == 1
    search = tune(few, "random", trials=10_000, settings=Settings(hidden=2, epochs=1))
    next(search), next(search)
    search.close()


def test_what_can_not_be_searched_is_told(few):
    for wrong in ({"method": "psychic"}, {"over": ()}, {"over": ("colour",)}, {"trials": 0}):
        with pytest.raises(ExplainerError) as error:
            tune(few, **wrong)
        assert str(error.value).endswith(".")
