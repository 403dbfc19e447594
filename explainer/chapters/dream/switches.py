"""A recipe taken apart: each of its regularisers as a switch."""

from collections.abc import Collection
from dataclasses import replace

from explainer.dream.checks import number, one_of
from explainer.dream.recipes import RECIPES, Recipe

# The setting behind each switch, its value when off, and when on in a recipe that has none of its own.
SWITCHES: dict[str, tuple[str, object, object]] = {
    "Fourier": ("parameterisation", "pixel", "fourier"),
    "natural colours": ("colours", "independent", "decorrelated"),
    "jitter": ("jitter", 0.0, RECIPES["clear"].jitter),
    "scale": ("scale", (1.0, 1.0), RECIPES["clear"].scale),
    "rotation": ("rotate", 0.0, RECIPES["clear"].rotate),
    "mirror": ("mirror", False, True),
    "blur": ("blur", 0.0, RECIPES["yosinski"].blur),
    "decay": ("decay", 0.0, 0.01),
    "weak pixels out": ("drop_weak", 0.0, 0.05),
    "total variation": ("total_variation", 0.0, RECIPES["clear"].total_variation),
    "lead": ("lead", 0.0, RECIPES["clear"].lead),
}
MAX_STRENGTH = 10.0


def switches_on(recipe: Recipe) -> list[str]:
    """The switches that are on in a recipe."""
    off = {"natural colours": ("independent", "clipped")}
    return [
        name
        for name, (setting, without, _) in SWITCHES.items()
        if getattr(recipe, setting) not in off.get(name, (without,))
    ]


def switched(recipe: Recipe, on: Collection[str], strength: float = 1.0) -> Recipe:
    """The recipe with just these switches on, its steps ``strength`` times as long.

    What is on keeps the recipe's own amount, where it has one. Plain pixels with plain colours are
    changed by plain ascent and cut off at black and white, anything else by Adam.

    Raises:
        DreamError: there is no such switch, or the strength is out of range.
    """
    for name in on:
        one_of("switch", name, tuple(SWITCHES))
    strength = number("strength", strength, 0.1, MAX_STRENGTH)
    own = switches_on(recipe)
    changed = {
        setting: (getattr(recipe, setting) if name in own else added) if name in on else without
        for name, (setting, without, added) in SWITCHES.items()
    }
    plain = "Fourier" not in on and "natural colours" not in on
    changed |= {"optimiser": "ascent" if plain else "adam", "rate": (1.0 if plain else 0.05) * strength}
    changed |= {"colours": "clipped"} if plain else {}
    same = sorted(own) == sorted(on) and strength == 1
    return recipe if same else replace(recipe, name="own", **changed)


def amounts(recipe: Recipe) -> list[str]:
    """What is on in a recipe, each with its number, in words."""
    low, high = recipe.scale
    said = {
        "Fourier": "Fourier",
        "natural colours": "natural colours",
        "jitter": f"jitter {recipe.jitter:g} px",
        "scale": f"scale {low:g} to {high:g}",
        "rotation": f"rotation {recipe.rotate:g}°",
        "mirror": "mirror",
        "blur": f"blur {recipe.blur:g} px every {recipe.blur_every} steps",
        "decay": f"decay {100 * recipe.decay:g}%",
        "weak pixels out": f"weakest {100 * recipe.drop_weak:g}% out",
        "total variation": f"total variation {recipe.total_variation:g}",
        "lead": f"lead {recipe.lead:g}",
    }
    return [said[name] for name in switches_on(recipe)]
