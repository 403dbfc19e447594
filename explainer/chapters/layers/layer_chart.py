"""All layers of a network side by side; one is chosen."""

from collections.abc import Callable, Sequence

from explainer.chapters.layers.figures import ROWS
from explainer.ui.components import mount


def layer_chart(layers: Sequence[dict], *, key: str, selected: str, on_select: Callable[[str], None], alt: str) -> None:
    """Draw the layers to scale, with their numbers below, and report the one chosen.

    Args:
        layers: from :func:`explainer.chapters.layers.figures.layer_chart`.
        selected: name of the layer that is marked.
        on_select: called with the name of the layer chosen, before the page runs again.
        alt: what the chart shows, for those who can't see it.
    """
    names = [layer["name"] for layer in layers]

    def changed(name) -> None:
        if name in names:
            on_select(name)

    data = {"layers": list(layers), "rows": list(ROWS), "selected": selected, "alt": alt}
    mount("layer_chart", key, data, on={"layer": changed})
