"""Reading digits: votes, parameters, sigmoids, and what an empty sheet says."""

import math
from random import Random

from explainer.classroom.quiz.stage import Stage
from explainer.digits import Reading, load_network, read, small_digits
from explainer.figures.shares import signed


def _reading(stage: Stage) -> tuple[int, Reading]:
    """The number of the test digit on the page, and the network in the box's reading of it."""
    data = small_digits()
    index = stage.number("test_digit", 0, len(data.test_labels) - 1, 0)
    return index, read(load_network("digits-15")[0], data.test_images[index])


def vote(stage: Stage, chance: Random) -> dict:
    """One hidden neuron's vote on one digit: activation × weight."""
    index, reading = _reading(stage)
    network, _ = load_network("digits-15")
    output = chance.choice((reading.guess, reading.runner_up))
    cast = reading.hidden[0] * network.weights[1][output]
    hidden = chance.choice([place for place, vote in enumerate(cast.tolist()) if abs(vote) > 0.1] or [0])
    says, weight = round(reading.hidden[0][hidden].item(), 2), round(network.weights[1][output, hidden].item(), 2)
    return {
        "index": index, "hidden": hidden, "output": output, "says": f"{says:.2f}", "weight": signed(weight),
        "vote": signed(says * weight), "added": signed(says + weight), "bare": signed(weight),
        "turned": signed(-says * weight), "squeezed": signed(1 / (1 + math.exp(-says * weight))),
    }  # fmt: skip


def parameters(_: Stage, chance: Random) -> dict:
    """Weights and biases of a fully connected network with some hidden neurons."""
    hidden = chance.choice((10, 12, 16, 20, 24, 25, 30, 32, 40, 50, 64, 100))
    first, second = 784 * hidden, hidden * 10
    return {
        "hidden": hidden, "second": second, "right": first + second + hidden + 10,
        "no_biases": first + second, "one_layer": first + hidden, "all_ways": first * 10,
    }  # fmt: skip


def squeezed(_: Stage, chance: Random) -> dict:
    """The sigmoid of a sum."""
    z = chance.choice((-4, -3, -2, -1, 1, 2, 3, 4))
    value = 1 / (1 + math.exp(-z))
    return {
        "z": z, "value": f"{value:.2f}", "other": f"{1 - value:.2f}", "half": "0.50",
        "tanh": f"{math.tanh(z):.2f}".replace("-", "−"),
    }  # fmt: skip


def outputs(stage: Stage, _: Random) -> dict:
    """What the ten outputs add up to, for the digit on the page."""
    index, reading = _reading(stage)
    return {"index": index, "sum": f"{reading.outputs.sum().item():.2f}"}


def blank(_: Stage, __: Random) -> dict:
    """What is said where there is no ink."""
    reading = read(load_network("digits-15")[0], small_digits().test_images.new_zeros(28, 28))
    return {"digit": reading.guess, "said": f"{reading.outputs.max().item():.2f}"}
