"""How fast each way works a convolution out, on a scale on which a step is ten times as fast."""

from collections.abc import Sequence
from html import escape
from math import ceil, log10

from explainer.chapters.history import DAYS, Speeds, Spread, Way, training_macs
from explainer.chapters.history.figures.numbers import plain, span, table, times

_STYLE = """<style>
.speeds > div {
  display: grid; grid-template-columns: minmax(118px, 1.5fr) minmax(40px, 2fr) 4.7rem 5.4rem; gap: 0.7rem;
  align-items: center; padding: 0.26rem 0; border-top: 1px solid var(--line); font-size: 0.86rem; line-height: 1.25;
}
.speeds > .top { color: var(--dim); font-size: 0.78rem; align-items: end; border-top: none; }
.speeds b { font-size: 0.92rem; }
.speeds small { display: block; color: var(--dim); font-size: 0.78rem; }
.speeds .right { text-align: right; }
.speeds .track { position: relative; height: 0.9rem; background: var(--soft); border-radius: 0.2rem; }
.speeds .track > * { position: absolute; }
.speeds .tick { top: 0; bottom: 0; border-left: 1px solid var(--line); }
.speeds .fill { left: 0; top: 0.2rem; height: 0.5rem; min-width: 2px; background: var(--accent); border-radius: 2px; }
.speeds .half { top: 0.4rem; height: 0.1rem; min-width: 1px; background: var(--ink); }
@media (max-width: 640px) {
  .speeds > div { grid-template-columns: 1fr 4.7rem 5.4rem; }
  .speeds .track { grid-column: 1 / -1; grid-row: 2; }
  .speeds > .top > :nth-child(2) { display: none; }
}
</style>"""


def speed_rows(ways: Sequence[Way], found: Speeds | None) -> str:
    """HTML: every way with its speed against plain loops, and how long AlexNet's training would take at it."""
    reached = [found.against(way.name) for way in ways if _measured(way, found)]
    top = max(3, ceil(log10(max((each.high for each in reached), default=1))))
    rows = []
    for way in ways:
        bar, faster, training = _track(""), "…" if found else "not timed", ""
        if _measured(way, found):
            bar, faster = _speed_bar(found.against(way.name), top), times(found.against(way.name).median)
            training = span(found.seconds(way.name, training_macs()))
        rows.append(
            f"<div><div><b>{escape(way.name)}</b><small>{escape(way.words)}</small></div>{bar}"
            f'<div class="number right">{faster}</div><div class="right">{training}</div></div>'
        )
    head = (
        '<div class="top"><div>way</div><div>from 1; each line is ten times as fast</div>'
        '<div class="right">speed</div><div class="right">AlexNet’s training at it</div></div>'
    )
    return f'{_STYLE}<div class="speeds">{head}{"".join(rows)}</div>'


def speed_words(found: Speeds, ways: Sequence[Way]) -> str:
    """HTML: whether all gave the same numbers, and the fastest way against 2012."""
    known = [way for way in ways if way.name in found.differences]
    wrong = [way.name for way in known if found.differences[way.name] > way.tolerance]
    if wrong:
        told = f"<b>Not the same numbers:</b> {escape(', '.join(wrong))}."
    else:
        worst = max(found.differences[way.name] for way in known if way.tolerance <= 1e-4)
        told = f"All give the same numbers, to {_share(worst)} of the largest value"
        rough = [way for way in known if way.tolerance > 1e-4]
        told += "".join(f"; {escape(way.name)} to {_share(found.differences[way.name])}" for way in rough)
        told += ", since fewer digits are kept." if rough else "."
    if all(_measured(way, found) for way in ways):
        best = min(ways, key=lambda way: found.seconds(way.name, 1)).name
        told += f" <b>{escape(best)}</b>, the fastest here: {_against_2012(found.seconds(best, training_macs()))}"
    return f'<p style="margin:0.4rem 0 0">{told}</p>'


def speeds_csv(ways: Sequence[Way], found: Speeds | None) -> bytes:
    """The ways and their speeds as a table for a spreadsheet."""
    head = [
        "way", "speed against plain loops, median", "low quartile", "high quartile", "largest difference",
        "days for AlexNet's training",
    ]  # fmt: skip
    rows = []
    for way in ways:
        if not _measured(way, found):
            rows.append([way.name] + [""] * 5)
            continue
        faster, days = found.against(way.name), found.seconds(way.name, training_macs()) / 86400
        numbers = (faster.median, faster.low, faster.high, found.differences[way.name], days)
        rows.append([way.name, *(f"{value:.4g}" for value in numbers)])
    return table([head, *rows])


def _measured(way: Way, found: Speeds | None) -> bool:
    return found is not None and bool(found.rates[way.name])


def _against_2012(seconds: float) -> str:
    days, (low, high) = seconds / 86400, DAYS
    took = f"the {low} to {high} days that two graphics cards took in 2012"
    if days > high:
        return f"still {plain(days / high)} to {plain(days / low)} times {took}."
    if days < low:
        return f"{plain(low / days)} to {plain(high / days)} times as fast as {took}."
    return f"just {took}."


def _share(value: float) -> str:
    """A very small share as a power of ten that it does not exceed."""
    return f"10<sup>−{-ceil(log10(value))}</sup>" if value else "the last digit"


def _speed_bar(found: Spread, top: int) -> str:
    """A bar to the median and a line over the middle half, on a logarithmic scale from 1 to 10^top."""

    def at(value: float) -> float:
        return 100 * min(max(log10(value), 0), top) / top

    ticks = "".join(f'<span class="tick" style="left:{100 * step / top:.2f}%"></span>' for step in range(1, top))
    width = at(found.high) - at(found.low)
    return _track(
        f'{ticks}<i class="fill" style="width:{at(found.median):.2f}%"></i>'
        f'<i class="half" style="left:{at(found.low):.2f}%;width:{width:.2f}%"></i>'
    )


def _track(inside: str) -> str:
    return f'<div class="track">{inside}</div>'
