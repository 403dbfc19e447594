"""A network made of named stages, and the trace that a picture leaves in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from explainer.errors import NetworkError, WeightsError
from explainer.networks.layers import Layer, describe
from explainer.pictures import Crop, Picture, crop_seen
from explainer.workshop import once


@dataclass(frozen=True)
class Preprocessing:
    """From a picture to numbers: shrink, cut the centre out, subtract the mean, divide.

    short_side, size: pixels. mean, std: per colour (red, green, blue), colours being 0 to 1.
    """

    short_side: int = 256
    size: int = 224
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def normalise(self, pixels: np.ndarray) -> Tensor:
        """uint8 [..., H, W, 3] → float [..., 3, H, W], the colours left side by side in memory.

        Whole rows at a time: ten times as fast as colour by colour.
        """
        mean, std = torch.tensor([self.mean, self.std]).repeat(1, pixels.shape[-2])
        rows = torch.from_numpy(np.array(pixels)).flatten(-2).float().div_(255).sub_(mean).div_(std)
        return rows.view(*pixels.shape).movedim(-1, -3)

    def restore(self, x: Tensor) -> Tensor:
        """The inverse of :meth:`normalise`, as float colours (0 to 1 for real pictures)."""
        return x * self._column(self.std) + self._column(self.mean)

    @staticmethod
    def _column(values: tuple[float, float, float]) -> Tensor:
        return torch.tensor(values).view(3, 1, 1)


@dataclass(frozen=True)
class Guess:
    """One category and the probability the network gives it."""

    index: int
    category: str
    probability: float


@dataclass(frozen=True, eq=False)
class Trace:
    """All that one forward pass computed for one picture.

    ``trace["conv1"]`` is what the layer hands on (after ReLU): float [C, H, W], or
    [neurons] from the fully connected layers. ``input`` is [3, H, W], ``view`` the
    same crop as pixels (uint8 [H, W, 3]) and ``crop`` where it lies on the picture.
    """

    picture: str
    view: np.ndarray
    crop: Crop
    input: Tensor
    activations: dict[str, Tensor] = field(repr=False)
    categories: tuple[str, ...] = field(repr=False)

    def __getitem__(self, layer: str) -> Tensor:
        try:
            return self.activations[layer]
        except KeyError:
            raise NetworkError(f"No layer “{layer}” here; there are {', '.join(self.activations)}.") from None

    @property
    def logits(self) -> Tensor:
        """The last layer's sums before softmax: float [categories]."""
        return next(reversed(self.activations.values()))

    @cached_property
    def probabilities(self) -> Tensor:
        """Softmax of the logits: float [categories], adding up to 1."""
        return self.logits.softmax(0)

    def top(self, count: int = 5) -> list[Guess]:
        """The likeliest categories, best first."""
        return best_guesses(self.probabilities, self.categories, count)

    @property
    def nbytes(self) -> int:
        """What it holds in memory: activations, input and view."""
        return sum(tensor.nbytes for tensor in (*self.activations.values(), self.input, self.view))


def best_guesses(probabilities: Tensor, categories: Sequence[str], count: int = 5) -> list[Guess]:
    """The likeliest of probabilities [categories], best first."""
    values, indices = probabilities.topk(min(count, len(categories)))
    return [Guess(i, categories[i], p) for i, p in zip(indices.tolist(), values.tolist(), strict=True)]


def at_the_start(name: str) -> str:
    """A name as it begins a sentence: "the small AlexNet" → "The small AlexNet"."""
    return name[:1].upper() + name[1:]


class Network:
    """A classifier as a chain of named stages, with what is known about it.

    Args:
        name, title: as registered ("embedded") and as sentences name it ("the small AlexNet").
        stages: ``nn.Sequential`` of named stages; the last hands on logits [N, categories].
        preprocessing: how a picture becomes its input.
        categories: names of the outputs, in order.
        weights: name of the file the weights came from.
        digest: of the weights; with a picture's digest it names a trace.
        card: who trained it, on what, how good it is, its licence.
    """

    held_elsewhere = True  # what refers to it is not the heavier for it

    def __init__(
        self,
        name: str,
        title: str,
        stages: nn.Sequential,
        preprocessing: Preprocessing,
        categories: tuple[str, ...],
        weights: str,
        digest: str,
        card: dict,
    ):
        self.name, self.title, self.preprocessing = name, title, preprocessing
        self.categories, self.weights, self.digest, self.card = categories, weights, digest, card
        self._mark = object()  # of this network's traces
        self.stages = stages.eval().requires_grad_(False)
        for module in stages.modules():
            if getattr(module, "inplace", False):
                module.inplace = False  # an in-place ReLU would overwrite the sums that hooks keep

    @property
    def nbytes(self) -> int:
        """Bytes that its weights take."""
        return sum(tensor.nbytes for tensor in self.stages.state_dict().values())

    @property
    def label(self) -> str:
        """The title where it stands alone or begins a sentence: "The small AlexNet"."""
        return at_the_start(self.title)

    @cached_property
    def layers(self) -> list[Layer]:
        """Its stages in order: name, kind, shape, parameters, multiply-adds, receptive field."""
        return describe(self.stages, self.preprocessing.size)

    def layer(self, name: str) -> Layer:
        """The layer called ``name``.

        Raises:
            NetworkError: there is none; the sentence lists those there are.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise NetworkError(f"{self.label} has no layer “{name}”; it has {known}.")

    @property
    def first_layer(self) -> str:
        """Name of the convolution that sees the pixels."""
        return next(iter(dict(self.stages.named_children())))

    def view(self, picture: Picture) -> tuple[np.ndarray, Crop]:
        """The pixels that the network gets to see (uint8 [H, W, 3]) and where they lie."""
        return crop_seen(picture, self.preprocessing.short_side, self.preprocessing.size)

    def preprocess(self, picture: Picture) -> Tensor:
        """The network's input for a picture: float [1, 3, H, W]."""
        return self.preprocessing.normalise(self.view(picture)[0])[None]

    def run(self, x: Tensor, start: str | None = None, stop: str | None = None) -> Tensor:
        """Only the stages from ``start`` (its input given) to ``stop`` (its output returned).

        Both included; the first and the last stage where not given. Gradients flow.

        Raises:
            NetworkError: there is no such stage, or ``stop`` comes before ``start``.
        """
        names = [name for name, _ in self.stages.named_children()]
        for name in (start, stop):
            if name is not None:
                self.layer(name)
        first = names.index(start) if start else 0
        last = names.index(stop) if stop else len(names) - 1
        if last < first:
            raise NetworkError(f"{stop} comes before {start}.")
        for name in names[first : last + 1]:
            x = self.stages.get_submodule(name)(x)
        return x

    def trace(self, picture: Picture) -> Trace:
        """Every layer's activations for a picture: one forward pass for all who ask, then remembered.

        Raises:
            WeightsError: the weights make numbers beyond all bounds.
        """
        return once(("trace", self._mark, picture.digest), lambda: self._forward(picture))

    def classify(self, picture: Picture, top: int = 5) -> list[Guess]:
        """The network's best guesses for a picture."""
        return self.trace(picture).top(top)

    def _forward(self, picture: Picture) -> Trace:
        view, crop = self.view(picture)
        x = self.preprocessing.normalise(view)[None]
        trace = Trace(picture.digest, view, crop, x[0], {}, self.categories)
        with torch.no_grad():
            for name, stage in self.stages.named_children():
                x = stage(x)
                trace.activations[name] = x[0]
        if not trace.logits.isfinite().all():
            raise WeightsError(
                f"The numbers in {self.title} grow beyond all bounds: its weights file {self.weights} is damaged."
            )
        return trace
