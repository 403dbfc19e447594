"""Running a network backwards: pictures made to raise one of its answers.

>>> for frame in dream(network, "class:dumbbell", steps=64):
...     show(frame.pixels, frame.objective, frame.guesses)
"""

from explainer.dream.checks import DreamError
from explainer.dream.film import Film, png, settings_in
from explainer.dream.frame import Frame, Settings, State, read
from explainer.dream.objective import Objective, class_objective, nearest_categories, parse_objective
from explainer.dream.recipes import RECIPES, Octaves, Recipe, recipe_from
from explainer.dream.render import dream, natural_recipe, natural_size

__all__ = [
    "RECIPES",
    "DreamError",
    "Film",
    "Frame",
    "Objective",
    "Octaves",
    "Recipe",
    "Settings",
    "State",
    "class_objective",
    "dream",
    "natural_recipe",
    "natural_size",
    "nearest_categories",
    "parse_objective",
    "png",
    "read",
    "recipe_from",
    "settings_in",
]
