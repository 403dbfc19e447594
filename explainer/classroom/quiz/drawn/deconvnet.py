"""What detectors look for: switches, rectifying on the way down, and how much is set to zero."""

from random import Random

from explainer.attribution.evidence import evidence_layers
from explainer.classroom.quiz.stage import Stage

PLACES = [(row, column) for row in (1, 2) for column in (1, 2)]


def switch(_: Stage, chance: Random) -> dict:
    """Where a signal goes on its way back through a max pool."""
    block = chance.sample(range(1, 20), 4)
    order = sorted(range(4), key=block.__getitem__, reverse=True)
    (row, column), (small_row, small_column) = PLACES[order[0]], PLACES[order[-1]]
    a, b, c, d = block
    signal = chance.choice((2, 4, 6, 8))
    return {
        "a": a, "b": b, "c": c, "d": d, "signal": signal, "row": row, "column": column, "small_row": small_row,
        "small_column": small_column, "part": signal / 4, "largest": max(block),
    }  # fmt: skip


def rectified(_: Stage, chance: Random) -> dict:
    """What is left of four numbers below and above zero."""
    sizes = chance.sample(range(1, 10), 4)
    values = [sizes[0], -sizes[1], sizes[2], -sizes[3]]
    chance.shuffle(values)

    def row(numbers: list[int]) -> str:
        return ", ".join(map(str, numbers)).replace("-", "−")

    return {
        "given": row(values), "left": row([max(0, value) for value in values]), "bare": row([abs(v) for v in values]),
        "below": row([min(0, value) for value in values]),
    }  # fmt: skip


def kept(stage: Stage, chance: Random) -> dict:
    """How many activations of a layer are set to zero, to keep one."""
    layer = stage.network.layer(evidence_layers(stage.network)[-1])
    maps, rows, columns = layer.shape
    total = maps * rows * columns
    return {
        "layer": layer.name, "maps": maps, "rows": rows, "columns": columns, "total": total, "silent": total - 1,
        "own": rows * columns - 1, "others": (maps - 1) * rows * columns,
    }  # fmt: skip


def loudest(stage: Stage, _: Random) -> dict:
    """The detector that fires most in this picture."""
    layer = evidence_layers(stage.network)[-1]
    peaks = stage.trace[layer].amax((1, 2))
    return {"layer": layer, "unit": str(int(peaks.argmax())), "peak": f"{peaks.max():.2f}"}
