"""One convolution worked out in many ways, from plain loops to a graphics card, and how fast each of them is."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from statistics import median
from time import perf_counter

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from explainer.chapters.history.timing import Spread, spread
from explainer.networks import shared_network
from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.layers import describe
from explainer.pictures import Picture
from explainer.threads import cores

EPOCHS, PICTURES = 90, 1_200_000  # of AlexNet's training: Krizhevsky et al. (2012), sections 2 and 5
DAYS = (5, 6)  # which took so long on two graphics cards, section 5
BACKWARD = 3  # forward once, backward twice as much: for the gradients of the values and of the weights
ROUNDS = 5
SHORTEST = 0.02  # seconds of one timing: what is faster is repeated until it has taken so long
LOOPED = 4  # maps that the plain loops work out; the rest would be the same again


@dataclass(frozen=True, eq=False)
class Problem:
    """One convolution without bias: x float [C, H, W], weights [N, C, k, k], zeros around x so that the size stays."""

    x: Tensor
    weights: Tensor

    @property
    def macs(self) -> int:
        """Multiplications, each with its addition."""
        return self.weights.numel() * self.x.shape[1] * self.x.shape[2]

    @property
    def padding(self) -> int:
        return self.weights.shape[-1] // 2

    @property
    def padded(self) -> np.ndarray:
        """x with its zeros: [C, H + 2p, W + 2p]."""
        around = (self.padding, self.padding)
        return np.pad(self.x.numpy(), ((0, 0), around, around))


@dataclass(frozen=True)
class Way:
    """One way to work a convolution out.

    prepare: from the problem to a function that does the work and returns [n, H, W], the first n of the
    maps; what it does before the clock runs is changing the numbers' form. tolerance: how far from the others
    it may be, as a share of the largest value.
    """

    name: str
    words: str
    prepare: Callable[[Problem], Callable[[], Tensor | np.ndarray]]
    tolerance: float = 1e-4


def problem(picture: Picture) -> Problem:
    """The third layer of the network in the box, on a picture: 384 filters of 3×3 over 256 maps."""
    network = shared_network()
    return Problem(network.trace(picture)["pool2"], network.stages.plain_state()["conv3.weight"].float())


def by_loops(x: list, weights: list, height: int, width: int) -> list:
    """Six loops and one line of arithmetic. x is padded: x[c][i][j], weights[n][c][i][j]."""
    maps = []
    for each in weights:
        values = [[0.0] * width for _ in range(height)]
        for row in range(height):
            for column in range(width):
                total = 0.0
                for channel, window in enumerate(each):
                    for i, line in enumerate(window):
                        for j, weight in enumerate(line):
                            total += weight * x[channel][row + i][column + j]
                values[row][column] = total
        maps.append(values)
    return maps


def by_patches(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Every value with one call of NumPy: filter times patch, added up. x is padded, [C, H, W]."""
    side = weights.shape[-1]
    height, width = (length - side + 1 for length in x.shape[1:])
    values = np.empty((len(weights), height, width), x.dtype)
    for row in range(height):
        for column in range(width):
            patch = np.ascontiguousarray(x[:, row : row + side, column : column + side])
            for number, each in enumerate(weights):
                values[number, row, column] = np.vdot(each, patch)
    return values


def by_one_product(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """All patches as columns of one matrix, all filters as rows of another, multiplied once. x is padded."""
    side = weights.shape[-1]
    patches = np.lib.stride_tricks.sliding_window_view(x, (side, side), (1, 2))  # [C, H, W, k, k]
    height, width = patches.shape[1:3]
    columns = patches.transpose(0, 3, 4, 1, 2).reshape(-1, height * width)
    return (weights.reshape(len(weights), -1) @ columns).reshape(-1, height, width)


def _loops(given: Problem):
    x, weights = given.padded.tolist(), given.weights[:LOOPED].tolist()
    return lambda: np.array(by_loops(x, weights, *given.x.shape[1:]))


def _patches(given: Problem):
    x, weights = given.padded, given.weights.numpy()
    return lambda: by_patches(x, weights)


def _product(given: Problem):
    x, weights = given.padded, given.weights.numpy()
    return lambda: by_one_product(x, weights)


def _one_core(given: Problem):
    return partial(_convolved, given.x[None], given.weights, given.padding)


def _all_cores(kind: torch.dtype = torch.float32):
    """As many threads as cores, each with its share of the filters: what PyTorch would do by itself if it were alone.

    The process computes on one thread for each visitor, see :func:`explainer.threads.one_thread_each`.
    """

    def prepare(given: Problem):
        x, shares = given.x[None].to(kind), given.weights.to(kind).chunk(cores())
        pool = ThreadPoolExecutor(cores())  # its threads end when the work is let go

        def work() -> Tensor:
            return torch.cat(list(pool.map(lambda weights: _convolved(x, weights, given.padding), shares)))

        return work

    return prepare


def _card(kind: torch.dtype = torch.float32):
    def prepare(given: Problem):
        x, weights = (numbers.to("cuda", kind) for numbers in (given.x[None], given.weights))

        def work() -> Tensor:
            values = _convolved(x, weights, given.padding)
            torch.cuda.synchronize()  # the card works on by itself; wait for its numbers
            return values

        return work

    return prepare


@torch.inference_mode()
def _convolved(x: Tensor, weights: Tensor, padding: int) -> Tensor:
    return F.conv2d(x, weights, padding=padding)[0]


def ways() -> list[Way]:
    """The ways there are on this machine, the slowest first."""
    found = [
        Way("plain loops", "Python, one multiplication after another", _loops),
        Way("patch by patch", "NumPy: one call for each value", _patches),
        Way("one matrix product", "NumPy: all patches times all filters", _product),
        Way("PyTorch, one core", "written for this processor", _one_core),
        Way("PyTorch, all cores", f"{cores()} at the same time", _all_cores()),
        Way("PyTorch, 16 bits", "bfloat16: three digits are enough", _all_cores(torch.bfloat16), 3e-2),
    ]
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        found.append(Way("graphics card", name, _card(), 3e-3))  # cards round to 11 bits where they may
        found.append(Way("graphics card, 16 bits", name, _card(torch.bfloat16), 3e-2))
    return found


@dataclass(frozen=True)
class Speeds:
    """Multiply-adds a second, way by way, one number a round.

    differences: how far each way's values are from the reference, as a share of the largest. doing: what comes next.
    """

    rates: dict[str, tuple[float, ...]]
    differences: dict[str, float]
    doing: str
    done: int
    total: int

    def against(self, name: str, base: str = "plain loops") -> Spread:
        """A way's speed as multiples of the base's in the same round."""
        return spread([a / b for a, b in zip(self.rates[name], self.rates[base], strict=False)])

    def seconds(self, name: str, macs: int) -> float:
        """What ``macs`` multiply-adds would take at a way's median speed."""
        return macs / median(self.rates[name])


def speeds(given: Problem, rounds: int = ROUNDS) -> Iterator[Speeds]:
    """Time every way in turn, round by round, one timing a step.

    In turn, so that whatever else the machine does hits all of them. Whether the values agree is
    looked at in the first round.
    """
    every = ways()
    ready = [way.prepare(given) for way in every]
    right = F.conv2d(given.x[None].double(), given.weights.double(), padding=given.padding)[0]
    state = Speeds({way.name: () for way in every}, {}, every[0].name, 0, rounds * len(every))
    yield state
    for _ in range(rounds):
        for place, (way, work) in enumerate(zip(every, ready, strict=True)):
            values, seconds = _timed(work)
            rate = given.macs * len(values) / len(given.weights) / seconds
            rates = {**state.rates, way.name: (*state.rates[way.name], rate)}
            differences = state.differences
            if way.name not in differences:
                differences = {**differences, way.name: difference(values, right)}
            state = replace(
                state,
                rates=rates,
                differences=differences,
                done=state.done + 1,
                doing=every[(place + 1) % len(every)].name,
            )
            yield state


def difference(values: Tensor | np.ndarray, right: Tensor) -> float:
    """The largest difference of the maps that there are, as a share of the largest value."""
    values = torch.as_tensor(values).cpu().double()
    return float((values - right[: len(values)]).abs().max() / right.abs().max())


def _timed(work: Callable[[], Tensor | np.ndarray]) -> tuple[Tensor | np.ndarray, float]:
    """(values, seconds for one time), the quick ones from many times in a row after one that does not count."""
    began = perf_counter()
    values = work()
    once = perf_counter() - began
    if once > SHORTEST:
        return values, once
    times = int(SHORTEST / once) + 1
    began = perf_counter()
    for _ in range(times):
        work()
    return values, (perf_counter() - began) / times


@cache
def forward_macs() -> int:
    """Multiply-adds of AlexNet's 2012 layout for one picture."""
    with torch.device("meta"):
        return sum(layer.macs for layer in describe(AlexNet2012(), 227))


def training_macs() -> int:
    """Multiply-adds of AlexNet's training in 2012: 90 epochs of 1.2 million pictures, forward and backward."""
    return EPOCHS * PICTURES * BACKWARD * forward_macs()


def training_settings() -> dict[str, str]:
    """What the training consisted of, for a sentence."""
    return {"epochs": f"{EPOCHS}", "pictures": f"{PICTURES:,}", "forward": f"{forward_macs():,}"}
