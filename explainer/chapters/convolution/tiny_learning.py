"""The tiny network learns again, from random weights, on drawings that nobody has seen before."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from explainer.chapters.convolution.drawings import drawings
from explainer.chapters.convolution.tiny_network import TinyNetwork, accuracy, as_input

STEPS, BATCH, RATE = 160, 64, 1e-2
_REACH = {"filters.weight": 0.25, "second.weight": 0.16}  # 1 / √inputs, as PyTorch draws them
_EVERY = 4  # steps from one state to the next
_JUDGED, _JUDGED_SEED = 300, 1_000_003  # the first of the drawings that judge the network that ships


@dataclass(frozen=True, eq=False)
class TinyLearning:
    """The network after some steps. ``history``: (step, share of new drawings named rightly), the latest last."""

    step: int
    network: TinyNetwork
    history: tuple[tuple[int, float], ...]

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1."""
        return self.step / STEPS

    @property
    def right(self) -> float:
        """The share of new drawings that it names rightly now."""
        return self.history[-1][1]


def untrained(seed: int, layers: int = 1) -> TinyNetwork:
    """Random weights of its own, with one or two layers of filters; the process's random numbers have no say."""
    network, random = TinyNetwork(layers), torch.Generator().manual_seed(seed)
    for name, values in network.named_parameters():
        reach = _REACH.get(name, 0.1)
        nn.init.uniform_(values, -reach, reach, generator=random)
    return network


def learn_tiny(seed: int = 0, layers: int = 1) -> Iterator[TinyLearning]:
    """The recipe of the network that ships, shortened; yields the untrained network, then every four steps."""
    network, judged = untrained(seed, layers), drawings(_JUDGED, _JUDGED_SEED)
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    history = ((0, accuracy(network, *judged)),)
    yield TinyLearning(0, _kept(network), history)
    for step in range(_EVERY, STEPS + 1, _EVERY):
        ink, labels = drawings(_EVERY * BATCH, 1_000 * seed + step)  # fresh ones each time
        for x, wanted in zip(as_input(ink).split(BATCH), torch.from_numpy(labels).split(BATCH), strict=True):
            optimizer.zero_grad()
            F.cross_entropy(network(x), wanted, label_smoothing=0.1).backward()
            optimizer.step()
            schedule.step()
        history = (*history, (step, accuracy(network, *judged)))
        yield TinyLearning(step, _kept(network), history)


def _kept(network: TinyNetwork) -> TinyNetwork:
    return deepcopy(network).requires_grad_(False).eval()
