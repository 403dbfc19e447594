"""A stack of layers with all its numbers, and the one matrix it equals, worked out in the browser."""

from collections.abc import Callable, Mapping

from torch import Tensor

from explainer.chapters.nonlinearity.bending import Stack, layer_sizes, read_numbers
from explainer.errors import DataError
from explainer.ui.components import mount


def linear_stack(
    stack: Stack,
    x: Tensor,
    *,
    key: str,
    version: str,
    bent: bool,
    words: Mapping[str, str],
    on_edit: Callable[[Stack, Tensor], None],
) -> None:
    """Show a stack of two inputs and two outputs; every number can be edited, the input dragged.

    Args:
        version: another one for another stack; only then does the browser take the numbers over.
        bent: whether a ReLU stands between the layers.
        on_edit: called with the numbers as the visitor left them, before the page runs again.
    """
    data = {
        "version": version,
        "x": x.tolist(),
        "weights": [w.tolist() for w in stack.weights],
        "biases": [b.tolist() for b in stack.biases],
        "relu": bent,
        "words": dict(words),
    }

    def edited(given) -> None:
        if not isinstance(given, dict) or given.get("version") != version:
            return
        try:
            on_edit(*read_numbers(str(given.get("text")), layer_sizes(len(stack.weights))))
        except DataError:
            return  # the page keeps the numbers that it has

    mount("linear_stack", key, data, on={"numbers": edited})
