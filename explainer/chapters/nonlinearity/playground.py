"""A small network on the plane, drawn: every neuron's picture, the answer, the fold, and one point's numbers."""

from collections.abc import Callable, Mapping

import numpy as np

from explainer.chapters.nonlinearity.learning import (
    MOST_LAYERS,
    MOST_NEURONS,
    Lap,
    point_step,
    read_features,
    read_layers,
)
from explainer.chapters.nonlinearity.plane_network import FEATURES, PlaneNetwork
from explainer.ui.components import mount

LABELS = {"x": "x", "y": "y", "x2": "x²", "y2": "y²", "xy": "xy", "sinx": "sin x", "siny": "sin y"}


def playground(
    lap: Lap,
    *,
    key: str,
    chosen: str,
    point: int | None,
    words: Mapping[str, str],
    on_shape: Callable[[tuple[int, ...], tuple[str, ...]], None],
    on_look: Callable[[str, int | None], None],
) -> None:
    """Show a training's latest state.

    Args:
        chosen: the neuron whose numbers are shown, "layer-neuron" as in "1-0"; "" for the output.
        point: the seen point whose numbers are shown, by its place among them; None for none.
        on_shape: called with the layers and features that the visitor asks for.
        on_look: called with the neuron and the point that the visitor chose.
    """
    network, task = lap.network, lap.task
    step = None if point is None else point_step(network, task.seen[point], task.seen_kinds[point])
    data = {
        "network": {
            "features": list(network.features), "bend": network.bend,
            "weights": [_short(w) for w in network.weights], "biases": [_short(b) for b in network.biases],
        },
        "side": _short(beside(network, task.seen)),
        "layers": list(network.hidden), "limits": {"layers": MOST_LAYERS, "neurons": MOST_NEURONS},
        "every": list(FEATURES), "labels": LABELS,
        "seen": _points(task.seen, task.seen_kinds), "unseen": _points(task.unseen, task.unseen_kinds),
        "epoch": lap.epoch, "epochs": lap.settings.epochs, "cost": lap.cost, "right": lap.right,
        "unseenCost": lap.unseen_cost, "unseenRight": lap.unseen_right,
        "curve": [[epoch, round(a, 4), round(b, 4)] for epoch, a, b in lap.curve],
        "chosen": chosen or f"{len(network.hidden) + 1}-0", "point": point, "rate": lap.settings.rate,
        "step": step and {
            "point": point, "sums": list(map(_short, step.sums)), "said": list(map(_short, step.said)),
            "deltas": list(map(_short, step.deltas)), "byWeight": list(map(_short, step.by_weight)),
        },
        "words": {name: text for name, text in words.items() if name.startswith(("play_", "fold_"))},
    }  # fmt: skip

    def shaped(sent) -> None:
        given = sent if isinstance(sent, dict) else {}
        layers, features = read_layers(str(given.get("layers"))), read_features(str(given.get("features")))
        if layers and features:
            on_shape(layers, features)

    def looked(sent) -> None:
        given = sent if isinstance(sent, dict) else {}
        index = given.get("point")
        if index is None or (isinstance(index, int) and 0 <= index < len(task.seen)):
            on_look(str(given.get("chosen"))[:5], index)

    mount("playground", key, data, on={"shape": shaped, "look": looked}, parts=("plane", "network_drawing"))


def beside(network: PlaneNetwork, places: np.ndarray) -> np.ndarray:
    """In the last hidden layer, the direction beside the output's own in which places spread most: [neurons], length 1.

    With the output's sum across, it is the second axis of the folded plane; zeros where there is but one neuron.
    """
    said = network.forward(network.inputs(places))[1][-2]
    out = network.weights[-1][0]
    length = np.linalg.norm(out)
    spread = said - said.mean(0)
    if length > 0:
        spread = spread - np.outer(spread @ out, out) / length**2
    if len(out) == 1 or not np.isfinite(spread).all() or np.abs(spread).max() < 1e-12:
        return np.zeros(len(out))
    direction = np.linalg.svd(spread, full_matrices=False)[2][0]
    return direction * (1.0 if direction[np.abs(direction).argmax()] > 0 else -1.0)


def _short(values: np.ndarray) -> list:
    return np.round(values, 5).tolist()


def _points(places: np.ndarray, kinds: np.ndarray) -> list[list[int]]:
    """Places in hundredths and kinds."""
    return np.concatenate([np.round(100 * places), kinds[:, None]], 1).astype(int).tolist()
