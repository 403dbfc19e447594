"""Where it stands matters: windows on a line, shared weights, and one digit at every place."""

from random import Random

from explainer.chapters.translation.shifting import REACH, every_shift
from explainer.classroom.quiz.stage import Stage
from explainer.digits import convolutional, load_network, small_digits
from explainer.workshop import once

WINDOW = 28  # pixels across


def windows(_: Stage, chance: Random) -> dict:
    """How many windows fit on a line."""
    width, height = chance.randrange(90, 260, 10), chance.randrange(32, 60, 2)
    return {
        "width": width, "height": height, "across": width - WINDOW + 1, "down": height - WINDOW + 1,
        "windows": (width - WINDOW + 1) * (height - WINDOW + 1), "no_one": (width - WINDOW) * (height - WINDOW),
        "apart": (width // WINDOW) * (height // WINDOW), "row": width - WINDOW + 1,
    }  # fmt: skip


def places(stage: Stage, _: Random) -> dict:
    """At how many of all shifts each of the two networks reads the digit on the stage."""
    data = small_digits()
    index = stage.number("moved_digit", 0, len(data.test_labels) - 1, 0)
    fifteen, small = load_network("digits-15")[0], convolutional.load_convolutional()
    found = once(("every shift", index), lambda: every_shift(fifteen, small, data.test_images[index]))
    label, side = int(data.test_labels[index]), 2 * REACH + 1
    return {
        "index": index, "label": label, "reach": REACH, "all": side * side,
        "fully": int((found.fully_connected.argmax(-1) == label).sum()),
        "slid": int((found.convolutional.argmax(-1) == label).sum()), "middle": 1,
    }  # fmt: skip


def shared(_: Stage, chance: Random) -> dict:
    """The weights of one hidden neuron, slid over a line."""
    found = windows(_, chance)
    return {
        "width": found["width"], "height": found["height"], "windows": found["windows"], "weights": WINDOW**2,
        "each": WINDOW**2 * found["windows"], "pixels": found["width"] * found["height"], "side": WINDOW,
    }  # fmt: skip


def examples(_: Stage, chance: Random) -> dict:
    """How many shifts there are within some pixels each way."""
    reach = chance.randint(2, 9)
    side = 2 * reach + 1
    return {"reach": reach, "side": side, "shifts": side**2, "no_middle": (2 * reach) ** 2, "quarter": (reach + 1) ** 2}
