"""Records: what every detector answers to many photographs, and which names rise and fall with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from explainer.networks import Network

STEPS = np.linspace(0, 1, 21)  # shares of the photographs at which the peaks' distribution is kept
NAMES, COMPANY = 6, 6  # how many names for (and against), and how many detectors that fire together, are kept


@dataclass(frozen=True)
class Look:
    """What some photographs left in a network; looks at others can be added.

    peaks: float32 [photographs, units] for each layer: the strongest answer to each. logits: [photographs, names].
    fired: [units] for each layer, at how many places it was above zero. places: how many there were.
    sums, products: of the answers at the same places, [units] and [units, units].
    """

    peaks: dict[str, np.ndarray] = field(repr=False)
    logits: np.ndarray = field(repr=False)
    fired: dict[str, np.ndarray] = field(repr=False)
    places: dict[str, int] = field(repr=False)
    sums: dict[str, np.ndarray] = field(repr=False)
    products: dict[str, np.ndarray] = field(repr=False)


def look(network: Network, views: np.ndarray, layers: Sequence[str]) -> Look:
    """Run a network over what it sees of some photographs, uint8 [N, H, W, 3], and note what its detectors answer."""
    peaks, fired, places, sums, products = {}, {}, {}, {}, {}
    with torch.inference_mode():
        x = network.preprocessing.normalise(views)
        for name, stage in network.stages.named_children():
            x = stage(x)
            if name in layers:
                answers = x.movedim(1, 0).flatten(1)
                peaks[name] = x.amax((2, 3)).numpy()
                fired[name] = (answers > 0).sum(1).numpy()
                places[name] = answers.shape[1]
                sums[name] = answers.sum(1, dtype=torch.float64).numpy()
                products[name] = (answers @ answers.T).double().numpy()
    return Look(peaks, x.numpy(), fired, places, sums, products)


def together(looks: Sequence[Look]) -> Look:
    """Several looks as one at all their photographs."""
    layers = looks[0].peaks
    return Look(
        {name: np.concatenate([one.peaks[name] for one in looks]) for name in layers},
        np.concatenate([one.logits for one in looks]),
        *({name: sum(getattr(one, kind)[name] for one in looks) for name in layers}
          for kind in ("fired", "places", "sums", "products")),
    )  # fmt: skip


def firing(found: Look, layer: str) -> dict[str, np.ndarray]:
    """How often and how sharply the detectors of a layer fire.

    share: [units], of all places at which it is above zero. quantiles: [units, 21], of its peaks, one for each
    photograph, at :data:`STEPS`. sharpness: [units], 1 − (mean peak)² / mean of the squared peaks: near 0 for who
    answers alike to all photographs, near 1 for who answers to a few (Rolls and Tovée 1995); 0 for the silent.
    """
    peaks = np.maximum(found.peaks[layer], 0).astype(np.float64)
    squares = (peaks**2).mean(0)
    sharpness = 1 - peaks.mean(0) ** 2 / np.where(squares > 0, squares, 1)
    return {
        "share": (found.fired[layer] / found.places[layer]).astype(np.float32),
        "quantiles": np.quantile(peaks, STEPS, axis=0).T.astype(np.float32),
        "sharpness": np.where(squares > 0, sharpness, 0).astype(np.float32),
    }


def names(found: Look, layer: str, known: Sequence[int]) -> dict[str, np.ndarray]:
    """The names that a network finds likelier and less likely where a detector fires.

    Measured as the correlation, over the photographs, of its peak with a name's sum before softmax, less the mean
    sum of all names there. It says what goes together, not what causes what.

    names_for, names_against: int16 [units, 6], strongest first, among the ``known``; for, against: the correlations.
    """
    logits = found.logits[:, list(known)] - found.logits.mean(1, keepdims=True)
    likeness = _standard(found.peaks[layer]).T @ _standard(logits) / len(logits)
    order = np.argsort(-likeness, axis=1, kind="stable")
    best, worst = order[:, :NAMES], order[:, ::-1][:, :NAMES]
    numbers = np.asarray(known, np.int16)
    return {
        "names_for": numbers[best],
        "names_against": numbers[worst],
        "for": np.take_along_axis(likeness, best, 1).astype(np.float32),
        "against": np.take_along_axis(likeness, worst, 1).astype(np.float32),
    }


def company(found: Look, layer: str) -> dict[str, np.ndarray]:
    """Which detectors of the same layer fire at the same places: company int16 [units, 6], and their correlations."""
    count = found.places[layer]
    mean = found.sums[layer] / count
    spread = found.products[layer] / count - np.outer(mean, mean)
    deviation = np.sqrt(np.clip(np.diag(spread), 0, None))
    scale = np.outer(deviation, deviation)
    likeness = np.where(scale > 0, spread / np.where(scale > 0, scale, 1), 0)
    np.fill_diagonal(likeness, -2)  # not with itself
    kept = min(COMPANY, len(likeness) - 1)
    order = np.argsort(-likeness, axis=1, kind="stable")[:, :kept]
    return {
        "company": order.astype(np.int16),
        "closeness": np.take_along_axis(likeness, order, 1).astype(np.float32),
    }


def _standard(x: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and spread 1; all zeros where nothing varies."""
    x = x.astype(np.float64) - x.mean(0, dtype=np.float64)
    spread = x.std(0)
    return x / np.where(spread > 1e-12, spread, 1) * (spread > 1e-12)
