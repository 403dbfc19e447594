"""The fully connected layers studied on their own, above convolutions that stay as they are.

What the convolutions make of a view, and the teacher's verdict on it, are worked out once and kept;
studying the three upper layers on what is kept then costs a small part of a whole step. Worth doing
where the pictures to learn from have changed more than what there is to see in them: new names, sharper
pictures, another balance (as decoupled training has it: Kang et al., ICLR 2020, section 4.1).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from explainer.networks.alexnet2012 import AlexNet2012
from explainer.training.average import Average
from explainer.training.lesson import true_labels
from explainer.training.lots import Lots
from explainer.training.store import Store
from explainer.training.teacher import Teacher
from explainer.training.views import render

LAYERS = ("fc6", "fc7", "fc8")
_AT_ONCE = 32


@dataclass(frozen=True)
class Plan:
    """How the upper layers are taught.

    views: how many are kept to learn from; held: how many held-out ones to judge by. size, teacher: pixels
    that student and teacher see. areas: share of a picture that a view shows. times: how often each view
    is studied. drop: share of the values dropped before each layer. The rest as in :class:`Recipe`.
    """

    views: int = 24576
    held: int = 1024
    size: int = 227
    teacher: int = 208
    areas: tuple[float, float] = (0.35, 1.0)
    times: float = 5.0
    batch: int = 512
    rate: float = 3e-4
    warm_up: int = 25
    decay: float = 0.05
    drop: float = 0.35
    temperature: float = 2.0
    label: float = 0.3
    average: float = 0.98
    seed: int = 0

    @property
    def steps(self) -> int:
        return max(1, int(self.times * self.views / self.batch))


@dataclass(frozen=True)
class Kept:
    """n views: pool5's features half [n, 9216], the teacher's logits half [n, 1000], labels int [n] or ``UNKNOWN``."""

    features: Tensor
    logits: Tensor
    labels: Tensor

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save(asdict(self), partial)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Kept":
        state = torch.load(path, map_location="cpu", weights_only=True)
        return cls(**{field.name: state[field.name] for field in fields(cls)})

    @classmethod
    def joined(cls, parts: list["Kept"]) -> "Kept":
        return cls(*(torch.cat([getattr(part, field.name) for part in parts]) for field in fields(cls)))


def keep(network: AlexNet2012, teacher: Teacher, store: Store, lots: Lots, plan: Plan, threads: int) -> Kept:
    """What the convolutions and the teacher make of views.

    network: finished, in the precision it is to be asked in; only its convolutions are.
    """
    lower = nn.Sequential(*(stage for name, stage in network.named_children() if name not in LAYERS)).eval()
    precision = next(lower.parameters()).dtype

    @torch.no_grad()
    def ask(start: int) -> tuple[Tensor, Tensor]:
        part = slice(start, start + _AT_ONCE)
        chosen = Lots(lots.pictures[part], lots.boxes[part], lots.flips[part], lots.gains[part])
        views = render(store, chosen, plan.size)
        logits = teacher(views, plan.teacher).logits.half()
        x = views.to(precision).contiguous(memory_format=torch.channels_last)
        return lower(x).flatten(1).half(), logits

    with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        features, logits = zip(*pool.map(ask, range(0, len(lots.pictures), _AT_ONCE)), strict=True)
    labels = torch.from_numpy(store.categories[lots.pictures].astype(np.int64))
    return Kept(torch.cat(features), torch.cat(logits), labels)


def upper_of(network: AlexNet2012, drop: float) -> nn.Sequential:
    """The three upper layers alone, for features [n, 9216]: the network's own modules, not copies."""
    upper = nn.Sequential(*(getattr(network, name) for name in LAYERS))
    for module in upper.modules():
        if isinstance(module, nn.Dropout):
            module.p = drop
    return upper


def study(network: AlexNet2012, kept: Kept, plan: Plan, half: bool) -> Iterator[float]:
    """Teaches the upper layers of ``network`` in place, yielding the loss after each step.

    The loss is T²·KL(teacher ‖ student) at temperature T and the cross-entropy with the true label, where there
    is one. At the end the layers hold the moving average of their weights.
    """
    torch.manual_seed(plan.seed)
    upper = upper_of(network, plan.drop).requires_grad_(True).train()
    optimiser = torch.optim.AdamW(upper.parameters(), lr=plan.rate, weight_decay=plan.decay, fused=True)
    average = Average(upper, plan.average)
    order, t = torch.empty(0, dtype=torch.long), plan.temperature
    for step in range(plan.steps):
        if len(order) < plan.batch:
            order = torch.cat([order, torch.randperm(len(kept.features))])
        rows, order = order[: plan.batch], order[plan.batch :]
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = upper(kept.features[rows].float()).float()
        teacher = (kept.logits[rows].float() / t).log_softmax(1)
        verdict = functional.kl_div((logits / t).log_softmax(1), teacher, reduction="batchmean", log_target=True)
        label = -(true_labels(kept.labels[rows]) * logits.log_softmax(1)).sum(1).mean()
        loss = (1 - plan.label) * t * t * verdict + plan.label * label
        fall = 0.5 * (1 + np.cos(np.pi * step / plan.steps))
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * min(1, (step + 1) / plan.warm_up) * fall
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        average.update(upper)
        yield loss.item()
    upper.load_state_dict(average.state)
    network.eval().requires_grad_(False)


@torch.no_grad()
def agreement(network: AlexNet2012, kept: Kept) -> tuple[float, float]:
    """On how many views (percent) the network's first guess is the teacher's, and KL(teacher ‖ student)."""
    logits = upper_of(network.eval(), 0.0)(kept.features.float())
    same = (logits.argmax(1) == kept.logits.argmax(1)).float().mean().item()
    teacher = kept.logits.float().log_softmax(1)
    apart = functional.kl_div(logits.log_softmax(1), teacher, reduction="batchmean", log_target=True)
    return 100 * same, apart.item()


def describe(plan: Plan) -> str:
    """The plan as a paragraph, for the card."""
    return (
        f"only fc6, fc7 and fc8 were studied, above the convolutions as they were: what these make of {plan.views:,} "
        f"views at {plan.size} px was kept, with the verdicts of SqueezeNet 1.0 at {plan.teacher} px; crops of "
        f"{plan.areas[0]:.0%} to {plan.areas[1]:.0%} of the area, mirrored and coloured at random; a category with n "
        f"pictures drawn as √n; loss {1 - plan.label:g} × KL at temperature {plan.temperature:g}, {plan.label:g} × "
        f"cross-entropy with the true label where there is one; each view {plan.times:g} times, batch {plan.batch}, "
        f"AdamW, rate {plan.rate:g} falling to 0 along a cosine, weight decay {plan.decay:g}, {plan.drop:g} of the "
        f"values dropped; moving average of the weights ({plan.average:g}); seed {plan.seed}"
    )
