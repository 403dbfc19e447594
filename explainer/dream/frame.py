"""What a dream hands out after every step, and how it is put away to go on another day."""

from dataclasses import asdict, dataclass, field, fields

import numpy as np
import torch
from torch import Tensor

from explainer.dream.checks import DreamError, one_of, whole
from explainer.dream.forward import PRECISIONS
from explainer.dream.recipes import MAX_STEPS, Octaves, Recipe, recipe_from
from explainer.networks import Guess, Network, best_guesses
from explainer.pictures import Picture, crop_seen

MIN_SIZE, MAX_SIZE = 8, 512
MAX_PICTURES = 9
MAX_PIXELS = MAX_PICTURES * 256**2  # of all pictures together
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class Settings:
    """All that decides a dream besides the network's weights and the picture it began with.

    objective: as text. size: side of the square picture, in pixels (0 for DeepDream, which keeps the
    picture's own). pictures: dreamt at once. network, weights: name, and digest of its weights.
    """

    objective: str
    recipe: Recipe | Octaves
    steps: int
    size: int
    pictures: int
    seed: int
    precision: str
    network: str
    weights: str

    def __post_init__(self) -> None:
        whole("number of steps", self.steps, 1, max(MAX_STEPS, self.recipe.steps))
        whole("number of pictures", self.pictures, 1, MAX_PICTURES)
        whole("seed", self.seed, 0, MAX_SEED)
        one_of("precision", self.precision, PRECISIONS)
        if isinstance(self.recipe, Recipe):
            whole("size", self.size, MIN_SIZE, MAX_SIZE)
            if self.pictures * self.size**2 > MAX_PIXELS:
                raise DreamError(f"{self.pictures} pictures of {self.size} pixels are too much at once: ask for less.")

    def values(self) -> dict:
        """As plain values, for a link, a PNG or a file."""
        return asdict(self)

    @staticmethod
    def of(values: dict) -> "Settings":
        """The inverse of :meth:`values`; DreamError where something is missing, unknown or out of range."""
        names = {entry.name for entry in fields(Settings)}
        if not isinstance(values, dict) or set(values) != names or not isinstance(values["recipe"], dict):
            raise DreamError("These are not the settings of a dream.")
        return Settings(**{**values, "recipe": recipe_from(values["recipe"])})


@dataclass(frozen=True)
class State:
    """Where a dream stands. Steps make new tensors, so that an old state stays good.

    numbers: what the steps change. first, second: Adam's running means of the gradient and its square.
    best, best_value: numbers of the best picture so far. asleep: the last gradient was zero.
    original, guide: the pictures that a DeepDream began with, [1, 3, H, W], 0 to 1.
    """

    step: int
    numbers: Tensor
    first: Tensor | None = None
    second: Tensor | None = None
    best: Tensor | None = None
    best_value: float = float("-inf")
    asleep: bool = False
    original: Tensor | None = None
    guide: Tensor | None = None


@dataclass(frozen=True)
class Frame:
    """A dream after ``step`` of ``settings.steps`` steps.

    pictures: uint8 [N, H, W, 3]; ``pixels`` is the first of them. objective: what this step's look at the
    picture measured, before the step (mean over the pictures). guesses: what the network reads in the first
    picture, looked at as any photograph; renewed every few steps. scene: of a zoom film, from 0.
    """

    step: int
    objective: float
    guesses: tuple[Guess, ...]
    pictures: np.ndarray = field(repr=False)
    settings: Settings = field(repr=False)
    state: State = field(repr=False)
    scene: int = 0

    @property
    def pixels(self) -> np.ndarray:
        return self.pictures[0]

    @property
    def last(self) -> bool:
        """Whether the dream is over."""
        return self.step >= self.settings.steps

    @property
    def whole(self) -> bool:
        """Whether this is a picture to keep for a film: every one, but of a zoom film each scene's last."""
        recipe = self.settings.recipe
        return not isinstance(recipe, Octaves) or recipe.scenes == 1 or self.step % recipe.scene_steps == 0

    def picture(self, name: str = "dream") -> Picture:
        """The first picture, for another network to read."""
        return Picture(self.pixels, name)


def to_pixels(pictures: Tensor) -> np.ndarray:
    """Colours from 0 to 1 [N, 3, H, W] → uint8 [N, H, W, 3]."""
    levels = pictures.detach().clamp(0, 1).mul(255).round().to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().numpy()


def read(network: Network, pixels: np.ndarray, count: int = 5) -> tuple[Guess, ...]:
    """A network's guesses for uint8 [H, W, 3], prepared as any photograph. Nothing is remembered."""
    preprocessing = network.preprocessing
    view, _ = crop_seen(pixels, preprocessing.short_side, preprocessing.size)
    with torch.no_grad():
        probabilities = network.run(preprocessing.normalise(view)[None])[0].softmax(0)
    return tuple(best_guesses(probabilities, network.categories, count))
