"""A convolutional network small enough to be looked at whole, trained on the drawings of six animals.

Ten filters of 4 × 4, ReLU, 2 × 2 max pooling, one fully connected layer, softmax. A second layer can be added before
the last one: ten filters of 2 × 2, each over all ten pooled maps, and ReLU.
``python -m explainer.chapters.convolution.tiny_network`` trains it again and writes the weights that ship;
the same seed gives the same drawings, and on one machine the same weights.
"""

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from explainer.chapters.convolution.drawings import ANIMALS, FULL, SIDE, drawings
from explainer.networks.weights import load_into, read_state
from explainer.places import NETWORKS

FILTERS, FILTER_SIDE, POOL = 10, 4, 2
MAP_SIDE = SIDE - FILTER_SIDE + 1  # 7
POOLED_SIDE = MAP_SIDE // POOL  # 3: the seventh row and column are left over
SECOND_SIDE = 2  # of the second layer's filters, and of their maps
FILE = NETWORKS / "tiny-animals.safetensors"
CARD = NETWORKS / "tiny-animals.json"


@dataclass(frozen=True)
class TinyTrace:
    """Everything the network computes from one drawing.

    maps: [10, 7, 7], sum of products plus bias; rectified: [10, 7, 7], after ReLU;
    pooled: [10, 3, 3]; second: [10, 2, 2], the second layer's maps after ReLU, where there is one;
    votes: [6], one sum (logit) for each animal; probabilities: [6].
    """

    maps: Tensor
    rectified: Tensor
    pooled: Tensor
    second: Tensor | None
    votes: Tensor
    probabilities: Tensor

    @property
    def guess(self) -> str:
        return ANIMALS[int(self.votes.argmax())]

    @property
    def probability(self) -> float:
        """Of the guess, from 0 to 1."""
        return float(self.probabilities.max())


class TinyNetwork(nn.Module):
    """[N, 1, 10, 10] of ink from 0 to 1 → votes [N, 6], through one or two layers of filters."""

    def __init__(self, layers: int = 1) -> None:
        super().__init__()
        self.filters = nn.Conv2d(1, FILTERS, FILTER_SIDE)
        self.second = nn.Conv2d(FILTERS, FILTERS, SECOND_SIDE) if layers == 2 else None
        self.vote = nn.Linear(FILTERS * (SECOND_SIDE if self.second else POOLED_SIDE) ** 2, len(ANIMALS))

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.max_pool2d(F.relu(self.filters(x)), POOL)
        return self.vote((F.relu(self.second(pooled)) if self.second else pooled).flatten(1))

    @torch.inference_mode()
    def trace(self, ink: np.ndarray) -> TinyTrace:
        """What becomes of one drawing, ink [10, 10] from 0 to 100, at every step."""
        maps = self.filters(as_input(ink[None]))[0]
        rectified = F.relu(maps)
        pooled = F.max_pool2d(rectified, POOL)
        second = F.relu(self.second(pooled)) if self.second else None
        votes = self.vote((pooled if second is None else second).flatten())
        return TinyTrace(maps, rectified, pooled, second, votes, votes.softmax(0))

    @property
    def parameters_count(self) -> int:
        return sum(weights.numel() for weights in self.parameters())


def as_input(ink: np.ndarray) -> Tensor:
    """Ink [N, 10, 10] from 0 to 100 → float32 [N, 1, 10, 10] from 0 to 1."""
    return torch.as_tensor(np.asarray(ink) / FULL, dtype=torch.float32)[:, None]


@cache
def load_tiny() -> TinyNetwork:
    """The trained network that ships.

    Raises:
        WeightsError: its file is missing or damaged.
    """
    network = TinyNetwork()
    load_into(network, read_state(FILE), FILE, "the network of the six animals")
    return network.eval()


@cache
def card() -> dict:
    """Who trained it, on what, and how often it is right."""
    return json.loads(CARD.read_text(encoding="utf-8"))


@torch.inference_mode()
def accuracy(network: TinyNetwork, ink: np.ndarray, labels: np.ndarray) -> float:
    """Share of drawings [N, 10, 10] that are called what they are."""
    return float((network(as_input(ink)).argmax(1).numpy() == labels).mean())


@dataclass(frozen=True)
class Example:
    """A held-out drawing, ink [10, 10], what it is meant to be, and what the network makes of it."""

    ink: np.ndarray
    animal: str
    trace: TinyTrace

    @property
    def right(self) -> bool:
        return self.trace.guess == self.animal


@cache
def held_out(right: int, wrong: int) -> tuple[Example, ...]:
    """The first held-out drawings that are named right, then the first that are named wrong."""
    measured, network = card()["measured"]["held-out drawings"], load_tiny()
    ink, labels = drawings(measured["count"], measured["seed"])
    hits = network(as_input(ink)).argmax(1).numpy() == labels
    chosen = [*np.flatnonzero(hits)[:right], *np.flatnonzero(~hits)[:wrong]]
    return tuple(Example(ink[i], ANIMALS[labels[i]], network.trace(ink[i])) for i in chosen)


def train(steps: int = 2500, seed: int = 0, rate: float = 1e-2, batch: int = 64) -> TinyNetwork:
    """Train from random weights on fresh drawings at every step: Adam, cross-entropy, cosine decay.

    ``rate`` is the first learning rate. Weight decay (0.1) keeps weights that nothing needs
    near zero; smoothed labels (0.1) keep the network from being surer than it has reason to be.
    """
    torch.manual_seed(seed)
    network = TinyNetwork()
    ink, labels = drawings(steps * batch, seed)
    x, wanted = as_input(ink), torch.from_numpy(labels)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        chosen = slice(step * batch, (step + 1) * batch)
        optimizer.zero_grad()
        F.cross_entropy(network(x[chosen]), wanted[chosen], label_smoothing=0.1).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def export(network: TinyNetwork, steps: int, seed: int, tested: int = 6000, test_seed: int = 1_000_003) -> float:
    """Write weights and card; returns the share right on ``tested`` drawings that it has never seen.

    Weights are rounded to four decimals first, so that the page can show, and the browser
    compute with, the very numbers in the file.
    """
    state = {name: (value * 1e4).round() / 1e4 for name, value in network.state_dict().items()}
    network.load_state_dict(state)
    right = accuracy(network, *drawings(tested, test_seed))
    save_file(state, FILE)
    CARD.write_text(json.dumps({
        "title": "Six animals on 10 × 10 pixels",
        "trained_by": "this project; python -m explainer.chapters.convolution.tiny_network trains it again",
        "trained_on": f"{steps * 64:,} drawings varied at random from one template for each animal "
        f"(explainer/chapters/convolution/drawings.py, seed {seed})",
        "steps": steps,
        "recipe": "AdamW, learning rate 0.01 with cosine decay, weight decay 0.1, batch 64, "
        "cross-entropy with label smoothing 0.1",
        "input": "one channel of ink, 0 to 1",
        "categories": list(ANIMALS),
        "parameters": network.parameters_count,
        "measured": {"held-out drawings": {"count": tested, "seed": test_seed, "top1": round(100 * right, 1)}},
        "weak_at": "anything but these six animals drawn like this: it can only answer with one of the six names",
        "licence": "weights by this project, free to ship with it",
    }, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")  # fmt: skip
    return right


if __name__ == "__main__":
    print(f"{export(train(2500, 0), 2500, 0):.1%} of the held-out drawings named right")
