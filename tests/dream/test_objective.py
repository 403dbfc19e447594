"""Objectives against hand arithmetic, and the words that describe them."""

import math

import pytest
import torch

from explainer.dream import DreamError, class_objective, nearest_categories, parse_objective
from explainer.dream.objective import channel, diversity, layer, lead, logit, unit
from explainer.errors import NetworkError

MAPS = torch.arange(24.0).view(1, 2, 3, 4)  # one picture, two detectors of 3 × 4 positions


def test_measures_by_hand():
    assert channel(MAPS, 1).tolist() == [sum(range(12, 24)) / 12]
    assert unit(MAPS, 0).tolist() == [6.0]  # row 1, column 2 of 3 × 4
    assert layer(MAPS).tolist() == [sum(value**2 for value in range(24)) / 2]
    neurons = torch.tensor([[1.0, 2.0, 4.0]])
    assert logit(neurons, 2).tolist() == unit(neurons, 2).tolist() == channel(neurons, 2).tolist() == [4.0]
    assert layer(neurons).tolist() == [10.5]
    expected = 4 - math.log(math.e + math.e**2 + math.e**4)
    assert lead(neurons, 2).item() == pytest.approx(expected, rel=1e-6)


def test_diversity_is_minus_the_cosine_between_gram_matrices():
    same = torch.rand(1, 3, 4, 4).repeat(2, 1, 1, 1)
    assert diversity(same).tolist() == pytest.approx([-1, -1], abs=1e-6)
    one_fires = torch.zeros(2, 2, 1, 1)
    one_fires[0, 0] = one_fires[1, 1] = 3.0  # Gram matrices with one entry each, at different places
    assert diversity(one_fires).tolist() == [0.0, 0.0]
    assert diversity(same[:1]).tolist() == pytest.approx([0], abs=1e-6)  # alone, nothing to differ from


def test_terms_add_up_with_their_weights(toy):
    objective = parse_objective("class:teapot + 0.5*channel:conv2:3 + -2*unit:conv1:1", toy)
    values = {
        "fc3": torch.tensor([[0.0, 1, 5, 3]]),
        "conv2": torch.ones(1, 8, 2, 2),
        "conv1": torch.full((1, 6, 3, 3), 4.0),
    }
    assert objective.measure(values).tolist() == [5 + 0.5 * 1 - 2 * 4]
    assert (3 * objective).measure(values).tolist() == [3 * (5 + 0.5 - 8)]
    assert objective.layers == {"conv1", "conv2", "fc3"}


@pytest.mark.parametrize(
    "text",
    ["class:dumbbell", "lead:red fox", "layer:conv2", "channel:conv1:5", "unit:conv2:7", "unit:fc3:0", 
     "diversity:conv1", "class:teapot + 0.5*channel:conv2:3 + -2*unit:conv1:1"],
)  # fmt: skip
def test_text_round_trip(toy, text):
    objective = parse_objective(text, toy)
    assert str(objective) == text
    assert parse_objective(str(objective), toy) == objective


def test_words_are_read_with_a_generous_eye(toy):
    assert parse_objective("  Class: DUMBBELL ", toy) == class_objective("dumbbell", toy)
    assert parse_objective("class:3", toy) == class_objective("dumbbell", toy)
    assert parse_objective(" 2 * layer: conv1", toy) == 2 * parse_objective("layer:conv1", toy)


@pytest.mark.parametrize(
    ("wrong", "offered"),
    [("dumbell", "dumbbell"), ("english springr", "English springer"), ("retriever", "golden retriever")],
)
def test_an_unknown_category_offers_the_nearest(network, wrong, offered):
    with pytest.raises(DreamError, match=offered) as error:
        parse_objective(f"class:{wrong}", network)
    assert wrong in str(error.value) and str(error.value).endswith("?")
    assert offered in nearest_categories(wrong, network)


def test_each_category_of_the_network_can_be_named(network):
    for index, category in enumerate(network.categories):
        assert class_objective(category, network).terms[0].index == index


@pytest.mark.parametrize(
    "text",
    ["", "   ", "+", "class:", "class", "dumbbell", "unit:conv1", "unit:conv1:", "unit:conv1:x", "unit:conv1:6",
     "unit:conv1:-1", "channel:conv2:1.5", "unit:conv1:1:2", "class:4", "class:-1", "class:²", "class:\0",
     "nan*class:teapot", "inf*layer:conv1", "1e9*layer:conv1", "x*layer:conv1", "*layer:conv1", "layer:conv1 + ",
     "layer:conv1 + + layer:conv2", "unit:conv1:99999999999999999999", "class:" + "z" * 10_000],
)  # fmt: skip
def test_nonsense_is_refused_in_one_sentence(toy, text):
    with pytest.raises(DreamError) as error:
        parse_objective(text, toy)
    assert 10 < len(str(error.value)) < 260 and "\n" not in str(error.value)


def test_an_unknown_layer_is_named(toy):
    with pytest.raises(NetworkError, match=r"conv9.*conv1, conv2, fc3"):
        parse_objective("layer:conv9", toy)
