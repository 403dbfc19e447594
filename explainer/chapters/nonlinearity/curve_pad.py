"""A curve to draw, and the small network on its way to it."""

from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor

from explainer.chapters.nonlinearity.bending import Fit
from explainer.ui.components import mount

PLACES = 41  # heights that a drawn curve has, evenly over −1 … 1
_FEW = 4  # of the 201 points of a curve, every how many are sent


def curve_pad(
    y: Tensor,
    fit: Fit | None,
    *,
    key: str,
    version: str,
    activation: str,
    words: Mapping[str, str],
    on_draw: Callable[[list[int]], None],
) -> None:
    """Show a curve [201], the network's sum on top, and what each hidden neuron adds.

    Args:
        version: another one for another curve; only then does the browser take ``y`` over.
        on_draw: called with the heights of a drawn curve, −100 to 100 at :data:`PLACES` places.
    """
    heights = np.interp(np.linspace(-1, 1, PLACES), np.linspace(-1, 1, len(y)), y.numpy())
    data = {
        "version": version,
        "heights": [round(100 * float(value)) for value in heights],
        "target": _short(y),
        "activation": activation,
        "words": dict(words),
        "fit": None,
    }
    if fit is not None:
        data["fit"] = {
            "sum": _short(fit.sum),
            "parts": [_short(part) for part in fit.contributions],
            "w": [round(v, 3) for v in fit.w.tolist()],
            "b": [round(v, 3) for v in fit.b.tolist()],
            "v": [round(v, 3) for v in fit.v.tolist()],
            "c": round(fit.c, 3),
            "error": round(fit.error, 4),
        }

    def drawn(sent) -> None:
        given = heights_of(sent)
        if given is not None:
            on_draw(given)

    mount("curve_pad", key, data, on={"drawn": drawn})


def heights_of(given: object) -> list[int] | None:
    """The heights that the browser, or a link, sent: whole numbers held within ±100; None if they are none."""
    if isinstance(given, str):
        given = given.split("_")
    if not (isinstance(given, list) and len(given) == PLACES):
        return None
    try:
        return [max(-100, min(100, int(value))) for value in given]
    except (TypeError, ValueError, OverflowError):
        return None


def _short(values: Tensor) -> list[float]:
    return [round(v, 3) for v in values[::_FEW].tolist()]
