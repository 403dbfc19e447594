"""Training: the same as a NumPy program, deterministic, stoppable without loss, and honest about test digits."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from explainer.digits import training as module
from explainer.digits.data import Digits
from explainer.digits.files import load_training, save_training
from explainer.digits.training import PRESETS, Settings, Training, settings_dict, settings_from, train
from explainer.errors import ExplainerError

from .conftest import numpy_gradient


@pytest.fixture(scope="module")
def few(small):
    return small.first(405)


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.weights + one.biases, other.weights + other.biases, strict=True))


def test_a_whole_epoch_is_the_numpy_programs(small):
    """Same order of examples, same starting weights, one example at a time in float64: the same network."""
    data = small.first(43)  # 4 batches of ten and a rest of three
    settings = Settings(hidden=6, epochs=1, regularisation=2.0, cost="quadratic", seed=9)
    training = Training.start(settings)
    weights = [w.double().numpy().copy() for w in training.network.weights]
    biases = [b.double().numpy().copy() for b in training.network.biases]
    order = module.epoch_order(43, 9, 0).tolist()
    assert sorted(order) == list(range(43))
    for start in range(0, 43, 10):
        part = order[start : start + 10]
        targets = np.eye(10)[data.train_labels.numpy()]
        pixels = data.train_images.double().numpy()
        each = [numpy_gradient(weights, biases, pixels[i], targets[i], "quadratic") for i in part]
        for layer in range(2):
            weights[layer] *= 1 - 3.0 * 2.0 / 43
            weights[layer] -= 3.0 / len(part) * sum(one[1][layer] for one in each)
            biases[layer] -= 3.0 / len(part) * sum(one[0][layer] for one in each)
    *_, last = training.run(data)
    assert last.step == 5 and last.examples == 43
    for layer in range(2):
        assert np.allclose(training.network.weights[layer], weights[layer], atol=2e-5)
        assert np.allclose(training.network.biases[layer], biases[layer], atol=2e-5)


def test_a_seed_gives_the_same_numbers(few):
    one, two = list(train(few, hidden=8, epochs=2, seed=3)), list(train(few, hidden=8, epochs=2, seed=3))
    assert one == two
    assert same(one[-1].network, two[-1].network)
    assert one[-1].cost != list(train(few, hidden=8, epochs=2, seed=4))[-1].cost


def test_a_training_left_beyond_the_digits_that_are_here_ends_its_epoch(few):
    """Saved in the middle of 60,000, taken up with 405: it goes on with the next epoch, and comes to an end."""
    training = Training.start(Settings(hidden=4, epochs=2))
    training.begun, training.done, training.examples = True, 30_000, 30_000
    first, *_, last = training.run(few)
    assert 1 < first.position <= 2 and last.position == 2 and last.share == 1
    assert last.examples == 30_405
    training.done, training.epoch = 30_000, 1  # in its last epoch: nothing is left to do
    assert list(training.run(few)) == [] and training.finished


def test_an_error_leaves_the_thread_as_it_was(few, monkeypatch):
    run = train(few, hidden=8)
    next(run)
    next(run)
    assert torch.get_num_threads() == 1
    monkeypatch.setattr(module.Descent, "step", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        next(run)
    assert not torch.is_inference_mode_enabled()


def through_nothing(training):
    return training


def through_pickle(training):
    return pickle.loads(pickle.dumps(training))


def through_file(training):
    return load_training(save_training(training))


@pytest.mark.parametrize("journey", [through_nothing, through_pickle, through_file])
def test_stopped_anywhere_and_continued_is_as_if_never_stopped(few, journey):
    settings = Settings(hidden=(8, 6), epochs=3, decay=0.7, regularisation=1.0, cost="cross-entropy", initial="scaled")
    whole = list(Training.start(settings).run(few, every=7))
    for stop in (1, 4, 6, 7, 13):
        training, parts = Training.start(settings), []
        while not training.finished or not parts:
            run = training.run(few, every=7)
            for progress in run:
                parts.append(progress)
                if len(parts) % stop == 0:
                    run.close()
                    break
            training = journey(training)
        assert parts == whole
        assert same(training.network, whole[-1].network)


def test_it_goes_on_for_further_epochs_with_other_settings(few):
    training = Training.start(Settings(hidden=8, epochs=1))
    list(training.run(few))
    assert training.finished and list(training.run(few)) == []
    training.settings = replace(training.settings, epochs=2, rate=1.0, batch=4)
    states = list(training.run(few))
    assert states[-1].position == 2 and states[-1].rate == 1.0 and training.examples == 810


def test_it_reports_several_times_an_epoch(few, small):
    states = list(train(few, hidden=4, epochs=2))
    assert states[0].examples == 0 and states[0].position == 0 and states[0].epoch == 1
    assert [s.examples for s in states] == sorted({s.examples for s in states})
    assert states[-1].share == 1 and states[-1].position == 2 and states[-1].examples == 810
    assert sum(s.position == 1 for s in states) == 1
    assert len(states) >= 12
    for s in states:
        assert s.confusion.shape == (10, 10) and s.confusion.sum() == 1000
        assert s.confusion.sum(1).tolist() == small.test_labels.bincount().tolist()
        assert s.accuracy == pytest.approx(s.confusion.diagonal().sum().item() / 1000)
    # A batch of one is many steps: the page must still hear of it.
    assert len(list(train(small.first(2000), hidden=2, epochs=1, batch=1))) >= 10
    assert sum(1 for _ in train(few, hidden=2, epochs=1, every=1)) == 42


def test_test_digits_are_never_learned_from(few):
    other = Digits(
        few.train_images, few.train_labels, few.test_images.flip(0) * 0.3, few.test_labels, few.name, few.source
    )
    images, labels = few.train_images.clone(), few.train_labels.clone()
    *_, one = train(few, hidden=8, epochs=1)
    *_, two = train(other, hidden=8, epochs=1)
    assert one.accuracy != two.accuracy
    assert same(one.network, two.network)
    assert torch.equal(images, few.train_images) and torch.equal(labels, few.train_labels)


def test_the_rate_decays(few):
    states = list(train(few, hidden=4, epochs=3, rate=2.0, decay=0.5))
    assert {s.rate for s in states if 0 < s.position < 1} == {2.0}
    assert {s.rate for s in states if 2 < s.position < 3} == {0.5}


def test_a_wild_rate_does_not_crash(few):
    for cost in ("quadratic", "cross-entropy"):
        *_, last = train(few, hidden=4, epochs=1, rate=1000.0, cost=cost)
        assert 0 <= last.accuracy <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden": 0},
        {"hidden": (15, -1)},
        {"hidden": 2000},
        {"hidden": (3,) * 6},
        {"hidden": (1.5,)},
        {"epochs": 0},
        {"rate": 0},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"rate": "fast"},
        {"batch": 0},
        {"cost": "linear"},
        {"initial": "zero"},
        {"regularisation": -1},
        {"decay": 0},
    ],
)
def test_settings_out_of_range_are_told(small, wrong):
    with pytest.raises(ExplainerError) as error:
        train(small, **wrong)
    assert str(error.value).endswith(".")


def test_settings_through_json():
    import json

    for settings in PRESETS.values():
        assert settings_from(json.loads(json.dumps(settings_dict(settings)))) == settings
    with pytest.raises(ExplainerError):
        settings_from({"hidden": [15], "speed": 3})
    with pytest.raises(ExplainerError):
        settings_from({})


def test_the_small_set_alone_is_enough_to_learn_from(small):
    """15 hidden neurons, 4,000 digits: about 88 in a hundred."""
    *_, last = train(small, hidden=15, epochs=10, rate=3.0)
    assert last.accuracy > 0.82
