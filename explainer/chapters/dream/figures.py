"""Pictures and curves of dreams."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from html import escape

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explainer.chapters.dream.growth import Growth
from explainer.chapters.dream.switches import amounts, switches_on
from explainer.dream import RECIPES, Frame, Octaves, Recipe
from explainer.dream.film import facts
from explainer.figures.shares import in_percent
from explainer.figures.slide import Figure, Panel, bars
from explainer.figures.tiles import Palette, address
from explainer.networks import Guess

MOST_POINTS = 160  # of a curve


def live_address(pixels: np.ndarray, moving: bool = False) -> str:
    """uint8 [H, W, 3] as the address of an image: PNG, or JPEG while the next picture is about to come."""
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    if moving and min(pixels.shape[:2]) >= 64:
        image.save(file, "JPEG", quality=90, subsampling=0)
        kind = "jpeg"
    else:
        image.save(file, "PNG", compress_level=2)
        kind = "png"
    return address(file.getvalue(), kind)


# --- curves --------------------------------------------------------------------------------------------


def objective_curve(growth: Growth, palette: Palette) -> str:
    """The objective's value in every step's look, as a small chart."""
    values, steps = growth.values, growth.frame.settings.steps
    low, high = min(0.0, *values, 0.0), max(*values, 1e-12, 0.0)
    line = [((place + 1) / steps, (values[place] - low) / (high - low)) for place in _thinned(len(values))]
    alt = f"The objective over {len(values)} of {steps} steps: from {_short(values[0])} to {_short(values[-1])}"
    heading = f'objective <b class="number">{_short(values[-1])}</b>'
    return _chart(heading, [(line, palette.ink, 1.6)], _short(high), _short(low), steps, alt)


def guess_curve(growth: Growth, wanted: str, palette: Palette) -> str:
    """How sure the network is of ``wanted`` over the steps (orange), and of its other guesses of now (grey)."""
    steps = growth.frame.settings.steps
    now, lines = [guess.category for guess in growth.frame.guesses], []
    for name in [*(name for name in now if name != wanted), wanted]:
        line = [(step / steps, probability) for step, probability in growth.probabilities(name)]
        ours = name == wanted
        lines.append((line, palette.positive if ours else palette.dim, 2.2 if ours else 0.9))
    found = growth.probabilities(wanted)
    current = found[-1][1] if found and found[-1][0] == growth.guesses[-1][0] else None
    said = f"{in_percent(current)}" if current is not None else "not among the five"
    heading = f'{escape(wanted)} <b class="number">{said}</b>'
    alt = f"Probability of {wanted} over the steps, now {said}"
    return _chart(heading, lines, "100%", "0%", steps, alt)


def _short(value: float) -> str:
    if abs(value) < 1e-9:
        return "0"
    if abs(value) >= 10_000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _thinned(count: int) -> list[int]:
    """At most so many places of ``count``, the last among them."""
    return sorted({*range(0, count, -(-count // MOST_POINTS)), count - 1})


def _chart(heading: str, lines: list, high: str, low: str, steps: int, alt: str) -> str:
    """Lines of (share of the width, share of the height), in a frame with its two ends named."""
    width, height = 300, 62
    drawn = "".join(
        f'<polyline points="{" ".join(f"{x * width:.1f},{1 + (height - 2) * (1 - y):.1f}" for x, y in line)}" '
        f'fill="none" stroke="{colour}" stroke-width="{thick}" stroke-linejoin="round" '
        'vector-effect="non-scaling-stroke"/>'
        for line, colour, thick in lines
        if line
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'preserveAspectRatio="none">{drawn}</svg>'
    )
    source = address(svg.encode(), "svg+xml")
    return (
        f'<div class="curve"><div class="name"><span>{heading}</span><span class="end">{high}</span></div>'
        f'<img src="{source}" alt="{escape(alt)}">'
        f'<div class="name"><span class="end">{low}</span><span class="end">step {steps}</span></div></div>'
    )


def dream_figure(frame: Frame, palette: Palette, before: np.ndarray | None = None) -> Figure:
    """A dream beside what it was before or what is read in it; its settings go into the file."""
    crisp = frame.pixels.shape[0] < 128
    best = [(guess.category, guess.probability) for guess in frame.guesses[:5]]
    panels = [Panel(before, "before")] if before is not None else []
    panels.append(Panel(frame.pixels, f"after {frame.step} step{'s' if frame.step > 1 else ''}", crisp))
    if before is None:
        panels.append(Panel(bars(best, palette), "what the network reads in it"))
    return Figure(panels, settings_words(frame), facts=facts(frame))


# --- words ---------------------------------------------------------------------------------------------


def progress(growth: Growth) -> tuple[float, str]:
    """The share done and the line beside the bar."""
    frame, recipe = growth.frame, growth.frame.settings.recipe
    words = f"step {frame.step} of {frame.settings.steps}"
    if isinstance(recipe, Octaves):
        octave = (frame.step - 1) % recipe.scene_steps // recipe.iterations + 1
        words += f" · octave {octave} of {recipe.octaves}"
        words += f" · scene {frame.scene + 1} of {recipe.scenes}" if recipe.scenes > 1 else ""
    return frame.step / frame.settings.steps, words


def read_by(title: str, best: Sequence[Guess], note: str = "") -> str:
    """What another network reads, in one line, and a word on that network."""
    read = " · ".join(f"{escape(guess.category)} {guess.probability:.0%}" for guess in best[:3])
    return f'<div class="quiet"><b>{escape(title)}</b> reads: {read}{f". {escape(note)}" if note else ""}</div>'


def said_by(frame: Frame) -> str:
    """What a frame shows, for those who can't see it."""
    guess = frame.guesses[0]
    return (
        f"Dreamt picture for {objective_words(frame.settings.objective)} after {frame.step} of "
        f"{frame.settings.steps} steps; the network reads {guess.category}, {guess.probability:.0%}"
    )


def recipe_code(recipe: Recipe | Octaves) -> str:
    """The lines that make a recipe: its name in the list, or what it has of its own."""
    kind = type(recipe).__name__
    if RECIPES.get(recipe.name) == recipe:
        return f'RECIPES["{recipe.name}"]'
    own = [
        f"{entry.name}={getattr(recipe, entry.name)!r}"
        for entry in fields(recipe)
        if getattr(recipe, entry.name) != entry.default and entry.name != "name"
    ]
    return f"{kind}({', '.join(own)})"


def objective_words(objective: str) -> str:
    """An objective as people say it: "class:zebra" → "zebra", "channel:conv5:12" → "detector 12 of conv5"."""
    kind, _, rest = objective.partition(":")
    layer, _, unit = rest.partition(":")
    said = {"class": rest, "layer": f"all of {layer}", "channel": f"detector {unit} of {layer}"}
    return said.get(kind, f"detector {unit} of {layer} at one place" if kind == "unit" else objective)


def work_words(recipe: Recipe | Octaves) -> str:
    """Which regularisers a recipe sets to work, in a sentence or two."""
    if isinstance(recipe, Octaves):
        return f"Now at work: {recipe_words(recipe)}."
    on = switches_on(recipe)
    if not on:
        return "None is at work now: every pixel is free to follow its own slope."
    moves = [MOVES[name] for name in on if name in MOVES]
    moved = " and ".join([", ".join(moves[:-1]), moves[-1]] if len(moves) > 1 else moves)
    told = f"The picture is {moved} before every look, so only what survives that can grow. " if moves else ""
    return f"{told}Now at work: {recipe_words(recipe)}."


MOVES = {"jitter": "shifted", "scale": "scaled", "rotation": "turned", "mirror": "mirrored"}


def so_far_words(frame: Frame | None) -> str:
    """What the network reads in the picture on show, in a sentence; nothing where there is no picture."""
    if frame is None:
        return ""
    guess, recipe = frame.guesses[0], frame.settings.recipe.name
    by = "a mixture of your own" if recipe == "own" else f"the recipe *{recipe}*"
    return (
        f"The picture on show, made with {by}, is read as *{guess.category}* with {in_percent(guess.probability)} "
        f"after {frame.step} steps."
    )


def switches_list(lines: Mapping[str, str]) -> str:
    """HTML: each regulariser's name and what it does."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(line)}</dd>" for name, line in lines.items())
    return f'<dl class="quiet switches">{rows}</dl>'


# --- the shelf -----------------------------------------------------------------------------------------


def recipe_words(recipe: Recipe | Octaves) -> str:
    """What a recipe does, with its numbers."""
    if isinstance(recipe, Octaves):
        steps = f"{recipe.octaves} octaves of {recipe.iterations} steps"
        return f"{steps}, strength {recipe.rate:g}, jitter {recipe.jitter} px"
    return ", ".join(amounts(recipe)) or "none at all"


def settings_words(frame: Frame) -> str:
    """A frame's settings in a line or two."""
    return f"{recipe_words(frame.settings.recipe)}; {frame.step} steps, seed {frame.settings.seed}"


def shelf(frames: Sequence[Frame]) -> str:
    """Pinned pictures side by side, each with its settings and what was read in it."""
    cards = []
    for frame in frames:
        name, guess = frame.settings.recipe.name, frame.guesses[0]
        title = "own mixture" if name == "own" else name
        crisp = ' style="image-rendering: pixelated"' if frame.pixels.shape[0] < 128 else ""
        cards.append(
            f'<figure><img src="{live_address(frame.pixels, True)}" alt="{escape(said_by(frame))}"{crisp}>'
            f"<figcaption><b>{escape(title)}</b> {escape(objective_words(frame.settings.objective))}<br>"
            f"reads {escape(guess.category)} {guess.probability:.0%}<br>"
            f'<span class="quiet">{escape(settings_words(frame))}</span></figcaption></figure>'
        )
    return f'<div class="shelf">{"".join(cards)}</div>'


def named_sheet(pictures: Sequence[np.ndarray], names: Sequence[str], columns: int) -> bytes:
    """Pictures uint8 [H, W, 3] of one size side by side, each with its name below, as a PNG on white."""
    height, width = pictures[0].shape[:2]
    gap, line = 12, 30
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + line + gap) + gap), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(18)
    for place, (pixels, name) in enumerate(zip(pictures, names, strict=True)):
        left, top = gap + place % columns * (width + gap), gap + place // columns * (height + line + gap)
        page.paste(Image.fromarray(pixels), (left, top))
        pen.text((left + width / 2, top + height + 5), name, "#1D1C1A", font, anchor="ma")
    file = io.BytesIO()
    page.save(file, "PNG", optimize=True)
    return file.getvalue()
