"""What a digit network says about a picture, and what each of its neurons has to do with it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from explainer.digits.data import SIDE
from explainer.digits.network import Network, forward
from explainer.digits.training import confusion_matrix

SURE = 0.5  # an output that says at least this much says yes
INK = 0.1  # what counts as ink, of 1


@dataclass(frozen=True, eq=False)
class Reading:
    """One picture read.

    ``verdict`` is ``"blank"`` (no ink: there is nothing to read, whatever the outputs say),
    ``"sure"`` (one output says yes), ``"torn"`` (several do) or ``"unsure"`` (none does).
    """

    guess: int
    runner_up: int
    outputs: Tensor  # [10], each from 0 to 1; they need not add up to 1
    hidden: tuple[Tensor, ...]  # activations of the hidden layers
    sums: tuple[Tensor, ...]  # z of every layer
    verdict: str


@dataclass(frozen=True, eq=False)
class Votes:
    """What each neuron of the last hidden layer adds to each output's sum z.

    ``votes`` [hidden, 10] = activation × weight; ``votes.sum(0) + bias`` is z, and σ(z) the output.
    """

    activations: Tensor
    votes: Tensor
    bias: Tensor
    z: Tensor
    outputs: Tensor


@dataclass(frozen=True)
class Mistake:
    """A digit read wrongly: where it stands in its set, what it is, what was read, and both outputs."""

    index: int
    label: int
    guess: int
    said: float
    said_of_label: float


def read(network: Network, picture: Tensor) -> Reading:
    """Read one picture, [28, 28] or [784], 0 to 1."""
    x = picture.reshape(1, -1).to(network.weights[0].dtype)
    zs, activations = forward(network, x)
    outputs = activations[-1][0]
    first, second = outputs.topk(2).indices.tolist()
    agreeing = int((outputs >= SURE).sum())
    verdict = "blank" if x.max() < INK else ("unsure", "sure", "torn")[min(agreeing, 2)]
    return Reading(first, second, outputs, tuple(a[0] for a in activations[1:-1]), tuple(z[0] for z in zs), verdict)


def hidden_pictures(network: Network) -> Tensor:
    """Each neuron of the first hidden layer's 784 weights in the places of their pixels: [hidden, 28, 28]."""
    return network.weights[0].view(-1, SIDE, SIDE)


def votes(network: Network, picture: Tensor) -> Votes:
    """How the last hidden layer votes on one picture."""
    zs, activations = forward(network, picture.reshape(1, -1).to(network.weights[0].dtype))
    return Votes(
        activations[-2][0],
        (network.weights[-1] * activations[-2]).T,
        network.biases[-1],
        zs[-1][0],
        activations[-1][0],
    )


def guesses(network: Network, images: Tensor) -> Tensor:
    """The digit read in each of [N, 784] pictures: int64 [N]."""
    return forward(network, images)[1][-1].argmax(1)


def accuracy(network: Network, images: Tensor, labels: Tensor) -> float:
    """The share read rightly."""
    return (guesses(network, images) == labels).float().mean().item()


def confusion(network: Network, images: Tensor, labels: Tensor) -> Tensor:
    """Counts [10, 10]: true digit down, guess across."""
    return confusion_matrix(labels, guesses(network, images))


def mistakes(network: Network, images: Tensor, labels: Tensor, most: int | None = None) -> list[Mistake]:
    """The digits read wrongly, those read with most conviction first."""
    outputs = forward(network, images)[1][-1]
    said, guess = outputs.max(1)
    wrong = (guess != labels).nonzero().flatten()
    wrong = wrong[torch.argsort(said[wrong], descending=True, stable=True)][:most]
    return [
        Mistake(i, int(labels[i]), int(guess[i]), float(said[i]), float(outputs[i, labels[i]])) for i in wrong.tolist()
    ]
