"""The way from the picture up to some units and back, and what is met on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from explainer.deconvnet.regions import Region
from explainer.deconvnet.steps import Chain, Filter, Unpool
from explainer.deconvnet.unfold import unfold
from explainer.networks import Network
from explainer.networks.layers import Layer
from explainer.receptive import Window, window_of

Box = tuple[int, int, int, int]
Position = tuple[int, int]


@dataclass(frozen=True)
class Waypoint:
    """The signal after one step of the way down, on the part of the map that the unit sees.

    stage: the network's stage it is in. kind: "start" (one activation, all else zero), then
    "filter", "rectify", "unpool", "scale", "gate", "normalise", "block" (a branched block's inside).
    signal: float [C, h, w] ([C] above the maps). box: (left, top, right, bottom) on the map,
    None above the maps; side: of the map. last: whether this is the picture.
    reads: shape of the signal that the step was given, () at the start.
    lost: share of the signal, by absolute size, that the step threw away (0 if it grew).
    places: positions with any signal, before the step and after it.
    window: what a filter or a pool sees of the map below, None for other steps.
    """

    stage: str
    kind: str
    signal: Tensor
    box: Box | None
    side: int
    last: bool = False
    reads: tuple[int, ...] = ()
    lost: float = 0.0
    places: tuple[int, int] = (0, 0)
    window: Window | None = None


class Walk:
    """Which steps lead to some units of a layer, and what each reads of the one before."""

    def __init__(self, network: Network, target: Layer, positions: Sequence[Position | None]):
        stages = list(network.stages.named_children())
        stages = stages[: [name for name, _ in stages].index(target.name) + 1]
        steps = [(name, step) for name, stage in stages for step in unfold(stage)]
        self.names = [name for name, _ in steps]
        self.chain = Chain(tuple(step for _, step in steps))
        self.sides = [network.preprocessing.size]
        for step in self.chain.steps:
            self.sides.append(step.above(self.sides[-1]))
        unit = Region.whole(len(positions), self.sides[-1])
        if target.spatial:
            rows, columns = zip(*positions, strict=True)
            unit = Region(rows, columns, 1, self.sides[-1])
        self.regions = self.chain.regions(unit, self.sides[0])
        self.whole = Region.whole(1, self.sides[0])

    def read(self, i: int) -> Region:
        """What sample ``i`` needs of the picture."""
        return self.regions[0].only(i)

    def box(self, i: int, level: int = 0) -> Box:
        """(left, top, right, bottom) of sample ``i`` on the map below step ``level``."""
        region = self.regions[level].only(i)
        (top,), (left,) = region.tops, region.lefts
        return left, top, left + region.size, top + region.size

    def waypoints(self, i: int, signals: list[Tensor]) -> tuple[Waypoint, ...]:
        """The way down of sample ``i``, given the signal above the last step, below it, and so on."""
        way = []
        for level, signal in zip(range(len(signals) - 1, -1, -1), signals, strict=True):
            before = way[-1].signal if way else signal
            step = self.chain.steps[level] if way else None
            size, given = float(signal.abs().sum()), float(before.abs().sum())
            way.append(
                Waypoint(
                    self.names[level] if step else self.names[-1],
                    step.kind if step else "start",
                    signal.clone(),
                    self.box(i, level) if signal.dim() == 3 else None,
                    self.sides[level],
                    level == 0,
                    tuple(before.shape) if step else (),
                    max(0.0, 1 - size / given) if given else 0.0,
                    (_places(before), _places(signal)),
                    window_of(step.module) if isinstance(step, Filter | Unpool) else None,
                )
            )
        return tuple(way)


def _places(signal: Tensor) -> int:
    """Positions (or neurons) at which any map carries a signal."""
    return int((signal != 0).any(0).sum()) if signal.dim() == 3 else int((signal != 0).sum())
