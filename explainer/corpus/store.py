"""Keeps indexes on disk: whole or not at all, and recognised when damaged."""

import io
import json
import os
import zipfile
from pathlib import Path
from threading import Lock
from time import time
from weakref import WeakValueDictionary

import numpy as np

from explainer.corpus.index import KEPT, Best, Index
from explainer.corpus.pictures import Corpus
from explainer.errors import DataError
from explainer.networks import Network
from explainer.places import cache_folder
from explainer.whole import write_whole

FORMAT = 1
DAY = 24 * 3600  # seconds
MOST_FILES = 200  # kept in the cache; beyond, those unused for longest go

_ARRAYS = {"values": np.float32, "pictures": np.int32, "places": np.int32}
_open: WeakValueDictionary[Path, Index] = WeakValueDictionary()
_lock = Lock()


def path_of(network: Network, corpus: Corpus, folder: Path | None = None) -> Path:
    """Where the index of a network over a corpus is kept: in ``folder``, or in the cache."""
    folder = cache_folder() / "indexes" if folder is None else folder
    return folder / f"{network.digest}-{corpus.digest}.npz"


def open_index(
    network: Network, corpus: Corpus, folder: Path | None = None, afresh: bool = False, on_disk: bool = True
) -> Index:
    """The index of a network over a corpus: as far as it has got, or empty.

    The same one for everybody in this process who asks while it is in use.

    Args:
        folder: where to look for it and :func:`build` to keep it; the cache, if not given.
        afresh: begin anew, whatever is on disk.
        on_disk: whether it may be kept there; a visitor's own pictures leave nothing behind.

    Raises:
        DataError: what is on disk is damaged; it is left as it is.
    """
    if not on_disk:
        return Index(network, corpus.digest, len(corpus), None)
    path = path_of(network, corpus, folder)
    with _lock:
        index = _open.get(path)
        if index is None or afresh:
            index = Index(network, corpus.digest, len(corpus), path)
            if path.is_file() and not afresh:
                load(index)
            _open[path] = index
        return index


def save(index: Index) -> None:
    """Write an index to its file, which is replaced in one go; nothing if it has none.

    Raises:
        OSError: the disk is full, or may not be written to.
    """
    path = index.path
    if path is None:
        return
    with index.lock:
        about = {
            "format": FORMAT,
            "network": index.network,
            "corpus": index.corpus,
            "total": index.total,
            "done": index.done,
            "left_out": {str(number): reason for number, reason in index.left_out.items()},
        }
        arrays = {f"{layer}/{name}": getattr(best, name) for layer, best in index.layers.items() for name in _ARRAYS}
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)
    write_whole(path, file.getvalue())
    if path.parent == cache_folder() / "indexes":
        _make_room(path.parent)


def load(index: Index) -> None:
    """Fill an empty index from its file.

    Raises:
        DataError: the file is damaged, or another network's or corpus's.
    """
    path = index.path
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(file["about"].tobytes())
            layers = {
                layer: Best(*(file[f"{layer}/{name}"] for name in _ARRAYS), best.columns)
                for layer, best in index.layers.items()
            }
        fits = all(_fits(best, layers[layer], about["done"]) for layer, best in index.layers.items())
        same = [about["format"], about["network"], about["corpus"], about["total"]]
        if not fits or same != [FORMAT, index.network, index.corpus, index.total] or about["done"] > index.total:
            raise ValueError("not this index")
        left_out = {int(number): str(reason) for number, reason in about["left_out"].items()}
        index.layers, index.done, index.left_out = layers, int(about["done"]), left_out
        os.utime(path)
    except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The index {path.name} in {path.parent} is damaged and was not used. Begin anew to replace it."
        ) from error


def _fits(empty: Best, found: Best, done: int) -> bool:
    """Whether arrays from a file have the types, shapes and ranges of an index of ``done`` pictures."""
    for name, kind in _ARRAYS.items():
        array = getattr(found, name)
        if array.dtype != kind or array.shape != (len(empty.values), KEPT):
            return False
    falling = (np.diff(found.values, axis=1) <= 0).all() and np.isfinite(found.values).all()
    known = (found.pictures >= -1).all() and (found.pictures < done).all()
    return bool(falling and known and (found.places >= 0).all() and (found.places < empty.columns**2).all())


def _make_room(folder: Path) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    cut_off = [path for path in folder.glob("*.part") if path.stat().st_mtime < time() - DAY]  # by a crash
    for path in (*files[MOST_FILES:], *cut_off):
        path.unlink(missing_ok=True)
