"""Figures of a verdict: what became of each guess, what each detector adds, and how it all adds up."""

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from torch import Tensor

from explainer.attribution.evidence import Verdict
from explainer.chapters.verdict.switching import Change, Silenced
from explainer.figures.shares import in_percent, signed
from explainer.figures.slide import Figure, Panel, bars, plain, tiles
from explainer.figures.tiles import Palette, rgb, signed_tiles
from explainer.networks import Trace

STEPS = 8  # of the waterfall, for and against
ENLARGED = 3  # pixels of a tile for each place of a map


def parts_of(found: Verdict) -> tuple[str, str, str, str]:
    """What speaks for it, against it, the biases, and the total, to two decimals each, so that the printed ones add up.

    What rounding leaves over goes to the biases.
    """
    total, for_it, against = (round(value, 2) for value in (found.total, found.speaks_for, found.speaks_against))
    return signed(for_it), signed(against), signed(total - for_it - against), signed(total)


def change_bars(changes: Sequence[Change], heading: str, chosen: int) -> str:
    """HTML: a bar for what each category has now and a line for what it had; the whole width is 100%.

    What was the first guess, the likeliest of what they had, is marked once anything moved.
    """
    first = max(changes, key=lambda item: item.before)
    any_moved = any(round(100 * item.before, 1) != round(100 * item.after, 1) for item in changes)
    rows = []
    for item in changes:
        moved = round(100 * item.before, 1) != round(100 * item.after, 1)
        now = in_percent(item.after)
        numbers = f"{in_percent(item.before)} → <b>{now}</b>" if moved else now
        mark = (
            f'<em style="position:absolute;left:min(calc({100 * item.before:.2f}% - 1px), calc(100% - 2px));top:0;'
            f'width:2px;height:100%;background:var(--ink)"></em>'
            if moved
            else ""
        )
        note = '<small class="quiet" style="font-weight:400"> · first guess before</small>'
        weight = 700 if item.index == chosen else 400
        rows.append(
            f'<li style="margin-bottom:0.15rem"><span class="name" style="font-size:1rem;font-weight:{weight}">'
            f"{escape(item.category)}{note if any_moved and item is first else ''}</span>"
            f'<span class="number">{numbers}</span>'
            f'<span class="bar" style="position:relative"><i style="width:{100 * item.after:.2f}%"></i>{mark}</span>'
            "</li>"
        )
    return f'<div class="guesses"><h4>{escape(heading)}</h4><ol>{"".join(rows)}</ol></div>'


def contribution_tiles(
    maps: Tensor, detectors: Sequence[int], off: Sequence[int], palette: Palette, view: np.ndarray | None = None
) -> np.ndarray:
    """What some detectors add at every place, uint8 [n, H, W, 3], on one scale; a cross for those switched off.

    With ``view``, the picture as the network sees it, uint8 [S, S, 3], each tile is ENLARGED times as large and lies
    over a grey print of it, and what is weak shows as clearly as its square root.
    """
    chosen = maps[list(detectors)].numpy()
    drawn = signed_tiles(chosen, palette) if view is None else _over_print(chosen, view, palette)
    cross = np.eye(*drawn.shape[1:3], dtype=bool)
    cross |= cross[:, ::-1]
    for place, detector in enumerate(detectors):
        if detector in off:
            drawn[place] = rgb(palette.line)
            drawn[place][cross] = rgb(palette.dim)
    return drawn


def _over_print(values: np.ndarray, view: np.ndarray, palette: Palette) -> np.ndarray:
    """Signed values [n, H, W] in strong colours over a print of the picture: uint8 [n, ENLARGED·H, ENLARGED·W, 3]."""
    high, wide = ENLARGED * values.shape[1], ENLARGED * values.shape[2]
    rows, columns = (np.arange(side) * view.shape[axis] // side for axis, side in enumerate((high, wide)))
    grey = view.mean(axis=2)[rows][:, columns, None] / 255
    card, ink = (np.array(rgb(colour), float) for colour in (palette.soft, palette.dim))
    dark = np.mean(card) < 128
    ground = card + (ink - card) * (grey if dark else 1 - grey) * 0.8
    largest = np.abs(values).max() or 1.0
    strength = np.sqrt(np.abs(values) / largest).repeat(ENLARGED, axis=1).repeat(ENLARGED, axis=2)[..., None]
    positive = (values > 0).repeat(ENLARGED, axis=1).repeat(ENLARGED, axis=2)[..., None]
    colour = np.where(positive, np.array(rgb(palette.positive), float), np.array(rgb(palette.negative), float))
    return (ground + (colour - ground) * strength).round().astype(np.uint8)


def sum_words(found: Verdict, name: str) -> str:
    """HTML: all that speaks for it, against it and the biases, and what they add up to."""
    rest = "biases" if found.method == "exact decomposition" else "an empty picture"
    for_it, against, biases, total = parts_of(found)
    return (
        f'for it <span class="number">{for_it}</span> · against it <span class="number">{against}</span> · {rest} '
        f'<span class="number">{biases}</span> = <b class="number">{total}</b>, {escape(name)}'
    )


def waterfall(found: Verdict, palette: Palette, faces: Mapping[int, str]) -> tuple[go.Figure, str]:
    """From nothing to the sum: the loudest detectors for and against, all others together, and the biases.

    faces: addresses of the detectors' faces, which stand above their steps.
    """
    speakers, opponents = found.strongest(STEPS)
    steps = [(f"detector {i}", found.detectors[i].item()) for i in speakers]
    steps.append(("others for", found.speaks_for - sum(value for _, value in steps)))
    against = [(f"detector {i}", found.detectors[i].item()) for i in opponents]
    steps += [*against, ("others against", found.speaks_against - sum(value for _, value in against))]
    steps.append(("biases" if found.method == "exact decomposition" else "empty picture", found.bias))
    figure = go.Figure(
        go.Waterfall(
            x=[name for name, _ in steps] + ["score"],
            y=[value for _, value in steps] + [0],
            measure=["relative"] * len(steps) + ["total"],
            increasing_marker_color=palette.positive,
            decreasing_marker_color=palette.negative,
            totals_marker_color=palette.dim,
            connector_line_color=palette.line,
            hovertemplate="%{x}: %{delta:+.3f}, so far %{final:.3f}<extra></extra>",
        )
    )
    for place, (name, _) in enumerate(steps):
        if named(name) in faces:
            figure.add_layout_image(
                source=faces[named(name)], x=place, y=1, xref="x", yref="paper", xanchor="center", yanchor="bottom",
                sizex=0.9, sizey=0.14,
            )  # fmt: skip
    top = 50 if faces else 10
    figure.update_layout(height=340, margin=dict(l=10, r=10, t=top, b=10), yaxis_title="score")
    words = (
        f"Steps from 0 to {signed(found.total)}: {signed(found.speaks_for)} for, {signed(found.speaks_against)} against"
    )
    return figure, f"{words}, {signed(found.bias)} from the biases"


def named(step: str) -> int | None:
    """The detector that a step of :func:`waterfall` stands for; None where it stands for several."""
    _, kind, number = step.partition("detector ")
    return int(number) if kind else None


def detector_table(found: Verdict, activations: Tensor) -> pd.DataFrame:
    """Every detector: what it adds, and how strongly it fires; activations float [N, H, W]."""
    return pd.DataFrame({
        "detector": np.arange(len(found.detectors)),
        "adds": found.detectors.numpy(),
        "fires up to": activations.amax(dim=(1, 2)).numpy(),
        "fires at": (activations > 0).sum(dim=(1, 2)).numpy(),
    }).sort_values("adds", ascending=False)  # fmt: skip


def evidence_figure(
    found: Verdict, view: np.ndarray, changes: Sequence[Change], off: Sequence[int], palette: Palette, count: int = 24
) -> Figure:
    """What the network sees and guesses; then what the loudest detectors add at every place, with their sums."""
    speakers, opponents = found.strongest(count)
    detectors = speakers + opponents
    panels = []
    if detectors:
        drawn = contribution_tiles(found.maps, detectors, off, palette, view)
        panels = tiles(drawn, [label(found, i, i in off) for i in detectors])
    return Figure(panels, plain(sum_words(found, "the score")), above=_seen(view, changes, palette))


def picture_figure(view: np.ndarray, changes: Sequence[Change], about: str, palette: Palette) -> Figure:
    """What the network sees, with what is painted out, and its guesses; ``about`` is the page’s HTML."""
    return Figure(_seen(view, changes, palette), plain(about))


def _seen(view: np.ndarray, changes: Sequence[Change], palette: Palette) -> list[Panel]:
    rows = [(change.category, change.after) for change in changes[:5]]
    return [Panel(view, "what the network sees"), Panel(bars(rows, palette, 420), "what it says now")]


def state_words(off: int, share: float) -> str:
    """What is switched off and painted out, in a heading."""
    parts = [f"{off} detector{'s' if off > 1 else ''} off"] if off else []
    parts += [f"{share:.0%} painted out"] if share else []
    return " · ".join(parts) or "The guesses, nothing changed"


def region_words(item: Change, share: float) -> str:
    """How much of a name lay in the painted region, in a sentence."""
    name = f"<b>{escape(item.category)}</b>"
    if not share:
        return f"How much of {name} lies in a region? Paint it out and see."
    lost = item.sum_after - item.sum_before
    return (
        f"Without {share:.0%} of the picture, {name} goes from {in_percent(item.before)} to {in_percent(item.after)}; "
        f"its score moves by {signed(lost)} ({signed(item.sum_before)} → {signed(item.sum_after)})."
        f"{_rivals(lost, item.after - item.before)}"
    )


def _rivals(score: float, probability: float) -> str:
    """Why a probability may rise although the score falls, where that is so, as a sentence to add."""
    if score < 0 < probability:
        return " It becomes likelier all the same, because the scores of its rivals fall further."
    if score > 0 > probability:
        return " It becomes less likely all the same, because the scores of its rivals rise further."
    return ""


def silenced_words(found: Silenced, detectors: int) -> str:
    """What switching off the loudest detectors does to the name, in sentences."""
    item = found.change
    if not found.count:
        return f"No detector speaks for *{item.category}* here, so there is nobody to silence."
    if found.first_before != item.category:
        place = f"It was not in first place to begin with; that goes to *{found.first_after}*"
    elif found.first_after == item.category:
        place = "It keeps first place"
    else:
        place = f"It loses first place to *{found.first_after}*"
    moved = item.sum_after - item.sum_before
    factor = math.exp(abs(moved))
    times = f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"
    return (
        f"Here {found.count} of {detectors:,} take *{item.category}* from {in_percent(item.before)} to "
        f"{in_percent(item.after)}. {place}. Its score moves by {signed(moved)}, and *softmax* makes a factor of that: "
        f"{times} times {'less' if moved < 0 else 'more'} likely against any name whose score stays."
    )


def cancelled_words(first: str, second: str, both: int, count: int) -> str:
    """Whether what speaks for a name is also what sets it apart from the next one, in sentences."""
    begin = "Yes" if both == count else "No" if not both else "Only in part"
    return (
        f"{begin}. Of the {count} detectors that speak loudest for *{first}*, {both or 'none'} "
        f"{'is' if both == 1 else 'are'} also among the {count} loudest for *{first}* rather than *{second}*. "
        "What speaks for both names cancels out; what is left tells them apart."
    )


def witness_words(
    found: Verdict, detector: int, name: str, before: Trace, alone: Trace, category: int, instead_of: int | None
) -> str:
    """What one detector adds, and what happens when it alone is switched off."""
    moved = (alone.logits - before.logits)[category] - (
        0 if instead_of is None else (alone.logits - before.logits)[instead_of]
    )
    likelier = (alone.probabilities - before.probabilities)[category].item()
    return (
        f"<b>Detector {detector}</b> adds {signed(found.detectors[detector].item())}. When it alone is off, the score "
        f"moves by {signed(moved.item())}: {escape(name)} {in_percent(before.probabilities[category])} → "
        f"<b>{in_percent(alone.probabilities[category])}</b>."
        f"{_rivals(moved.item(), likelier) if instead_of is None else ''}"
    )


def label(found: Verdict, detector: int, off: bool) -> str:
    """A detector's line under the grid."""
    return f"detector {detector} · {signed(found.detectors[detector].item())}{' · switched off' if off else ''}"


def together_words(found: Verdict, shown: Tensor, name: str, off: int) -> str:
    """What all detectors that are on add at all places."""
    who = f"The other {len(found.detectors) - off:,}" if off else f"All {len(found.detectors):,}"
    return (
        f"{who} detectors together add {signed(shown.sum().item())} to <b>{escape(name)}</b>: orange speaks for it, "
        "blue against it."
    )
