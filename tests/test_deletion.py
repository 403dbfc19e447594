"""The race of heat maps, against a network small enough to be worked out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from explainer.attribution import METHODS, Attribution, attribute
from explainer.attribution.deletion import RANDOM, STEPS, Racer, cover_of, race, shares
from explainer.gallery import sample
from explainer.networks import Network, Preprocessing, load_network
from explainer.pictures import Picture

SIDE = 8


def linear() -> Network:
    """Two sums over the pixels, nothing else."""
    torch.manual_seed(4)
    chain = nn.Sequential()
    chain.add_module("fc1", nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 2)))
    return Network("linear", "two sums", chain, Preprocessing(SIDE, SIDE), ("a", "b"), "", "linear", {})


def picture() -> Picture:
    return Picture(np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8))


def answer(network: Network, values: torch.Tensor, method: str = "integrated") -> Attribution:
    return Attribution(method, 1, float(network.trace(picture()).logits[1]), values)


@pytest.mark.parametrize("by", ["grey", "blur"])
def test_every_step_by_hand(by):
    """In NumPy: put the cover where the map says, one pixel after the other, and work out both sums."""
    network = linear()
    seen = network.trace(picture()).input.numpy().reshape(3, -1)
    cover = network.preprocessing.normalise(cover_of(network, picture().pixels, by)).numpy().reshape(3, -1)
    weights, bias = (value.detach().numpy().astype(float) for value in network.stages.fc1[1].parameters())

    def probability(x):
        sums = weights @ x.ravel() + bias
        return np.exp(sums[1] - sums.max()) / np.exp(sums - sums.max()).sum()

    said = (weights[1] - weights[0]).reshape(3, -1) * (seen - cover)  # exactly what each pixel adds
    values = torch.tensor(said.reshape(3, SIDE, SIDE))
    finished = list(race(network, picture(), [answer(network, values)], by))[-1]
    best = next(racer for racer in finished.racers if racer.method == "integrated")
    order = np.argsort(-said.sum(0))
    np.testing.assert_array_equal(best.order, order)
    for step, share in enumerate(shares()):
        covered = order[: round(share * SIDE * SIDE)]
        without, only = seen.copy(), cover.copy()
        without[:, covered], only[:, covered] = cover[:, covered], seen[:, covered]
        assert best.hidden[step] == pytest.approx(probability(without), abs=1e-5)
        assert best.uncovered[step] == pytest.approx(probability(only), abs=1e-5)
        assert best.first[step] == (probability(without) > 0.5)
    # In a linear network nothing can beat the order of what the pixels add, nor do worse than its reverse.
    worst = list(race(network, picture(), [answer(network, -values)], by))[-1].racers[0]
    chance = next(racer for racer in finished.racers if racer.method == RANDOM)
    assert best.deletion < chance.deletion < worst.deletion
    assert best.insertion > chance.insertion > worst.insertion
    assert finished.ranking[0] is best and finished.finished


def test_areas_and_turning_points():
    hidden = tuple(1 - shares())
    racer = Racer("gradient", np.arange(4), hidden, hidden, tuple(p > 0.2 for p in hidden))
    assert racer.deletion == pytest.approx(0.5) and racer.insertion == pytest.approx(0.5)
    assert racer.halved == pytest.approx(next(s for s in shares() if s >= 0.5))
    assert racer.gone == pytest.approx(next(s for s in shares() if s >= 0.8))
    never = Racer("gradient", np.arange(4), hidden[:3], hidden[:3], (True,) * 3)
    assert never.gone is None and never.halved is None


def test_what_is_equal_comes_in_any_order():
    """A flat map is no better than chance: its pixels are not taken from the upper left corner on."""
    network = linear()
    flat = answer(network, torch.ones(3, SIDE, SIDE))
    order = flat.order()
    assert sorted(order) == list(range(SIDE * SIDE)) and (order != np.arange(SIDE * SIDE)).any()
    assert (flat.order() == order).all() and (flat.order(seed=1) != order).any()


def test_a_race_is_about_one_name():
    network = linear()
    values = torch.ones(3, SIDE, SIDE)
    one = answer(network, values)
    with pytest.raises(ValueError, match="one category"):
        next(race(network, picture(), [one, Attribution("gradient", 0, 0.0, values)]))
    with pytest.raises(ValueError, match="one category"):
        next(race(network, picture(), []))
    with pytest.raises(ValueError, match="blur or grey"):
        next(race(network, picture(), [one], by="magic"))


def test_a_real_race():
    """Begins with the picture's probability, ends with the covered picture's, all in step."""
    network, shown = load_network(), sample("coffee")
    category = network.classify(shown)[0].index
    answers = [attribute(network, shown, category, method) for method in METHODS if method != "occlusion"]
    run = race(network, shown, answers)
    first = next(run)
    assert first.done == 1 and not first.finished
    *_, last = run
    assert last.done == STEPS + 1
    covered = network.preprocessing.normalise(last.cover)[None]
    end = float(network.run(covered).softmax(1)[0, category])
    for racer in last.racers:
        assert racer.hidden[0] == racer.uncovered[-1] == pytest.approx(network.classify(shown)[0].probability, abs=1e-4)
        assert racer.hidden[-1] == racer.uncovered[0] == pytest.approx(end, abs=1e-4)
