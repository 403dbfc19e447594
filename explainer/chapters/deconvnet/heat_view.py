"""Heat maps over the photograph, as strong as the visitor wants them; and their race."""

from collections.abc import Mapping, Sequence

import numpy as np

from explainer.attribution import Attribution
from explainer.attribution.deletion import Race
from explainer.chapters.deconvnet.heat import PALE, STRENGTH, address, jpeg, layer_png, race_data
from explainer.ui.components import mount
from explainer.ui.theme import palette


def heat_view(
    view: np.ndarray,
    answers: Sequence[Attribution],
    captions: Sequence[tuple[str, str]],
    *,
    key: str,
    alone: tuple[str, str] | None = None,
    small: bool = False,
) -> None:
    """Show each answer over what the network sees. Strength and pointing are answered in the browser.

    Args:
        view: uint8 [H, W, 3]. captions: of each answer, its name and what is said of it.
        alone: name and words of the photograph by itself, put first.
        small: many to a row.
    """
    colours = palette()
    data = {
        "view": address(jpeg(view), "jpeg"),
        "pale": PALE,
        "strength": STRENGTH,
        "small": small,
        "alone": alone,
        "tiles": [
            {"heat": address(layer_png(answer, colours)), "name": name, "words": words}
            for answer, (name, words) in zip(answers, captions, strict=True)
        ],
    }
    mount("heat_view", key, data)


def deletion_race(run: Race, names: Mapping[str, str], category: str, words: Mapping[str, str], *, key: str) -> None:
    """Show a race: its curves while it runs, then the pictures at any share hidden."""
    data = race_data(run, names, category) | {"words": dict(words)}
    mount("deletion_race", key, data)
