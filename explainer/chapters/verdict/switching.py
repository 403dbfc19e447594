"""Detectors switched off: what becomes of a name without those that speak for it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch

from explainer.attribution.evidence import Verdict, verdict
from explainer.errors import NetworkError, shortened
from explainer.networks import Network, Trace
from explainer.networks.layers import Layer

# --- switching off -------------------------------------------------------------------------------------


def without(network: Network, trace: Trace, layer: str, detectors: Iterable[int]) -> Trace:
    """The trace of the same picture with some maps of ``layer`` set to zero; stages below are not run again.

    Raises:
        NetworkError: the layer has no such detector.
    """
    detectors = checked(network.layer(layer), detectors)
    if not detectors:
        return trace
    activations = trace[layer].clone()
    activations[detectors] = 0
    after = {}
    with torch.no_grad():
        x, reached = activations[None], False
        for name in trace.activations:
            if reached:
                x = network.run(x, start=name, stop=name)
            reached = reached or name == layer
            after[name] = x[0] if reached else trace[name]
    return replace(trace, activations=after)


@dataclass(frozen=True)
class Silenced:
    """What is left of a category without the detectors that speak loudest for it.

    count: how many were switched off. change: what became of the category. first_before, first_after:
    the likeliest category with and without them.
    """

    count: int
    change: "Change"
    first_before: str
    first_after: str


def silenced(network: Network, trace: Trace, found: Verdict, category: int, count: int) -> Silenced:
    """Switch off the ``count`` detectors that speak loudest in ``found``, all at once."""
    loudest, _ = found.strongest(count)
    after = without(network, trace, found.layer, loudest)
    return Silenced(len(loudest), change(trace, after, category), trace.top(1)[0].category, after.top(1)[0].category)


def cancelled(network: Network, trace: Trace, layer: str, count: int) -> int:
    """Of the ``count`` detectors that speak loudest for the first guess, how many are also among those that
    speak loudest for it against the second guess."""
    first, second = (guess.index for guess in trace.top(2))
    alone, against = (verdict(network, trace, layer, first, other).strongest(count)[0] for other in (None, second))
    return len(set(alone) & set(against))


def checked(layer: Layer, detectors: Iterable[int]) -> list[int]:
    """Detectors in order, each once.

    Raises:
        NetworkError: the layer has no such detector.
    """
    chosen = sorted(set(detectors))
    count = layer.shape[0]
    for detector in chosen:
        if not 0 <= detector < count:
            raise NetworkError(f"{layer.name} has no detector {detector}: they are numbered 0 to {count - 1}.")
    return chosen


def parse_detectors(text: str) -> list[int]:
    """ "17, 40" → [17, 40].

    Raises:
        NetworkError: something other than numbers.
    """
    parts = [part for part in text.replace(",", " ").split() if part]
    if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
        raise NetworkError(
            f"“{shortened(text)}” is not a list of detectors: write their numbers with commas, as in 17,40."
        )
    return sorted({int(part) for part in parts})


@dataclass(frozen=True)
class Change:
    """One category before and after; probabilities 0 to 1, sums before softmax in the network's own units."""

    index: int
    category: str
    before: float
    after: float
    sum_before: float
    sum_after: float


def changes(before: Trace, after: Trace, also: Iterable[int] = (), rows: int = 6) -> list[Change]:
    """As many categories as there are rows, by what they have after: the first guess of before, ``also``, the best."""
    kept = dict.fromkeys([before.top(1)[0].index, *also])
    best = [guess.index for guess in after.top(rows) if guess.index not in kept]
    found = [change(before, after, index) for index in [*kept, *best[: max(rows - len(kept), 0)]]]
    return sorted(found, key=lambda item: -item.after)


def change(before: Trace, after: Trace, index: int) -> Change:
    """What became of one category."""
    return Change(
        index, before.categories[index],
        before.probabilities[index].item(), after.probabilities[index].item(),
        before.logits[index].item(), after.logits[index].item(),
    )  # fmt: skip
