"""A fully connected reader and a convolutional one learn the same digits side by side, from random weights.

How many examples there are, and where in the frame they stand, is chosen; both networks go through them
equally often.
"""

import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from explainer.digits.convolutional import SmallConvolutional
from explainer.digits.data import SIDE, Digits, one_hot
from explainer.digits.network import CrossEntropy, Descent, Network, forward, new_network
from explainer.errors import DataError

REACH = 4  # pixels to either side: MNIST leaves about four empty, so next to nothing is cut off
AMOUNTS = (50, 100, 200, 500, 1000, 2000, 4000)  # examples to choose from
MIDDLE, ANYWHERE, CORNER = PLACES = ("in the middle", "anywhere", "7s in one corner")
SEVEN = 7
_LOOKS = 12_000  # examples shown to each network in all, where the passes allow it
_PASSES = (4, 80)  # through all examples, least and most
_STATES = 30  # of a training, to be drawn
_JUDGED = 250  # digits by which a state is judged; the last one by all
_HIDDEN = 15
_PAPER = 8  # pixels around a digit on a sheet: two steps of the last feature map
_FULLY_BATCH, _FULLY_RATE = 5, 0.5
_CONVOLUTIONAL_RATE = 8e-3


@dataclass(frozen=True)
class Plan:
    """What is chosen before: how many examples, where they stand, and the start of the random numbers.

    ``sheet``: with paper around every digit for the convolutional network, so that the frame's edge does
    not give the place away.

    Raises:
        DataError: no such place, or a number out of range.
    """

    examples: int = 2000
    where: str = ANYWHERE
    sheet: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.where not in PLACES:
            raise DataError(f"Digits stand {', '.join(PLACES[:-1])} or {PLACES[-1]}; choose one of these.")
        if not 1 <= self.examples <= AMOUNTS[-1]:
            raise DataError(f"Both learn from 1 to {AMOUNTS[-1]:,} examples; choose a number between these.")

    @property
    def passes(self) -> int:
        """How often all examples are gone through: the oftener, the fewer there are."""
        least, most = _PASSES
        return min(max(round(_LOOKS / self.examples), least), most)

    @property
    def batch(self) -> int:
        """Examples a step of the convolutional network."""
        return 25 if self.examples >= 200 else 10


@dataclass(frozen=True, eq=False)
class Lesson:
    """Digits standing where the plan says: ``images`` [N, 28, 28] to learn from, ``unseen`` ones to be judged by."""

    images: Tensor
    labels: Tensor
    unseen: Tensor
    unseen_labels: Tensor


@dataclass(frozen=True)
class Shares:
    """How many of some digits each network reads rightly, as shares of 1, after ``passes`` through the examples."""

    passes: float
    fully_seen: float
    fully_unseen: float
    convolutional_seen: float
    convolutional_unseen: float


@dataclass(frozen=True, eq=False)
class Sevens:
    """The share of unseen sevens read as sevens by where they stand: [9, 9], row ``dy + 4``, column ``dx + 4``."""

    fully: Tensor
    convolutional: Tensor

    @property
    def taught(self) -> tuple[float, float]:
        """The mean where sevens stood in the examples, of both networks."""
        return tuple(values[:REACH, :REACH].mean().item() for values in (self.fully, self.convolutional))

    @property
    def elsewhere(self) -> tuple[float, float]:
        """The mean in the opposite corner, of both networks."""
        return tuple(values[-REACH:, -REACH:].mean().item() for values in (self.fully, self.convolutional))


@dataclass(frozen=True, eq=False)
class Learning:
    """Both networks at one moment. ``sevens`` comes with the last state of a plan that keeps sevens in a corner."""

    plan: Plan
    step: int
    steps: int
    fully: Network
    convolutional: SmallConvolutional
    history: tuple[Shares, ...]
    sevens: Sevens | None = field(default=None, repr=False)

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        return self.step / self.steps

    @property
    def latest(self) -> Shares:
        """How good both are now."""
        return self.history[-1]

    @property
    def finished(self) -> bool:
        """Whether it came to its end."""
        return self.step == self.steps


# --- examples --------------------------------------------------------------------------------------------


def moved(images: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Each of [N, 28, 28] moved by its own whole ``dx`` right and ``dy`` down, up to four pixels."""
    wide = F.pad(images, (REACH,) * 4)
    frame = torch.arange(SIDE) + REACH
    rows, columns = frame - dy[:, None], frame - dx[:, None]
    return wide[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


def lesson(plan: Plan, data: Digits) -> Lesson:
    """The plan's examples from the learning digits, and all test digits; drawn alike for the same seed.

    Unseen digits stand in the middle or anywhere; sevens, too, where the examples' sevens don't.
    """
    random = torch.Generator().manual_seed(plan.seed)
    chosen = torch.randperm(len(data.train_labels), generator=random)[: plan.examples]
    images, labels = data.train_images[chosen].view(-1, SIDE, SIDE), data.train_labels[chosen]
    unseen = data.test_images.view(-1, SIDE, SIDE)
    if plan.where == MIDDLE:
        return Lesson(images, labels, unseen, data.test_labels)
    dx, dy = _places(len(images), random), _places(len(images), random)
    if plan.where == CORNER:
        seven = labels == SEVEN
        dx, dy = (torch.where(seven, -1 - (d + REACH) % REACH, d) for d in (dx, dy))  # from −4 to −1
    there = moved(unseen, _places(len(unseen), random), _places(len(unseen), random))
    return Lesson(moved(images, dx, dy), labels, there, data.test_labels)


def _places(count: int, random: torch.Generator) -> Tensor:
    return torch.randint(-REACH, REACH + 1, (count,), generator=random)


# --- learning ----------------------------------------------------------------------------------------------


def learn_both(plan: Plan, data: Digits) -> Iterator[Learning]:
    """Train both from random weights; yields the untrained state, then some thirty more."""
    given = lesson(plan, data)
    fully, convolutional = _FullyConnected(plan, given), _Convolutional(plan, given)
    steps, history = convolutional.steps, ()
    every = math.ceil(steps / _STATES)
    for step in range(0, steps + every, every):
        step = min(step, steps)
        for learner in (fully, convolutional):
            learner.go_to(step / steps)
        last = step == steps
        networks = fully.network.copy(), deepcopy(convolutional.model).requires_grad_(False)
        history = (*history, _judge(*networks, given, plan, step / steps, len(given.unseen) if last else _JUDGED))
        sevens = sevens_by_place(*networks, data, plan.sheet) if last and plan.where == CORNER else None
        yield Learning(plan, step, steps, *networks, history, sevens)


class _FullyConnected:
    """784-15-10 with sigmoids, cross-entropy and plain gradient descent, as in *Backpropagation*."""

    def __init__(self, plan: Plan, given: Lesson) -> None:
        self.network = new_network((SIDE * SIDE, _HIDDEN, 10), "scaled", plan.seed)
        self.descent = Descent(self.network)
        self.images, self.targets = given.images.reshape(-1, SIDE * SIDE), one_hot(given.labels)
        self.steps = plan.passes * math.ceil(plan.examples / _FULLY_BATCH)
        self.batches, self.done = _batches(plan, _FULLY_BATCH), 0

    def go_to(self, share: float) -> None:
        with torch.inference_mode():
            for part in islice(self.batches, round(share * self.steps) - self.done):
                rate = _FULLY_RATE * min(1.0, 1.25 * (1 - self.done / self.steps))  # calms down at the end
                self.descent.step(self.images[part], self.targets[part], CrossEntropy, rate)
                self.done += 1
        self.descent.finish()


class _Convolutional:
    """The small convolutional network with Adam, its rate going up and down once."""

    def __init__(self, plan: Plan, given: Lesson) -> None:
        self.model = untrained(plan.seed).to(memory_format=torch.channels_last)
        self.images, self.labels = on_paper(given.images, plan.sheet), given.labels
        self.steps = plan.passes * math.ceil(plan.examples / plan.batch)
        self.batches, self.done = _batches(plan, plan.batch), 0
        self.adam = torch.optim.Adam(self.model.parameters(), _CONVOLUTIONAL_RATE, fused=True)
        self.rates = torch.optim.lr_scheduler.OneCycleLR(self.adam, _CONVOLUTIONAL_RATE, self.steps)

    def go_to(self, share: float) -> None:
        for part in islice(self.batches, round(share * self.steps) - self.done):
            loss = F.cross_entropy(self.model(self.images[part]), self.labels[part])
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
            self.rates.step()
            self.done += 1


def untrained(seed: int) -> SmallConvolutional:
    """The small convolutional network with random weights of its own; the process's random numbers have no say."""
    model, random = SmallConvolutional(), torch.Generator().manual_seed(seed)
    for part in (model.conv1, model.conv2, model.conv3, model.vote):
        reach = 1 / math.sqrt(part.weight[0].numel())  # what PyTorch draws from, too
        for values in (part.weight, part.bias):
            nn.init.uniform_(values, -reach, reach, generator=random)
    return model


def _batches(plan: Plan, batch: int) -> Iterator[Tensor]:
    """Numbers of examples, a batch at a time, each pass in an order of its own."""
    random = torch.Generator().manual_seed(plan.seed + 1)
    for _ in range(plan.passes):
        yield from torch.randperm(plan.examples, generator=random).split(batch)


# --- judging -----------------------------------------------------------------------------------------------


def reads_fully(network: Network, images: Tensor) -> Tensor:
    """The fully connected network's answers, [N, 28, 28] → [N] digits."""
    with torch.inference_mode():
        return forward(network, images.reshape(-1, SIDE * SIDE))[1][-1].argmax(1)


def reads_convolutional(model: SmallConvolutional, images: Tensor, sheet: bool = False) -> Tensor:
    """The convolutional network's answers, [N, 28, 28] → [N] digits."""
    with torch.inference_mode():
        return torch.cat([model(on_paper(part, sheet)).argmax(1) for part in images.split(100)])


def on_paper(images: Tensor, sheet: bool) -> Tensor:
    """[N, 28, 28] as the convolutional network takes it, [N, 1, H, W]; on a ``sheet``, with 8 pixels more around."""
    return F.pad(images, (_PAPER if sheet else 0,) * 4)[:, None]


def _judge(fully: Network, model: SmallConvolutional, given: Lesson, plan: Plan, share: float, most: int) -> Shares:
    shares = []
    for reads in (partial(reads_fully, fully), partial(reads_convolutional, model, sheet=plan.sheet)):
        for images, labels in ((given.images, given.labels), (given.unseen, given.unseen_labels)):
            every = max(1, len(images) // most)  # test digits lie there sorted: not the first, but every so many
            right = reads(images[::every]) == labels[::every]
            shares.append(right.float().mean().item())
    return Shares(share * plan.passes, *shares)


def sevens_by_place(fully: Network, model: SmallConvolutional, data: Digits, sheet: bool) -> Sevens:
    """Show all unseen sevens to both at every place."""
    sevens = data.test_images[data.test_labels == SEVEN].view(-1, SIDE, SIDE)
    side = range(-REACH, REACH + 1)
    shares = torch.zeros(2, len(side), len(side))
    for dy in side:
        for dx in side:
            there = moved(sevens, torch.full((len(sevens),), dx), torch.full((len(sevens),), dy))
            shares[0, dy + REACH, dx + REACH] = (reads_fully(fully, there) == SEVEN).float().mean()
            shares[1, dy + REACH, dx + REACH] = (reads_convolutional(model, there, sheet) == SEVEN).float().mean()
    return Sevens(*shares)
