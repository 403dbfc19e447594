"""What a dream may be asked for: numbers within limits, or one plain sentence."""

import math
from numbers import Real

from explainer.errors import ExplainerError


class DreamError(ExplainerError):
    """A dream was asked for that can't be dreamt."""


def number(what: str, value: object, low: float, high: float) -> float:
    """``value`` as a float from ``low`` to ``high``.

    Raises:
        DreamError: it is no number, not finite, or outside.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise DreamError(f"The {what} has to be a number, not {value}.")
    if not low <= value <= high:
        raise DreamError(f"The {what} has to be between {low:g} and {high:g}, not {value:g}.")
    return float(value)


def whole(what: str, value: object, low: int, high: int) -> int:
    """``value`` as a whole number from ``low`` to ``high``; DreamError as in :func:`number`."""
    if number(what, value, low, high) % 1:
        raise DreamError(f"The {what} has to be a whole number, not {value:g}.")
    return int(value)


def one_of(what: str, value: object, choices: tuple[str, ...]) -> str:
    """``value`` if it is one of the choices; DreamError, listing them, if not."""
    if value not in choices:
        raise DreamError(f"The {what} has to be one of {', '.join(choices)}, not {value}.")
    return value
