"""Faces: small dreams of many detectors at once, two for each, and whether the two are two.

A detector may fire for things that have little in common. So each is dreamt twice, and the two are
pushed apart: not in how they look, but in which detectors below they use. If both still fire it and
both do so through different detectors, it has two faces; else it has one.

Sources: Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017 (diversity); Nguyen,
Yosinski, Clune, "Multifaceted Feature Visualization", 2016 (that one detector has several faces).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from explainer.atlas.wires import Wires, wires_of
from explainer.dream.forward import activations, best_precision, normalise
from explainer.dream.objective import parse_objective
from explainer.dream.parameterisation import Canvas
from explainer.dream.regularise import total_variation
from explainer.dream.render import LEAKY_STEPS, view_side
from explainer.dream.transform import compose, jitter, look, rotate, scale
from explainer.networks import Network

LARGEST = 96  # pixels across; what a detector sees of 163 is drawn coarser
KEPT = 72  # the middle of it: further out hardly anything counts
RATE, PRICE = 0.05, 0.004  # of Adam; of total variation
APART = 0.8  # what likeness of the two costs, in shares of what the detector answers
UNLIKE, AS_STRONG = 0.5, 0.7  # two faces: so little alike at most, and the weaker so strong at least


@dataclass(frozen=True)
class Faces:
    """Two dreams of each of some units.

    pixels: uint8 [units, 2, S, S, 3], the stronger first, the middle :data:`KEPT` of what was drawn. values:
    float32 [units, 2], what the unit answers to each, after ReLU. likeness: float32 [units], the cosine
    between what the detectors below added in one and in the other, 0 to 1.
    """

    pixels: Tensor
    values: Tensor
    likeness: Tensor

    @property
    def two(self) -> Tensor:
        """bool [units]: whether both fire the unit, through different detectors."""
        return two_faced(self.values, self.likeness)


def two_faced(values: Tensor, likeness: Tensor) -> Tensor:
    """Whether units have two faces: values float [units, 2], stronger first, and likeness [units] → bool [units]."""
    return (likeness < UNLIKE) & (values[:, 1] > 0) & (values[:, 1] >= AS_STRONG * values[:, 0])


def face_side(network: Network, layer: str) -> int:
    """Pixels across of a layer's faces: what a unit sees, or :data:`LARGEST`."""
    return min(LARGEST, view_side(network, parse_objective(f"unit:{layer}:0", network), 0))


def dream_faces(
    network: Network, layer: str, units: Sequence[int], *, steps: int = 48, seed: int = 0, precision: str | None = None
) -> Iterator[int | Faces]:
    """Dream two faces of each unit, all in one batch: the number of each step taken, then the :class:`Faces`.

    The same arguments give the same faces on the same machine.

    Raises:
        NetworkError: there is no such layer.
    """
    objective = parse_objective(f"unit:{layer}:0", network)
    side, size = view_side(network, objective, 0), face_side(network, layer)
    precision = precision or best_precision()
    wires = wires_of(network, layer, units)
    canvas = Canvas("fourier", "decorrelated", size)
    movement = compose([jitter(4 * size / 224, size), scale(0.95, 1.05), rotate(4)])
    generator = torch.Generator().manual_seed(seed)
    noise = canvas.start(len(units), generator)
    numbers = torch.stack([noise, -noise], 1).flatten(0, 1)  # the two begin as each other's negative
    first, second, asleep = torch.zeros_like(numbers), torch.zeros_like(numbers), False
    for step in range(1, steps + 1):
        with torch.enable_grad():
            numbers.requires_grad_()
            picture = canvas.picture(numbers)
            view = look(picture, movement(len(picture), generator), side)
            sums, likeness, _ = _answers(network, wires, view, precision, leaky=step <= LEAKY_STEPS or asleep)
            asleep = bool((sums <= 0).any())
            strength = sums.detach().mean(1).clamp(min=0)
            goal = sums.sum() - (APART * strength * likeness).sum() - PRICE * total_variation(picture).sum()
            (gradient,) = torch.autograd.grad(goal, numbers)
        with torch.no_grad():
            first = first.lerp(gradient, 0.1)
            second = (0.999 * second).addcmul_(gradient, gradient, value=0.001)
            spread = second.sqrt().div_(math.sqrt(1 - 0.999**step)).add_(1e-8)
            numbers = numbers.detach().addcdiv(first, spread, value=RATE / (1 - 0.9**step))
        yield step
    with torch.no_grad():
        yield _finished(network, wires, canvas.picture(numbers), side, precision)


def _finished(network: Network, wires: Wires, picture: Tensor, side: int, precision: str) -> Faces:
    """The faces as they will be kept: eight bits a colour, the stronger of two first."""
    pixels = (255 * picture).round().clamp(0, 255).byte()
    view = F.interpolate(pixels.float() / 255, (side, side), mode="bilinear", align_corners=False)
    _, likeness, values = _answers(network, wires, view, precision)
    order = values.argsort(1, descending=True)
    edge = max(0, pixels.shape[-1] - KEPT) // 2
    pixels = pixels[..., edge : pixels.shape[-1] - edge, edge : pixels.shape[-1] - edge]
    pixels = pixels.movedim(1, -1).unflatten(0, (-1, 2))
    return Faces(pixels[torch.arange(len(order))[:, None], order], values.gather(1, order), likeness)


def _answers(network: Network, wires: Wires, view: Tensor, precision: str, leaky: bool = False):
    """For views [2·units, …]: answers in the middle of the map [units, 2], likeness [units], answers as numbers."""
    below = wires.below
    found = activations(network, normalise(network, view), {wires.layer, *([below] if below else [])}, precision, leaky)
    maps = found[wires.layer].float()
    units = torch.tensor(wires.units).repeat_interleave(2)
    middle = maps[torch.arange(len(maps)), units, maps.shape[2] // 2, maps.shape[3] // 2].unflatten(0, (-1, 2))
    if not wires.known:
        return middle, torch.ones(len(wires.units)), middle.detach()
    added = wires.added(found[below].float(), maps.shape[2] // 2, maps.shape[3] // 2)
    positive = added.clamp(min=0).unflatten(0, (-1, 2))
    return middle, F.cosine_similarity(positive[:, 0], positive[:, 1], dim=1, eps=1e-6), middle.detach()
