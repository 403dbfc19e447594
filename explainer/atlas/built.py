"""What a detector is built from: what each detector below added at one place; and who uses it in turn.

The arithmetic of one window, one layer up: see :mod:`explainer.atlas.wires`. Where a pool stands between two
layers, a detector below speaks through the strongest of its answers in each block.

Source: Olah et al., "Zoom In: An Introduction to Circuits", Distill 2020.
"""

from dataclasses import dataclass, field

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from explainer.atlas.wires import Wires, wires_of
from explainer.errors import NetworkError
from explainer.networks import Network, Trace
from explainer.networks.feature_maps import strongest_place
from explainer.receptive import window_of

Place = tuple[int, int]


@dataclass(frozen=True)
class Built:
    """One value of one detector, taken apart.

    row, column: the place on the map. source: the layer whose detectors are the parts; None where they are the
    three colours of the picture. added: float64 [parts]; with bias they add up to total, the sum before the bend.
    value: what the layer hands on there, from the forward pass. error: by how much it misses the bent total
    (NaN where the bend is no ReLU). kernels, seen: float [parts, k, k], the weights and what they were multiplied by.
    """

    layer: str
    unit: int
    row: int
    column: int
    source: str | None
    added: np.ndarray = field(repr=False)
    bias: float
    total: float
    value: float
    error: float
    kernels: np.ndarray = field(repr=False)
    seen: np.ndarray = field(repr=False)

    def strongest(self, count: int) -> tuple[list[int], list[int]]:
        """The parts that added most, and those that took away most, strongest first; silent ones never."""
        order = np.argsort(-self.added, kind="stable").tolist()
        return (
            [part for part in order if self.added[part] > 0][:count],
            [part for part in reversed(order) if self.added[part] < 0][:count],
        )


@dataclass(frozen=True)
class User:
    """A detector of the next layer that hears this one.

    added: the most that this one adds to it (or takes from it) anywhere in the picture, at (row, column) of its map.
    kernel: float [k, k], through which it hears this one. value: what it hands on there.
    """

    layer: str
    unit: int
    row: int
    column: int
    added: float
    value: float
    kernel: np.ndarray = field(repr=False)


def can_be_taken_apart(network: Network, layer: str) -> bool:
    """Whether a layer is one convolution, so that its sums are sums over the detectors below."""
    return wires_of(network, layer, [0]).known if network.layer(layer).kind == "conv" else False


def built_from(network: Network, trace: Trace, layer: str, unit: int, place: Place | None = None) -> Built:
    """What each detector below added to one value.

    Args:
        place: (row, column) on the layer's map; where the unit fires most, if not given.

    Raises:
        NetworkError: no such layer, unit or place; or a layer of several convolutions, or of none.
    """
    values = _map_of(network, trace, layer, unit)
    row, column = strongest_place(values) if place is None else place
    if not (0 <= row < values.shape[0] and 0 <= column < values.shape[1]):
        raise NetworkError(f"{layer} has {values.shape[0]} rows and {values.shape[1]} columns.")
    wires = wires_of(network, layer, [unit])
    if not wires.known:
        raise NetworkError(f"{layer} is not a single convolution, so its sums cannot be taken apart.")
    below = trace.input if wires.below is None else trace[wires.below]
    seen = wires.window(below, row, column).double()
    added = (seen * wires.weights[0].double()).sum((1, 2)).numpy()
    total = float(added.sum() + wires.bias[0].double())
    value = float(values[row, column])
    error = abs(max(0.0, total) - value) if wires.bend == "ReLU" else abs(total - value) if not wires.bend else np.nan
    return Built(
        layer, unit, row, column, source_of(network, layer), added, float(wires.bias[0]), total, value, error,
        wires.weights[0].numpy(), seen.float().numpy(),
    )  # fmt: skip


def source_of(network: Network, layer: str) -> str | None:
    """The layer whose detectors a layer hears, below any pool or normalisation; None if it sees the picture.

    Raises:
        NetworkError: there is no such layer.
    """
    names = [described.name for described in network.layers]
    for described in reversed(network.layers[: names.index(network.layer(layer).name)]):
        if described.kind in ("conv", "block"):
            return described.name
    return None


def users_of(network: Network, layer: str) -> str | None:
    """The next layer that hears a layer's detectors one by one; None where none does."""
    names = [described.name for described in network.layers]
    for described in network.layers[names.index(network.layer(layer).name) + 1 :]:
        if described.kind in ("conv", "block"):
            return described.name if can_be_taken_apart(network, described.name) else None
    return None


def place_below(network: Network, trace: Trace, built: Built, part: int) -> Place:
    """Where a part spoke loudest: the place on its own map from which the largest product (by size) came.

    Through a pool: the place of the strongest answer in the block that was heard.
    """
    products = built.kernels[part] * built.seen[part]
    wires = wires_of(network, built.layer, [built.unit])
    down, right = divmod(int(np.abs(products).argmax()), products.shape[1])
    row, column = (at * wires.stride - wires.padding + by for at, by in ((built.row, down), (built.column, right)))
    names = [described.name for described in network.layers]
    between = names[names.index(built.source) + 1 : names.index(built.layer)]
    for name in reversed(between):
        window = window_of(network.stages.get_submodule(name))
        heard = trace[names[names.index(name) - 1]][part]
        left, top, far, bottom = window.box(row, column)
        block = heard[max(top, 0) : max(bottom, 1), max(left, 0) : max(far, 1)]
        by_row, by_column = strongest_place(block)
        row, column = max(top, 0) + by_row, max(left, 0) + by_column
    rows, columns = trace[built.source].shape[1:]
    return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)


def used_by(network: Network, trace: Trace, layer: str, unit: int, count: int = 6) -> tuple[list[User], list[User]]:
    """The detectors of the next layer to which a detector adds most in a picture, and those from which it takes most.

    Raises:
        NetworkError: there is no such layer or unit.
    """
    _map_of(network, trace, layer, unit)
    above = users_of(network, layer)
    if above is None:
        return [], []
    wires = _all_wires(network, above)
    kernels = wires.weights[:, unit]
    heard = trace[wires.below][unit]
    added = F.conv2d(heard[None, None], kernels[:, None], stride=wires.stride, padding=wires.padding)[0]
    most, least = added.flatten(1).max(1), added.flatten(1).min(1)

    def users(found, sign: int) -> list[User]:
        order = (sign * found.values).argsort(descending=True, stable=True)[:count].tolist()
        places = {i: divmod(int(found.indices[i]), added.shape[2]) for i in order if sign * found.values[i] > 0}
        return [
            User(above, i, *place, float(found.values[i]), float(trace[above][i][place]), kernels[i].numpy())
            for i, place in places.items()
        ]

    return users(most, 1), users(least, -1)


def _all_wires(network: Network, layer: str) -> Wires:
    return wires_of(network, layer, range(network.layer(layer).shape[0]))


def _map_of(network: Network, trace: Trace, layer: str, unit: int) -> Tensor:
    described = network.layer(layer)
    if not described.spatial or not 0 <= unit < described.shape[0]:
        raise NetworkError(f"{layer} has no map {unit}.")
    return trace[layer][unit]
