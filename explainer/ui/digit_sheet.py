"""A sheet of test digits to choose one from."""

from collections.abc import Callable, Sequence

from explainer.digits import Digits
from explainer.figures.digits import a_digit, ink_tiles
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid


def digit_sheet(
    data: Digits, chosen: Sequence[int], selected: int, *, key: str, on_select: Callable[[int], None], **arguments
) -> None:
    """Show some test digits, by number; clicks and arrow keys choose another.

    Args:
        data: holds the test digits.
        chosen: numbers of those on the sheet. selected: the number in use, on the sheet or not.
        key: of the sheet on the page.
        on_select: is told the number of the digit that was chosen.
        arguments: as :func:`~explainer.ui.tile_grid.tile_grid` takes them.
    """
    tile_grid(
        ink_tiles(data.test_images[chosen], palette()),
        key=key,
        labels=[f"test digit {number}: {a_digit(int(data.test_labels[number]))}" for number in chosen],
        selected=chosen.index(selected) if selected in chosen else None,
        on_select=lambda place: on_select(chosen[place]),
        **arguments,
    )
