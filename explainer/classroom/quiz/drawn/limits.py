"""What it doesn't understand: steps of the first layer, sums of tiny nudges, and the picture upside down."""

import math
from random import Random

import torch

from explainer.classroom.quiz.stage import Stage
from explainer.figures.shares import in_percent
from explainer.networks.labels import category_names
from explainer.networks.network import best_guesses
from explainer.workshop import once


def whole(stage: Stage, chance: Random) -> dict:
    """By how many places the first layer's maps move along with the picture."""
    step = stage.network.layer(stage.network.first_layer).window.step
    places = chance.randint(2, 9)
    return {
        "step": step, "shift": places * step, "places": places, "pixels": str(places * step),
        "times": places * step * step, "none": 0, "one": 1,
    }  # fmt: skip


def nudge(stage: Stage, chance: Random) -> dict:
    """How far many tiny steps lower a score, if all is linear."""
    size = stage.network.preprocessing.size
    count = 3 * size * size
    step, slope = chance.choice((0.005, 0.01, 0.02)), chance.choice((0.001, 0.002, 0.003))
    return {
        "count": count, "step": step, "slope": slope, "fall": _three(count * step * slope),
        "single": _three(step * slope), "noise": _three(math.sqrt(count) * step * slope),
        "no_slope": _three(count * step),
    }  # fmt: skip


def _three(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.12g}" if number >= 1e-4 else f"{number:.6f}".rstrip("0")


def noise(_: Stage, chance: Random) -> dict:
    """What random ups and downs of the same size add up to, as a rule."""
    root = chance.choice((10, 20, 30, 50, 100, 200, 300))
    return {"count": root * root, "root": root, "half": root * root // 2, "all": root * root, "none": 0}


def turned(stage: Stage, _: Random) -> dict:
    """The first guess when the picture stands on its head."""
    network, trace = stage.network, stage.trace

    def ask() -> torch.Tensor:
        with torch.inference_mode():
            return network.run(trace.input.flip(1, 2)[None])[0].softmax(0).clone()

    names = category_names(network)
    shares = once(("upside down", network.digest, trace.picture), ask)
    upright, down = trace.top(1)[0], best_guesses(shares, network.categories, 4)
    first = names[upright.index]
    told = dict(zip(("now", "second", "third", "fourth"), (names[guess.index] for guess in down), strict=True))
    return told | {
        "first": first, "first_share": in_percent(upright.probability), "share": in_percent(down[0].probability),
        "left": in_percent(shares[upright.index].item()), "when": "holds" if told["now"] == first else "goes",
    }  # fmt: skip
