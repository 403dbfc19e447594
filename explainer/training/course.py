"""The course of training: a generator that takes one step at a time and can be stopped at any."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explainer.training.average import Average
from explainer.training.lesson import Lesson, Student, loss, true_labels
from explainer.training.lots import Lots, chances, draw, varied
from explainer.training.normalised import EARLY, NormalisedAlexNet
from explainer.training.notebook import Drawer, Notebook, Term, condensed
from explainer.training.pace import refitted, seconds_of
from explainer.training.recipe import Recipe
from explainer.training.sources import UNKNOWN
from explainer.training.store import Store
from explainer.training.teacher import Opinion, Teacher
from explainer.training.views import render

_JUDGED_AT_ONCE = 128


@dataclass(frozen=True)
class Progress:
    """After a step: how many are done, of how many, the losses, seconds the step took."""

    step: int
    steps: int
    losses: dict[str, float]
    seconds: float


class Course:
    """Student, teacher, optimiser and average, and where in the recipe they are.

    Each part of a batch is worked on by whichever thread is free, with a copy of the student
    that shares its parameters: the threads meet once a step, not at every layer, and one that
    is held up by other programs holds up one part. Gradients are added in the order of the
    parts, so that it makes no difference which thread took which. The early layers learn from
    the first part alone: each of their weights meets hundreds of places in every view, so that a
    quarter of the views tells their gradient nearly as well, and going back through these large
    maps is what costs most.

    drawer: a folder where the teacher's verdicts are kept for going on; None: it is asked again.
    spread: [512], the spread of the teacher's channels, measured once.
    verdicts: int [all pictures], what the teacher took each picture for when it last saw it.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: NormalisedAlexNet,
        teacher: Teacher,
        store: Store,
        device: str = "cpu",
        drawer: Path | None = None,
    ):
        torch.manual_seed(recipe.seed)
        self.drawer = Drawer(drawer)
        self.recipe, self.teacher, self.store, self.device = recipe, teacher, store, device
        self.student = Student(network).to(device, memory_format=torch.channels_last)
        self.copies = [_sharing(self.student) for _ in range(recipe.parts)]
        self.names = [name.removeprefix("network.") for name, _ in self.student.named_parameters()]
        self.average = Average(self.student.network, recipe.average)
        self.optimiser = torch.optim.SGD(
            _groups(self.student, recipe), lr=0.0, momentum=recipe.momentum, nesterov=True, fused=True
        )
        self.training = store.training
        self.categories = torch.from_numpy(store.categories)
        self.verdicts = np.full(len(store), UNKNOWN, np.int16)
        self.notebook = Notebook(recipe.studies)
        self.step = 0
        self.spread: Tensor | None = None
        self.seconds = 0.0
        self._pace: dict[int, float] = {}
        self._judging = 0.0
        self._kept: list[tuple[Lots, int]] = []

    def run(self) -> Iterator[Progress]:
        """Step by step to the end of the recipe."""
        with ThreadPoolExecutor(_threads(), initializer=_one_thread_each) as pool:
            for lots, size in self._kept:
                self.notebook.add(self.drawer.find(lots, size) or self._judge(pool, lots, size))
            self._kept = []
            while self.step < self.recipe.steps:
                began, size = time.perf_counter(), self.recipe.phase_at(self.step).size
                if self.step % self.recipe.steps_a_term == 0:
                    self._begin_term(pool)
                judged = time.perf_counter()
                parts = list(pool.map(self._study, range(self.recipe.parts)))
                self._learn()
                self.step += 1
                ended = time.perf_counter()
                self.seconds += ended - began
                self._note_pace(size, judged - began, ended - judged)
                losses = {name: sum(part[name] for part in parts) / len(parts) for name in parts[0]}
                yield Progress(self.step, self.recipe.steps, losses, ended - began)

    def lesson(self, part: int) -> Lesson:
        """One part's lesson of this step: a function of step, part, seed and notebook alone."""
        rng = np.random.default_rng([self.recipe.seed, self.step, part])
        lots, opinion = self.notebook.draw(rng, self.recipe.batch // self.recipe.parts)
        lots = varied(rng, lots)
        views = render(self.store, lots, self.recipe.phase_at(self.step).size).to(self.device)
        labels = true_labels(self.categories[lots.pictures]).to(self.device)
        views = views.to(self.teacher.precision).contiguous(memory_format=torch.channels_last)
        opinion = opinion.mirrored(torch.from_numpy(lots.flips))
        return Lesson(views, Opinion(opinion.logits.to(self.device), opinion.maps.to(self.device)), labels)

    def _begin_term(self, pool: ThreadPoolExecutor) -> None:
        """Has the teacher judge new views; what it took their pictures for decides what is drawn next."""
        recipe, phase = self.recipe, self.recipe.phase_at(self.step)
        known = np.where(self.store.categories == UNKNOWN, self.verdicts, self.store.categories)
        chance = chances(known, self.store.sources, self.training, recipe.attention)
        number = self.step // recipe.steps_a_term
        lots = draw(recipe.seed, number, recipe.term, self.training, chance, phase.areas)
        term = self._judge(pool, lots, phase.teacher)
        self.verdicts[lots.pictures] = term.opinion.logits.argmax(1).numpy()
        if self.spread is None:
            self.spread = term.opinion.maps.float().std((0, 2, 3)).clamp(min=1e-2).to(self.device)
        self.notebook.add(term)
        self.drawer.keep_only(self.notebook.terms)

    def _judge(self, pool: ThreadPoolExecutor, lots: Lots, size: int) -> Term:
        """The teacher's opinion of a term's views, looked at in ``size`` pixels."""

        def ask(start: int) -> Opinion:
            part = slice(start, start + _JUDGED_AT_ONCE)
            views = render(self.store, Lots.plain(lots.pictures[part], lots.boxes[part]), size)
            return condensed(self.teacher(views.to(self.device), size))

        asked = list(pool.map(ask, range(0, len(lots.pictures), _JUDGED_AT_ONCE)))
        opinion = Opinion(torch.cat([one.logits for one in asked]), torch.cat([one.maps for one in asked]))
        return Term(lots, size, Opinion(opinion.logits.cpu(), opinion.maps.cpu()))

    def _study(self, part: int) -> dict[str, float]:
        """One part's share of a step: leaves its gradients in its copy of the student."""
        lesson = self.lesson(part)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.recipe.half_precision):
            losses = loss(self.copies[part], lesson, self.spread, self.recipe, early=part == 0)
        (losses["loss"] / self.recipe.parts).backward()
        return {name: value.item() for name, value in losses.items()}

    @torch.no_grad()
    def _learn(self) -> None:
        """Brings the parts' gradients and measured statistics together and takes the step."""
        first, *others = (list(copy.parameters()) for copy in self.copies)
        late = [i for i, name in enumerate(self.names) if not name.startswith(EARLY)]
        for values in others:
            torch._foreach_add_([first[i].grad for i in late], [values[i].grad for i in late])
        for own, value, name in zip(self.student.parameters(), first, self.names, strict=True):
            own.grad = value.grad.mul_(self.recipe.parts) if name.startswith(EARLY) else value.grad
        for copy in self.copies:
            copy.zero_grad(set_to_none=True)
        for own, *measured in zip(self.student.buffers(), *(copy.buffers() for copy in self.copies), strict=True):
            own.copy_(sum(value for value in measured) / len(measured))
            for value in measured:
                value.copy_(own)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate_at(self.step)
        self.optimiser.step()
        self.average.update(self.student.network)

    def _note_pace(self, size: int, judging: float, studying: float) -> None:
        """Keeps the seconds a step takes of late, each size's, the judging spread over the term."""
        if judging > 1e-2:
            self._judging = judging / self.recipe.steps_a_term
        seconds = studying + self._judging
        before = self._pace.pop(size, seconds)
        self._pace[size] = 0.95 * before + 0.05 * seconds

    def refit(self, hours: float) -> None:
        """Makes what is left of the recipe take ``hours`` at the pace of late."""
        self.recipe = refitted(self.recipe, self.step, hours, seconds_of(self.recipe, self._pace))

    def seconds_left(self) -> float:
        """Expected time to the end at the pace of late."""
        left, begins = 0.0, 0
        for phase, taken in zip(self.recipe.phases, seconds_of(self.recipe, self._pace), strict=True):
            ends = begins + phase.steps
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
            "verdicts": torch.from_numpy(self.verdicts.copy()),
            "kept": [
                {
                    "pictures": torch.from_numpy(lots.pictures),
                    "boxes": torch.from_numpy(lots.boxes),
                    "size": size,
                }
                for lots, size in self._kept or [(term.lots, term.size) for term in self.notebook.terms]
            ],
        }

    def restore(self, state: dict) -> None:
        """Takes up where :meth:`state` was taken."""
        self.step, self.seconds, self.spread = state["step"], state["seconds"], state["spread"]
        self.student.load_state_dict(state["student"])
        self.copies = [_sharing(self.student) for _ in range(self.recipe.parts)]
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.verdicts = state["verdicts"].numpy().copy()
        self._kept = [
            (Lots.plain(term["pictures"].numpy(), term["boxes"].numpy()), term["size"]) for term in state["kept"]
        ]


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


def _threads() -> int:
    """As many as there are processors that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _one_thread_each() -> None:
    torch.set_num_threads(1)
