"""Figures of what a network does not understand: a sweep's film and curves, pictures side by side, sentences."""

import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from explainer.chapters.limits import KINDS, Apart, Four, Nudge, Shifted, Sweep, mean_movement
from explainer.figures.shares import in_percent
from explainer.figures.slide import Figure, Panel, bars, plain, typeface
from explainer.figures.tiles import LIGHT, Palette, address, rgb, sheet
from explainer.networks import Guess

FILM_COLUMNS = 9
TIMES = 20  # a nudge is too small to see: it is shown so many times stronger


# --- a sweep ----------------------------------------------------------------------------------------------


def film(found: Sweep) -> bytes:
    """All frames of a sweep in one JPEG, nine to a row: what the component cuts its pictures from."""
    return _jpeg(sheet(found.frames, FILM_COLUMNS))


def sweep_data(found: Sweep, title: str, follow: int, beside: tuple[str, Sweep] | None) -> dict:
    """What the browser draws a sweep from: curves of one name, guesses and distances at every step."""
    kind, name = found.kind, found.categories[follow]
    own = _curves(found, follow)
    data = {
        **own,
        "name": kind.name,
        "title": title,
        "followed": name,
        "values": found.values.tolist(),
        "said": [kind.said(value) for value in found.values.tolist()],
        "axis": kind.axis,
        "done": found.done,
        "neutral": found.neutral,
        "held": list(_held_steps(found)),
        "columns": FILM_COLUMNS,
        "categories": len(found.categories),
        "layers": list(found.layers),
        "distances": [[round(float(value), 4) for value in column] for column in found.distances[: found.done].T],
        "farthest": float(np.nanmax(found.distances)),
        "ticks": _ticks(found),
    }
    highest = max(own["probability"])
    if beside:
        data["beside"] = {"title": beside[0], **_curves(beside[1], follow)}
        highest = max(highest, *data["beside"]["probability"])
    data["highest"] = _round_up(highest)
    data["titles"] = {
        "probability": f"probability of “{name}”",
        "rank": f"its place among {len(found.categories):,} names",
        "distance": f"how far a layer’s features moved, 0 to 1: deeper is darker, {found.layers[-1]} orange",
    }
    ranks = own["rank"]
    data["alts"] = {
        "probability": f"Probability of {name} along the sweep: {in_percent(min(own['probability']))} to "
        f"{in_percent(highest)}",
        "rank": f"Its place along the sweep: {min(ranks)} to {max(ranks)}",
        "distance": f"How far the features of {len(found.layers)} layers moved: up to {data['farthest']:.2f}",
    }
    return data


def _curves(found: Sweep, follow: int) -> dict:
    return {
        "probability": [round(float(value), 6) for value in found.probabilities[: found.done, follow]],
        "rank": found.ranks(follow).tolist(),
        "tops": [
            [[guess.category, round(guess.probability, 5)] for guess in found.top(step)] for step in range(found.done)
        ],
    }


def _held_steps(found: Sweep) -> tuple[int, int]:
    """First and last step of the stretch around the unchanged picture that keeps the first guess."""
    if found.done < len(found.values):
        return found.neutral, found.neutral
    held = found.tolerance()
    return tuple(int(np.abs(found.values - value).argmin()) for value in (held.low, held.high))


def _ticks(found: Sweep, most: int = 7) -> list[list]:
    """(step, text) of round values along the axis, the unchanged picture among them."""
    values = found.values
    if found.kind.factors:
        at = np.log2(values)
        apart = 1.0
    else:
        at = values - found.kind.neutral
        apart = next((each for each in (1, 2, 5, 10, 20, 50, 60) if np.ptp(at) <= most * each), np.ptp(at))
    round_ones = np.flatnonzero(np.isclose(at / apart, np.rint(at / apart), atol=1e-3))
    return [[int(step), f"{values[step]:.3g}".replace("-", "−")] for step in round_ones]


def _round_up(share: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 and 100%, for the top of an axis."""
    return next((top for top in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if share <= top), 1.0)


def sweep_sheet(found: Sweep, title: str, palette: Palette = LIGHT) -> bytes:
    """A PNG for slides: pictures along the sweep, the first guess's probability and how far the layers moved."""
    wide, count, margin, named = 1792, 12, 92, 90
    side = (wide - 2 * margin - named) // count
    image = Image.new("RGB", (wide, 880 + side), palette.card)
    pen, font = ImageDraw.Draw(image), typeface(26)
    name = found.categories[found.first]
    pen.text((margin, 18), f"{title}: {name}, {found.kind.axis}", palette.ink, font)
    for place, step in enumerate(np.rint((np.arange(count) + 0.5) / count * (len(found.values) - 1)).astype(int)):
        image.paste(Image.fromarray(found.frames[step]).resize((side, side)), (margin + place * side, 62))
    top = 62 + side + 56
    chances = found.probabilities[:, found.first]
    highest = _round_up(float(chances.max()))
    _plot(
        pen, font, palette, top, 280, [(chances / highest, palette.positive, 4)], ("0", f"{highest:.0%}"),
        wide - named, margin,
    )  # fmt: skip
    pen.text((margin, top - 40), f"probability of {name}", palette.dim, font)
    top += 280 + 80
    pale, ink = np.array(rgb(palette.line)), np.array(rgb(palette.ink))
    lines = [
        (column, tuple(np.rint(pale + (ink - pale) * (layer + 1) / len(found.layers)).astype(int).tolist()), 2)
        for layer, column in enumerate(found.distances.T[:-1])
    ] + [(found.distances[:, -1], palette.positive, 3)]
    _plot(pen, font, palette, top, 230, lines, ("0", "1"), wide - named, margin)
    pen.text(
        (margin, top - 40), "how far each layer’s features moved: 0 not at all, 1 nothing in common", palette.dim, font
    )
    ends = [
        (float(np.clip(column[-1], 0, 1.4)), layer)
        for layer, column in zip(found.layers, found.distances.T, strict=True)
    ]
    below = top - 1000.0
    for value, layer in sorted(ends, reverse=True):
        below = max(top + (1 - value) * 230 - 13, below + 26)
        pen.text((wide - margin - named + 10, below), layer, palette.ink, typeface(22))
    last = len(found.values) - 1
    for step, text in _ticks(found):
        x = margin + step / last * (wide - named - 2 * margin) if last else margin
        pen.text((x, top + 236), text, palette.dim, font, anchor="ma")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _plot(pen, font, palette: Palette, top: int, height: int, lines, ends: tuple[str, str], wide: int, margin: int):
    """Lines of shares (0 to 1) over equal steps."""
    for share, text in zip((0, 1), ends, strict=True):
        y = top + (1 - share) * height
        pen.line((margin, y, wide - margin, y), palette.line)
        pen.text((margin - 8, y), text, palette.dim, font, anchor="rm")
    for values, colour, width in lines:
        across = np.linspace(margin, wide - margin, len(values))
        down = top + (1 - np.clip(values, 0, 1.4)) * height
        pen.line(list(zip(across.tolist(), down.tolist(), strict=True)), colour, width, joint="curve")


# --- how far it holds ---------------------------------------------------------------------------------------


def tolerance_table(sweeps: Mapping[str, Sweep]) -> pd.DataFrame:
    """A row for each finished sweep: between which values the first guess holds, and what it is called beyond."""
    rows = []
    for name, found in sweeps.items():
        held, kind = found.tolerance(), KINDS[name]
        low, high = _held_steps(found)
        rows.append({
            "change": name,
            "holds from": kind.amount(held.low),
            "to": kind.amount(held.high),
            "below": "" if held.open_low else found.top(low - 1, 1)[0].category,
            "above": "" if held.open_high else found.top(high + 1, 1)[0].category,
            "of all steps": f"{np.mean(found.probabilities.argmax(axis=1) == found.first):.0%}",
        })  # fmt: skip
    return pd.DataFrame(rows)


def _value(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")


def shift_and_turn_words(shift: Sweep, rotation: Sweep) -> str:
    """HTML: how far the name bears being shifted and being turned, compared by how far pixels move."""
    size = shift.frames.shape[1]
    along, round_ = shift.tolerance(), rotation.tolerance()
    name = f"<b>{escape(shift.categories[shift.first])}</b>"
    pixels = (along.high - along.low) / 2
    turned = (mean_movement(size, round_.low) + mean_movement(size, round_.high)) / 2
    told = (
        f"Shifted, {name} stays first from {_value(along.low)} to {_value(along.high)} pixels; turned, from "
        f"{_value(round_.low)}° to {_value(round_.high)}°. A turn moves the pixels too: by {turned:.0f} on average at "
        f"those two angles, against {pixels:.0f} for the two shifts. "
    )
    at = 20.0
    moved = feature_movement(shift, at), feature_movement(rotation, at)
    told += (
        f"Where pixels move by {at:.0f}, the features of {shift.layers[-2:][0]} move by {moved[0]:.2f} for the "
        f"shift and {moved[1]:.2f} for the turn. "
    )
    longer = _winner(pixels, turned, 1.25)
    calmer = _winner(moved[1], moved[0], 1.1)
    if {longer, calmer} == {"shift", "turn"}:
        return told + (
            f"The two measures disagree: the name held longer for the {longer}, the features for the {calmer}. A name "
            f"that began with {shift.probabilities[shift.neutral, shift.first]:.0%} is lost to any close rival: here "
            "the features say more."
        )
    if "shift" in (longer, calmer):
        return told + (
            "So this network bears a shift better than a turn, as its design suggests: a convolution looks for the "
            "same thing everywhere, and pooling forgets small moves. Nothing in it looks for turned things."
        )
    if "turn" in (longer, calmer):
        return told + (
            "So with this picture it bears a turn <em>better</em> than a shift. The design helps with shifts only "
            "within the maps: strides, pooling and above all the layers that weigh every place by itself undo part "
            "of it, and what comes into view or leaves it counts as well. Try other pictures."
        )
    return told + (
        "With this picture neither is clearly borne better: what convolution and pooling give for shifts is a "
        "tendency, no guarantee. Try other pictures before you conclude."
    )


def stride_words(found: Shifted | None) -> str:
    """What a shift does to the first maps, in a sentence."""
    if found is None:
        return "so in a shifted picture its maps are shifted, too."
    return (
        f"so in a picture shifted by the step of {found.layer} ({found.stride} pixels) its maps are shifted by one "
        f"place and else change by {found.moved:.0%}; shifted by {found.half}, by {found.between:.0%}."
    )


def sooner_words(shift: Sweep, rotation: Sweep) -> str:
    """Which costs the first guess sooner, 45 pixels or 45°, each to either side, in sentences."""
    place = shift.neutral
    kept, means, said = [], [], []
    for found in (shift, rotation):
        ends = [step for step in range(len(found.values)) if step != place]
        chances = found.probabilities[ends, found.first]
        kept.append(sum(found.top(step, 1)[0].index == found.first for step in ends))
        means.append(float(chances.mean()))
        said.append(" and ".join(in_percent(chance) for chance in chances))
    told = (
        f"Here *{shift.categories[shift.first]}* has {in_percent(shift.probabilities[place, shift.first])}. Shifted by "
        f"45 pixels to either side, it has {said[0]}; turned by 45° to either side, {said[1]}. It stays first in "
        f"{kept[0]} of the 2 shifts and {kept[1]} of the 2 turns"
    )
    shift_better = (kept[0], means[0]) > (kept[1], means[1])
    return f"{told}: the {'turn' if shift_better else 'shift'} costs more here. *Run all six* tells about all amounts."


def upside_down_words(found: Four | None) -> str:
    """Whether the network is fooled as people are, in sentences to answer with."""
    if found is None or not max(found.apart):
        return (
            "Choose *parts upside down*, mark the eyes and the mouth, and compare the two numbers below the pictures."
        )
    upright, upside_down = found.apart
    like_people = upside_down < 0.8 * upright
    return (
        f"Turning the marked parts moves the features of {found.layer} by {upright:.2f} in the upright picture and by "
        f"{upside_down:.2f} in the one upside down. "
        + ("So, as with people, it counts less upside down." if like_people else "People would see it only upright.")
    )


def random_words(found: Nudge | None) -> str:
    """Whether noise of the nudge's size changes the name, in sentences to answer with."""
    why = "The nudge moves every colour the way that hurts, so that many small steps add up. Random steps cancel out."
    if found is None or found.stored is None:
        return f"*nudge* tries both, on your picture. {why}"
    return f"Here it leaves the name in {found.kept} of {found.tried} tries, and the nudge in none. {why}"


def _winner(shift: float, turn: float, clearly: float) -> str:
    """Which of the two is larger by a clear factor, if any."""
    return "shift" if shift > clearly * turn else "turn" if turn > clearly * shift else ""


def feature_movement(found: Sweep, pixels: float) -> float:
    """How far the last features move where pixels do by that much on average, mean of both directions."""
    layer = len(found.layers[:-1]) - 1 if len(found.layers) > 1 else 0
    size = found.frames.shape[1]
    turning = found.kind.name == "rotation"
    moved = np.array([mean_movement(size, value) if turning else abs(value) for value in found.values])
    sides = []
    for side in (found.values <= 0, found.values >= 0):
        order = np.argsort(moved[side])
        sides.append(np.interp(pixels, moved[side][order], found.distances[side, layer][order]))
    return float(np.mean(sides))


# --- pictures side by side ------------------------------------------------------------------------------------


def cards(
    pictures: Sequence[np.ndarray], titles: Sequence[str], guesses: Sequence[Sequence[Guess]], name: str, wide: int
) -> str:
    """HTML: pictures with their best guesses below, as many to a row as fit; ``name`` is set in bold."""
    figures = []
    for pixels, title, best in zip(pictures, titles, guesses, strict=True):
        source = address(_jpeg(reduced(pixels, 360), 90), "jpeg")
        alt = escape(f"{title}: {best[0].category}, {best[0].probability:.0%}" if best else title, quote=True)
        figures.append(
            f'<figure style="margin:0;min-width:0"><img src="{source}" alt="{alt}" '
            f'style="width:100%;aspect-ratio:1;object-fit:cover;display:block">'
            f"<figcaption>{guess_list(best, title, name)}</figcaption></figure>"
        )
    grid = f"display:grid;grid-template-columns:repeat(auto-fit,minmax(min({wide}px,45%),1fr));gap:0.9rem"
    return f'<div style="{grid}">{"".join(figures)}</div>'


def guess_list(best: Sequence[Guess], title: str, name: str) -> str:
    """HTML: small bars for a few guesses; the whole width is 100%."""
    rows = "".join(
        f'<li style="margin-bottom:0.3rem"><span class="name" style="font-size:0.92rem;line-height:1.25;'
        f'font-weight:{700 if guess.category == name else 400}">{escape(guess.category)}</span>'
        f'<span class="number" style="font-size:0.82rem">{in_percent(guess.probability)}</span>'
        f'<span class="bar" style="height:0.3rem"><i style="width:{100 * guess.probability:.2f}%"></i></span></li>'
        for guess in best
    )
    return f'<div class="guesses"><div class="quiet" style="margin:0.3rem 0">{escape(title)}</div><ol>{rows}</ol></div>'


def reduced(pixels: np.ndarray, side: int) -> np.ndarray:
    """Pixels no longer than ``side``, uint8 [H, W, 3]; smaller ones as they are."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def guessed(
    pictures: Sequence[np.ndarray],
    titles: Sequence[str],
    guesses: Sequence[Sequence[Guess]],
    about: str,
    palette: Palette,
) -> Figure:
    """Pictures side by side with the guesses under them, as on the page; ``about`` is the page’s HTML."""
    rows = [[(guess.category, guess.probability) for guess in best] for best in guesses]
    most = max(map(len, rows))
    empty = np.zeros((76 * most, 420, 4), np.uint8)
    below = [Panel(bars(row, palette, 420) if row else empty) for row in rows]
    shown = [Panel(picture, title) for picture, title in zip(pictures, titles, strict=True)]
    return Figure(below, plain(about), columns=len(below), above=shown)


def parts_words(found: Four) -> str:
    """HTML: what turning the parts does to the network, with the whole upright and upside down."""
    upright, upside_down = found.apart
    before, turned, head_down, both = (in_percent(share) for share in found.probabilities)
    told = (
        f"<b>{escape(found.name)}</b>: {before} → {turned} when the parts are turned in the upright picture, "
        f"{head_down} → {both} in the one upside down. The features of {escape(found.layer)} move by "
        f"<b>{upright:.2f}</b> and <b>{upside_down:.2f}</b> (0: not at all, 1: nothing in common). "
    )
    if max(upright, upside_down) == 0:
        return told + "Nothing is marked, so nothing moves."
    if upside_down < 0.8 * upright:
        return told + "As with people, the change counts less while the whole is upside down."
    if upright < 0.8 * upside_down:
        return told + "Unlike people, the network is moved more while the whole is upside down."
    return told + (
        "In a face, people hardly see it while the whole is upside down, and are startled when it is upright. To the "
        "network the two changes are about as large: it does not read the parts by the way the whole stands."
    )


def apart_words(found: Apart, share: float, suggested: bool = False) -> str:
    """HTML: what is left of the name for the thing alone and for the place alone.

    suggested: the mark is the network's own idea of where the thing is, which nothing can be concluded from.
    """
    if share in (0, 1):
        return (
            "Nothing is marked: paint over the thing first."
            if share == 0
            else "Everything is marked: leave something to be the place."
        )
    whole, thing, place = found.probabilities
    told = (
        f"<b>{escape(found.name)}</b>: {in_percent(whole)} in the whole picture, <b>{in_percent(thing)}</b> for the "
        f"thing elsewhere, <b>{in_percent(place)}</b> for its place without it. "
    )
    called = [best[0].category for best in found.guesses]
    if suggested:
        return told + (
            "But the mark is only a suggestion: the places that add most to the name. Paint over the whole thing "
            "before you conclude."
        )
    if called[1] == called[2] == found.name:
        return told + "Either is enough for the name: the thing without its place, and its place without the thing."
    if called[1] == found.name:
        return told + "The thing keeps its name without its place."
    if called[2] == found.name:
        return told + (
            "With the thing gone the name stays: what lies around was enough for it, and the hole’s outline may help."
        )
    return told + (
        f"Elsewhere the thing is called <b>{escape(called[1])}</b>: thing and place together made the name, "
        "or the cut’s own edge unmade it."
    )


# --- the nudge ---------------------------------------------------------------------------------------------------


def nudge_pictures(found: Nudge, view: np.ndarray) -> list[np.ndarray]:
    """Before, the nudge twenty times stronger about mid-grey, after: three of uint8 [size, size, 3]."""
    steps = TIMES * (found.stored or 0) * np.moveaxis(found.sign, 0, -1)
    return [view, np.clip(np.rint(127.5 + steps), 0, 255).astype(np.uint8), found.view]


def nudge_words(found: Nudge) -> str:
    """HTML: how small it is, what that means and what it does not."""
    name = f"<b>{escape(found.guesses[0][0].category)}</b>"
    if found.blind:
        return f"The network’s answer does not change at all around this picture: no direction leads away from {name}."
    if found.stored is None and found.epsilon is not None:
        return (
            f"ε = <b>{found.epsilon:.2g}/255</b> would be enough, but rounded to the whole steps that a picture file "
            f"can hold, {name} stays."
        )
    if found.stored is None:
        return (
            f"Along this direction {name} holds up to the largest step tried. That is no proof of safety: another "
            "direction may need less."
        )
    other = f"<b>{escape(found.guesses[1][0].category)}</b>"
    steps, make = ("1 step", "makes") if found.stored == 1 else (f"{found.stored} steps", "make")
    told = (
        f"ε = <b>{found.epsilon:.2g}/255</b> is enough: at {found.below:.2g}/255 it is still {name}. In a picture "
        f"file, where colours are whole numbers, {steps} of 255 up or down for every colour of every pixel {make} it "
        f"{other} ({in_percent(found.before)} → {in_percent(found.after)} for {name}). The same size at "
        f"<em>random</em> leaves the name in <b>{found.kept} of {found.tried}</b> tries."
    )
    rival = found.guesses[0][1]
    if found.before - rival.probability < 0.05:
        ahead = f"{escape(rival.category)} ({in_percent(rival.probability)})"
        told += f" It was hardly ahead of {ahead} to begin with, which makes it easy."
    return told


def _jpeg(pixels: np.ndarray, quality: int = 82) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
