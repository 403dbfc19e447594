"""Backpropagation, step by step: lessons to walk through, the sums written out, and trainings that are watched.

What computes is :mod:`explainer.digits`; this is what the chapter keeps of it between two looks.
"""

import os
from collections.abc import Generator, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from math import ceil

from torch import Tensor

from explainer.digits import (
    Digits,
    Network,
    Progress,
    Settings,
    Training,
    Trial,
    Walk,
    fetch_digits,
    load_network,
    mistakes,
    new_network,
    parameters_of,
    small_digits,
    tune,
    walk,
    worked_case,
)
from explainer.digits.data import FILES
from explainer.digits.influence import Checkpoint
from explainer.digits.network import COSTS
from explainer.networks.fetch import Fetching
from explainer.places import cache_folder

CASES = ("worked case", "untrained", "trained")
HIDDEN = 15
MNIST_BYTES = 11_594_722  # the four files of MNIST, gzipped
_PICTURES = 30  # of a short training
_MOST_POINTS = 400  # of a curve
_CHECKPOINTS = (5, 40)  # networks kept of a training, least and most
_KEPT = 4_000_000  # numbers that they may have together

# One stop of the walk for each of Walk.steps of a network with one hidden layer.
STOPS = (
    "hidden sums",
    "outputs",
    "cost",
    "output error",
    "output gradient",
    "hidden error",
    "hidden gradient",
    "update",
    "again",
)


# --- one example at a time ---------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Lesson:
    """One example and the network that is about to learn from it; ``number`` counts examples from 0."""

    case: str
    network: Network
    picture: Tensor  # [784]
    label: int
    number: int = 0

    def walk(self, cost: str, rate: float) -> Walk:
        return walk(self.network, self.picture, self.label, COSTS[cost], rate)

    def following(self, done: Walk, data: Digits) -> "Lesson":
        """The network as this example left it, and the next learning digit."""
        index = self.number % len(data.train_labels)
        network = done.after.copy(self.network.weights[0].dtype)
        return replace(
            self,
            network=network,
            picture=data.train_images[index],
            label=int(data.train_labels[index]),
            number=self.number + 1,
        )


def first_lesson(case: str, data: Digits) -> Lesson:
    """Where a case begins: with a 7, or with the test digit that the trained network is most wrong about."""
    network, picture, label = worked_case(data, HIDDEN)
    if case == "untrained":
        network = new_network((len(picture), HIDDEN, 10), "gaussian")
    elif case == "trained":
        network, _ = load_network("digits-15")
        for mistake in mistakes(network, data.test_images, data.test_labels, 1):
            picture, label = data.test_images[mistake.index], mistake.label
    return Lesson(case, network, picture, label)


def where_to_look(lesson: Lesson, done: Walk) -> tuple[int, int]:
    """The output furthest from what it should say (in the worked case the 0), and the hidden neuron most at fault."""
    output = int((done.activations[-1] - done.y).abs().argmax())
    if lesson.case == "worked case" and lesson.number == 0:
        output = 0
    return output, int(done.deltas[0].abs().argmax())


def busiest_pixel(done: Walk, hidden: int) -> int:
    """The pixel whose weight into a hidden neuron has the largest gradient."""
    return int(done.nabla_w[0][hidden].abs().argmax())


def cost_parts(done: Walk, cost: str) -> Tensor:
    """What each output adds to the cost: [10], whose sum is the cost."""
    return COSTS[cost].value(done.activations[-1][:, None], done.y[:, None])


def written_out(done: Walk, cost: str, stop: int, output: int, hidden: int) -> str:
    """The sum behind one stop in LaTeX, for one output k and one hidden neuron j: symbols, then their values."""
    k, j, i = output, hidden, busiest_pixel(done, hidden)
    a0, a1, a2 = done.activations
    (z1, z2), (d1, d2) = done.zs, done.deltas
    b1, b2 = done.before.biases
    weight, after = done.before.weights[1][k, j], done.after.weights[1][k, j]
    part = cost_parts(done, cost)[k]
    rows = {
        0: (
            rf"z^1_{{{j}}} &= \textstyle\sum_i w^1_{{{j},i}}\, a^0_i + b^1_{{{j}}} "
            rf"= {_n(z1[j] - b1[j])} {_s(b1[j])} = {_n(z1[j])}",
            rf"a^1_{{{j}}} &= \sigma(z^1_{{{j}}}) = \sigma({_n(z1[j])}) = {_n(a1[j])}",
        ),
        1: (
            rf"z^2_{{{k}}} &= \textstyle\sum_j w^2_{{{k},j}}\, a^1_j + b^2_{{{k}}} "
            rf"= {_n(z2[k] - b2[k])} {_s(b2[k])} = {_n(z2[k])}",
            rf"a^2_{{{k}}} &= \sigma(z^2_{{{k}}}) = \sigma({_n(z2[k])}) = {_n(a2[k])}",
        ),
        2: (
            rf"{done.steps[2].formula.replace('C =', 'C &=')} = {_n(done.cost)}",
            rf"& \text{{of which output {k}, }} a_{{{k}}} = {_n(a2[k])},\ y_{{{k}}} = {done.y[k]:g}: \quad {_n(part)}",
        ),
        3: _output_error_rows(done, k),
        4: (
            rf"\frac{{\partial C}}{{\partial w^2_{{{k},{j}}}}} &= \delta^2_{{{k}}}\, a^1_{{{j}}} "
            rf"= {_p(d2[k])} \times {_n(a1[j])} = {_n(done.nabla_w[1][k, j])}",
        ),
        5: (
            rf"\delta^1_{{{j}}} &= \Big( \textstyle\sum_k w^2_{{k,{j}}}\, \delta^2_k \Big)\, \sigma'(z^1_{{{j}}})",
            rf"&= {_p(done.contributions[0][j].sum())} \times {_n(done.slopes[0][j])} = {_n(d1[j])}",
        ),
        6: (
            rf"\frac{{\partial C}}{{\partial w^1_{{{j},{i}}}}} &= \delta^1_{{{j}}}\, a^0_{{{i}}} "
            rf"= {_p(d1[j])} \times {_n(a0[i])} = {_n(done.nabla_w[0][j, i])}",
        ),
        7: (
            rf"w^2_{{{k},{j}}} &\leftarrow w^2_{{{k},{j}}} - \eta\, "
            rf"\frac{{\partial C}}{{\partial w^2_{{{k},{j}}}}} "
            rf"= {_n(weight)} - {done.rate:g} \times {_p(done.nabla_w[1][k, j])} = {_n(after)}",
        ),
        8: (
            rf"a^2_{{{k}}} &: {_n(a2[k])} \rightarrow {_n(done.activations_after[-1][k])} "
            rf"\qquad C: {_n(done.cost)} \rightarrow {_n(done.cost_after)}",
        ),
    }[stop]
    return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"


def _output_error_rows(done: Walk, k: int) -> tuple[str, ...]:
    a, y, delta = done.activations[-1][k], done.y[k], done.deltas[-1][k]
    if r"\sigma'" not in done.steps[3].formula:  # the slope cancels out of cross-entropy's
        return (rf"\delta^2_{{{k}}} &= a^2_{{{k}}} - y_{{{k}}} = {_n(a)} - {y:g} = {_n(delta)}",)
    return (
        rf"\delta^2_{{{k}}} &= (a^2_{{{k}}} - y_{{{k}}})\, \sigma'(z^2_{{{k}}})",
        rf"&= ({_n(a)} - {y:g}) \times {_n(done.slopes[-1][k])} = {_n(delta)}",
    )


def _n(value) -> str:
    """A number in LaTeX: 0.128, or 3.1 × 10⁻⁵ where three decimals would not show it."""
    value = float(value)
    if value == 0 or 0.0995 <= abs(value) < 1000:
        return f"{value:.3f}"
    if abs(value) >= 0.001:
        return f"{value:.4f}" if abs(value) < 1 else f"{value:.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def _p(value) -> str:
    """The same as a factor: in parentheses where it is negative."""
    return f"({_n(value)})" if float(value) < 0 else _n(value)


def _s(value) -> str:
    """The same as a further term of a sum."""
    return f"- {_n(-value)}" if float(value) < 0 else f"+ {_n(value)}"


# --- training, watched -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Course:
    """A training, what it learns from, and its progress so far; stays as it is while the training goes on.

    checkpoints: the network at a few moments on the way, the first and the latest among them.
    """

    training: Training
    data: Digits
    history: tuple[Progress, ...]
    latest: Progress
    checkpoints: tuple[Checkpoint, ...] = ()

    @classmethod
    def of(cls, training: Training, data: Digits) -> "Course":
        """A training with its present state as the curve's first point."""
        progress = training.progress(data)
        return cls(training, data, (_point(progress),), progress, (_checkpoint(training, progress),))

    def follow(self) -> Generator["Course", Settings | None, None]:
        """From here: this course, then the course after every bit of training.

        Settings sent in take effect at the next bit.
        """
        training, course = deepcopy(self.training), self
        training.begun = True  # this course is its untrained state
        wanted = yield course
        if wanted:
            training.settings = changed(training.settings, wanted)
        for progress in training.run(self.data, _every(training.settings, self.data)):
            kept = deepcopy(training)
            history = (*course.history, _point(progress))
            if len(history) > _MOST_POINTS:
                history = (history[0], *history[2:-1:2], history[-1])  # every other point; the first and the last stay
            checkpoints = (*course.checkpoints, _checkpoint(kept, progress))
            if len(checkpoints) > _most_checkpoints(kept.network):
                checkpoints = (*checkpoints[:-1:2], checkpoints[-1])
            course = Course(kept, self.data, history, replace(progress, network=kept.network), checkpoints)
            wanted = yield course
            if wanted:
                training.settings = changed(training.settings, wanted)

    def shown(self, changes: bool) -> Network:
        """The network as its pictures show it: the weights, or how far they have moved from the random start."""
        now, settings = self.training.network, self.training.settings
        if not changes:
            return now
        start = new_network(now.sizes, settings.initial, settings.seed)
        return Network([w - w0 for w, w0 in zip(now.weights, start.weights, strict=True)], now.biases)

    @property
    def words(self) -> str:
        """Where it is, in a line beside a progress bar."""
        at = self.latest
        return f"epoch {at.epoch} of {at.epochs} · {at.examples:,} examples · {at.accuracy:.1%} right"


def changed(now: Settings, wanted: Settings) -> Settings:
    """Settings with what can change in the middle of a training taken from those wanted."""
    return replace(
        now, rate=wanted.rate, batch=wanted.batch, epochs=wanted.epochs,
        regularisation=wanted.regularisation, decay=wanted.decay,
    )  # fmt: skip


def needs_new_start(now: Settings, wanted: Settings) -> tuple[str, ...]:
    """The names of what differs and only a new start can change."""
    return tuple(name for name in ("hidden", "cost", "initial", "seed") if getattr(now, name) != getattr(wanted, name))


def same_digits(one: Digits, other: Digits) -> bool:
    """Whether two sets are as many of the same digits to learn from."""
    return (one.name, len(one.train_labels)) == (other.name, len(other.train_labels))


def _most_checkpoints(network: Network) -> int:
    least, most = _CHECKPOINTS
    return min(max(_KEPT // parameters_of(network), least), most)


def _checkpoint(training: Training, progress: Progress) -> Checkpoint:
    return Checkpoint(training.network, progress.position, progress.rate / training.settings.batch)


def _point(progress: Progress) -> Progress:
    """Of a progress, what the curves need."""
    return replace(progress, network=None, confusion=None)


def _steps(settings: Settings, data: Digits) -> int:
    """Steps of gradient descent in the whole training."""
    return settings.epochs * ceil(len(data.train_labels) / settings.batch)


def _every(settings: Settings, data: Digits) -> int:
    """Steps from one picture of a training to the next."""
    return min(500, ceil(_steps(settings, data) / _PICTURES))


def is_short(settings: Settings, data: Digits) -> bool:
    """Whether a training is over so soon that it has to be slowed down to be watched."""
    return _steps(settings, data) <= 500 * _PICTURES


def begin(settings: Settings, data: Digits) -> Iterator[Course]:
    """A training from new random weights."""
    return Course.of(Training.start(settings), data).follow()


def search(method: str, budget: int, over: tuple[str, ...], epochs: int, seed: int) -> Iterator[tuple[Trial, ...]]:
    """All trials so far of a search for good settings, after each."""
    return gathered(tune(small_digits(), method, budget, over, Settings(epochs=epochs), seed=seed))


def gathered(trials: Iterator[Trial]) -> Iterator[tuple[Trial, ...]]:
    """All trials of a search so far, after each."""
    so_far: tuple[Trial, ...] = ()
    for trial in trials:
        so_far = (*so_far, trial)
        yield so_far


# --- all of MNIST ------------------------------------------------------------------------------------


class DigitsFetch(Fetching):
    """Brings MNIST into the cache beside the page."""

    def __init__(self) -> None:
        super().__init__("MNIST", fetch_digits)

    @property
    def share(self) -> float:
        """How much has arrived, from 0 to 1."""
        folder = cache_folder() / "MNIST" / "raw"
        sizes = (folder / f"{stem}.gz" for stem in FILES.values())
        arrived = sum(os.path.getsize(path) for path in sizes if os.path.isfile(path))
        return min(1.0, arrived / MNIST_BYTES)
