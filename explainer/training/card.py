"""The card that ships beside the weights: who taught this network, on what, how, and how good it is."""

import json
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from explainer.networks.alexnet2012 import AlexNet2012
from explainer.places import ROOT
from explainer.training.course import Course
from explainer.training.evaluate import SEEN
from explainer.training.filters import inspect
from explainer.training.recipe import Recipe
from explainer.training.sources import UNKNOWN
from explainer.training.store import Store

KNOWN_FROM = 30


@dataclass(frozen=True)
class Lineage:
    """What the course began with: the card of the weights it went on from, or none."""

    begun_with: dict | None

    def describe(self) -> list[dict]:
        """Every course so far, oldest first, as the cards tell."""
        if self.begun_with is None:
            return []
        earlier = self.begun_with.get("lineage", [])
        own = _only(self.begun_with, "trained_on", "recipe", "measured", "stations", "hours", "views", "commit")
        if "trained_on" in own:
            own["trained_on"] = _only(own["trained_on"], "pictures", "sets")
        return [*earlier, own]


def known_categories(store: Store, lineage: Lineage) -> list[int]:
    """Categories the network met often enough to know: 30 labelled training pictures, or 100 in an earlier course."""
    own = store.categories[store.training]
    counts = np.bincount(own[own != UNKNOWN], minlength=1000)
    known = set(np.flatnonzero(counts >= KNOWN_FROM).tolist())
    if lineage.begun_with:
        trained_on = lineage.begun_with.get("trained_on", {})
        known |= set(trained_on.get("categories_with_100_or_more_labelled_pictures", []))
        known |= set(lineage.begun_with.get("known_categories", []))
    return sorted(known)


def card(
    network: AlexNet2012,
    file: Path,
    store: Store,
    course: Course,
    lineage: Lineage,
    known: list[int],
    findings: dict,
    mixed: bool = False,
) -> dict:
    """Everything the page and the reader should know about the file, ready for JSON.

    known: the categories it met often enough. findings: what :func:`export.pack_and_measure` found.
    mixed: whether the weights were averaged with the first ones of the lineage.
    """
    attention = course.recipe.attention
    sources, counts = np.unique(store.sources[store.training], return_counts=True)
    sets = {str(source): int(n) for source, n in zip(sources, counts, strict=True) if attention.get(source, 1.0) > 0}
    fc6, fc7 = network.fc6.linear.out_features, network.fc7.linear.out_features
    return {
        "name": "alexnet-embedded",
        "layout": (
            "AlexNet 2012, two groups: conv1 96×11×11/4 no padding, conv2 256×5×5 pad 2 groups 2, conv3 384×3×3 pad 1, "
            "conv4 384×3×3 pad 1 groups 2, conv5 256×3×3 pad 1 groups 2, max pools 3×3/2 after conv1, conv2, conv5, "
            f"fc6 {fc6}, fc7 {fc7}, fc8 1000; ReLU after each but fc8; no local response normalisation "
            "(batch normalisation was folded into weights and biases)"
        ),
        "file": {
            "name": file.name,
            "bytes": file.stat().st_size,
            "tensors": "convN.weight float16, fcN.weight int8 with fcN.scale float32 per output row "
            "(weight = int8 × scale; fc8 too), all biases float32",
        },
        "input": {
            "size": SEEN.size,
            "resize_short_side": SEEN.short_side,
            "crop": "centre",
            "colour": "RGB 0-1",
            "mean": list(SEEN.mean),
            "std": list(SEEN.std),
        },
        "categories": "ImageNet's 1,000 in their standard order",
        "known_categories": known,
        "trained_on": {
            "pictures": sum(sets.values()),
            "sets": sets,
            "held_out": len(store.validation),
            "note": "of this course; earlier courses' under lineage. Earlier courses held out other pictures "
            "than this one, so figures on the held-out split flatter the network; nips17 was never trained on.",
        },
        "lineage": lineage.describe(),
        "recipe": describe(course.recipe)
        + ("; finally averaged half and half with earlier weights, and normalisation measured anew" if mixed else ""),
        "commit": _commit(),
        "hours": round(course.seconds / 3600, 2),
        "views": course.step * course.recipe.batch,
        "machine": _machine(course.device),
        **findings,
        "conv1": inspect(network.conv1.conv.weight.detach()).summary(),
        "weak_at": (
            f"the {1000 - len(known)} categories it met with few labelled pictures or none; small objects; "
            "fine detail, as its training pictures were small (64 to 144 pixels); it leans towards dogs"
        ),
        "licence": "weights by this project, free to ship with it; the pictures are others' and do not travel with it",
    }


def describe(recipe: Recipe) -> str:
    """The recipe as a paragraph."""
    phases = "; ".join(
        f"{phase.steps} steps at {phase.size} px (teacher at {phase.teacher} px), crops of "
        f"{phase.areas[0]:.0%} to {phase.areas[1]:.0%} of the area"
        for phase in recipe.phases
    )
    precision = "bfloat16" if recipe.half_precision else "float32"
    return (
        f"SqueezeNet 1.0 as a teacher who sees the same views; loss: "
        f"{1 - recipe.label:g} × KL at temperature {recipe.temperature:g}, {recipe.label:g} × cross-entropy with the "
        f"true label where there is one, {recipe.maps:g} × squared difference of the teacher's last maps and conv5's, "
        f"translated; {recipe.term} views judged at a time, each studied {recipe.studies} times on the average over "
        f"{recipe.studies} terms, mirrored and coloured at random; a category with n pictures (by their labels or the "
        f"teacher's verdicts) drawn as √n; {phases}; batch {recipe.batch} in {recipe.parts} parts, "
        f"SGD momentum {recipe.momentum:g} nesterov, rate {recipe.rate:g} falling to 0 along a cosine; weight decay "
        f"{recipe.decay_conv1:g} on conv1, {recipe.decay:g} elsewhere; batch normalisation, folded afterwards; moving "
        f"average of the weights ({recipe.average:g}); {precision}; seed {recipe.seed}"
    )


def write(content: dict, path: Path) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _only(fields: dict, *names: str) -> dict:
    return {name: fields[name] for name in names if name in fields}


def _commit() -> str:
    try:
        command = ["git", "rev-parse", "--short=12", "HEAD"]
        asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return asked.stdout.strip()


def _machine(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"{os.cpu_count()} processor cores ({platform.machine()}), no graphics card"
