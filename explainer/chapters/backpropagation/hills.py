"""The hills that the chapter shows: one neuron's, two weights of the digits' network, and where that bends most."""

import math
from functools import partial

from explainer.chapters.backpropagation.hill import (
    STOPLIGHT,
    DigitsSlice,
    Hill,
    NeuronSlice,
    most_curved,
    one_weight,
    survey,
    what_it_is,
)
from explainer.chapters.backpropagation.lesson import HIDDEN
from explainer.digits import Network, load_network, new_network, one_hot, small_digits

HILLS = ("one neuron", "two weights", "most curved")
NETWORKS = ("untrained", "trained")
EXAMPLES = 500  # digits whose cost it is
NUMBERS = 784 * HIDDEN + HIDDEN + HIDDEN * 10 + 10  # of the network, 11,935
PAIR = (11_815, 11_830)  # from hidden neuron 9 into the outputs 2 and 3; counted from 1
_REACH, _NEAR = 6.0, 3.0  # of a surface over two weights of the network, and over two of the neuron
RATES = (
    *(f"{digit * 10.0**power:g}" for power in (-2, -1, 0, 1, 2) for digit in (1, 1.5, 2, 3, 5, 7)),
    "1000",
)
MOMENTA = ("0", "0.5", "0.8", "0.9", "0.95")


def network_of(name: str) -> Network:
    """The digits' network before or after its training."""
    return load_network("digits-15")[0] if name == "trained" else new_network((784, HIDDEN, 10))


NEURON = ("weight of red", "weight of yellow", "weight of green", "bias")
LIGHTS = {"red, green": (1, 3), "red, bias": (1, 4), "yellow, green": (2, 3), "green, bias": (3, 4)}


def hill_of(which: str, name: str = "untrained", pair: tuple[int, int] = PAIR) -> Hill:
    """A hill, surveyed.

    ``name`` is one of :data:`NETWORKS`; ``pair``, two different numbers of the network, or of the one neuron, from 1.
    """
    if which == "one neuron":
        first, second = (number - 1 for number in pair)
        middle = STOPLIGHT[first], STOPLIGHT[second]
        return survey(NeuronSlice((first, second)), (NEURON[first], NEURON[second]), middle, _NEAR)
    data, network = small_digits(), network_of(name)
    x, y = data.train_images[:EXAMPLES], one_hot(data.train_labels[:EXAMPLES])
    slice_of = partial(DigitsSlice, network, x=x, y=y)
    if which == "two weights":
        ways = tuple(one_weight(network, number - 1) for number in pair)
        return survey(slice_of(ways), tuple(called(network, number) for number in pair), (0.0, 0.0), _REACH)
    curvatures, ways = most_curved(network, x, y)
    here = slice_of(tuple(ways))
    reach = 2 * math.sqrt(2 * here.cost(0, 0) / max(curvatures[0], 1e-6))
    return survey(here, ("along the sharpest bend", "along the second sharpest"), (0.0, 0.0), reach)


def called(network: Network, number: int) -> str:
    """What one of the network's numbers is, counted from 1: "change of w, hidden 3 → output 7"."""
    kind, origin, end = what_it_is(network, number - 1)
    if kind == "bias":
        return f"change of the bias of {'hidden' if origin == 1 else 'output'} {end}"
    if kind == "pixel weight":
        return f"change of w, pixel ({origin % 28}, {origin // 28}) → hidden {end}"
    return f"change of w, hidden {origin} → output {end}"


def told(hill: Hill | None) -> dict[str, str]:
    """What the chapter says of a hill: its curvatures λ, and the rates beyond which a step leaps or leaves, empty where
    it is flat or bends down most."""
    if hill is None:
        return dict.fromkeys(("curved", "less_curved", "leaps", "leaves"), "…")
    first, second = sorted(hill.curvatures, key=abs, reverse=True)
    leaps, leaves = (f"{n / first:.3g}" if first > 0 else "" for n in (1, 2))
    return {"curved": f"{first:.3g}", "less_curved": f"{second:.3g}", "leaps": leaps, "leaves": leaves}
