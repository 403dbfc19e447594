"""The course of training: a generator that takes one step at a time and can be stopped at any."""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from explainer.training.average import Average
from explainer.training.lesson import Lesson, Student, loss, true_labels
from explainer.training.lots import chances, draw
from explainer.training.normalised import NormalisedAlexNet
from explainer.training.recipe import Recipe
from explainer.training.store import Store
from explainer.training.teacher import Teacher
from explainer.training.views import render


@dataclass(frozen=True)
class Progress:
    """After a step: how many are done, of how many, the losses, seconds the step took."""

    step: int
    steps: int
    losses: dict[str, float]
    seconds: float


class Course:
    """Student, teacher, optimiser and average, and where in the recipe they are.

    Each part of a batch is worked on by a thread of its own with a copy of the student that
    shares its parameters: the threads meet once a step, not at every layer, which keeps
    them going on a machine that has other things to do.

    spread: [512], the spread of the teacher's channels, measured once.
    """

    def __init__(self, recipe: Recipe, network: NormalisedAlexNet, teacher: Teacher, store: Store, device: str = "cpu"):
        torch.manual_seed(recipe.seed)
        self.recipe, self.teacher, self.store, self.device = recipe, teacher, store, device
        self.student = Student(network).to(device, memory_format=torch.channels_last)
        self.copies = [_sharing(self.student) for _ in range(recipe.parts)]
        self.average = Average(self.student.network, recipe.average)
        self.optimiser = torch.optim.SGD(_groups(self.student, recipe), lr=0.0, momentum=recipe.momentum, nesterov=True)
        self.training = store.training
        self.chance = chances(store.categories, store.sources, self.training)
        self.categories = torch.from_numpy(store.categories)
        self.step = 0
        self.spread: Tensor | None = None
        self.seconds = 0.0
        self._pace: dict[int, float] = {}

    def run(self) -> Iterator[Progress]:
        """Step by step to the end of the recipe."""
        with ThreadPoolExecutor(self.recipe.parts, initializer=_one_thread_each) as pool:
            if self.spread is None:
                self.spread = self._measure_spread(pool)
            memories = [deque(maxlen=self.recipe.delay) for _ in self.copies]
            list(pool.map(self._remember, range(self.recipe.parts), memories))
            while self.step < self.recipe.steps:
                began, size = time.perf_counter(), self.recipe.phase_at(self.step).size
                parts = list(pool.map(self._study, range(self.recipe.parts), memories))
                self._learn()
                self.step += 1
                seconds = time.perf_counter() - began
                self.seconds += seconds
                self._pace[size] = 0.95 * self._pace.get(size, seconds) + 0.05 * seconds
                losses = {name: sum(part[name] for part in parts) / len(parts) for name in parts[0]}
                yield Progress(self.step, self.recipe.steps, losses, seconds)

    def lesson(self, part: int, number: int) -> Lesson:
        """Lesson ``number`` of one of the parts: a function of these two and the recipe's seed alone."""
        recipe = self.recipe
        phase = recipe.phase_at(number * recipe.studies)
        lots = draw(
            recipe.seed,
            number * recipe.parts + part,
            recipe.batch // recipe.parts,
            self.training,
            self.chance,
            phase.areas,
            recipe.mixup,
        )
        views = render(self.store, lots, phase.size).to(self.device)
        labels = true_labels(self.categories[lots.pictures], lots).to(self.device)
        opinion = self.teacher(views, phase.teacher)
        views = views.to(self.teacher.precision).contiguous(memory_format=torch.channels_last)
        return Lesson(views, opinion, labels)

    def _study(self, part: int, memory: deque[Lesson]) -> dict[str, float]:
        """One part's share of a step: leaves its gradients in its copy of the student."""
        number, repeat = divmod(self.step, self.recipe.studies)
        if repeat:
            lesson = memory[0].mirrored()
        else:
            lesson = self.lesson(part, number)
            memory.append(lesson)
        copy = self.copies[part]
        with torch.autocast(self.device, torch.bfloat16, enabled=self.recipe.half_precision):
            losses = loss(copy, lesson, self.spread, self.recipe)
        losses["loss"].backward()
        return {name: value.item() for name, value in losses.items()}

    def _remember(self, part: int, memory: deque[Lesson]) -> None:
        """Puts back the lessons that a course going on from a checkpoint still has to see mirrored."""
        upcoming = -(-self.step // self.recipe.studies)
        for number in range(max(0, upcoming - self.recipe.delay), upcoming):
            memory.append(self.lesson(part, number))

    def _learn(self) -> None:
        """Brings the parts' gradients and measured statistics together and takes the step."""
        for own, *shared in zip(self.student.parameters(), *(copy.parameters() for copy in self.copies), strict=True):
            own.grad = torch.stack([value.grad for value in shared]).mean(0) if len(shared) > 1 else shared[0].grad
            for value in shared:
                value.grad = None
        with torch.no_grad():
            for own, *measured in zip(self.student.buffers(), *(copy.buffers() for copy in self.copies), strict=True):
                own.copy_(sum(value for value in measured) / len(measured))
                for value in measured:
                    value.copy_(own)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate_at(self.step)
        self.optimiser.step()
        self.average.update(self.student.network)

    def _measure_spread(self, pool: ThreadPoolExecutor) -> Tensor:
        def maps(part: int) -> Tensor:
            return self.lesson(part, 0).opinion.maps.float()

        seen = torch.cat(list(pool.map(maps, range(self.recipe.parts))))
        return seen.std((0, 2, 3)).clamp(min=1e-2)

    def seconds_left(self) -> float:
        """Expected time to the end at the pace of late; a phase not met yet is judged by its number of pixels."""
        if not self._pace:
            return 0.0
        known, pace = next(reversed(self._pace.items()))
        left, begins = 0.0, 0
        for phase in self.recipe.phases:
            ends = begins + phase.steps
            taken = self._pace.get(phase.size, pace * (phase.size / known) ** 2)
            left += max(0, ends - max(begins, self.step)) * taken
            begins = ends
        return left

    def state(self) -> dict:
        """All that going on exactly needs."""
        return {
            "recipe": self.recipe.to_json(),
            "step": self.step,
            "seconds": self.seconds,
            "spread": self.spread,
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict) -> None:
        """Takes up where :meth:`state` was taken."""
        self.step, self.seconds, self.spread = state["step"], state["seconds"], state["spread"]
        self.student.load_state_dict(state["student"])
        self.copies = [_sharing(self.student) for _ in range(self.recipe.parts)]
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def _sharing(student: Student) -> Student:
    """A copy with gradients and buffers of its own, but the same parameters in memory."""
    copy = deepcopy(student).train()
    for own, original in zip(copy.parameters(), student.parameters(), strict=True):
        own.data = original.data
    return copy


def _groups(student: Student, recipe: Recipe) -> list[dict]:
    """Weights decay, conv1's more (that clears its filters of noise); biases and normalisations don't."""
    decayed, conv1, free = [], [], []
    for name, value in student.named_parameters():
        if value.dim() == 1:
            free.append(value)
        else:
            (conv1 if "conv1" in name else decayed).append(value)
    return [
        {"params": conv1, "weight_decay": recipe.decay_conv1},
        {"params": decayed, "weight_decay": recipe.decay},
        {"params": free, "weight_decay": 0.0},
    ]


def _one_thread_each() -> None:
    torch.set_num_threads(1)
