"""How the race was won: an error, five guesses, groups, products of tables, and the winners."""

from random import Random

from explainer.chapters.history.race import race
from explainer.classroom.quiz.stage import Stage
from explainer.networks.labels import category_names

GUESSES = 5


def error(_: Stage, chance: Random) -> dict:
    """A top-5 error from counts."""
    pictures, wrong = chance.choice((50, 200, 400, 500)), chance.randint(4, 30)
    first = chance.randint(wrong + 5, 60)
    counted = pictures * wrong // 100
    return {
        "pictures": pictures, "five": pictures - counted, "one": pictures - pictures * first // 100,
        "error": f"{100 * counted / pictures:g}%", "right": f"{100 - 100 * counted / pictures:g}%",
        "first": f"{100 * (pictures * first // 100) / pictures:g}%",
        "between": f"{100 * (pictures * first // 100 - counted) / pictures:g}%",
    }  # fmt: skip


def counted(stage: Stage, chance: Random) -> dict:
    """How a true name at some place among the guesses is counted."""
    place = chance.choice((1, 2, 3, 4, 5, 6, 7))
    guess = stage.trace.top(7)[place - 1]
    when = "first" if place == 1 else "five" if place <= GUESSES else "neither"
    return {"name": category_names(stage.network)[guess.index], "place": place, "when": when}


def groups(_: Stage, chance: Random) -> dict:
    """The weights of a convolution split into groups."""
    maps, parts = chance.choice((64, 128, 256)), chance.choice((2, 4, 8, 16, 32))
    weights = 9 * maps * maps
    return {
        "maps": maps, "groups": parts, "before": weights, "after": weights // parts, "twice": weights // parts**2,
        "flat": maps * maps // parts, "share": maps // parts,
    }  # fmt: skip


def products(_: Stage, chance: Random) -> dict:
    """The multiply-adds of a product of two tables."""
    rows, inner, columns = chance.choice((64, 96, 256)), chance.choice((100, 363, 576)), chance.choice((50, 169, 400))
    return {
        "rows": rows, "inner": inner, "columns": columns, "macs": rows * inner * columns, "results": rows * columns,
        "numbers": rows * inner + inner * columns, "square": rows * inner * inner * columns,
    }  # fmt: skip


def turn(_: Stage, chance: Random) -> dict:
    """The year in which a learned network first won, and by how much."""
    winners = race()
    first = next(winner for winner in winners if winner.learned)
    others = chance.sample([winner for winner in winners if winner is not first], 3)
    _, second = first.second
    told = {"year": str(first.year), "name": first.name, "error": f"{first.error:g}", "second": f"{second:g}"}
    for key, winner in zip("abc", others, strict=True):
        told |= {key: str(winner.year), f"{key}_won": f"{winner.name}, wrong on {winner.error:g}%"}
    return told
