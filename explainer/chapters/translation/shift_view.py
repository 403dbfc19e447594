"""A digit to be moved about in its frame, two networks' answers to it, and how often each is right at every shift."""

from collections.abc import Callable, Mapping

from torch import Tensor

from explainer.chapters.translation.shifting import REACH, Shifted, ShiftMap
from explainer.figures.tiles import magma
from explainer.ui.components import mount
from explainer.ui.digit_reader import packed


def shift_view(
    picture: Tensor,
    label: int,
    answers: Shifted,
    found: ShiftMap | None,
    *,
    key: str,
    version: str,
    at: tuple[int, int],
    on_sheet: bool,
    words: Mapping[str, str],
    on_shift: Callable[[int, int], None],
) -> None:
    """Show a digit [784], and maps of accuracy as far as they are computed.

    Args:
        version: another one for another starting place; only then does the browser take ``at`` over.
        at: (dx, dy) to begin with.
        on_sheet: whether the convolutional network gets paper around the frame.
        on_shift: called with (dx, dy) once the visitor has come to rest.
    """
    second = answers.on_sheet if on_sheet else answers.convolutional
    maps = [None, None]
    if found is not None:
        maps = [packed(found.fully_connected), packed(found.on_sheet if on_sheet else found.convolutional)]
    data = {
        "version": version,
        "reach": REACH,
        "dx": at[0],
        "dy": at[1],
        "label": label,
        "picture": packed(picture),
        "outputs": [packed(answers.fully_connected), packed(second)],
        "maps": maps,
        "sheet": on_sheet,
        "magma": magma().tolist(),
        "words": dict(words),
    }

    def moved(sent) -> None:
        place = place_of(sent)
        if place is not None:
            on_shift(*place)

    mount("shift_view", key, data, on={"shift": moved})


def place_of(given: object) -> tuple[int, int] | None:
    """(dx, dy) as the browser or a link sent it; None if it is none, or too far."""
    if not (isinstance(given, list | tuple) and len(given) == 2):
        return None
    try:
        dx, dy = (int(value) for value in given)
    except (TypeError, ValueError, OverflowError):
        return None
    return (dx, dy) if max(abs(dx), abs(dy)) <= REACH else None
