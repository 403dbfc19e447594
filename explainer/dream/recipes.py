"""Recipes as data: how a dream is drawn, whatever its objective.

- ``naive``: change the pixels uphill, nothing else. Draws noise that the network is sure of.
- ``yosinski``: the same with decay and blur between the steps (Yosinski et al. 2015).
- ``lucid``: steps on a spectrum seen through small random movements (Distill 2017).
- ``clear``: this app's own, for categories: the same with bold movements, so that shapes have to
  hold at several sizes, a lead over the other categories, and a price on grain.
- ``detector``: this app's own, for layers, channels and units: small movements, as these look at
  small windows.
- ``deepdream``: a photograph, octave by octave (Mordvintsev et al. 2015).
"""

from dataclasses import dataclass, fields

from explainer.dream.checks import DreamError, number, one_of, whole
from explainer.dream.parameterisation import COLOURS, PARAMETERISATIONS
from explainer.dream.transform import SURROUNDS

MAX_STEPS = 10_000


def _pair(scale: object) -> tuple[float, float]:
    if not isinstance(scale, list | tuple) or len(scale) != 2:
        raise DreamError(f"The scale has to be two numbers, from and to, not {scale}.")
    return number("scale", scale[0], 0.25, 4), number("scale", scale[1], 0.25, 4)


@dataclass(frozen=True)
class Recipe:
    """From noise to a picture.

    parameterisation, colours: what the steps change (see :mod:`explainer.dream.parameterisation`).
    optimiser: "adam" (``rate`` is its learning rate) or "ascent" (``rate`` is the mean change of a
        step on the canvas, in 255ths).
    lead: weight of a category's log probability, added to its sum: it has to beat its rivals, too.
    jitter: pixels of a picture 224 wide, more or less of others. scale: factors from-to. rotate: degrees.
    mirror: half of the time.
    surround: what lies beyond the border ("mirror" or "grey").
    total_variation: its price. decay, drop_weak: shares of 1. blur: pixels, every ``blur_every`` steps.
    keep_best: the last frame shows the best picture so far, not the last one.
    steps: how many when nobody says.
    """

    name: str = "own"
    parameterisation: str = "fourier"
    colours: str = "decorrelated"
    optimiser: str = "adam"
    rate: float = 0.05
    lead: float = 0.0
    jitter: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    rotate: float = 0.0
    mirror: bool = False
    surround: str = "mirror"
    total_variation: float = 0.0
    decay: float = 0.0
    drop_weak: float = 0.0
    blur: float = 0.0
    blur_every: int = 4
    keep_best: bool = False
    steps: int = 256

    def __post_init__(self) -> None:
        one_of("parameterisation", self.parameterisation, PARAMETERISATIONS)
        one_of("colours", self.colours, COLOURS)
        one_of("optimiser", self.optimiser, ("adam", "ascent"))
        one_of("surround", self.surround, SURROUNDS)
        number("rate", self.rate, 1e-6, 50)
        number("lead", self.lead, 0, 100)
        number("jitter", self.jitter, 0, 200)
        number("rotation", self.rotate, 0, 180)
        number("total variation", self.total_variation, 0, 100)
        number("decay", self.decay, 0, 1)
        number("share of weak pixels", self.drop_weak, 0, 1)
        number("blur", self.blur, 0, 20)
        whole("number of steps between blurs", self.blur_every, 1, MAX_STEPS)
        whole("number of steps", self.steps, 1, MAX_STEPS)
        low, high = _pair(self.scale)
        if low > high:
            raise DreamError(f"The scale has to go from small to large, not from {low:g} to {high:g}.")
        object.__setattr__(self, "scale", (low, high))  # a list when it comes from a file


@dataclass(frozen=True)
class Octaves:
    """DeepDream: a picture made small, dreamt on, enlarged by ``ratio``, dreamt on again, up to full size.

    rate: mean change of a colour value by a step, in 255ths. jitter: pixels the picture is rolled by.
    colours: "decorrelated" (colours change as they do in photographs) or "independent" (as in 2015).
    smooth: pixels that each step is blurred by, so that shapes grow before grain; 0 for none, as in 2015.
    scenes: more than one make a film: each begins as the last one ended, enlarged by ``zoom``.
    """

    name: str = "deepdream"
    octaves: int = 4
    ratio: float = 1.4
    iterations: int = 10
    rate: float = 1.5
    jitter: int = 32
    colours: str = "decorrelated"
    smooth: float = 1.0
    scenes: int = 1
    zoom: float = 0.05

    def __post_init__(self) -> None:
        whole("number of octaves", self.octaves, 1, 10)
        number("ratio between octaves", self.ratio, 1.05, 4)
        whole("number of steps an octave", self.iterations, 1, 200)
        number("strength", self.rate, 1e-6, 50)
        whole("jitter", self.jitter, 0, 200)
        one_of("colours", self.colours, COLOURS[:2])
        number("smoothing", self.smooth, 0, 20)
        whole("number of scenes", self.scenes, 1, 500)
        number("zoom", self.zoom, 0, 0.5)

    @property
    def scene_steps(self) -> int:
        return self.octaves * self.iterations

    @property
    def steps(self) -> int:
        return self.scenes * self.scene_steps


RECIPES: dict[str, Recipe | Octaves] = {
    recipe.name: recipe
    for recipe in (
        Recipe("clear", lead=3.0, jitter=40, scale=(1.0, 2.5), rotate=12, mirror=True, total_variation=0.006),
        Recipe("detector", jitter=4, scale=(0.95, 1.05), rotate=4, total_variation=0.004, steps=128),
        Recipe("naive", "pixel", "clipped", "ascent", rate=1.0),
        Recipe(
            "yosinski",
            "pixel",
            "clipped",
            "ascent",
            rate=1.0,
            decay=1e-4,
            blur=1.0,
            keep_best=True,
            steps=1000,
        ),
        Recipe("lucid", jitter=10, scale=(0.9, 1.1), rotate=10, surround="grey", steps=512),
        Octaves(),
    )
}


def find_recipe(recipe: str | Recipe | Octaves) -> Recipe | Octaves:
    """A recipe by its name, or the one given.

    Raises:
        DreamError: there is none of that name; the sentence lists them.
    """
    return recipe if isinstance(recipe, Recipe | Octaves) else RECIPES[one_of("recipe", recipe, tuple(RECIPES))]


def recipe_from(values: dict) -> Recipe | Octaves:
    """The recipe that :func:`dataclasses.asdict` made ``values`` of.

    Raises:
        DreamError: unknown settings, or values out of range.
    """
    kind = Octaves if "octaves" in values else Recipe
    if unknown := set(values) - {field.name for field in fields(kind)}:
        raise DreamError(f"A dream has no setting “{sorted(unknown)[0]}”.")
    return kind(**values)
