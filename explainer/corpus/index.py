"""The nine pictures in which each detector fires most, kept while pictures go by.

Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
figure 2. One maximum for each picture and unit, so that the nine are nine pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

import numpy as np
import torch
from torch import Tensor

from explainer.errors import NetworkError
from explainer.networks import Network

KEPT = 9

# What one layer of a batch may take in memory; more pictures at once are no faster.
_BATCH_BYTES = 40 * 2**20
_LARGEST_BATCH = 32


@dataclass(frozen=True)
class Sighting:
    """Where a unit fired: the activation, the number of the picture, the place on the layer's map."""

    value: float
    picture: int
    row: int
    column: int

    @property
    def position(self) -> tuple[int, int]:
        return self.row, self.column


@dataclass
class Best:
    """The strongest sightings of every unit of a layer, strongest first.

    values: float32 [units, kept], 0 where there are fewer. pictures: int32, -1 there.
    places: int32, row × columns + column. columns: of the layer's map.
    """

    values: np.ndarray
    pictures: np.ndarray
    places: np.ndarray
    columns: int

    @classmethod
    def none_yet(cls, units: int, columns: int) -> "Best":
        shape = units, KEPT
        return cls(np.zeros(shape, np.float32), np.full(shape, -1, np.int32), np.zeros(shape, np.int32), columns)

    def merge(self, other: "Best") -> None:
        """Take over what is stronger in ``other``; of equals, the earlier picture stays."""
        values = np.concatenate([self.values, other.values], axis=1)
        pictures = np.concatenate([self.pictures, other.pictures], axis=1)
        places = np.concatenate([self.places, other.places], axis=1)
        order = np.lexsort((pictures, -values), axis=1)[:, :KEPT]
        self.values, self.pictures, self.places = (
            np.take_along_axis(array, order, axis=1) for array in (values, pictures, places)
        )


class Index:
    """The strongest sightings of every unit of every convolutional layer, over pictures 0 … done - 1.

    Readable from any thread while it grows.

    path: the file it is kept in; None if it is to leave nothing behind.
    left_out: pictures that could not be opened, number → the sentence why.
    unsaved: why it could not be kept on disk, if so.
    """

    def __init__(self, network: Network, corpus_digest: str, total: int, path: Path | None):
        self.network, self.corpus, self.total = network.digest, corpus_digest, total
        self.path = path
        self.layers = {
            name: Best.none_yet(network.layer(name).shape[0], network.layer(name).shape[2])
            for name in indexed_layers(network)
        }
        self.done = 0
        self.left_out: dict[int, str] = {}
        self.unsaved: str | None = None
        self.lock = RLock()

    @property
    def complete(self) -> bool:
        return self.done == self.total

    def top(self, layer: str, unit: int) -> list[Sighting]:
        """A unit's strongest sightings so far, at most nine, strongest first.

        Raises:
            NetworkError: the layer is not indexed, or has no such unit.
        """
        with self.lock:
            best = self._layer(layer)
            if not 0 <= unit < len(best.values):
                raise NetworkError(f"{layer} has units 0 to {len(best.values) - 1}, and no unit {unit}.")
            seen = zip(*(array[unit].tolist() for array in (best.values, best.pictures, best.places)), strict=True)
            return [
                Sighting(value, picture, *divmod(place, best.columns)) for value, picture, place in seen if picture >= 0
            ]

    def records(self, layer: str) -> np.ndarray:
        """The strongest activation of each unit so far: float32 [units], 0 for the silent."""
        with self.lock:
            return self._layer(layer).values[:, 0].copy()

    def bars(self) -> dict[str, np.ndarray]:
        """What a unit's activation must exceed to come among its nine: float32 [units] for each layer."""
        with self.lock:
            return {layer: best.values[:, -1].copy() for layer, best in self.layers.items()}

    def add(self, start: int, count: int, found: Mapping[str, Best], left_out: Mapping[int, str]) -> bool:
        """Take in what pictures start … start + count - 1 gave; False if they were in already."""
        with self.lock:
            if start != self.done:
                return False
            for layer, best in found.items():
                self.layers[layer].merge(best)
            self.left_out.update(left_out)
            self.done = start + count
            return True

    def _layer(self, layer: str) -> Best:
        if layer not in self.layers:
            raise NetworkError(f"{layer} is not indexed; there are {', '.join(self.layers)}.")
        return self.layers[layer]


def indexed_layers(network: Network) -> list[str]:
    """The layers whose units lie on a grid over the picture and have weights: conv1 … conv5, say."""
    return [layer.name for layer in network.layers if layer.spatial and layer.kind in ("conv", "block")]


def batch_size(network: Network) -> int:
    """How many pictures to run at once: the same every time, so that the same bits come out."""
    largest = max(np.prod(layer.shape) for layer in network.layers) * 4
    return int(max(1, min(_LARGEST_BATCH, _BATCH_BYTES // largest)))


def look_at(
    network: Network, start: int, seen: Sequence[np.ndarray | str], bars: Mapping[str, np.ndarray]
) -> tuple[dict[str, Best], dict[int, str]]:
    """One batch, the pictures from number ``start`` on: the strongest sightings, and what was left out.

    seen: for each picture what the network sees of it, uint8 [H, W, 3], or why that cannot be had.
    """
    views = {start + i: view for i, view in enumerate(seen) if not isinstance(view, str)}
    left_out = {start + i: view for i, view in enumerate(seen) if isinstance(view, str)}
    return (look(network, np.stack(list(views.values())), list(views), bars) if views else {}), left_out


def look(
    network: Network, views: np.ndarray, numbers: list[int], bars: Mapping[str, np.ndarray] | None = None
) -> dict[str, Best]:
    """Run pictures through a network, noting where each unit fires most.

    Args:
        views: what the network sees of each picture, uint8 [N, H, W, 3].
        numbers: of the pictures, ascending.
        bars: for each layer, what a unit's activation must exceed to be worth noting: [units].
    """
    layers = indexed_layers(network)
    bars = bars or {}
    found = {}
    with torch.inference_mode():
        x = network.preprocessing.normalise(views)
        for name, stage in network.stages.named_children():
            x = stage(x)
            if name in layers:
                found[name] = _best(x, np.array(numbers, np.int32), bars.get(name, 0))
                if name == layers[-1]:
                    break
    return found


def _best(maps: Tensor, numbers: np.ndarray, bar: np.ndarray | float) -> Best:
    """The strongest sightings in a batch of maps [N, units, rows, columns].

    Where a maximum lies is only asked of the maps that are among the strongest.
    """
    peaks = maps.amax((2, 3)).T  # [units, N]
    kept = min(KEPT, len(numbers))
    values, samples = (array[:, :kept].numpy() for array in peaks.sort(dim=1, descending=True, stable=True))
    units, ranks = np.nonzero(values > np.reshape(bar, (-1, 1)))
    chosen = samples[units, ranks]
    best = Best.none_yet(maps.shape[1], maps.shape[3])
    best.values[units, ranks] = values[units, ranks]
    best.pictures[units, ranks] = numbers[chosen]
    best.places[units, ranks] = maps[torch.from_numpy(chosen), torch.from_numpy(units)].flatten(1).argmax(1).numpy()
    return best
