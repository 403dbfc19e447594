"""The curves along a sweep, with the picture and the guesses at one step."""

from collections.abc import Callable

from explainer.chapters.limits import Sweep
from explainer.chapters.limits.figures import sweep_data
from explainer.figures.tiles import address
from explainer.ui.components import mount


def sweep_view(
    found: Sweep,
    sprite: bytes,
    *,
    key: str,
    title: str,
    follow: int,
    step: int,
    on_step: Callable[[int], None],
    beside: tuple[str, Sweep] | None = None,
) -> None:
    """Show a sweep and report the step that the visitor comes to rest on.

    Args:
        found: as far as it is computed. sprite: its frames as one JPEG, see ``figures.film``.
        title: of the network. follow: the category whose curve is drawn. step: shown first.
        on_step: called with the step before the page runs again.
        beside: title and sweep of a second network over the same values.
    """
    data = sweep_data(found, title, follow, beside)
    data |= {"sheet": address(sprite, "jpeg"), "step": min(step, found.done - 1)}

    def changed(place) -> None:
        if isinstance(place, int | float) and 0 <= place < len(found.values):
            on_step(int(place))

    mount("sweep_view", key, data, on={"step": changed})
