"""Looks through a corpus, a batch at a time: can be paused, stopped, and taken up again."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import numpy as np

from explainer.corpus.index import Index, batch_size, look_at
from explainer.corpus.pictures import Corpus
from explainer.corpus.store import save
from explainer.errors import PictureError
from explainer.networks import Network

SAVE_EVERY = 10  # seconds
DECODERS = 2  # threads that open pictures while the network works


@dataclass(frozen=True)
class Progress:
    """How far an index is.

    done, total: pictures. left_out: how many of the done could not be opened.
    rate: pictures a second since this run began, 0 at first. seconds_left: expected, None at first.
    unsaved: why the index could not be kept on disk, None if it could.
    """

    done: int
    total: int
    left_out: int
    rate: float = 0.0
    seconds_left: float | None = None
    unsaved: str | None = None


def build(network: Network, corpus: Corpus, index: Index) -> Iterator[Progress]:
    """Go on looking through a corpus where ``index`` stands, yielding after every batch.

    The index can be read all the while. It is saved every ten seconds and whenever this
    stops: at the end, when closed, or on an error. Batches always begin at the same
    pictures, so that an index made in several runs is the index made in one.
    """
    size = batch_size(network)
    opened: dict[int, list[Future]] = {}
    began, at_first, saved = monotonic(), index.done, monotonic()
    kept = index.done
    yield progress(index, 0.0, 0)
    with ThreadPoolExecutor(DECODERS) as pool:
        try:
            while not index.complete:
                start = index.done
                for first in (start, start + size):  # the next batch is opened while this one runs
                    if first not in opened and first < len(corpus):
                        numbers = range(first, min(first + size, len(corpus)))
                        opened[first] = [pool.submit(view_or_reason, network, corpus, number) for number in numbers]
                seen = [future.result() for future in opened.pop(start)]
                index.add(start, len(seen), *look_at(network, start, seen, index.bars()))
                opened = {first: futures for first, futures in opened.items() if first >= index.done}
                if index.complete or monotonic() - saved > SAVE_EVERY:  # nobody may come for the last step
                    keep(index)
                    kept, saved = index.done, monotonic()
                yield progress(index, monotonic() - began, index.done - at_first)
        finally:
            for futures in opened.values():
                for future in futures:
                    future.cancel()
            if index.done > kept:
                keep(index)
    yield progress(index, monotonic() - began, index.done - at_first)


def view_or_reason(network: Network, corpus: Corpus, number: int) -> np.ndarray | str:
    """What the network sees of a picture, uint8 [H, W, 3], or why it cannot be opened."""
    try:
        return network.view(corpus.picture(number))[0]
    except PictureError as error:
        return str(error)


def keep(index: Index) -> None:
    """Save an index, or note why it could not be."""
    try:
        save(index)
        index.unsaved = None
    except OSError as error:
        index.unsaved = f"The index could not be kept on disk ({error.strerror or error})."


def progress(index: Index, seconds: float, pictures: int) -> Progress:
    """How far an index is, after this run has looked at ``pictures`` in ``seconds``."""
    rate = pictures / seconds if seconds > 0 else 0.0
    left = (index.total - index.done) / rate if rate else None
    return Progress(index.done, index.total, len(index.left_out), rate, left, index.unsaved)
