"""From features to a name: which detectors speak for a category, and what is left without them.

Behind its last maps a network of ReLUs, maximum pools, averages and weighted sums is
*piecewise linear*: for one picture, with every ReLU and pool left in the position it
took, a category's sum is exactly

    logit = Σ activation × gradient + Σ bias × gradient,

the first sum over the units of a layer, the second over every bias above that layer
(of a batch normalisation: its offset). Where something bends otherwise (local response
normalisation), Captum's layer conductance takes over, and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor, nn

from explainer.errors import NetworkError, PictureError, shortened
from explainer.gallery import sample
from explainer.networks import Network, Trace
from explainer.networks.layers import Layer
from explainer.networks.private import private_copy

EXACT, CONDUCTANCE = "exact decomposition", "layer conductance"
# Side of the raster in which a region is painted.
CELLS = 28
# Mid-grey is what the network's own arithmetic calls zero: the mean colour of its pictures.
FILLS = ("grey", "blur")


# --- which detectors speak -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """A category's sum (or the difference of two) taken apart at one layer.

    maps: float [N, H, W], what every unit adds; detectors: float [N], each map added up.
    bias: what all biases above the layer add; of a conductance, the answer to an empty picture.
    total: the sum itself (logit, or difference of two), from the forward pass; error: by how much
    detectors and bias miss it. method: EXACT or CONDUCTANCE.
    """

    layer: str
    maps: Tensor
    detectors: Tensor
    bias: float
    total: float
    method: str

    @property
    def speaks_for(self) -> float:
        """All that speaks for it, added up."""
        return self.detectors.clamp(min=0).sum().item()

    @property
    def speaks_against(self) -> float:
        """All that speaks against it, added up: a negative number."""
        return self.detectors.clamp(max=0).sum().item()

    @property
    def error(self) -> float:
        return abs(self.detectors.sum(dtype=torch.float64).item() + self.bias - self.total)

    def strongest(self, count: int) -> tuple[list[int], list[int]]:
        """The detectors that speak loudest for it and against it, loudest first; silent ones never."""
        order = self.detectors.argsort(descending=True, stable=True).tolist()
        speakers = [i for i in order if self.detectors[i] > 0][:count]
        return speakers, [i for i in reversed(order) if self.detectors[i] < 0][:count]


def evidence_layers(network: Network) -> list[str]:
    """Layers whose detectors can be asked: those with weights and places, but not categories as maps."""
    return [
        layer.name
        for layer in network.layers
        if layer.spatial and layer.kind in ("conv", "block") and layer.shape[0] != len(network.categories)
    ]


def following(network: Network, layer: str) -> str:
    """Name of the stage after ``layer``.

    Raises:
        NetworkError: there is none.
    """
    names = [described.name for described in network.layers]
    place = names.index(network.layer(layer).name)
    if place + 1 == len(names):
        raise NetworkError(f"{layer} is the last layer: nothing comes after it.")
    return names[place + 1]


def piecewise_linear(network: Network, layer: str) -> bool:
    """Whether everything above ``layer`` is made of weighted sums, ReLUs, maxima and means."""
    return all(isinstance(module, _LINEAR_PIECES) for module in _above(network, layer).modules() if not _is_box(module))


_LINEAR_PIECES = (
    nn.Conv2d, nn.Linear, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.BatchNorm2d,
    nn.Dropout, nn.Flatten, nn.Identity,
)  # fmt: skip
# torchvision's blocks add, rectify and join their branches: nothing that is not piecewise linear.
_BLOCKS = ("Sequential", "BasicConv2d", "Inception", "Fire", "Bottleneck")


def _is_box(module: nn.Module) -> bool:
    return type(module).__name__ in _BLOCKS


def _above(network: Network, layer: str) -> nn.Sequential:
    """The stages above ``layer``, as one module: the network's own, not copies."""
    stages = dict(network.stages.named_children())
    names = list(stages)
    start = names.index(following(network, layer))
    return nn.Sequential(*(stages[name] for name in names[start:]))


def verdict(network: Network, trace: Trace, layer: str, category: int, instead_of: int | None = None) -> Verdict:
    """Take the sum of ``category`` apart, or by how much it beats the sum ``instead_of``."""
    decompose = _decompose if piecewise_linear(network, layer) else _conductance
    return decompose(network, trace, layer, category, instead_of)


def _decompose(network: Network, trace: Trace, layer: str, category: int, instead_of: int | None) -> Verdict:
    above = _above(network, layer)
    activations = trace[layer][None].clone().requires_grad_()
    shared = {name: value for name, value in above.named_parameters() if name.endswith("bias")}
    # Biases get gradients of their own, in modules of their own: the network is everybody's and stays as it is.
    biases = {name: nn.Parameter(value.clone()) for name, value in shared.items()}
    logits = private_copy(above, {shared[name]: biases[name] for name in shared})(activations)[0]
    total = logits[category] - (0 if instead_of is None else logits[instead_of])
    gradient, *slopes = torch.autograd.grad(total, [activations, *biases.values()])
    offsets = _offsets(above)
    bias = sum(
        (slope * (value + offsets.get(name, 0))).sum(dtype=torch.float64).item()
        for (name, value), slope in zip(biases.items(), slopes, strict=True)
    )
    maps = (gradient * activations).detach()[0]
    return Verdict(layer, maps, maps.sum(dim=(1, 2)), bias, total.item(), EXACT)


def _offsets(above: nn.Module) -> dict[str, Tensor]:
    """What a batch normalisation adds besides its bias, −mean · weight / √(variance + ε), by the bias's name."""
    return {
        f"{name}.bias": -module.running_mean * module.weight.detach() / (module.running_var + module.eps).sqrt()
        for name, module in above.named_modules()
        if isinstance(module, nn.BatchNorm2d)
    }


def _conductance(network: Network, trace: Trace, layer: str, category: int, instead_of: int | None) -> Verdict:
    """Dhamdhere, Sundararajan, Yan: How Important Is a Neuron? (2018); from a grey picture to this one."""
    from captum.attr import LayerConductance

    class Difference(nn.Module):
        def __init__(self):
            super().__init__()
            self.stages = private_copy(network.stages)  # for Captum's hooks

        def forward(self, x: Tensor) -> Tensor:
            logits = self.stages(x)
            return logits[:, category] - (0 if instead_of is None else logits[:, instead_of])

    asked = Difference()
    x = trace.input[None]
    stage = asked.stages.get_submodule(layer)
    maps = LayerConductance(asked, stage).attribute(x, n_steps=64, internal_batch_size=8)[0].detach()
    with torch.no_grad():
        total, empty = asked(x).item(), asked(torch.zeros_like(x)).item()
    return Verdict(layer, maps, maps.sum(dim=(1, 2)), empty, total, CONDUCTANCE)


# --- switching off -------------------------------------------------------------------------------------


def without(network: Network, trace: Trace, layer: str, detectors: Iterable[int]) -> Trace:
    """The trace of the same picture with some maps of ``layer`` set to zero; stages below are not run again.

    Raises:
        NetworkError: the layer has no such detector.
    """
    detectors = checked(network.layer(layer), detectors)
    if not detectors:
        return trace
    activations = trace[layer].clone()
    activations[detectors] = 0
    after = {}
    with torch.no_grad():
        x, reached = activations[None], False
        for name in trace.activations:
            if reached:
                x = network.run(x, start=name, stop=name)
            reached = reached or name == layer
            after[name] = x[0] if reached else trace[name]
    return replace(trace, activations=after)


@dataclass(frozen=True)
class Silenced:
    """What is left of a category without the detectors that speak loudest for it.

    count: how many were switched off. change: what became of the category. first_before, first_after:
    the likeliest category with and without them.
    """

    count: int
    change: "Change"
    first_before: str
    first_after: str


def silenced(network: Network, trace: Trace, found: Verdict, category: int, count: int) -> Silenced:
    """Switch off the ``count`` detectors that speak loudest in ``found``, all at once."""
    loudest, _ = found.strongest(count)
    after = without(network, trace, found.layer, loudest)
    return Silenced(len(loudest), change(trace, after, category), trace.top(1)[0].category, after.top(1)[0].category)


def cancelled(network: Network, trace: Trace, layer: str, count: int) -> int:
    """Of the ``count`` detectors that speak loudest for the first guess, how many are also among those that
    speak loudest for it against the second guess."""
    first, second = (guess.index for guess in trace.top(2))
    alone, against = (verdict(network, trace, layer, first, other).strongest(count)[0] for other in (None, second))
    return len(set(alone) & set(against))


def checked(layer: Layer, detectors: Iterable[int]) -> list[int]:
    """Detectors in order, each once.

    Raises:
        NetworkError: the layer has no such detector.
    """
    chosen = sorted(set(detectors))
    count = layer.shape[0]
    for detector in chosen:
        if not 0 <= detector < count:
            raise NetworkError(f"{layer.name} has no detector {detector}: they are numbered 0 to {count - 1}.")
    return chosen


def parse_detectors(text: str) -> list[int]:
    """ "17, 40" → [17, 40].

    Raises:
        NetworkError: something other than numbers.
    """
    parts = [part for part in text.replace(",", " ").split() if part]
    if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        raise NetworkError(
            f"“{shortened(text)}” is not a list of detectors: write their numbers with commas, as in 17,40."
        )
    return sorted({int(part) for part in parts})


@dataclass(frozen=True)
class Change:
    """One category before and after; probabilities 0 to 1, sums before softmax in the network's own units."""

    index: int
    category: str
    before: float
    after: float
    sum_before: float
    sum_after: float


def changes(before: Trace, after: Trace, also: Iterable[int] = (), rows: int = 6) -> list[Change]:
    """As many categories as there are rows, by what they have after: the first guess of before, ``also``, the best."""
    kept = dict.fromkeys([before.top(1)[0].index, *also])
    best = [guess.index for guess in after.top(rows) if guess.index not in kept]
    found = [change(before, after, index) for index in [*kept, *best[: max(rows - len(kept), 0)]]]
    return sorted(found, key=lambda item: -item.after)


def change(before: Trace, after: Trace, index: int) -> Change:
    """What became of one category."""
    return Change(
        index, before.categories[index],
        before.probabilities[index].item(), after.probabilities[index].item(),
        before.logits[index].item(), after.logits[index].item(),
    )  # fmt: skip


# --- painting out ----------------------------------------------------------------------------------------


def encode(cells: np.ndarray) -> str:
    """A painted raster, bool [CELLS, CELLS], as a word for the link: runs of clear and painted cells, in base 36."""
    flat = cells.ravel()
    turns = np.flatnonzero(np.diff(flat, prepend=False))
    runs = np.diff(turns, prepend=0, append=flat.size)
    return "-".join(np.base_repr(run, 36).lower() for run in runs) if flat.any() else ""


def decode(text: str) -> np.ndarray:
    """The inverse of :func:`encode`; nothing painted where the word is not one of ours."""
    clear = np.zeros((CELLS, CELLS), bool)
    try:
        runs = [int(part, 36) for part in text.split("-")] if text else []
    except ValueError:
        return clear
    if len(runs) > CELLS**2 + 1 or min(runs, default=0) < 0 or sum(runs) != CELLS**2:
        return clear
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(CELLS, CELLS)


def paint_out(network: Network, view: np.ndarray, cells: np.ndarray, fill: str) -> np.ndarray:
    """What the network sees, with a region replaced.

    Args:
        view: uint8 [H, W, 3]. cells: bool [CELLS, CELLS], True where painted.
        fill: "grey" (the mean colour of the network's training), "blur" (so much that no detail is
            left), or the name of a picture of the gallery, whose same place is put there.

    Returns uint8 [H, W, 3].

    Raises:
        PictureError: there is no such fill.
    """
    height, width = view.shape[:2]
    mask = cells[np.arange(height) * CELLS // height][:, np.arange(width) * CELLS // width]
    if fill == "grey":
        other = np.broadcast_to(np.rint(255 * np.array(network.preprocessing.mean)).astype(np.uint8), view.shape)
    elif fill == "blur":
        other = np.asarray(Image.fromarray(view).filter(ImageFilter.GaussianBlur(width / 14)))
    else:
        other = network.view(sample(fill))[0]
    if other.shape != view.shape:
        raise PictureError("The picture put in must have the size of the one it is put into.")
    return np.where(mask[..., None], other, view)


def trace_view(network: Network, trace: Trace, view: np.ndarray) -> Trace:
    """The trace of other pixels in the same crop: uint8 [H, W, 3] of the network's own size."""
    seen = network.preprocessing.normalise(view)
    x, activations = seen[None], {}
    with torch.no_grad():
        for name in trace.activations:
            x = network.run(x, start=name, stop=name)
            activations[name] = x[0]
    return replace(trace, view=view, input=seen, activations=activations)


# --- asking ----------------------------------------------------------------------------------------------


def category_names(network: Network) -> list[str]:
    """The categories, told apart: where two share a name, both get their number."""
    names = network.categories
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return [f"{name} ({index})" if name in twice else name for index, name in enumerate(names)]


def evidence_map(found: Verdict, off: Iterable[int] = ()) -> Tensor:
    """What every place adds, all detectors together but those switched off: float [H, W]."""
    maps = found.maps.clone()
    maps[list(off)] = 0
    return maps.sum(dim=0)
