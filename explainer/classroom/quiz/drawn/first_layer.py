"""The first layer of the network in use: its weights, its places, what sharing saves, which detector is loudest."""

from random import Random

from explainer.chapters.first_layer import filters
from explainer.classroom.quiz.stage import Stage


def each(stage: Stage, _: Random) -> dict:
    """The weights of one filter."""
    first = filters.first_layer(stage.network)
    side = first.window.size
    return {
        "side": side, "each": 3 * side**2, "grey": side**2, "row": 3 * side, "detectors": first.detectors,
        "all": first.detectors * 3 * side**2,
    }  # fmt: skip


def across(stage: Stage, chance: Random) -> dict:
    """How many places this filter has across a picture of some other size."""
    window = filters.first_layer(stage.network).window
    steps = chance.randint(20, 60)
    side = window.size + steps * window.step
    return {
        "picture": side, "side": window.size, "stride": window.step, "across": steps + 1, "no_one": steps,
        "every": side - window.size + 1, "hanging": side // window.step, "apart": side // window.size,
    }  # fmt: skip


def sharing(stage: Stage, _: Random) -> dict:
    """The weights of the layer, shared; and if each neuron had its own."""
    first = filters.first_layer(stage.network)
    weights = 3 * first.window.size**2
    return {
        "detectors": first.detectors, "each": weights, "positions": first.positions,
        "shared": first.detectors * weights, "unshared": first.detectors * weights * first.positions,
        "places": weights * first.positions, "neurons": first.detectors * first.positions,
    }  # fmt: skip


def loudest(stage: Stage, chance: Random) -> dict:
    """The detector whose map reaches highest on this picture, and three others."""
    peaks = stage.trace[stage.network.first_layer].clamp(min=0).amax((1, 2))
    order = peaks.argsort(descending=True, stable=True).tolist()
    lower = [unit for unit in order[1:] if f"{peaks[unit]:.2f}" != f"{peaks[order[0]]:.2f}"]
    first, *others = order[0], *chance.sample(lower if len(lower) >= 3 else order[1:], 3)
    told = {"first": first, "one": others[0], "two": others[1], "three": others[2]}
    return told | {f"{key}_peak": f"{peaks[place]:.2f}" for key, place in told.items()}
