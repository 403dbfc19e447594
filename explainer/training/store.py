"""Training pictures decoded once and kept as plain bytes, so that reading one costs nothing."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explainer.errors import DataError
from explainer.training.sources import YARDSTICK, examples

HELD_OUT_ONE_IN = 25
_INDEX = "index.npz"
_PIXELS = "pixels.bin"


def held_out(name: str) -> bool:
    """Whether a picture is kept for validation: a fixed one in 25, by a hash of its name.

    By the name alone, so that no order, seed or added picture ever moves one from
    one side to the other.
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % HELD_OUT_ONE_IN == 0


@dataclass(frozen=True)
class Store:
    """Decoded pictures, one after the other in memory-mapped files.

    shelves: uint8 each, the pictures' bytes. shelf: which of them the i-th lies on; starts,
    heights, widths: where on it. sources, names: where it came from. categories: ImageNet's index, or −1.
    validation: bool, whether the i-th is held out.
    """

    shelves: tuple[np.ndarray, ...]
    shelf: np.ndarray
    starts: np.ndarray
    heights: np.ndarray
    widths: np.ndarray
    sources: np.ndarray
    names: np.ndarray
    categories: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    def picture(self, i: int) -> np.ndarray:
        """The i-th picture, uint8 [H, W, 3], not copied."""
        height, width = int(self.heights[i]), int(self.widths[i])
        start = int(self.starts[i])
        return self.shelves[self.shelf[i]][start : start + height * width * 3].reshape(height, width, 3)

    @property
    def validation(self) -> np.ndarray:
        """Indices of the pictures that are never trained on."""
        return np.flatnonzero([held_out(name) for name in self.names])

    @property
    def training(self) -> np.ndarray:
        """Indices of the pictures to train on."""
        return np.flatnonzero([not held_out(name) for name in self.names])


def open_store(data: Path, cache: Path) -> Store:
    """The pictures below ``data``, decoded into ``cache`` at the first call.

    Raises:
        DataError: there is nothing to train on.
    """
    folder = cache / f"pictures-{_fingerprint(data)}"
    if not (folder / _INDEX).exists():
        folder.mkdir(parents=True, exist_ok=True)
        _decode_all(data, folder)
    return _read(folder)


def open_collection(folder: Path) -> Store:
    """Pictures that someone else has decoded: ``pixels.bin`` and ``index.npz`` as this module writes them.

    The index may call the names ``keys``.

    Raises:
        DataError: the folder doesn't hold such files, or they don't fit together.
    """
    try:
        store = _read(folder)
        last = store.picture(len(store) - 1)
    except (OSError, KeyError, TypeError, ValueError, IndexError) as error:
        raise DataError(f"{folder} holds no decoded pictures ({_PIXELS} and {_INDEX}).") from error
    if not len(store.sources) == len(store.names) == len(store.categories) == len(store) or not last.size:
        raise DataError(f"{folder / _INDEX} does not describe {_PIXELS}.")
    if any(YARDSTICK in source for source in np.unique(store.sources)):
        raise DataError(f"{folder} holds pictures that the network is measured by.")
    return store


def joined(first: Store, second: Store) -> Store:
    """Both stores' pictures as one. Of a source that both have, the first's pictures are taken."""
    new = np.flatnonzero(~np.isin(second.sources, np.unique(first.sources)))
    fields = {
        name: np.concatenate([getattr(first, name), getattr(second, name)[new]])
        for name in ("starts", "heights", "widths", "sources", "names", "categories")
    }
    shelf = np.concatenate([first.shelf, second.shelf[new] + len(first.shelves)])
    return Store(first.shelves + second.shelves, shelf, **fields)


def _read(folder: Path) -> Store:
    with np.load(folder / _INDEX) as index:
        fields = {("names" if name == "keys" else name): index[name] for name in index}
    return Store((np.memmap(folder / _PIXELS, np.uint8, "r"),), np.zeros(len(fields["starts"]), np.uint8), **fields)


def _decode_all(data: Path, folder: Path) -> None:
    rows, start = [], 0
    with (folder / _PIXELS).open("wb") as file:
        for example in examples(data):
            height, width = example.pixels.shape[:2]
            rows.append((start, height, width, example.source, example.name, example.category))
            file.write(np.ascontiguousarray(example.pixels).data)
            start += height * width * 3
    names = ("starts", "heights", "widths", "sources", "names", "categories")
    index = dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))
    partial = folder / f"partial-{_INDEX}"
    np.savez(partial, **index)
    partial.replace(folder / _INDEX)


def _fingerprint(data: Path) -> str:
    """Changes when a file below ``data`` is added, removed, or of another size."""
    files = sorted((str(path.relative_to(data)), path.stat().st_size) for path in data.rglob("*") if path.is_file())
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()[:12]
