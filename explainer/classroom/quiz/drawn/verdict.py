"""The verdict: scores, softmax, and a sum of shares."""

import math
from random import Random

from explainer.classroom.quiz.stage import Stage
from explainer.figures.shares import in_percent, signed
from explainer.networks.labels import category_names


def _three(number: float) -> str:
    return f"{float(f'{number:.3g}'):,.12g}"


def _power(number: float) -> str:
    """e to the power of a number."""
    return _three(math.exp(number)) if number < math.log(1e6) else "more than a million"


def ratio(_: Stage, chance: Random) -> dict:
    """How many times likelier a name is whose score is higher."""
    apart = chance.choice((2, 3, 4, 5))
    low = chance.randint(1, 9)
    return {
        "high": low + apart, "low": low, "apart": apart, "times": _three(math.exp(apart)), "tens": _three(10**apart),
        "doubled": _three(2**apart), "divided": _three((low + apart) / low), "plain": str(apart),
    }  # fmt: skip


def scores(stage: Stage, _: Random) -> dict:
    """The two best scores for this picture."""
    one, two = stage.trace.top(2)
    names, logits = category_names(stage.network), stage.trace.logits
    high, low = (round(logits[guess.index].item(), 2) for guess in (one, two))
    return {
        "first": names[one.index], "second": names[two.index], "high": signed(high), "low": signed(low),
        "times": _power(high - low), "apart": _three(high - low),
        "divided": _three(abs(high / low)) if low else "0", "alone": _power(high),
    }  # fmt: skip


def _shares(chance: Random) -> tuple[list[float], float]:
    """Two shares for a name, one against it, and a bias."""
    ten = [chance.randint(31, 60), chance.randint(11, 30), -chance.randint(8, 25), -chance.randint(2, 7)]
    return [number / 10 for number in ten[:3]], ten[3] / 10


def total(_: Stage, chance: Random) -> dict:
    """A score from its shares."""
    (one, two, three), bias = _shares(chance)
    return {
        "one": signed(one, 1), "two": signed(two, 1), "three": signed(three, 1), "bias": signed(bias, 1),
        "total": signed(one + two + three + bias, 1), "no_bias": signed(one + two + three, 1),
        "for_it": signed(one + two, 1), "no_signs": signed(one + two - three - bias, 1),
    }  # fmt: skip


def silenced(_: Stage, chance: Random) -> dict:
    """The score without its loudest witness, if nothing else moves."""
    (one, two, three), bias = _shares(chance)
    whole = one + two + three + bias
    return {
        "one": signed(one, 1), "total": signed(whole, 1), "left": signed(whole - one, 1),
        "more": signed(whole + one, 1), "same": signed(whole, 1), "third": signed(whole * 2 / 3, 1),
    }  # fmt: skip


def raised(stage: Stage, chance: Random) -> dict:
    """All scores raised alike."""
    best = stage.trace.top(1)[0]
    by = chance.choice((1, 2, 5, 10))
    return {
        "name": category_names(stage.network)[best.index], "share": in_percent(best.probability), "by": by,
        "times": _three(math.exp(by)),
    }  # fmt: skip
