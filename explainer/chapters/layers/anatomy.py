"""A whole network, layer by layer: what each layer costs, how layers are wired, what each makes of a picture."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explainer.errors import NetworkError
from explainer.networks import Network, Trace
from explainer.networks.feature_maps import cut, strongest_place
from explainer.networks.layers import Layer

# So many numbers may travel as one sheet of maps: at a byte each, below 400 KB however it compresses.
SHEET_PIXELS = 390_000
# So many maps, or single neurons, are shown at a time.
MAPS_AT_A_TIME, NEURONS_AT_A_TIME = 512, 1024
ORDERS = ("strongest", "in order", "most different")


# --- what a network costs --------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """Sums over layers. layers: those with weights of their own; macs: multiplications, each with its addition."""

    layers: int
    neurons: int
    parameters: int
    macs: int


def totals(layers: list[Layer]) -> Totals:
    """What all ``layers`` need together."""
    return Totals(
        sum(layer.parameters > 0 for layer in layers),
        *(sum(getattr(layer, kind) for layer in layers) for kind in ("neurons", "parameters", "macs")),
    )


def groups(stage: nn.Module) -> int:
    """Into how many groups a stage's convolutions sort their inputs; 1 where every unit sees all of them."""
    return max((module.groups for module in stage.modules() if isinstance(module, nn.Conv2d)), default=1)


def wiring(network: Network) -> dict[str, str]:
    """How the halves of a network in groups run through its layers, by layer's name.

    "split": this layer's maps are the first to be shared out; "apart": each half sees
    only its own; "meet": every unit sees both halves; "one": there are no halves (any more).
    """
    stages = dict(network.stages.named_children())
    names = [layer.name for layer in network.layers]
    grouped = [i for i, layer in enumerate(network.layers) if layer.kind == "conv" and groups(stages[layer.name]) > 1]
    if not grouped:
        return dict.fromkeys(names, "one")
    weighted = [i for i, layer in enumerate(network.layers) if layer.kind != "pool" and layer.kind != "norm"]
    last_meeting = next((i for i in weighted if i > grouped[-1]), len(names))
    result = {}
    for i, layer in enumerate(network.layers):
        if i > last_meeting:
            result[layer.name] = "one"
        elif i in grouped or i not in weighted:
            result[layer.name] = "apart"
        else:
            result[layer.name] = "split" if i == weighted[0] else "meet"
    return result


# --- what a layer makes of a picture -----------------------------------------------------------------


def answers(network: Network, trace: Trace, layer: str) -> Tensor:
    """What a layer hands on: maps float [N, H, W], or single numbers float [N] where it has no places."""
    values = trace[layer]
    return values if network.layer(layer).spatial else values.flatten()


def peaks(values: Tensor) -> Tensor:
    """The strongest answer of every map of [N, H, W], or the answers [N] themselves: float [N]."""
    return values.amax(dim=(1, 2)) if values.dim() == 3 else values


def in_order(values: Tensor, order: str, other: Tensor | None = None) -> list[int]:
    """Maps or neurons in one of :data:`ORDERS`; "most different" compares with another picture's answers.

    Raises:
        NetworkError: there is no such order, or nothing to compare with.
    """
    if order == "in order":
        return list(range(len(values)))
    if order == "strongest":
        ranked = peaks(values)
    elif order == "most different" and other is not None:
        ranked = (peaks(values) - peaks(other)).abs()
    else:
        raise NetworkError(f"There is no order “{order}” here.")
    return ranked.argsort(descending=True, stable=True).tolist()


def pages(count: int, spatial: bool) -> int:
    """How many pages it takes to show that many maps, or neurons."""
    return -(-count // (MAPS_AT_A_TIME if spatial else NEURONS_AT_A_TIME))


def page_of(order: list[int], page: int, spatial: bool) -> list[int]:
    """The maps or neurons on a page, counted from 1."""
    many = MAPS_AT_A_TIME if spatial else NEURONS_AT_A_TIME
    return order[(page - 1) * many : page * many]


def small(maps: Tensor, pixels: int = SHEET_PIXELS) -> tuple[Tensor, int]:
    """Maps [N, H, W] small enough for one sheet, and how many places went into one along a side.

    The strongest of k × k neighbours stands for them, so that no peak is lost.
    """
    factor = 1
    while maps.shape[0] * -(-maps.shape[1] // factor) * -(-maps.shape[2] // factor) > pixels:
        factor += 1
    return (maps if factor == 1 else F.max_pool2d(maps[None], factor, ceil_mode=True)[0]), factor


@dataclass(frozen=True)
class Awake:
    """How much of a layer fires on a picture: the share of all its places, and the maps that fire nowhere."""

    share: float
    silent: int
    maps: int


def awake(network: Network, trace: Trace, layer: str) -> Awake:
    """Count what is above zero in a layer's maps."""
    values = answers(network, trace, layer)
    return Awake((values > 0).float().mean().item(), int((peaks(values) <= 0).sum()), len(values))


def overlap(network: Network, layer: str) -> int:
    """By how many positions neighbouring blocks of a pool overlap; 0 where they don't or it is no such pool."""
    stage = network.stages.get_submodule(layer)
    return max(
        (_side(pool.kernel_size) - _side(pool.stride) for pool in stage.modules() if isinstance(pool, nn.MaxPool2d)),
        default=0,
    )


def looks_at(network: Network, layer: str) -> str:
    """The side of the window through which a layer looks at the one below, "3" or of a block "1 to 5"."""
    if network.layer(layer).window.size is None:
        return "all"
    stage = network.stages.get_submodule(layer)
    kinds = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
    sides = sorted({_side(module.kernel_size) for module in stage.modules() if isinstance(module, kinds)})
    return "" if not sides else f"{sides[0]}" if len(sides) == 1 else f"{sides[0]} to {sides[-1]}"


def _side(size: int | tuple[int, int]) -> int:
    return size if isinstance(size, int) else size[0]


def unit_names(network: Network, layer: str) -> list[str]:
    """What a layer's maps or neurons are called: the last layer's are the categories."""
    described = network.layer(layer)
    if layer == network.layers[-1].name:
        return list(network.categories)
    return [f"{'map' if described.spatial else 'neuron'} {i}" for i in range(described.shape[0])]


def home(unit: int, values: Tensor, other: Tensor | None = None) -> tuple[int, int]:
    """(row, column) where a map of [N, H, W] fires most, in whichever picture it fires more."""
    if other is not None and other[unit].max() > values[unit].max():
        values = other
    return strongest_place(values[unit])


def speaks_for(network: Network, layer: str, unit: int, count: int = 5) -> list[tuple[str, float]] | None:
    """The categories to which a neuron's answer adds most, with its weight into each.

    None unless the next layer is the last and a plain weighted sum (a Linear).
    """
    names = [described.name for described in network.layers]
    if names.index(layer) != len(names) - 2 or network.layer(layer).spatial:
        return None
    last = [module for module in network.stages[-1].modules() if isinstance(module, nn.Linear)]
    if len(last) != 1 or last[0].in_features != network.layer(layer).shape[0]:
        return None
    weights, indices = last[0].weight[:, unit].topk(count)
    return [(network.categories[i], w) for i, w in zip(indices.tolist(), weights.tolist(), strict=True)]


def field_pixels(network: Network, trace: Trace, layer: str, row: int, column: int) -> tuple[Tensor, float]:
    """What one unit sees, as colours uint8 [k, k, 3] (black in the padding), and the share of it on the picture.

    Raises:
        NetworkError: the layer's units have no places.
    """
    described = network.layer(layer)
    if not described.spatial:
        raise NetworkError(f"A neuron of {layer} sees the whole picture.")
    box = described.window.box(row, column)
    pixels = cut(torch.from_numpy(trace.view.copy()).movedim(-1, 0), box).movedim(0, -1)
    height, width = trace.view.shape[:2]
    inside = (min(box[2], width) - max(box[0], 0)) * (min(box[3], height) - max(box[1], 0))
    return pixels, inside / described.window.size**2


# --- what the chapter says ------------------------------------------------------------------------------


def last_maps(network: Network) -> Layer:
    """The last layer with weights whose units lie on the picture, and whose maps aren't the categories."""
    return [
        layer
        for layer in network.layers
        if layer.spatial and layer.parameters and layer.shape[0] != len(network.categories)
    ][-1]


def meetings(network: Network) -> list[str]:
    """Names of the layers at which two groups meet."""
    return [name for name, wire in wiring(network).items() if wire == "meet"]


def structure(network: Network) -> str:
    """ "grouped" (in two halves), "in_blocks" (stages of several convolutions), or "whole"."""
    if meetings(network):
        return "grouped"
    return "in_blocks" if any(layer.kind == "block" for layer in network.layers) else "whole"


def has_max_pools(network: Network) -> bool:
    """Whether it shrinks its maps by keeping the strongest answer of each small block."""
    return any(isinstance(module, nn.MaxPool2d) for module in network.stages.modules())


def has_dense(network: Network) -> bool:
    """Whether it has fully connected layers."""
    return any(layer.kind == "fc" for layer in network.layers)


def chapter_numbers(network: Network) -> dict[str, object]:
    """The numbers that the chapter's texts name, as they are written there."""
    layers, total = network.layers, totals(network.layers)
    first, last = layers[0], last_maps(network)
    spatial = totals([layer for layer in layers if layer.kind in ("conv", "block")])
    weighted = [layer for layer in layers if layer.parameters]
    most_work = max(weighted, key=lambda layer: layer.macs)
    most_weights = max(weighted, key=lambda layer: layer.parameters)
    return {
        "layers": total.layers,
        "neurons": f"{total.neurons:,}",
        "parameters": f"{total.parameters:,}",
        "macs": f"{total.macs:,}",
        "inputs": f"{3 * network.preprocessing.size**2:,}",
        "categories": f"{len(network.categories):,}",
        "first_name": first.name, "first_maps": first.shape[0], "first_side": first.shape[1],
        "first_sees": first.window.size,
        "last_name": last.name, "last_maps": last.shape[0], "last_side": last.shape[1], "last_sees": last.window.size,
        "conv_work": f"{spatial.macs / total.macs:.0%}",
        "conv_weights": f"{spatial.parameters / total.parameters:.0%}",
        "most_work": most_work.name, "most_work_share": f"{most_work.macs / total.macs:.0%}",
        "most_weights": most_weights.name,
        "most_weights_share": f"{most_weights.parameters / total.parameters:.0%}",
    }  # fmt: skip
