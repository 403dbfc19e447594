"""Five networks side by side, each number with a bar, and what they say to a picture."""

from collections.abc import Mapping, Sequence
from html import escape

from explainer.chapters.history import Count, Passes
from explainer.chapters.history.figures.numbers import plain, table, times
from explainer.figures.shares import in_percent
from explainer.networks import Guess
from explainer.networks.zoo import ENTRIES

# The race on the same page has AlexNet in 2012; its numbers here are those of a later variant.
_DATED = {"alexnet": "2012; here 2014"}

_STYLE = """<style>
.five, .said { display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fit, minmax(min(116px, 46%), 1fr)); }
.five .one { border: 1px solid var(--line); border-radius: 10px; padding: 0.5rem 0.55rem 0.6rem; min-width: 0; }
.five .idea { font-size: 0.8rem; line-height: 1.3; min-height: 7.8em; margin-top: 0.1rem; }
.five .what { color: var(--dim); font-size: 0.76rem; line-height: 1.25; margin-top: 0.32rem; }
.five .number { font-size: 0.84rem; line-height: 1.3; }
.five small { color: var(--dim); font-size: 0.74rem; }
.five .bar { height: 0.26rem; border-radius: 0.15rem; background: var(--soft); overflow: hidden; }
.five .bar i { display: block; height: 100%; background: var(--accent); border-radius: 0.15rem; }
.said .guesses .name, .said .guesses li:first-child .name { font-size: 0.92rem; }
.said .number { font-size: 0.82rem; }
</style>"""


def network_cards(counts: Sequence[Count], timed: Passes | None) -> str:
    """HTML: the networks side by side; the largest of each number is the whole width of its bar."""
    rows = [
        ("layers in a row", [c.layers for c in counts], [f"{c.layers}" for c in counts]),
        ("parameters", [c.parameters for c in counts], [f"{c.parameters:,}" for c in counts]),
        ("multiply-adds", [c.macs for c in counts], [f"{c.macs / 1e9:.2f} billion" for c in counts]),
        ("memory: weights", [c.weight_bytes for c in counts], [f"{c.weight_bytes / 1e6:.0f} MB" for c in counts]),
        (
            "memory: activations",
            [c.activation_bytes for c in counts],
            [f"{c.activation_bytes / 1e6:.1f} MB" for c in counts],
        ),
        ("wrong, five guesses", [100 - c.top5 for c in counts], [f"{100 - c.top5:.1f}%" for c in counts]),
        _time_row(counts, timed),
    ]
    cards = []
    for place, each in enumerate(counts):
        numbers = "".join(
            f'<div class="what">{name}</div><div class="number">{shown[place]}</div>{_bar(values, place)}'
            for name, values, shown in rows
        )
        cards.append(
            f'<div class="one"><b>{escape(each.short)}</b><div class="what">{_DATED.get(each.name, each.year)}</div>'
            f'<div class="idea">{escape(each.idea)}</div>{numbers}</div>'
        )
    return f'{_STYLE}<div class="five">{"".join(cards)}</div>'


def networks_csv(counts: Sequence[Count], timed: Passes | None = None) -> bytes:
    """The five networks' numbers as a table for a spreadsheet."""
    head = [
        "network", "year", "layers", "parameters", "multiply-adds", "bytes of weights", "bytes of activations",
        "top-1 %", "top-5 %", "time against AlexNet, median", "low quartile", "high quartile",
    ]  # fmt: skip
    rows = []
    for c in counts:
        found = timed.against(c.name) if timed and c.name in timed.ratios else None
        measured = [f"{value:.3f}" for value in (found.median, found.low, found.high)] if found else [""] * 3
        rows.append([
            c.short, c.year, c.layers, c.parameters, c.macs, c.weight_bytes, c.activation_bytes, c.top1, c.top5,
            *measured,
        ])  # fmt: skip
    return table([head, *rows])


def answers_html(said: Mapping[str, Sequence[Guess]]) -> str:
    """HTML: each network's five guesses, side by side."""
    columns = []
    for name, best in said.items():
        rows = "".join(
            f'<li><span class="name">{escape(guess.category)}</span>'
            f'<span class="number">{in_percent(guess.probability)}</span>'
            f'<span class="bar"><i style="width:{100 * guess.probability:.2f}%"></i></span></li>'
            for guess in best
        )
        columns.append(f'<div class="guesses"><h4>{escape(ENTRIES[name].label)}</h4><ol>{rows}</ol></div>')
    return f'{_STYLE}<div class="said">{"".join(columns)}</div>'


def _time_row(counts: Sequence[Count], timed: Passes | None) -> tuple[str, list[float | None], list[str]]:
    found = [timed.against(c.name) if timed and c.name in timed.ratios else None for c in counts]
    shown = []
    for place, each in enumerate(found):
        if each is None:
            shown.append("next" if timed and timed.doing == counts[place].name else "not timed yet")
        elif place == 0:
            shown.append("1 ×")
        else:
            shown.append(f"{times(each.median)} <small>{plain(each.low)} – {plain(each.high)}</small>")
    return "time here", [each.median if each else None for each in found], shown


def _bar(values: Sequence[float | None], place: int) -> str:
    value, most = values[place], max((v for v in values if v is not None), default=1)
    share = 0 if value is None else 100 * value / most
    return f'<div class="bar"><i style="width:{share:.2f}%"></i></div>'
