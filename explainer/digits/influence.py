"""Which learning digits speak for and against an answer: TracIn, with the gradients of a sigmoid network written out.

A step on one digit moves the weights against its gradient, and thereby moves the cost of every other digit by about the
product of both gradients. Added up over a training, that is what the digit did for the answer.

Pruthi, Liu, Kale and Sundararajan: Estimating training data influence by tracing gradient descent (NeurIPS 2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from explainer.digits.data import one_hot
from explainer.digits.network import Cost, Network, forward, sigmoid_slope

_AT_ONCE = 5_000  # learning digits


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The network at one moment of its training.

    ``position``: in epochs. ``pace``: learning rate / batch, by which a digit's gradient moves the weights
    once an epoch.
    """

    network: Network
    position: float
    pace: float


def influence(
    checkpoints: Sequence[Checkpoint], images: Tensor, labels: Tensor, picture: Tensor, answer: int, cost: type[Cost]
) -> Tensor:
    """By how much each learning digit lowered the cost of an answer in the course of a training, about: [N].

    A checkpoint stands for the training from half-way after the one before to half-way to the next. Positive: learning
    from it made the answer likelier.

    Args:
        images, labels: the learning digits, [N, 784] and [N].
        picture: the digit asked about, [784]. answer: which of the ten outputs it is asked about.
    """
    total = torch.zeros(len(images))
    wanted = one_hot(torch.tensor([answer]))
    with torch.inference_mode():
        for checkpoint, epochs in zip(checkpoints, _spans(checkpoints), strict=True):
            network = checkpoint.network
            asked = _backward(network, picture.reshape(1, -1), wanted, cost)
            for start in range(0, len(images), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                learned = _backward(network, images[part], one_hot(labels[part]), cost)
                total[part] += checkpoint.pace * epochs * _products(learned, asked)
    return total


def _backward(network: Network, x: Tensor, y: Tensor, cost: type[Cost]) -> list[tuple[Tensor, Tensor]]:
    """For each layer what comes into it, [N, inputs], and its errors δ, [N, neurons]; nothing is summed over digits."""
    _, activations = forward(network, x)
    delta = cost.delta(activations[-1], y)
    layers = []
    for layer in reversed(range(len(network.weights))):
        layers.append((activations[layer], delta))
        if layer > 0:
            delta = (delta @ network.weights[layer]) * sigmoid_slope(activations[layer])
    return layers


def _products(learned: list[tuple[Tensor, Tensor]], asked: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The products of whole gradients, [N]. A weight's gradient is δ·a, so they need not be written out."""
    return sum(
        (delta @ other_delta.T) * (a @ other_a.T + 1)  # 1: the biases
        for (a, delta), (other_a, other_delta) in zip(learned, asked, strict=True)
    ).flatten()


def _spans(checkpoints: Sequence[Checkpoint]) -> list[float]:
    """Epochs that each checkpoint stands for."""
    at = [checkpoint.position for checkpoint in checkpoints]
    edges = [at[0], *((one + other) / 2 for one, other in pairwise(at)), at[-1]]
    return [after - before for before, after in pairwise(edges)]
