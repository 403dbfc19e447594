"""Activation functions beside each other, with value and slope at one place."""

from collections.abc import Callable, Mapping

import torch

from explainer.chapters.nonlinearity.bending import ACTIVATIONS
from explainer.ui.components import mount

MOST = 4.0  # the curves are drawn for sums from −4 to 4
_STEP = 0.05


def activation_view(z: float, *, key: str, words: Mapping[str, str], on_move: Callable[[float], None]) -> None:
    """Show all of them at the sum ``z``; ``on_move`` is called with the sum that the visitor comes to rest on."""
    places = torch.linspace(-MOST, MOST, round(2 * MOST / _STEP) + 1, dtype=torch.float64)
    places[len(places) // 2] = 0.0
    curves = [
        {
            "name": name,
            "note": words[f"about_{name}"],
            "value": [round(v, 5) for v in activation.value(places).tolist()],
            "slope": [None if v != v else round(v, 5) for v in activation.slope(places).tolist()],
        }
        for name, activation in ACTIVATIONS.items()
    ]
    data = {"most": MOST, "step": _STEP, "z": z, "curves": curves, "words": dict(words)}

    def moved(given) -> None:
        if isinstance(given, int | float) and -MOST <= given <= MOST:
            on_move(float(given))

    mount("activation_view", key, data, on={"z": moved})
