"""Running it backwards: a step uphill, how many numbers may change, and a first guess that rises."""

from random import Random

from explainer.classroom.quiz.stage import Stage
from explainer.networks.labels import category_names


def step(_: Stage, chance: Random) -> dict:
    """One pixel after one step uphill."""
    pixel, size = chance.randrange(60, 200, 10), chance.choice((2, 5, 10, 20))
    gradient = chance.choice((-0.8, -0.5, -0.4, -0.2, 0.2, 0.4, 0.5, 0.8))
    values = {
        "moved": pixel + size * gradient, "downhill": pixel - size * gradient, "no_step": pixel + gradient,
        "change": size * gradient,
    }  # fmt: skip
    return {"pixel": pixel, "size": size, "gradient": gradient} | {k: round(float(v), 6) for k, v in values.items()}


def values(stage: Stage, _: Random) -> dict:
    """The numbers that a dream may change; and those that stay."""
    size = stage.network.preprocessing.size
    return {
        "title": stage.network.title, "size": size, "values": 3 * size * size, "pixels": size * size,
        "parameters": sum(layer.parameters for layer in stage.network.layers), "names": len(stage.network.categories),
    }  # fmt: skip


def sure(stage: Stage, chance: Random) -> dict:
    """A name to dream of, and how sure the network of a dream may be."""
    return {"name": chance.choice(category_names(stage.network)), "share": f"{chance.randint(95, 99)}%"}
