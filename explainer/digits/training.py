"""Stochastic gradient descent over the digits: started, paused, stopped and continued without loss."""

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

import torch
from torch import Tensor

from explainer.digits.data import PIXELS, Digits, one_hot
from explainer.digits.network import COSTS, INITIAL_WEIGHTS, Descent, Network, forward, new_network
from explainer.errors import ExplainerError

_GATHERED = 20  # batches copied together from all over memory
_SAMPLE = 1_000  # learning digits on which the cost is measured
_MOST_HIDDEN = 1_000
MOST_EPOCHS = 1_000
_MOST_SEED = 1_000_000_000


def _within(what: str, value: float, least: float, most: float, *, whole: bool = False) -> None:
    kind = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= most:  # no nan, either
        raise ExplainerError(f"The {what} is {_short(value)}; choose one from {least:,} to {most:,}.")


def _short(value: object) -> str:
    """A value as it was given; a number of a thousand digits is not written out."""
    return f"{value:.3g}" if isinstance(value, float) else f"{value}" if len(repr(value)) < 20 else "out of bounds"


@dataclass(frozen=True)
class Settings:
    """What one chooses before training.

    ``hidden``: neurons in each hidden layer; ``rate``: η; ``batch``: examples a step; ``cost``
    and ``initial``: by name; ``regularisation``: λ of the L2 term, which shrinks weights by the
    factor 1 − ηλ/n at each step; ``decay``: what the rate is multiplied with after an epoch.

    Raises:
        ExplainerError: a value out of range.
    """

    hidden: tuple[int, ...] = (15,)
    epochs: int = 3
    rate: float = 3.0
    batch: int = 10
    cost: str = "quadratic"
    initial: str = "gaussian"
    regularisation: float = 0.0
    decay: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        hidden = (self.hidden,) if isinstance(self.hidden, int) else tuple(self.hidden)
        object.__setattr__(self, "hidden", hidden)
        if not all(type(n) is int and 1 <= n <= _MOST_HIDDEN for n in hidden) or len(hidden) > 5:
            raise ExplainerError(f"Hidden layers have 1 to {_MOST_HIDDEN:,} neurons each, and there are at most five.")
        _within("number of epochs", self.epochs, 1, MOST_EPOCHS, whole=True)
        _within("learning rate", self.rate, 1e-6, 1_000)
        _within("batch size", self.batch, 1, 10_000, whole=True)
        _within("seed", self.seed, 0, _MOST_SEED, whole=True)
        _within("regularisation", self.regularisation, 0, 1_000)
        _within("decay of the rate", self.decay, 0.01, 1)
        if self.cost not in COSTS:
            raise ExplainerError(f"There is no cost called {self.cost}; choose {' or '.join(COSTS)}.")
        if self.initial not in INITIAL_WEIGHTS:
            raise ExplainerError(
                f"There are no initial weights called {self.initial}; choose {' or '.join(INITIAL_WEIGHTS)}."
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, inputs and outputs included."""
        return (PIXELS, *self.hidden, 10)


PRESETS: dict[str, Settings] = {
    # The first program of Nielsen's book, and what its third chapter makes of it.
    "74 lines": Settings(hidden=(30,), epochs=30, seed=7),
    "refined": Settings(
        hidden=(200,), epochs=12, rate=0.5, cost="cross-entropy", initial="scaled", regularisation=4.0, decay=0.85
    ),
}


@dataclass(frozen=True)
class Progress:
    """How far a training is, and how good: all test digits, and the first 1,000 learning digits.

    ``accuracy`` (of the test digits) and ``train_accuracy`` are shares of 1; ``cost`` and
    ``test_cost`` are means of the cost without its regularisation; ``confusion`` [10, 10]
    counts test digits, true digit down, guess across; ``network`` is the one in training
    itself, not a copy.
    """

    epoch: int  # the one under way or just finished, from 1
    epochs: int
    position: float  # the same as a number: 1.5 is half-way through the second
    step: int
    examples: int
    share: float
    rate: float
    cost: float
    train_accuracy: float
    test_cost: float
    accuracy: float
    confusion: Tensor = field(compare=False, repr=False)
    network: Network = field(compare=False, repr=False)
    seconds: float = field(compare=False)


@dataclass
class Training:
    """A training that can be left and taken up again; everything it needs to go on is in here.

    ``settings`` may be replaced between two steps (rate, batch, regularisation, more epochs); the
    layers stay as they are. Pickles and copies as it is; :mod:`explainer.digits.files` saves it.
    """

    settings: Settings
    network: Network
    epoch: int = 0  # epochs finished
    done: int = 0  # examples seen in the epoch under way
    step: int = 0
    examples: int = 0
    seconds: float = 0.0
    begun: bool = False  # the untrained state has been reported

    @classmethod
    def start(cls, settings: Settings) -> "Training":
        """From new random weights."""
        return cls(settings, new_network(settings.sizes, settings.initial, settings.seed))

    @property
    def finished(self) -> bool:
        return self.epoch >= self.settings.epochs

    @property
    def rate(self) -> float:
        """The learning rate of the epoch under way."""
        return self.settings.rate * self.settings.decay**self.epoch

    def run(self, data: Digits, every: int | None = None) -> Iterator[Progress]:
        """Go on from here to the last epoch, yielding after every ``every`` steps and at the end of each epoch.

        Left out, ``every`` is a tenth of an epoch or 500 steps. A fresh training yields its
        untrained state first. Between two yields nothing is under way: drop the
        generator to pause or stop, call ``run`` again to continue.
        """
        total = len(data.train_labels)
        targets = one_hot(data.train_labels)
        if every is None:
            every = min(500, math.ceil(total / self.settings.batch / 10))
        if not self.begun:
            self.begun = True
            yield self.progress(data)
        while not self.finished:
            if self.done >= total:  # saved where there were more digits: of these, it has seen an epoch
                self.epoch, self.done = self.epoch + 1, 0
                continue
            order = epoch_order(total, self.settings.seed, self.epoch)
            while self.done < total:
                started = time.perf_counter()
                batch = self.settings.batch
                chunk = order[self.done : self.done + every * batch]
                learn(self.network, data.train_images, targets, chunk, self.settings, self.rate)
                self.done += len(chunk)
                self.examples += len(chunk)
                self.step += math.ceil(len(chunk) / batch)
                if self.done >= total:
                    self.epoch, self.done = self.epoch + 1, 0
                self.seconds += time.perf_counter() - started
                yield self.progress(data)
                if self.done == 0:
                    break

    def progress(self, data: Digits) -> Progress:
        """How good the network is now."""
        cost = COSTS[self.settings.cost]
        with torch.inference_mode():
            learned, train_cost = _judge(self.network, data.train_images[:_SAMPLE], data.train_labels[:_SAMPLE], cost)
            tested, test_cost = _judge(self.network, data.test_images, data.test_labels, cost)
        position = self.epoch + self.done / len(data.train_labels)
        return Progress(
            epoch=min(max(1, math.ceil(position)), self.settings.epochs),
            epochs=self.settings.epochs,
            position=position,
            step=self.step,
            examples=self.examples,
            share=min(1.0, position / self.settings.epochs),
            rate=self.rate,
            cost=train_cost,
            train_accuracy=learned.trace().item() / learned.sum().item(),
            test_cost=test_cost,
            accuracy=tested.trace().item() / tested.sum().item(),
            confusion=tested,
            network=self.network,
            seconds=self.seconds,
        )


def train(data: Digits, settings: Settings | None = None, *, every: int | None = None, **changes) -> Iterator[Progress]:
    """Train a new network on digits: ``train(data, hidden=15, epochs=3, rate=3.0, batch=10, seed=0)``.

    Further settings: ``cost``, ``initial``, ``regularisation``, ``decay``; see :class:`Settings`.
    The same settings on the same digits give the same numbers. To stop and go on, use :class:`Training`.

    Raises:
        ExplainerError: a setting out of range.
    """
    chosen = replace(settings or Settings(), **changes)
    return Training.start(chosen).run(data, every)


def confusion_matrix(labels: Tensor, guesses: Tensor) -> Tensor:
    """Counts [10, 10]: true digit down, guess across."""
    return torch.bincount(labels * 10 + guesses, minlength=100).view(10, 10)


def settings_from(values: dict) -> Settings:
    """The inverse of ``dataclasses.asdict`` after a journey through JSON.

    Raises:
        ExplainerError: an unknown name or a value out of range.
    """
    try:
        return Settings(**{**values, "hidden": tuple(values["hidden"])})
    except (TypeError, KeyError) as error:
        raise ExplainerError("These are not settings of a training.") from error


def settings_dict(settings: Settings) -> dict:
    """As plain values that JSON can carry."""
    return {**asdict(settings), "hidden": list(settings.hidden)}


def epoch_order(total: int, seed: int, epoch: int) -> Tensor:
    """Every epoch has its own order, known from its number: nothing else need be kept to go on."""
    return torch.randperm(total, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch + 1))


def learn(network: Network, images: Tensor, targets: Tensor, order: Tensor, settings: Settings, rate: float) -> None:
    """Gradient steps over the examples named in ``order``, a batch at a time."""
    cost, batch = COSTS[settings.cost], settings.batch
    shrink = 1 - rate * settings.regularisation / len(images)
    rows = min(batch * _GATHERED, len(order))
    pixels, wanted = torch.empty(rows, images.shape[1]), torch.empty(rows, targets.shape[1])
    with torch.inference_mode():
        descent = Descent(network)
        for part in order.split(rows):
            x = torch.index_select(images, 0, part, out=pixels[: len(part)])
            y = torch.index_select(targets, 0, part, out=wanted[: len(part)])
            for one_x, one_y in zip(x.split(batch), y.split(batch), strict=True):
                descent.step(one_x, one_y, cost, rate, shrink)
        descent.finish()


def _judge(network: Network, images: Tensor, labels: Tensor, cost) -> tuple[Tensor, float]:
    """Confusion matrix and mean cost."""
    outputs = forward(network, images)[1][-1]
    return confusion_matrix(labels, outputs.argmax(1)), cost.value(outputs, one_hot(labels)).mean().item()
