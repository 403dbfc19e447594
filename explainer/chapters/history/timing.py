"""How long one forward pass takes on this machine, and what the five networks say to a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import quantiles
from threading import Lock
from time import perf_counter

import torch
from torch import Tensor, nn

from explainer.chapters.history.counting import FIVE
from explainer.networks import Guess, find_weights, shared_network
from explainer.networks.zoo import entry
from explainer.pictures import Picture
from explainer.workshop import once

ROUNDS = 7


@dataclass(frozen=True)
class Spread:
    """Half of all measurements lie between ``low`` and ``high``."""

    low: float
    median: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """The median and the middle half of some measurements, at least one."""
    if len(values) == 1:
        return Spread(*values, *values, *values)
    return Spread(*quantiles(values, n=4, method="inclusive"))


@dataclass(frozen=True)
class Passes:
    """Times of one forward pass as multiples of AlexNet's, network by network, one number a round.

    A round times AlexNet and the other network one right after the other, so that whatever else the machine is
    doing hits both. doing: the network that comes next, empty at the end.
    """

    ratios: dict[str, tuple[float, ...]]
    doing: str
    share: float

    def against(self, name: str) -> Spread:
        """A network's time as multiples of AlexNet's."""
        return spread(self.ratios[name])


def passes(rounds: int = ROUNDS) -> Iterator[Passes]:
    """Time the five networks, one a step, once for everybody: who asks later gets what was measured.

    Between two steps no network is kept in memory.
    """
    state = Passes({FIVE[0]: (1.0,)}, FIVE[1], 0.0)
    yield state
    for place, name in enumerate(FIVE[1:], start=1):
        measured = once(("timed", name, rounds), partial(_one_at_a_time, name, rounds), for_all=True)
        ratios = {**state.ratios, name: measured}
        following = FIVE[place + 1] if place + 1 < len(FIVE) else ""
        state = replace(state, ratios=ratios, doing=following, share=place / (len(FIVE) - 1))
        yield state


_timing = Lock()  # what is timed side by side would time each other; nothing else ever waits for it


def _one_at_a_time(name: str, rounds: int) -> tuple[float, ...]:
    with _timing:
        return against_alexnet(name, rounds)


def against_alexnet(name: str, rounds: int) -> tuple[float, ...]:
    """One network's time over AlexNet's, in each of ``rounds`` rounds after one to warm up."""
    x = torch.full((1, 3, 224, 224), 0.5)
    first, other = meaningless(FIVE[0]), meaningless(name)
    with torch.inference_mode():
        first(x), other(x)
        return tuple(1 / _seconds(first, x) * _seconds(other, x) for _ in range(rounds))


def meaningless(name: str) -> nn.Module:
    """A network whose weights mean nothing: every filter averages. The time is that of real weights."""
    model = entry(name).build().eval()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.fill_(1 / module.weight[0].numel())
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()
    return model


def _seconds(model: nn.Module, x: Tensor) -> float:
    began = perf_counter()
    model(x)
    return perf_counter() - began


def here() -> list[str]:
    """Those of the five whose weights are on this machine."""
    return [name for name in FIVE if find_weights(name)]


def answers(picture: Picture, names: list[str]) -> Iterator[dict[str, list[Guess]]]:
    """What each network says to the picture, one network a step."""
    said: dict[str, list[Guess]] = {}
    for name in names:
        said = {**said, name: shared_network(name).classify(picture)}
        yield said
