"""Numbers as people read them, and as a spreadsheet does."""

import csv
import io
from collections.abc import Sequence
from math import log10

_UNITS = (("year", 365.25 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def percent(value: float) -> str:
    return f"{value:g}%"


def tenths(value: float) -> str:
    """All figures of one chart with the same digits."""
    return f"{value:.1f}%"


def plain(value: float) -> str:
    """Two digits that count, without an exponent."""
    if value >= 10:
        return f"{round(value, 1 - int(log10(value))):,.0f}"
    return f"{value:.1f}".removesuffix(".0")


def times(value: float) -> str:
    return f"{plain(value)} ×"


def span(seconds: float) -> str:
    """A time in the unit that fits it, two digits."""
    unit, length = next(((unit, length) for unit, length in _UNITS if seconds >= 1.95 * length), _UNITS[-1])
    number = plain(seconds / length)
    return f"{number} {unit}{'' if number == '1' else 's'}"


def table(rows: Sequence[Sequence[object]]) -> bytes:
    """Rows as CSV."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()
