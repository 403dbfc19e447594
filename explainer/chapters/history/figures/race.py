"""The race: a column for each year, and what was new in it."""

from collections.abc import Sequence
from html import escape

from explainer.chapters.history import Person, Winner
from explainer.chapters.history.figures.numbers import percent, tenths
from explainer.figures.svg import line, pick, rect, svg, text
from explainer.figures.tiles import LIGHT, Palette

MOST = 30  # percent, the top of the scale


def race_svg(winners: Sequence[Winner], person: Person, palette: Palette = LIGHT) -> tuple[bytes, str]:
    """A column for each year, as high as the winner's errors, in a group named by its year; and the alt text."""
    wide, high, left, top, floor = 720, 300, 44, 18, 232
    step = (wide - left - 8) / len(winners)

    def y(error: float) -> float:
        return floor - (floor - top) * error / MOST

    parts = []
    for tick in range(0, MOST + 1, 10):
        parts.append(line(left, y(tick), wide, y(tick), palette.line))
        parts.append(text(left - 8, y(tick) + 4, f"{tick}%", palette.dim, 13.6, "end"))
    parts.append(line(left, y(person.error), wide, y(person.error), palette.negative, "6 4"))
    parts.append(text(wide, y(person.error) - 6, f"a person: {percent(person.error)}", palette.negative, 13.6, "end"))
    for place, winner in enumerate(winners):
        x = left + step * (place + 0.5)
        side = x - 34 if winner.second else x - 21
        colour = palette.positive if winner.learned else palette.dim
        inner = [rect(x - step / 2 + 2, 2, step - 4, high - 4, 'class="back" rx="8" fill="transparent"')]
        if winner.second:
            error = winner.second[1]
            inner.append(rect(x + 12, y(error), 24, floor - y(error), _hollow(palette)))
            inner.append(text(x + 24, y(error) - 6, f"{error:.1f}", palette.dim, 13.6, "middle"))
        inner += [
            rect(side, y(winner.error), 42, floor - y(winner.error), f'rx="2" fill="{colour}"'),
            text(side + 21, y(winner.error) - 6, tenths(winner.error), palette.ink, 13.6, "middle", 600, palette.card),
            text(x, floor + 20, winner.year, palette.ink, 14, "middle", 600),
            text(x, floor + 38, winner.name, palette.ink, 13.6, "middle"),
            text(x, floor + 55, f"{winner.layers} layers" if winner.layers else "", palette.dim, 13.6, "middle"),
        ]
        parts.append(pick(winner.year, _said(winner), inner))
    alt = _alt(winners, person)
    return svg(wide, high, alt, parts), alt


def narrow_race_svg(winners: Sequence[Winner], person: Person, palette: Palette = LIGHT) -> tuple[bytes, str]:
    """The same for a phone: a row for each year."""
    wide, row, left = 340, 46, 50
    end = row * len(winners)

    def x(error: float) -> float:
        return left + (wide - left - 60) * error / MOST

    parts, at = [], x(person.error)
    for place, winner in enumerate(winners):
        y = row * place
        colour = palette.positive if winner.learned else palette.dim
        depth = f", {winner.layers} layers" if winner.layers else ""
        after = x(winner.error) + 6  # the number stands beyond the bar, and never on the line of a person
        after = max(after, at + 6) if after > at - 46 else after
        parts.append(line(at, y + 20, at, y + row, palette.negative, "6 4"))  # below the winners' names
        inner = [
            rect(1, y + 1, wide - 2, row - 2, 'class="back" rx="8" fill="transparent"'),
            text(8, y + 28, winner.year, palette.ink, 15, weight=600),
            text(left, y + 16, winner.name + depth, palette.dim, 13, halo=palette.card),
            rect(left, y + 22, x(winner.error) - left, 13, f'rx="2" fill="{colour}"'),
            text(after, y + 34, tenths(winner.error), palette.ink, 14, weight=600, halo=palette.card),
        ]
        if winner.second:
            inner.append(rect(left, y + 38, x(winner.second[1]) - left, 5, _hollow(palette)))
        parts.append(pick(winner.year, _said(winner), inner))
    parts.append(text(x(person.error), end + 17, f"a person: {percent(person.error)}", palette.negative, 13, "middle"))
    alt = _alt(winners, person)
    return svg(wide, end + 26, alt, parts), alt


def race_card(winner: Winner) -> str:
    """HTML: one year's idea, its figures and where they come from."""
    told = f"{percent(winner.error)} wrong."
    if winner.second:
        told += f" Next best: {escape(winner.second[0])}, {percent(winner.second[1])}."
    if winner.layers:
        told += f" {winner.layers} layers with weights."
    return (
        f"<b>{winner.year} · {escape(winner.name)}</b> {escape(winner.idea)} <small>{told} "
        f'<a href="{escape(winner.url)}" target="_blank" rel="noopener">{escape(winner.source)}</a></small>'
    )


def _hollow(palette: Palette) -> str:
    return f'fill="none" stroke="{palette.dim}" stroke-dasharray="3 3"'


def _said(winner: Winner) -> str:
    second = f"; next best {winner.second[0]}, {percent(winner.second[1])}" if winner.second else ""
    return f"{winner.year}: {winner.name}, {percent(winner.error)} wrong{second}"


def _alt(winners: Sequence[Winner], person: Person) -> str:
    each = ", ".join(f"{winner.year} {percent(winner.error)}" for winner in winners)
    return f"Errors of the winners by year: {each}; a person {percent(person.error)}"
