"""Which pixels speak for a category? Six answers to the same question, and two checks on them.

Three are backward walks of our own (see :mod:`explainer.deconvnet`); three are Captum's.
Captum hangs hooks on what it explains, so it is given copies of the network's modules that
share its weights: the network itself, which others are using, is never touched.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerAttribution, LayerGradCam, Occlusion
from torch import Tensor, nn

from explainer import deconvnet
from explainer.deconvnet import Projection, project_all
from explainer.errors import NetworkError
from explainer.networks import Network
from explainer.networks.private import private_copy
from explainer.pictures import Picture

STEPS = 32  # of integrated gradients
WINDOWS = 14  # occlusion's window is a seventh of the side, moved by half of itself


SIGNED = ("integrated", "occlusion", "gradcam")  # a pixel's value says whether it speaks for or against the name


@dataclass(frozen=True)
class Attribution:
    """How much each place of the network's input speaks for a category.

    method: one of :data:`METHODS`. category: its number. logit: the network's sum for it.
    values: float [3, H, W] where each colour of a pixel has its own value, else [1, H, W].
    What a value means differs: a derivative ("gradient", "guided"), a part of the logit
    ("integrated"), how much it falls when a square around the pixel turns grey
    ("occlusion"), what a layer's maps there add to it ("gradcam"), a signal ("deconvnet").
    unexplained: for "integrated", by how much the values' sum misses the logit's difference
    between this picture and a grey one; None for the others.
    """

    method: str
    category: int
    logit: float
    values: Tensor = field(repr=False)
    unexplained: float | None = None

    @cached_property
    def weight(self) -> np.ndarray:
        """How much each pixel counts: float [H, W], from 0, adding up to 1 (or 0).

        The values' size, whatever their sign; of Grad-CAM, as its authors have it, only what speaks for the category.
        """
        weight = self.values.clamp(min=0).sum(0) if self.method == "gradcam" else self.values.abs().sum(0)
        total = weight.sum()
        return (weight / total if total > 0 else weight).numpy()

    @cached_property
    def heat(self) -> np.ndarray:
        """What each pixel says, its three colours added up: float [H, W].

        Positive for the category and negative against it where the method has such a sign
        (:data:`SIGNED`). The others have none: a derivative's sign says whether the pixel should
        grow brighter, a projection's which colour it has. Of those it is the size.
        """
        return (self.values.sum(0) if self.method in SIGNED else self.values.abs().sum(0)).numpy()

    def order(self, seed: int = 0) -> np.ndarray:
        """Pixels (row by row, counted from 0) in the order of :attr:`heat`, most for the category first: int [H·W].

        Those that are equal, as many are in coarse maps, come in an order drawn from ``seed``.
        """
        drawn = np.random.default_rng(seed).permutation(self.heat.size)
        return drawn[np.argsort(-self.heat.ravel()[drawn], kind="stable")]


def attribute(
    network: Network,
    picture: Picture,
    category: int | None = None,
    method: str = "gradient",
    layer: str | None = None,
) -> Attribution:
    """How much each place of a picture speaks for a category, the network's first guess if not given.

    "occlusion" runs the network some two hundred times and "integrated" 32 times forward
    and back; the others take one pass each way. ``layer``, one of :func:`map_layers`, is the one whose
    maps "gradcam" weighs, the last if not given; the other methods have no use for it.

    Raises:
        NetworkError: there is no such category, method or layer.
    """
    trace = network.trace(picture)
    category = int(trace.logits.argmax()) if category is None else category
    if not 0 <= category < len(trace.logits):
        raise NetworkError(f"{network.label} has categories 0 to {len(trace.logits) - 1}, and no {category}.")
    if method not in METHODS:
        raise NetworkError(f"There is no method “{method}”; there are {', '.join(METHODS)}.")
    if layer not in (None, *map_layers(network)):
        raise NetworkError(f"{layer} has no maps to weigh; there are {', '.join(map_layers(network))}.")
    of_layer = {"layer": layer} if method == "gradcam" else {}
    values, unexplained = METHODS[method](network, trace.input[None], category, **of_layer)
    return Attribution(method, category, float(trace.logits[category]), values[0].detach(), unexplained)


def _walk(method: str):
    def answer(network: Network, x: Tensor, category: int) -> tuple[Tensor, None]:
        output = network.layers[-1].name
        (projection,) = project_all(network, [x[0]], output, [category], [None], method, start=1.0)
        return projection.pixels[None], None

    return answer


def _integrated(network: Network, x: Tensor, category: int) -> tuple[Tensor, float]:
    """Sundararajan, Taly, Yan, "Axiomatic attribution for deep networks", ICML 2017. From mid-grey."""
    values, unexplained = IntegratedGradients(private_copy(network.stages)).attribute(
        x, target=category, n_steps=STEPS, internal_batch_size=8, return_convergence_delta=True
    )
    return values, float(unexplained)


def _occlusion(network: Network, x: Tensor, category: int) -> tuple[Tensor, None]:
    """Zeiler and Fergus, ECCV 2014, section 4.2: a grey square moved over the picture."""
    window = max(1, 2 * x.shape[-1] // WINDOWS)
    with torch.no_grad():
        values = Occlusion(private_copy(network.stages)).attribute(
            x,
            sliding_window_shapes=(3, window, window),
            strides=(3, max(1, window // 2), max(1, window // 2)),
            target=category,
            perturbations_per_eval=16,
        )
    return values[:, :1], None  # the same for all three colours


def _gradcam(
    network: Network, x: Tensor, category: int | list[int], layer: str | None = None, signed: bool = True
) -> tuple[Tensor, None]:
    """Selvaraju et al., "Grad-CAM", ICCV 2017, on the last layer of maps that has weights, or another.

    Its authors drop what speaks against the category (a ReLU at the end); ``signed`` keeps it.
    """
    stages = private_copy(network.stages)
    module = stages.get_submodule(layer or last_maps(network))
    maps = LayerGradCam(stages, module).attribute(x, target=category, relu_attributions=not signed)
    return LayerAttribution.interpolate(maps, x.shape[-2:], "bilinear").detach(), None


METHODS = {
    **{method: _walk(method) for method in deconvnet.METHODS},
    "integrated": _integrated,
    "occlusion": _occlusion,
    "gradcam": _gradcam,
}


def map_layers(network: Network) -> list[str]:
    """Names of the layers with weights whose units lie on a grid over the picture, from the first to the last."""
    return [layer.name for layer in network.layers if layer.spatial and layer.kind in ("conv", "block")]


def last_maps(network: Network) -> str:
    """Name of the last of :func:`map_layers`."""
    return map_layers(network)[-1]


# --- which detectors speak for a category ---------------------------------------------------------------


@dataclass(frozen=True)
class Vote:
    """What one detector adds to a category's logit in one picture, and where most of it."""

    unit: int
    amount: float
    position: tuple[int, int]


def votes(network: Network, picture: Picture, category: int, layer: str | None = None) -> list[Vote]:
    """What each detector of a layer (the last one of maps, if not given) adds to a category, most first.

    Activation times derivative, summed over the map. Above the layer the network is linear
    for this one picture (its ReLUs and switches being what they are), so that these amounts
    and what the biases add make up the logit exactly.

    Raises:
        NetworkError: the layer is not there or has no maps, or there is no such category.
    """
    trace, layer = network.trace(picture), layer or last_maps(network)
    if not network.layer(layer).spatial:
        raise NetworkError(f"{layer} has no maps over the picture.")
    if not 0 <= category < len(trace.logits):
        raise NetworkError(f"{network.label} has categories 0 to {len(trace.logits) - 1}, and no {category}.")
    names = [one.name for one in network.layers]
    with torch.enable_grad():
        maps = trace[layer][None].detach().clone().requires_grad_()
        logit = network.run(maps, start=names[names.index(layer) + 1])[0, category]
        (derivative,) = torch.autograd.grad(logit, maps)
    shares = (maps * derivative).detach()[0]
    amounts = shares.sum((1, 2))
    places = shares.flatten(1).argmax(1).tolist()
    return [
        Vote(unit, float(amounts[unit]), divmod(places[unit], shares.shape[2]))
        for unit in amounts.argsort(descending=True, stable=True).tolist()
    ]


# --- the object or what is behind it -------------------------------------------------------------------


@dataclass(frozen=True)
class Behind:
    """How much of a projection lies on what the network takes for the object.

    category: its first guess. mask: where Grad-CAM gives at least half of its largest value
    to that guess, bool [H, W]: the network's own idea of where the object is, not the truth.
    share: of the projection's weight on the mask. area: of the box's pixels on the mask, which
    the share would be if the projection cared for neither.
    """

    category: int
    mask: np.ndarray = field(repr=False)
    share: float
    area: float


def look_behind(network: Network, projections: Sequence[Projection]) -> list[Behind]:
    """For each projection, whether it lies on the object or on the background."""
    if not projections:
        return []
    x = torch.stack([network.preprocessing.normalise(projection.view) for projection in projections])
    with torch.no_grad():
        categories = network.run(x).argmax(1).tolist()
    warmth = _gradcam(network, x, categories, signed=False)[0][:, 0]
    found = []
    for projection, category, heat in zip(projections, categories, warmth.numpy(), strict=True):
        mask = (heat >= heat.max() / 2) & (heat > 0)
        left, top, right, bottom = (max(0, side) for side in projection.box)
        area = float(mask[top:bottom, left:right].mean())
        found.append(Behind(category, mask, projection.weight_on(mask), area))
    return found


# --- is it the network? ---------------------------------------------------------------------------------


def randomisable(network: Network) -> list[str]:
    """The layers with weights, from the top: the order in which :func:`randomised` takes them."""
    return [layer.name for layer in reversed(network.layers) if layer.parameters]


def randomised(network: Network, down_to: str, seed: int = 0) -> Network:
    """The same network with random weights from the output down to ``down_to``.

    A picture of pixels that stays the same with these says nothing of what was learned there
    (Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018). Each layer's new weights
    are drawn with the mean and spread of its old ones, the same for the same seed.

    Raises:
        NetworkError: there is no such layer, or it has no weights.
    """
    order = randomisable(network)
    if down_to not in order:
        raise NetworkError(f"{down_to} has no weights; there are {', '.join(order)}.")
    changed = order[: order.index(down_to) + 1]
    generator = torch.Generator().manual_seed(seed)
    stages = nn.Sequential()
    fresh = {}
    for name in changed:  # from the top, so that one more layer leaves those above as they were
        fresh[name] = copy.deepcopy(network.stages.get_submodule(name))
        for parameter in fresh[name].parameters():
            spread = parameter.std(correction=0)
            parameter.copy_(parameter.mean() + spread * torch.randn(parameter.shape, generator=generator))
    for name, stage in network.stages.named_children():
        stages.add_module(name, fresh[name] if name in fresh else private_copy(stage))
    title = f"{network.title}, random from {down_to} up"
    digest = f"{network.digest}-random-{down_to}-{seed}"
    return Network(
        network.name,
        title,
        stages,
        network.preprocessing,
        network.categories,
        network.weights,
        digest,
        network.card,
    )


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation of two maps of weights [H, W]: 1 the same order, 0 unrelated."""
    ranks = [_ranks(map_.ravel()) for map_ in (one, other)]
    if min(rank.std() for rank in ranks) == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equals share the middle one of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts + 1) / 2)[inverse]
