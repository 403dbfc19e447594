"""Backpropagation: a step downhill, an error, whose fault it is, and what one pass back finds."""

from collections.abc import Iterable
from random import Random

from explainer.chapters.backpropagation.lesson import CASES, Lesson, first_lesson
from explainer.classroom.quiz.stage import Stage
from explainer.digits import small_digits


def step(_: Stage, chance: Random) -> dict:
    """One weight after one step."""
    weight, gradient = chance.choice((-2, -1, 1, 2, 3)), chance.choice((-0.6, -0.4, -0.2, 0.2, 0.3, 0.4))
    rate = chance.choice((0.1, 0.5, 2.0, 3.0))
    moved = rate * gradient
    values = {"moved": weight - moved, "uphill": weight + moved, "no_rate": weight - gradient, "change": -moved}
    told = {"weight": weight, "gradient": gradient, "rate": rate}
    return told | {key: round(float(value), 6) for key, value in values.items()}


def error(_: Stage, chance: Random) -> dict:
    """The error of an output with the quadratic cost."""
    says, wanted = chance.choice((0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9)), chance.choice((0, 1))
    slope = says * (1 - says)
    values = {"delta": (says - wanted) * slope, "difference": says - wanted, "slope": slope}
    values["turned"] = -values["delta"]
    return {"says": says, "wanted": wanted} | {key: round(value, 6) for key, value in values.items()}


def blame(stage: Stage, chance: Random) -> dict:
    """Four hidden neurons of the example on the stage: whose weight into an output changes most."""
    lesson = stage.shown.get("walk_lesson")
    lesson = lesson if isinstance(lesson, Lesson) else first_lesson(CASES[0], small_digits())
    says = _hidden(lesson)
    apart = list({value: place for place, value in says.items()}.values())
    if len(apart) < 4:  # after long learning nearly all may say 0 or 1
        return blame(Stage(stage.network, stage.picture), chance)
    four = sorted(chance.sample(apart, 4))
    by_loudness = sorted(four, key=says.get, reverse=True)
    told = dict(zip(("loud", "one", "two", "three"), by_loudness, strict=True))
    return {
        "output": lesson.label, "units": _listed(four), "values": _listed(f"{says[place]:.2f}" for place in four),
        **told, **{f"{key}_says": f"{says[place]:.2f}" for key, place in told.items()},
    }  # fmt: skip


def _hidden(lesson: Lesson) -> dict[int, float]:
    """What each hidden neuron says to the lesson's example, with two decimals."""
    said = lesson.walk("quadratic", 3.0).activations[1].tolist()
    return {place: round(value, 2) for place, value in enumerate(said)}


def _listed(values: Iterable[object]) -> str:
    *all_but_one, last = map(str, values)
    return f"{', '.join(all_but_one)} and {last}"


def passes(_: Stage, chance: Random) -> dict:
    """How many numbers one pass back finds the gradient of."""
    hidden = chance.choice((10, 15, 20, 30, 50, 100))
    return {"hidden": hidden, "numbers": 784 * hidden + hidden + hidden * 10 + 10}


def curves(_: Stage, chance: Random) -> dict:
    """A training that has learned its few examples by heart."""
    return {
        "learned": chance.randint(97, 100),
        "new": chance.randint(55, 75),
        "examples": chance.choice((50, 100, 200)),
    }
