"""One neuron: its sum, its rows, its bias."""

from random import Random

from explainer.chapters.neuron.model import LIGHTS, ROWS, Neuron, Setting
from explainer.classroom.quiz.stage import Stage

WEIGHTS = (-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0)
ALIKE = (0.5, 1.0, 2.0, 3.0, 4.0)


def _on_stage(stage: Stage, chance: Random) -> Setting:
    """The visitor's neuron and lights; a drawn one where no light is on, or nothing can be got wrong."""
    setting = stage.shown.get("neuron")
    setting = setting if isinstance(setting, Setting) else Setting()
    telling = sum(setting.lights) and len({*_sums(setting).values()}) > 3
    return setting if telling else drawn(chance)


def drawn(chance: Random) -> Setting:
    """A neuron and some lights, by chance."""
    weights = tuple(chance.choice(WEIGHTS) for _ in LIGHTS)
    return Setting(Neuron(weights, chance.choice(WEIGHTS), "step"), chance.choice(ROWS[1:-1]))


def _sums(setting: Setting) -> dict[str, float]:
    """The sum, and what it is by one mistake or another."""
    weights, bias, products = setting.neuron.weights, setting.neuron.bias, setting.weighing.products
    sums = {
        "sum": sum(products) + bias, "no_bias": sum(products), "every": sum(weights) + bias,
        "no_signs": sum(map(abs, products)) + abs(bias), "turned": sum(products) - bias, "count": sum(setting.lights),
    }  # fmt: skip
    return {key: round(float(value), 6) + 0.0 for key, value in sums.items()}


def _told(setting: Setting) -> dict:
    """A neuron's numbers and which lights are on."""
    lit = [name for name, light in zip(LIGHTS, setting.lights, strict=True) if light]
    weights = map(float, setting.neuron.weights)
    return dict(zip(LIGHTS, weights, strict=True)) | {"bias": float(setting.neuron.bias), "lit": " and ".join(lit)}


def adding(stage: Stage, chance: Random) -> dict:
    """The sum for the lights that are on."""
    setting = _on_stage(stage, chance)
    return _told(setting) | _sums(setting)


def rows(stage: Stage, chance: Random) -> dict:
    """In how many of the eight rows it goes."""
    setting = _on_stage(stage, chance)
    neuron = setting.neuron
    goes = sum(neuron.weigh(row).fires for row in ROWS)
    free = sum(Neuron(neuron.weights, 0.0, neuron.activation).weigh(row).fires for row in ROWS)
    return _told(setting) | {
        "goes": goes, "waits": 8 - goes, "free": free,
        "more": min(8, goes + 1), "less": max(0, goes - 1),  # where there is none, the right one again: not shown
    }  # fmt: skip


def voting(_: Stage, chance: Random) -> dict:
    """A bias at which two of three lights are enough and one is not."""
    weight = chance.choice(ALIKE)
    return {
        "weight": weight, "two": 2 * weight, "right": -1.5 * weight, "one": -0.5 * weight, "three": -2.5 * weight,
        "always": 1.5 * weight,
    }  # fmt: skip


def nudged(_: Stage, chance: Random) -> dict:
    """What an input that is 0 makes of its weight: the sum after that weight has changed."""
    setting = drawn(chance)
    place = chance.choice([place for place, light in enumerate(setting.lights) if not light])
    by, total = chance.choice((0.5, 1.0, 2.0)), _sums(setting)["sum"]
    return _told(setting) | {
        "off": LIGHTS[place], "by": by, "sum": total, "raised": total + by, "lowered": total - by,
        "alone": by,
    }  # fmt: skip
