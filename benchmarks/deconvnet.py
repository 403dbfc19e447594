"""Projections against Captum's for the same numbers, and the index against its two unavoidable parts.

``python -m benchmarks.deconvnet``. What is compared takes turns, on one thread of PyTorch each; of each
the shortest time counts, in wall time and, because a crowded machine spoils that, in processor time as well.
"""

import copy
import tempfile
import warnings
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import torch
from captum.attr import NeuronDeconvolution
from torch import nn

from explainer.corpus import Corpus, Index, build, exemplars, gallery_corpus, zip_corpus
from explainer.corpus.building import DECODERS, view_or_reason
from explainer.corpus.index import batch_size
from explainer.deconvnet import places, project_all, strongest
from explainer.gallery import SAMPLES, sample
from explainer.networks import Network, load_network
from explainer.pictures import Picture

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "data" / "photos.zip"
UNIT = 7


def least(*works: Callable[[], object], rounds: int = 5) -> list[tuple[float, float]]:
    """(wall, processor) milliseconds of each, the least of several turns after one to warm up."""
    taken = []
    for _ in range(rounds + 1):
        turn = []
        for work in works:
            began = perf_counter(), process_time()
            work()
            turn.append((1e3 * (perf_counter() - began[0]), 1e3 * (process_time() - began[1])))
        taken.append(turn)
    return [tuple(min(times) for times in zip(*each, strict=True)) for each in zip(*taken[1:], strict=True)]


def projections(network: Network, layer: str, at_least: float) -> None:
    """Nine projections of one unit, in nine pictures, each at its strongest place: one batch for both."""
    traces = [network.trace(sample(name)) for name in list(SAMPLES)[:9]]
    positions = [places(network, trace, layer)[UNIT] for trace in traces]
    inputs = [trace.input for trace in traces]
    batch = torch.stack(inputs)
    where = (range(9), UNIT, *zip(*positions, strict=True))

    def captums(stages: nn.Sequential) -> Callable[[], torch.Tensor]:
        peer = NeuronDeconvolution(stages, stages.get_submodule(layer)[-1])
        return lambda: peer.attribute(batch, lambda output: output[where]).detach()

    stages = list(network.stages.named_children())
    needed = [name for name, _ in stages].index(layer) + 1
    whole_network, cut_off = (
        captums(copy.deepcopy(nn.Sequential(OrderedDict(part)))) for part in (stages, stages[:needed])
    )

    def ours():
        return project_all(network, inputs, layer, [UNIT] * 9, positions)

    values = torch.tensor([float(trace[layer][UNIT][place]) for trace, place in zip(traces, positions, strict=True)])
    theirs = whole_network() * values.view(-1, 1, 1, 1)
    mine = torch.stack([projection.pixels for projection in ours()])
    error = float((mine - theirs).norm() / theirs.norm())
    times = least(ours, whole_network, cut_off, rounds=8)
    (wall, processor), peer, peer_cut = times
    print(
        f"nine projections at {layer}: {wall:.0f} ms; Captum {peer[0]:.0f} ms, {peer[0] / wall:.1f}× as long "
        f"(processor time {peer[1] / processor:.1f}×; at least {at_least:.0f}× wanted); Captum on a network cut off "
        f"above {layer} {peer_cut[0] / wall:.1f}× ({peer_cut[1] / processor:.1f}×); relative difference {error:.0e}"
    )


def some_pictures(number: int) -> Corpus:
    """Photographs from beside the repository, or the gallery's over and over."""
    if PHOTOS.is_file():
        everything = zip_corpus(PHOTOS)
        chosen = slice(0, None, len(everything) // number)
        names, stamps, opened = everything.names[chosen][:number], everything.stamps[chosen][:number], everything.open
        return Corpus("photographs", names, stamps, opened)
    gallery = gallery_corpus()
    names = tuple(f"{i}/{gallery.names[i % len(gallery)]}" for i in range(number))
    return Corpus("the gallery", names, names, lambda name: gallery.open(name.split("/")[1]))


def indexing(network: Network, number: int = 480) -> None:
    """The index of all convolutions against opening the pictures and the bare pass to conv5, each alone."""
    corpus = some_pictures(number)
    size = batch_size(network)
    views: list[np.ndarray] = []

    def opening():
        with ThreadPoolExecutor(DECODERS) as pool:
            views[:] = pool.map(lambda picture: view_or_reason(network, corpus, picture), range(number))

    def passing():
        with torch.inference_mode():
            for batch in batches:
                network.run(batch, stop="conv5")

    def whole():
        with tempfile.TemporaryDirectory() as folder:
            for _ in build(network, corpus, Index(network, corpus.digest, number, Path(folder) / "index.npz")):
                pass

    opening()
    batches = [
        network.preprocessing.normalise(np.stack(views[i : i + size])).contiguous(memory_format=torch.channels_last)
        for i in range(0, number, size)
    ]
    (decode, forward, index) = least(opening, passing, whole, rounds=2)
    print(
        f"indexing {number} pictures ({corpus.title}): {1e3 * number / index[0]:.0f} a second; opening alone "
        f"{1e3 * number / decode[0]:.0f}, the pass to conv5 alone {1e3 * number / forward[0]:.0f}; "
        f"{(decode[0] + forward[0]) / index[0]:.0%} of the throughput of the two one after the other "
        f"(processor time {(decode[1] + forward[1]) / index[1]:.0%}; at least 80% wanted)"
    )


def pages(network: Network) -> None:
    """How long a visitor waits."""
    corpus = gallery_corpus()
    with tempfile.TemporaryDirectory() as folder:
        index = Index(network, corpus.digest, len(corpus), Path(folder) / "index.npz")
        for _ in build(network, corpus, index):
            pass
        units = count()
        ((page, page_cpu),) = least(lambda: exemplars(network, corpus, index, "conv5", next(units)))
    cat, seed = sample("cat").pixels, count()

    def new_picture() -> Picture:
        pixels = cat.copy()
        pixels[0, 0] = next(seed)
        return Picture(pixels)

    ((found, found_cpu),) = least(lambda: strongest(network, new_picture(), "conv5", 9))
    print(
        f"a detector's page, nine patches and projections at conv5: {page:.0f} ms "
        f"(processor time {page_cpu:.0f} ms; less than 300 wanted)"
    )
    print(
        f"the nine strongest detectors of a new picture at conv5: {found:.0f} ms "
        f"(processor time {found_cpu:.0f} ms; less than 500 wanted)"
    )


def main() -> None:
    warnings.filterwarnings("ignore", module="captum")
    network = load_network()
    pages(network)
    for layer, at_least in (("conv2", 10), ("conv5", 3)):
        projections(network, layer, at_least)
    indexing(network)


if __name__ == "__main__":
    main()
