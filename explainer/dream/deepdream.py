"""DeepDream: whatever a layer sees in a picture, more of it.

The picture is made small and dreamt on, then what was added is enlarged and laid over the
next larger version, and dreamt on again: large shapes first, details on top of them.

Source: Mordvintsev, Olah, Tyka, "Inceptionism", 2015, and the notebook that came with it.
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from explainer.dream.checks import DreamError
from explainer.dream.forward import activations, normalise, positions
from explainer.dream.frame import Frame, Settings, State, read, to_pixels
from explainer.dream.objective import Objective
from explainer.dream.parameterisation import COLOUR_AXES, turned
from explainer.dream.recipes import Octaves
from explainer.dream.regularise import blur
from explainer.networks import Network
from explainer.pictures import Picture

MAX_SIDE = 1024
MIN_SIDE = 64
GUIDE_SIDE = 224


def begin_deepdream(
    network: Network, objective: Objective, recipe: Octaves, start: Picture | None, guide: Picture | None
) -> State:
    """A DeepDream's first state.

    The picture is reduced to a long side of 1024 pixels, so that a step stays a matter of seconds.

    Raises:
        DreamError: no picture, one far too narrow, or an objective that needs a fixed size.
    """
    if start is None:
        raise DreamError("DeepDream begins with a picture: choose one.")
    wide = [name for name in sorted(objective.layers) if not network.layer(name).spatial]
    if wide:
        layers = [layer.name for layer in network.layers if layer.spatial]
        raise DreamError(
            f"DeepDream works on pictures of any shape, which {wide[0]} cannot read: "
            f"choose a layer, channel or unit of {layers[0]} to {layers[-1]}."
        )
    if guide is not None and any(term.kind != "layer" for term in objective.terms):
        raise DreamError("A guide picture steers whole layers: choose an objective such as layer:conv4.")
    original = _reduced(start, MAX_SIDE, "picture")
    for name in objective.layers:
        if not positions(network, name, min(original.shape[-2:])):
            raise DreamError(f"The picture is too small for {name}: choose a larger picture or an earlier layer.")
    return State(0, original, original=original, guide=None if guide is None else _reduced(guide, GUIDE_SIDE, "guide"))


def deepdream_frames(
    network: Network, objective: Objective, settings: Settings, state: State, guess_every: int
) -> Iterator[Frame]:
    """A frame after every step. While an octave is at work, its detail is shown over the full picture."""
    recipe = settings.recipe
    guides = _guide_features(network, objective, settings, state.guide)
    sides, guesses = _smallest_side(network, objective), ()
    while state.step < recipe.steps:
        scene, step = divmod(state.step, recipe.scene_steps)
        if step == 0 and scene > 0:
            enlarged = zoomed(state.numbers, recipe.zoom)
            state = replace(state, numbers=enlarged, original=enlarged)
        sizes = octave_sizes(state.original.shape[-2:], recipe, sides)
        octave, iteration = divmod(step, recipe.iterations)
        if iteration == 0:
            state = replace(state, numbers=_enter(state, sizes, octave))
        x, value = _step(network, objective, settings, state, guides)
        state = replace(state, step=state.step + 1, numbers=x)
        shown = over(state.original, x) if x.shape != state.original.shape else x
        pictures = to_pixels(shown)
        if guess_every and (state.step % guess_every == 0 or state.step == recipe.steps or not guesses):
            guesses = read(network, pictures[0])
        yield Frame(state.step, value, guesses, pictures, settings, state, scene)


def octave_sizes(size: tuple[int, int], recipe: Octaves, smallest: int = 1) -> list[tuple[int, int]]:
    """(height, width) of each octave, the last one ``size`` itself, none with a side below ``smallest``."""
    height, width = size
    floor = min(1.0, smallest / min(size))
    factors = [max(recipe.ratio ** (octave - recipe.octaves + 1), floor) for octave in range(recipe.octaves)]
    return [(round(height * factor), round(width * factor)) for factor in factors]


def resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    """[N, C, H, W] at another size; reducing averages, so that nothing flickers in."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(x, size=tuple(size), mode="bicubic", antialias=True, align_corners=False)


def over(original: Tensor, x: Tensor) -> Tensor:
    """What was added to the picture at x's size, enlarged and laid over the full picture."""
    size = original.shape[-2:]
    return (original + resized(x - resized(original, x.shape[-2:]), size)).clamp(0, 1)


def zoomed(x: Tensor, share: float) -> Tensor:
    """The picture without a border of ``share`` / 2 on each side, enlarged to the old size."""
    height, width = x.shape[-2:]
    top, left = round(height * share / 2), round(width * share / 2)
    return resized(x[..., top : height - top, left : width - left], (height, width)).clamp(0, 1)


def _enter(state: State, sizes: list[tuple[int, int]], octave: int) -> Tensor:
    """The picture as an octave begins: its own version of the original with the detail so far on top."""
    base = resized(state.original, sizes[octave])
    if octave == 0:
        return base
    detail = state.numbers - resized(state.original, state.numbers.shape[-2:])
    return (base + resized(detail, sizes[octave])).clamp(0, 1)


def _step(
    network: Network, objective: Objective, settings: Settings, state: State, guides: dict[str, Tensor]
) -> tuple[Tensor, float]:
    """x += rate · g / mean|g|, on a picture rolled by a few pixels so that no seams build up."""
    recipe = settings.recipe
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + state.step + 1)
    roll = torch.randint(-recipe.jitter, recipe.jitter + 1, (2,), generator=generator).tolist()
    with torch.enable_grad():
        x = state.numbers.detach().roll(roll, (2, 3)).requires_grad_()
        found = activations(network, normalise(network, x), objective.layers, settings.precision)
        value = guided(objective, found, guides) if guides else objective.measure(found)
        (gradient,) = torch.autograd.grad(value.sum(), x)
    if not gradient.isfinite().all():
        raise DreamError("The objective ran off the scale: lower its weights.")
    with torch.no_grad():
        if recipe.smooth:
            gradient = blur(gradient, recipe.smooth / 2) + blur(gradient, 2 * recipe.smooth)
        if recipe.colours == "decorrelated":
            gradient = turned(gradient, COLOUR_AXES @ COLOUR_AXES.T)
        step = recipe.rate / 255 * gradient / gradient.abs().mean().clamp(min=1e-12)
        return (x + step).clamp(0, 1).roll([-shift for shift in roll], (2, 3)).detach(), value.mean().item()


# --- a guide picture ---------------------------------------------------------------------------------


def guided(objective: Objective, found: dict[str, Tensor], guides: dict[str, Tensor]) -> Tensor:
    """Each position's dot product with the guide's features that it matches best, added up: float [1]."""
    total = 0.0
    for term in objective.terms:
        features = found[term.layer].float().flatten(2)[0].T
        total = total + term.weight * (features * best_matches(features.detach(), guides[term.layer])).sum()
    return total[None]


def best_matches(features: Tensor, guide: Tensor, rows: int = 2048) -> Tensor:
    """For each feature vector [P, C] the guide's vector [Q, C] with the greatest dot product: [P, C]."""
    best = torch.cat([(part @ guide.T).argmax(1) for part in features.split(rows)])
    return guide[best]


def _guide_features(
    network: Network, objective: Objective, settings: Settings, guide: Tensor | None
) -> dict[str, Tensor]:
    if guide is None:
        return {}
    with torch.no_grad():
        found = activations(network, normalise(network, guide), objective.layers, settings.precision)
    return {name: values.float().flatten(2)[0].T.contiguous() for name, values in found.items()}


# --- sizes -------------------------------------------------------------------------------------------


def _reduced(picture: Picture, longest: int, what: str) -> Tensor:
    """A picture as [1, 3, H, W] from 0 to 1, at most ``longest`` long and at least 64 wide."""
    long, short = max(picture.width, picture.height), min(picture.width, picture.height)
    factor = min(1.0, longest / long)
    if short * factor < MIN_SIDE:
        factor = MIN_SIDE / short
    if round(long * factor) > longest:
        raise DreamError(
            f"The {what} is {picture.width} × {picture.height} pixels, too narrow to dream on: "
            f"choose one at most {longest // MIN_SIDE} times as long as wide."
        )
    x = torch.from_numpy(picture.pixels.copy()).permute(2, 0, 1)[None].float() / 255
    return resized(x, (round(picture.height * factor), round(picture.width * factor))).clamp(0, 1)


def _smallest_side(network: Network, objective: Objective) -> int:
    """The smallest side that every layer of the objective can read."""
    for side in range(16, MAX_SIDE, 8):
        if all(positions(network, name, side) for name in objective.layers):
            return side
    return MAX_SIDE
