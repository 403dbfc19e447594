"""What in a picture made a unit fire: its activation sent back down to the pixels.

Only the part of the picture and of every layer that the unit can see is computed, up and
down. A projection belongs to one picture: its switches are that picture's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from explainer.deconvnet.regions import take
from explainer.deconvnet.walk import Box, Position, Walk, Waypoint
from explainer.errors import NetworkError
from explainer.networks import Network, Preprocessing, Trace
from explainer.networks.feature_maps import cut
from explainer.networks.layers import Layer
from explainer.pictures import Picture

METHODS = ("deconvnet", "guided", "gradient")


@dataclass(frozen=True)
class Projection:
    """A unit's activation in one picture, and the pixels that it comes from.

    value: the activation. position: (row, column) on the layer's map, None above the maps.
    pixels: float [3, H, W] on the network's input, signed, zero where the unit cannot see;
    for the deconvnet in units of the activation, else the derivative of the value.
    box: (left, top, right, bottom) of the receptive field on the input; it may stick out of
    the picture, and is the whole picture where the field is no smaller.
    input: what the network was given, float [3, H, W], and preprocessing how it was made.
    waypoints: the way down, where asked for.
    """

    layer: str
    unit: int
    position: Position | None
    method: str
    value: float
    pixels: Tensor = field(repr=False)
    box: Box
    input: Tensor = field(repr=False)
    preprocessing: Preprocessing = field(repr=False)
    waypoints: tuple[Waypoint, ...] = field(default=(), repr=False)

    @cached_property
    def view(self) -> np.ndarray:
        """What the network saw: uint8 [H, W, 3]."""
        colours = self.preprocessing.restore(self.input) * 255
        return colours.round().clamp(0, 255).byte().movedim(0, -1).contiguous().numpy()

    @cached_property
    def crop(self) -> np.ndarray:
        """The projection inside the box: float [3, k, k], zero beside the picture."""
        return cut(self.pixels, self.box).numpy()

    @cached_property
    def patch(self) -> np.ndarray:
        """What the network saw inside the box: uint8 [k, k, 3], mid-grey beside the picture."""
        view = torch.from_numpy(self.view).movedim(-1, 0)
        return cut(view, self.box, fill=128).movedim(0, -1).contiguous().numpy()

    @cached_property
    def weight(self) -> np.ndarray:
        """How much of the projection lies on each pixel: float [H, W], adding up to 1 (or 0)."""
        weight = self.pixels.abs().sum(0)
        total = weight.sum()
        return (weight / total if total > 0 else weight).numpy()

    def weight_on(self, mask: np.ndarray) -> float:
        """The share of the projection on the pixels that ``mask`` (bool [H, W]) marks."""
        return float(self.weight[mask].sum())


def project(
    network: Network,
    picture: Picture,
    layer: str,
    unit: int,
    position: Position | None = None,
    method: str = "deconvnet",
    waypoints: bool = False,
) -> Projection:
    """What in a picture makes one unit fire.

    Args:
        layer, unit: a stage's name and the number of its map (or neuron).
        position: (row, column) on the map; where the unit fires most, if not given.
        method: "deconvnet" (Zeiler and Fergus), "guided" (backpropagation), "gradient".
        waypoints: keep the signal after every step.

    Raises:
        NetworkError: there is no such layer, unit, position or method.
    """
    trace = network.trace(picture)
    target = network.layer(layer)
    _check(target, unit, position or (0, 0) if target.spatial else position)
    if position is None:
        position = places(network, trace, layer)[unit]
    return project_all(network, [trace.input], layer, [unit], [position], method, waypoints)[0]


def strongest(
    network: Network,
    picture: Picture,
    layer: str,
    count: int = 9,
    method: str = "deconvnet",
    records: np.ndarray | None = None,
) -> list[Projection]:
    """The projections of the ``count`` units of a layer that fire most in a picture, strongest first.

    Each where it fires most; silent units are left out.

    Args:
        records: the most that each unit has fired anywhere (an index knows), float [units]. Then
            the units come first that get nearest to their record: some shout at everything.

    Raises:
        NetworkError: there is no such layer or method.
    """
    network.layer(layer)
    trace = network.trace(picture)
    peaks = trace[layer].reshape(len(trace[layer]), -1).amax(1)
    order = peaks if records is None else peaks / torch.maximum(torch.from_numpy(records), peaks).clamp(min=1e-12)
    ranked = order.argsort(descending=True, stable=True)[:count].tolist()
    units = [unit for unit in ranked if peaks[unit] > 0]
    where = places(network, trace, layer)
    positions = [where[unit] for unit in units]
    return project_all(network, [trace.input] * len(units), layer, units, positions, method)


def project_all(
    network: Network,
    inputs: Sequence[Tensor],
    layer: str,
    units: Sequence[int],
    positions: Sequence[Position | None],
    method: str = "deconvnet",
    waypoints: bool = False,
    start: float | None = None,
) -> list[Projection]:
    """Several projections in one batch, of one layer: the nine of a detector, say.

    Args:
        inputs: for each, what the network is given: float [3, H, W]. The same may come twice.
        units, positions: for each, the unit and its (row, column); None above the maps.
        start: the signal put on the unit. If not given, its activation for the deconvnet (as
            published) and 1 for the others, which then are derivatives.

    Raises:
        NetworkError: there is no such layer, unit, position or method.
    """
    if method not in METHODS:
        raise NetworkError(f"There is no method “{method}”; there are {', '.join(METHODS)}.")
    target = network.layer(layer)
    for unit, position in zip(units, positions, strict=True):
        _check(target, unit, position)
    if not units:
        return []
    walk = Walk(network, target, positions)
    with torch.no_grad():
        x = torch.cat([take(picture[None], walk.whole, walk.read(i)) for i, picture in enumerate(inputs)])
        x = x.contiguous(memory_format=torch.channels_last)
        top, memories = walk.chain.up(x, walk.regions[0], walk.regions[-1])
        chosen = torch.arange(len(units)), torch.tensor(units)
        values = top.flatten(1)[chosen]
        if start is not None:
            starts = torch.full_like(values, start)
        else:
            starts = values if method == "deconvnet" else torch.ones_like(values)
        signal = torch.zeros_like(top)
        signal.view(len(units), -1)[chosen] = starts
        signals = [signal]
        for below in walk.chain.descend(signal, memories, method):
            signals = [*signals, below] if waypoints else [below]
    return [
        Projection(
            layer=layer,
            unit=unit,
            position=positions[i] if target.spatial else None,
            method=method,
            value=float(values[i]),
            pixels=take(signals[-1][i : i + 1], walk.read(i), walk.whole)[0].contiguous(),
            box=walk.box(i),
            input=inputs[i],
            preprocessing=network.preprocessing,
            waypoints=walk.waypoints(i, [signal[i] for signal in signals]) if waypoints else (),
        )
        for i, unit in enumerate(units)
    ]


def places(network: Network, trace: Trace, layer: str) -> list[Position | None]:
    """Where each unit of a layer fires most: (row, column), the first place where several tie.

    None for units that see the whole picture.
    """
    activations = trace[layer]
    if not network.layer(layer).spatial:
        return [None] * len(activations)
    return [divmod(place, activations.shape[2]) for place in activations.flatten(1).argmax(1).tolist()]


def _check(target: Layer, unit: int, position: Position | None) -> None:
    if not 0 <= unit < target.shape[0]:
        raise NetworkError(f"{target.name} has units 0 to {target.shape[0] - 1}, and no unit {unit}.")
    if not target.spatial:
        if position is not None:
            raise NetworkError(f"The units of {target.name} see the whole picture and have no position.")
    elif position is None or not all(0 <= at < side for at, side in zip(position, target.shape[1:], strict=True)):
        rows, columns = target.shape[1:]
        raise NetworkError(f"{target.name} has {rows} rows and {columns} columns, and no position {position}.")
