"""Render: draws a dream step by step.

One step: numbers → picture → a random view of it → the network, as far as the objective
needs it → the objective's gradient → numbers a little further uphill → regularisers.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from explainer.dream.checks import DreamError, whole
from explainer.dream.deepdream import begin_deepdream, deepdream_frames
from explainer.dream.forward import activations, best_precision, normalise, positions
from explainer.dream.frame import MIN_SIZE, Frame, Settings, State, read, to_pixels
from explainer.dream.objective import Objective, parse_objective
from explainer.dream.parameterisation import Canvas
from explainer.dream.recipes import Octaves, Recipe, find_recipe
from explainer.dream.regularise import blur, decay, drop_weak, total_variation
from explainer.dream.transform import Transform, compose, jitter, look, middle, mirror, rotate, scale
from explainer.networks import Network
from explainer.pictures import Picture, crop_seen

LEAKY_STEPS = 16
CLASS_SIZE = 224


def dream(
    network: Network,
    objective: str | Objective,
    recipe: str | Recipe | Octaves | None = None,
    *,
    steps: int | None = None,
    size: int | None = None,
    seed: int = 0,
    pictures: int = 1,
    start: Picture | None = None,
    guide: Picture | None = None,
    precision: str | None = None,
    guess_every: int = 16,
) -> Iterator[Frame]:
    """Dream a picture that raises an objective: one :class:`Frame` after every step.

    Everything asked for is checked before the first step. The generator can be left alone (pause)
    or closed (stop). The same arguments give the same bytes on the same machine.

    Args:
        objective: as :func:`~explainer.dream.objective.parse_objective` reads it, or a ready one.
        recipe: a name in :data:`~explainer.dream.recipes.RECIPES`, or one of your own; without it
            "clear" for categories and what else sees the whole picture, "detector" for the rest.
        steps: how many; without it the recipe's. DeepDream counts its own (octaves × iterations).
        size: side of the picture in pixels; without it 224, or for units just what they see.
        pictures: how many to dream at once (with ``diversity``: unlike each other).
        start: picture to begin with instead of noise. DeepDream needs one.
        guide: DeepDream only: grow what this picture shows, where the layer finds it alike.
        precision: "float32" or "bfloat16"; without it what the processor does fastest.
        guess_every: steps between the network's guesses; 0 for none.

    Raises:
        DreamError: a category, number or combination that can't be dreamt.
        NetworkError: the network has no such layer.
    """
    objective = parse_objective(objective, network) if isinstance(objective, str) else objective
    recipe = find_recipe(natural_recipe(network, objective) if recipe is None else recipe)
    precision = precision or best_precision()
    about = {"objective": str(objective), "recipe": recipe, "seed": seed, "precision": precision}
    about |= {"network": network.name, "weights": network.digest}
    guess_every = whole("number of steps between guesses", guess_every, 0, 10_000)
    if isinstance(recipe, Octaves):
        settings = Settings(steps=recipe.steps, size=0, pictures=1, **about)
        state = begin_deepdream(network, objective, recipe, start, guide)
        return deepdream_frames(network, objective, settings, state, guess_every)
    if guide is not None:
        raise DreamError("Only DeepDream follows a guide picture: choose that recipe, or no guide.")
    size = natural_size(network, objective) if size is None else size
    steps = recipe.steps if steps is None else steps
    settings = Settings(steps=steps, size=size, pictures=pictures, **about)
    plan = _plan(network, objective, settings)
    return _frames(network, plan, settings, _begin(plan, settings, start), guess_every)


def natural_recipe(network: Network, objective: Objective) -> str:
    """The recipe that suits an objective: "detector" if all it reads looks through small windows."""
    return "detector" if all(network.layer(name).spatial for name in objective.layers) else "clear"


def natural_size(network: Network, objective: Objective) -> int:
    """The picture's side that suits an objective: 224, or for units alone what they see of it."""
    if _units_alone(objective):
        return max(MIN_SIZE, min(CLASS_SIZE, view_side(network, objective, CLASS_SIZE)))
    return CLASS_SIZE


def view_side(network: Network, objective: Objective, size: int) -> int:
    """Side of the view that the network gets, in pixels: no larger than the objective needs.

    Layers that see everything need the network's own input. A unit needs what it sees, aligned so
    that it is the centre of its map. Maps are as large as the picture allows.
    """
    layers = [network.layer(name) for name in objective.layers]
    if not all(layer.spatial for layer in layers):
        return network.preprocessing.size
    if _units_alone(objective):
        return max(_centred_side(network, layer.name) for layer in layers)
    return max(size, *(_centred_side(network, layer.name) for layer in layers))


# --- what a dream is made of ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """A dream's settings, worked out. ``aim`` is the objective with what the recipe adds to it."""

    objective: Objective
    aim: Objective
    recipe: Recipe
    canvas: Canvas
    transform: Transform | None
    side: int
    precision: str
    seed: int


def _plan(network: Network, objective: Objective, settings: Settings) -> _Plan:
    recipe, size = settings.recipe, settings.size
    leads = tuple(
        replace(term, kind="lead", weight=term.weight * recipe.lead)
        for term in objective.terms
        if term.kind == "class" and recipe.lead
    )
    transforms = []
    if recipe.jitter:
        transforms.append(jitter(recipe.jitter * size / CLASS_SIZE, size))
    if recipe.scale != (1, 1):
        transforms.append(scale(*recipe.scale))
    if recipe.rotate:
        transforms.append(rotate(recipe.rotate))
    if recipe.mirror:
        transforms.append(mirror())
    side = view_side(network, objective, size)
    if side < size and _units_alone(objective):
        transforms.append(middle(side / size))  # the rest of the picture is not seen by any of them
    transform = compose(transforms) if transforms or side != size else None
    canvas = Canvas(recipe.parameterisation, recipe.colours, size)
    aim = Objective(objective.terms + leads)
    return _Plan(objective, aim, recipe, canvas, transform, side, settings.precision, settings.seed)


def _begin(plan: _Plan, settings: Settings, start: Picture | None) -> State:
    if start is None:
        return State(0, plan.canvas.start(settings.pictures, _generator(plan.seed, 0)))
    pixels, _ = crop_seen(start, settings.size, settings.size)
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    return State(0, torch.cat([plan.canvas.numbers_of(picture)] * settings.pictures))


def _frames(network: Network, plan: _Plan, settings: Settings, state: State, guess_every: int) -> Iterator[Frame]:
    drawn, guesses = _draw(plan, state), ()
    while state.step < settings.steps:
        state, value = _step(network, plan, state, *drawn)
        drawn = _draw(plan, state)
        last = state.step == settings.steps
        best = last and plan.recipe.keep_best and state.best is not None
        pictures = to_pixels(_draw(plan, replace(state, numbers=state.best))[1] if best else drawn[1])
        if guess_every and (state.step % guess_every == 0 or last or not guesses):
            guesses = read(network, pictures[0])
        yield Frame(state.step, value, guesses, pictures, settings, state)


def _draw(plan: _Plan, state: State) -> tuple[Tensor, Tensor]:
    """A state's numbers and their picture, the way from one to the other kept for the gradient."""
    with torch.enable_grad():
        numbers = state.numbers.detach().requires_grad_()
        return numbers, plan.canvas.picture(numbers)


def _step(network: Network, plan: _Plan, state: State, numbers: Tensor, picture: Tensor) -> tuple[State, float]:
    """The state after one more step, and the objective's value in the look that it took."""
    step, recipe = state.step + 1, plan.recipe
    leaky = step <= LEAKY_STEPS or state.asleep
    with torch.enable_grad():
        view = picture
        if plan.transform:
            view = look(picture, plan.transform(len(picture), _generator(plan.seed, step)), plan.side, recipe.surround)
        found = activations(network, normalise(network, view), plan.aim.layers, plan.precision, leaky)
        goal = plan.aim.measure(found).sum()
        if recipe.total_variation:
            goal = goal - recipe.total_variation * total_variation(picture).sum()
        (gradient,) = torch.autograd.grad(goal, numbers)
    with torch.no_grad():
        value = plan.objective.measure(found).mean().item()
        steepness = gradient.norm().item()
        if not math.isfinite(steepness):
            raise DreamError(f"The objective ran off the scale at step {step}: lower its weights or the rate.")
        best, best_value = state.best, state.best_value
        if recipe.keep_best and value > best_value:
            best, best_value = state.numbers, value
        moved = replace(state, step=step, best=best, best_value=best_value, asleep=steepness == 0)
        moved = (
            adam(moved, gradient, recipe.rate) if recipe.optimiser == "adam" else ascend(moved, gradient, recipe.rate)
        )
        return replace(moved, numbers=_regularised(plan, moved)), value


# --- uphill ----------------------------------------------------------------------------------------


def adam(state: State, gradient: Tensor, rate: float, beta1: float = 0.9, beta2: float = 0.999) -> State:
    """One step of Adam uphill (Kingma and Ba 2015): each number at its own pace, about ``rate`` a step."""
    first = torch.zeros_like(gradient) if state.first is None else state.first
    second = torch.zeros_like(gradient) if state.second is None else state.second
    first = first.lerp(gradient, 1 - beta1)  # β₁ · first + (1 − β₁) · gradient
    second = (beta2 * second).addcmul_(gradient, gradient, value=1 - beta2)
    spread = second.sqrt().mul_(1 / (1 - beta2**state.step) ** 0.5).add_(1e-8)
    numbers = state.numbers.addcdiv(first, spread, value=rate / (1 - beta1**state.step))
    return replace(state, numbers=numbers, first=first, second=second)


def ascend(state: State, gradient: Tensor, rate: float) -> State:
    """One plain step uphill, as long as it changes the numbers by ``rate`` 255ths on average."""
    size = gradient.abs().flatten(1).mean(1).clamp(min=1e-12).view(-1, *[1] * (gradient.dim() - 1))
    return replace(state, numbers=state.numbers + rate / 255 * gradient / size)


def _regularised(plan: _Plan, state: State) -> Tensor:
    """The numbers after the regularisers that are due."""
    recipe, canvas = plan.recipe, plan.canvas
    blurs = recipe.blur > 0 and state.step % recipe.blur_every == 0
    clips = recipe.colours == "clipped"
    if not (recipe.decay or recipe.drop_weak or blurs or clips):
        return state.numbers
    x = canvas.draw(state.numbers)
    if recipe.decay:
        x = decay(x, recipe.decay)
    if blurs:
        x = blur(x, recipe.blur)
    if recipe.drop_weak:
        x = drop_weak(x, recipe.drop_weak)
    return canvas.numbers(x.clamp(-0.5, 0.5) if clips else x)


# --- helpers ---------------------------------------------------------------------------------------


def _units_alone(objective: Objective) -> bool:
    return all(term.kind == "unit" for term in objective.terms)


def _generator(seed: int, step: int) -> torch.Generator:
    """Chance for one step alone: another number of steps meets the same as far as it goes."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)


def _centred_side(network: Network, layer_name: str) -> int:
    """The smallest view with a layer's centre unit in its middle, nothing that it sees cut off."""
    window = network.layer(layer_name).window
    for index in range(positions(network, layer_name, network.preprocessing.size)):
        low, _, high, _ = window.box(index, index)
        if low >= 0 and positions(network, layer_name, low + high) // 2 == index:
            return low + high
    return network.preprocessing.size
