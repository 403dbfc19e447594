"""The right answers of the quiz, worked out from the question as it is asked, by hand or by another way."""

import itertools
import math
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch

from explainer.chapters import chapters
from explainer.classroom.quiz.engine import Question, sitting
from explainer.classroom.quiz.stage import Stage
from explainer.digits import load_network as load_digits_network
from explainer.digits import small_digits
from explainer.gallery import sample
from explainer.networks import load_network
from explainer.teaching.quizzes import questions
from tests.test_eight_threads import random_network

SEEDS = range(25)
NUMBER = re.compile(r"[−+]?\d[\d,]*(?:\.\d+)?")


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-").replace(",", "")) for found in NUMBER.findall(text)]


def value(question: Question) -> float:
    return numbers(question.answers[question.right].text)[0]


def grids(text: str) -> list[np.ndarray]:
    found = re.findall(r"\(([^()]+ / [^()]+)\)", text)
    return [np.array([numbers(row) for row in one.split(" / ")]) for one in found]


def one_neuron(ask: str) -> tuple[np.ndarray, float, np.ndarray]:
    red, yellow, green, bias = numbers(ask)[:4]
    lit = ask.partition("On: ")[2]
    return np.array([red, yellow, green]), bias, np.array([name in lit for name in ("red", "yellow", "green")])


def the_sum(ask: str) -> float:
    weights, bias, lit = one_neuron(ask)
    return weights @ lit + bias


def rows_that_go(ask: str) -> int:
    weights, bias, _ = one_neuron(ask)
    return sum(np.dot(weights, lights) + bias > 1e-9 for lights in itertools.product((0, 1), repeat=3))


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def dense(*sizes: int) -> int:
    return sum((before + 1) * after for before, after in itertools.pairwise(sizes))


def relu_path(ask: str) -> float:
    a, b, c, d, x = (float(n) for n in numbers(ask))
    return c * max(0.0, a * x + b) + d


def slid(ask: str) -> float:
    weights, patch = grids(ask)
    return float(torch.nn.functional.conv2d(torch.tensor(patch)[None, None], torch.tensor(weights)[None, None]))


def places(side: float, kernel: float, stride: float, padding: float = 0) -> int:
    ends = range(int(side + 2 * padding - kernel) + 1)
    return len(ends[:: int(stride)])


def voting_holds(ask: str, bias: float) -> bool:
    weight = numbers(ask)[0]
    return weight + bias <= 0 < 2 * weight + bias


# (chapter, how its question begins) → the number that is right, from the numbers in the question.
ARITHMETIC: dict[tuple[str, str], Callable[[str], float]] = {
    ("home", "How many numbers"): lambda ask: 3 * 227 * 227,
    ("home", "A network knows"): lambda ask: 100 / numbers(ask)[0],
    ("neuron", "Weights: .* What is the sum"): the_sum,
    ("neuron", "Weights: .* eight rows"): rows_that_go,
    ("neuron", "The sum is"): lambda ask: numbers(ask)[0],
    ("nonlinearity", "Make"): relu_path,
    ("nonlinearity", "The sum is z"): lambda ask: round(sigmoid(numbers(ask)[0]), 2),
    ("nonlinearity", "A curve"): lambda ask: numbers(ask)[0] - 1,
    ("digits", "The network in the box"): lambda ask: round(numbers(ask)[2] * numbers(ask)[4], 2),
    ("digits", "784 inputs"): lambda ask: dense(784, int(numbers(ask)[1]), 10),
    ("digits", "A neuron’s sum"): lambda ask: round(sigmoid(numbers(ask)[0]), 2),
    ("backpropagation", "A weight"): lambda ask: numbers(ask)[0] - numbers(ask)[1] * numbers(ask)[2],
    ("backpropagation", "An output"): lambda ask: math.prod(
        (numbers(ask)[0] - numbers(ask)[1], numbers(ask)[0], 1 - numbers(ask)[0])
    ),
    ("backpropagation", "784 inputs"): lambda ask: 1,
    ("translation", "A line"): lambda ask: places(numbers(ask)[0], 28, 1) * places(numbers(ask)[1], 28, 1),
    ("translation", "One hidden"): lambda ask: 28 * 28,
    ("translation", "A fully"): lambda ask: len(range(-int(numbers(ask)[0]), int(numbers(ask)[0]) + 1)) ** 2,
    ("convolution", "The filter is"): slid,
    ("convolution", "A picture"): lambda ask: places(
        numbers(ask)[0], numbers(ask)[1], numbers(ask)[4], numbers(ask)[3]
    ),
    ("convolution", "Max pooling"): lambda ask: grids(ask)[0].max(),
    ("convolution", r"\d+ filters"): lambda ask: numbers(ask)[0] * 3 * numbers(ask)[1] ** 2,
    ("convolution", r"The filter \("): lambda ask: 0,
    ("first_layer", "A filter"): lambda ask: 11 * 11 * 3,
    ("first_layer", "Filters of"): lambda ask: places(numbers(ask)[2], numbers(ask)[0], numbers(ask)[1]),
    ("first_layer", r"\d+ filters"): lambda ask: 96 * 363,
    ("layers", "A convolution"): lambda ask: numbers(ask)[0] * (numbers(ask)[1] ** 2 * numbers(ask)[3] + 1),
    ("layers", "A map of"): lambda ask: places(numbers(ask)[0], numbers(ask)[2], numbers(ask)[4]),
    ("layers", r"\d+ convolutions"): lambda ask: numbers(ask)[1] + (numbers(ask)[0] - 1) * (numbers(ask)[1] - 1),
    ("layers", "A layer"): lambda ask: math.prod(numbers(ask)),
    ("deconvnet", "conv5 has"): lambda ask: 256 * 13 * 13 - 1,
    ("verdict", "One name"): lambda ask: float(f"{math.exp(numbers(ask)[0] - numbers(ask)[1]):.3g}"),
    ("verdict", "For your picture"): lambda ask: float(f"{math.exp(numbers(ask)[-2] - numbers(ask)[-1]):.3g}"),
    ("verdict", "Three detectors"): lambda ask: round(sum(numbers(ask)), 1),
    ("verdict", "A score"): lambda ask: round(numbers(ask)[0] - numbers(ask)[1], 1),
    ("dream", "A pixel"): lambda ask: numbers(ask)[0] + numbers(ask)[1] * numbers(ask)[2],
    ("dream", "A picture"): lambda ask: 3 * 227 * 227,
    ("limits", "This network"): lambda ask: numbers(ask)[1] / 4,
    ("limits", "Each of"): lambda ask: float(f"{math.prod(numbers(ask)):.3g}"),
    ("limits", r"[\d,]+ random"): lambda ask: math.sqrt(numbers(ask)[0]),
    ("history", "On "): lambda ask: 100 - 100 * numbers(ask)[2] / numbers(ask)[0],
    ("history", "A 3"): lambda ask: 9 * numbers(ask)[2] * numbers(ask)[3] / numbers(ask)[4],
    ("history", "A table"): lambda ask: numbers(ask)[0] * numbers(ask)[1] * numbers(ask)[3],
    ("history", "In which year"): lambda ask: 2012,
}


@pytest.fixture(scope="module")
def asked() -> dict[str, list[Question]]:
    stage = Stage(load_network(), sample("cat"), {"test_digit": 17, "moved_digit": 5, "z": -1.5})
    return {
        this.name: [question for seed in SEEDS for question in sitting(this.name, stage, seed).questions]
        for this in chapters()
    }


@pytest.mark.parametrize("name, begins", ARITHMETIC)
def test_the_arithmetic_is_right(name, begins, asked):
    found = [question for question in asked[name] if re.match(begins, question.ask)]
    assert len(found) >= len(SEEDS)
    for question in found:
        expected = ARITHMETIC[name, begins](question.ask)
        for place, answer in enumerate(question.answers):
            is_it = numbers(answer.text)[:1] == [pytest.approx(expected, abs=6e-6)]
            assert is_it == (place == question.right), question


def test_nearly_every_drawing_is_worked_out_here_as_well():
    """Those that are not arithmetic have tests of their own below."""
    below = {
        ("home", "bars"), ("home", "times"), ("neuron", "voting"), ("nonlinearity", "collapse"), ("digits", "outputs"),
        ("digits", "blank"), ("backpropagation", "blame"), ("backpropagation", "curves"), ("translation", "places"),
        ("first_layer", "loudest"), ("layers", "heaviest"), ("deconvnet", "switch"), ("deconvnet", "rectified"),
        ("deconvnet", "loudest"), ("verdict", "raised"), ("dream", "sure"), ("limits", "turned"),
        ("history", "counted"),
    }  # fmt: skip
    drawn = {(this.name, one.draw) for this in chapters() for one in questions(this.name) if one.draw}
    assert len(drawn) == len(ARITHMETIC) + len(below - {("home", "bars")}) + 1


def those(asked, name: str, begins: str) -> list[Question]:
    found = [question for question in asked[name] if re.match(begins, question.ask)]
    assert found
    return found


def right(question: Question) -> str:
    return question.answers[question.right].text


def test_only_the_right_bias_votes(asked):
    for question in those(asked, "neuron", "All three"):
        for place, answer in enumerate(question.answers):
            assert voting_holds(question.ask, numbers(answer.text)[0]) == (place == question.right)


def test_only_the_right_line_is_the_two_layers(asked):
    for question in those(asked, "nonlinearity", "The first layer"):
        a, b, c, d = numbers(question.ask)
        for place, answer in enumerate(question.answers):
            slope, offset = re.match(r"(\d+)x \+ (\d+)", answer.text).groups()
            same = all(c * (a * x + b) + d == int(slope) * x + int(offset) for x in (-2, 0, 1, 7))
            assert same == (place == question.right)


def test_what_the_digit_reader_says_is_what_plain_torch_says(asked):
    network, _ = load_digits_network("digits-15")
    picture = small_digits().test_images[17].reshape(-1)
    hidden = torch.sigmoid(network.weights[0] @ picture + network.biases[0].flatten())
    outputs = torch.sigmoid(network.weights[1] @ hidden + network.biases[1].flatten())
    empty = torch.sigmoid(network.weights[1] @ torch.sigmoid(network.biases[0].flatten()) + network.biases[1].flatten())
    for question in those(asked, "digits", "The network in the box"):
        _, unit, says, output, weight = numbers(question.ask)
        assert f"{hidden[int(unit)]:.2f}" == f"{says:.2f}"
        assert network.weights[1][int(output), int(unit)].item() == pytest.approx(weight, abs=0.0051)
    for question in those(asked, "digits", "For test digit 17"):
        assert numbers(question.ask)[2] == pytest.approx(outputs.sum().item(), abs=0.0051)
    for question in those(asked, "digits", "There is no ink"):
        assert numbers(right(question)) == [empty.argmax().item(), pytest.approx(empty.max().item(), abs=0.0051)]


def test_the_loudest_input_is_to_blame(asked):
    for question in those(asked, "backpropagation", "The picture is"):
        _, *told = numbers(question.ask)
        units, says = told[:4], told[4:8]
        assert numbers(right(question)) == [units[int(np.argmax(says))]] and len({*says}) == 4


def test_the_places_at_which_a_digit_is_read(asked):
    network, _ = load_digits_network("digits-15")
    data = small_digits()
    padded = torch.nn.functional.pad(data.test_images[5].reshape(28, 28), (10,) * 4)
    views = torch.stack([padded[y : y + 28, x : x + 28] for y in range(21) for x in range(21)]).flatten(1)
    hidden = torch.sigmoid(views @ network.weights[0].T + network.biases[0].flatten())
    outputs = hidden @ network.weights[1].T + network.biases[1].flatten()
    count = int((outputs.argmax(1) == data.test_labels[5]).sum())
    for question in those(asked, "translation", "Test digit 5"):
        assert value(question) == count


def test_switches_and_rectification(asked):
    for question in those(asked, "deconvnet", "On the way up"):
        block = grids(question.ask)[0]
        row, column = np.unravel_index(block.argmax(), block.shape)
        assert right(question) == f"All of it to row {row + 1}, column {column + 1}"
    for question in those(asked, "deconvnet", "On the way down"):
        given = numbers(question.ask.partition("signal is ")[2].partition(" at four")[0])
        assert numbers(right(question)) == [max(0.0, number) for number in given]


@pytest.fixture(scope="module", params=["embedded", "squeezenet"])
def network(request):
    return load_network() if request.param == "embedded" else random_network("squeezenet", 96)


@pytest.mark.parametrize("picture", ["cat", "noise", "rocket"])
def test_what_is_said_of_a_picture_is_what_the_network_computes(network, picture):
    stage = Stage(network, sample(picture))
    x, found = network.preprocess(sample(picture)), {}
    with torch.no_grad():
        for name, module in network.stages.named_children():
            x = found[name] = module(x)
    logits = x.flatten()
    shares = torch.exp(logits - logits.max()) / torch.exp(logits - logits.max()).sum()
    order = shares.argsort(descending=True).tolist()

    def first(name: str, begins: str) -> Question:
        return next(one for one in sitting(name, stage, 4).questions if re.match(begins, one.ask))

    bars = first("home", "The five bars")
    five = 100 * shares[order[:5]].sum().item()
    assert numbers(bars.ask) == pytest.approx([five, 100 - five], abs=0.06)
    times = value(first("home", "The first guess"))
    assert times == pytest.approx((shares[order[0]] / shares[order[1]]).item(), rel=0.1, abs=0.02)
    raised = first("verdict", "The first guess")
    assert network.categories[order[0]] in raised.ask and right(raised) == "It stays"

    conv = network.first_layer
    loud = first("first_layer", "Look at")
    peaks = found[conv][0].amax((1, 2))
    units = [int(numbers(answer.text)[0]) for answer in loud.answers]
    assert int(numbers(right(loud))[0]) == max(units, key=lambda unit: peaks[unit]) == int(peaks.argmax())
    detector = first("deconvnet", "In this picture")
    layer = re.search(r"of (\w+) fires", detector.ask)[1]
    assert int(numbers(detector.ask)[0]) == int(found[layer][0].amax((1, 2)).argmax())

    with torch.no_grad():
        down = network.stages(torch.rot90(network.preprocess(sample(picture)), 2, (2, 3)))[0]
    turned = first("limits", "The first guess")
    assert right(turned) == network.categories[int(down.argmax())]

    heavy = first("layers", "Which of")
    weights = {name: sum(p.numel() for p in module.parameters()) for name, module in network.stages.named_children()}
    assert right(heavy) == max(weights, key=weights.get)
    assert max(weights[answer.text] for answer in heavy.answers) == weights[right(heavy)]


def test_a_true_name_is_counted_by_its_place(asked):
    for question in those(asked, "history", "Say"):
        place = numbers(question.ask)[-1]
        said = right(question)
        assert said.startswith("Right" if place == 1 else "Wrong") and ("within five" in said) == (place <= 5)
