"""Start here: five bars, what goes in, and what a probability is of."""

from random import Random

from explainer.classroom.quiz.stage import Stage
from explainer.figures.shares import in_percent
from explainer.networks.labels import category_names

EVEN = (10, 20, 25, 40, 50, 100, 125, 200, 250, 400, 500)  # how many names a network without an idea may have


def bars(stage: Stage, _: Random) -> dict:
    """The five guesses on show, and what is left for all other names."""
    five, names = stage.trace.top(5), category_names(stage.network)
    together = sum(guess.probability for guess in five)
    return {
        "first": names[five[0].index], "share": in_percent(five[0].probability), "together": in_percent(together),
        "rest": in_percent(max(0.0, 1 - together)), "others": len(names) - len(five),
    }  # fmt: skip


def times(stage: Stage, _: Random) -> dict:
    """The first guess against the second: how many times likelier."""
    one, two = stage.trace.top(2)
    names = category_names(stage.network)
    # As the bars say it, where they say enough to work with.
    p, q = (round(g.probability, 3) if two.probability > 0.005 else g.probability for g in (one, two))
    ratio = p / max(q, 1e-12)
    return {
        "first": names[one.index], "second": names[two.index], "one": in_percent(one.probability),
        "two": in_percent(two.probability), "times": _many(ratio), "turned": _many(1 / ratio),
        "difference": _many(100 * (p - q)), "even": _many(p * len(names)),
        "names": len(names),
    }  # fmt: skip


def _many(times: float) -> str:
    """Three digits that count."""
    if 0 < times < 1e-3:
        return "less than 0.001"
    return f"{float(f'{times:.3g}'):,g}" if times < 1e6 else "more than a million"


def inputs(stage: Stage, _: Random) -> dict:
    """How many numbers go in; and with a colour, a side or the cropping forgotten."""
    size, (height, width) = stage.network.preprocessing.size, stage.picture.pixels.shape[:2]
    return {
        "size": size, "inputs": 3 * size * size, "pixels": size * size, "line": 3 * size, "whole": 3 * height * width,
        "width": width, "height": height,
    }  # fmt: skip


def even(_: Stage, chance: Random) -> dict:
    """The share of each name where all have the same."""
    names = chance.choice(EVEN)
    return {"names": names, "even": f"{100 / names:g}%", "part": f"{1 / names:g}%", "all": f"{names}%", "half": "50%"}
