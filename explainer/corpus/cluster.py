"""The same index on many machines: Ray hands out batches, and brings back what is worth keeping.

Ray is not needed by anything else and is imported only here (``requirements-ray.txt``).
Every worker holds the network once, opens its own pictures, and answers with its batch's
strongest sightings. They are merged in the pictures' order, whatever order they arrive in,
so that the index is the one that a single machine makes, to the bit where the processors
are alike. A batch whose machine dies is handed to another.
"""

import socket
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from time import monotonic
from types import ModuleType

import torch

import explainer
from explainer.corpus.building import SAVE_EVERY, Progress, keep, progress, view_or_reason
from explainer.corpus.index import Best, Index, batch_size, look_at
from explainer.corpus.pictures import Corpus
from explainer.errors import DataError
from explainer.networks import Network

AHEAD = 3  # batches for each processor in the cluster: one in work, the others waiting to be


def build_on_cluster(network: Network, corpus: Corpus, index: Index, address: str = "auto") -> Iterator[Progress]:
    """Go on with an index on a Ray cluster, yielding as batches come in; saved like a local one.

    The pictures must be where the workers can open them: a folder that every machine has at
    the same path. The network travels with the work, and so does this package; PyTorch,
    Pillow and the like have to be installed on every machine.

    Args:
        address: of the cluster: "auto", "host:6379", "ray://host:10001", or "local" for one here.

    Raises:
        DataError: Ray is not installed, or there is no cluster at that address.
    """
    ray, ours = _connect(address)
    size, limit = batch_size(network), len(corpus)
    began, at_first, saved, kept = monotonic(), index.done, monotonic(), index.done
    pending, arrived, following = {}, {}, index.done
    try:
        held = [ray.put((_packed(network), corpus.open))]  # in a list, Ray leaves it to the worker to fetch it once
        work = ray.remote(num_cpus=1, max_retries=-1)(_work)
        key = f"{network.digest}-{corpus.digest}"
        yield progress(index, 0.0, 0)
        while not index.complete:
            wanted = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
            while following < limit and len(pending) + len(arrived) < wanted:
                names = corpus.names[following : following + size]
                pending[work.remote(key, held, names, following, index.bars())] = following
                following += size
            ready, _ = ray.wait(list(pending), timeout=5)
            for answer in ready:
                arrived[pending.pop(answer)] = ray.get(answer)
            while index.done in arrived:
                start = index.done
                index.add(start, min(size, limit - start), *arrived.pop(start))
            if monotonic() - saved > SAVE_EVERY:
                keep(index)
                saved, kept = monotonic(), index.done
            if ready:
                yield progress(index, monotonic() - began, index.done - at_first)
    finally:
        for answer in pending:
            ray.cancel(answer)
        if index.done > kept:
            keep(index)
        if ours:
            ray.shutdown()
    yield progress(index, monotonic() - began, index.done - at_first)


def _connect(address: str) -> tuple[ModuleType, bool]:
    """Ray, connected; and whether this connection is to be closed after use."""
    try:
        import ray
    except ImportError as error:
        raise DataError("Ray is not installed. Install it with “pip install -r requirements-ray.txt”.") from error
    if ray.is_initialized():
        return ray, False
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():  # Ray itself would try for ten minutes
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except OSError as error:
            raise DataError(f"Nothing answers at {address} ({error.strerror or error}).") from error
    package = str(Path(explainer.__file__).parent)
    try:
        ray.init(address=address, runtime_env={"py_modules": [package]}, log_to_driver=False, logging_level="error")
    except Exception as error:  # a dozen kinds, by the way in which there is no cluster
        raise DataError(f"There is no Ray cluster at {address} ({type(error).__name__}).") from error
    return ray, True


def _packed(network: Network) -> tuple:
    """What makes the same network elsewhere; a Network itself holds a lock, which cannot travel."""
    return (
        network.name, network.title, network.stages, network.preprocessing, network.categories,
        network.weights, network.digest, network.card,
    )  # fmt: skip


def _work(
    key: str, held: list, names: tuple[str, ...], start: int, bars: dict
) -> tuple[dict[str, Best], dict[int, str]]:
    """Run by a worker: one batch, opened and looked at."""
    network, opened = _hold(key, _Once(held[0]))
    corpus = Corpus("", names, names, opened)
    return look_at(network, start, [view_or_reason(network, corpus, number) for number in range(len(names))], bars)


class _Once:
    """A reference that says nothing to a cache's key: the key beside it says it all."""

    def __init__(self, reference):
        self.reference = reference

    def __eq__(self, other) -> bool:
        return isinstance(other, _Once)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=1)
def _hold(key: str, once: _Once) -> tuple[Network, Callable]:
    """The network and the way to open pictures, fetched once by each worker."""
    import ray

    torch.set_num_threads(1)  # there is a worker for every processor
    parts, opened = ray.get(once.reference)
    return Network(*parts), opened
