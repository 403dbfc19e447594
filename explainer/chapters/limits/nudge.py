"""The smallest step against the network's certainty that changes the name.

Goodfellow, Shlens and Szegedy (2015), the fast gradient sign method: move every colour of
every pixel by the same small ε, up or down, whichever lowers the score of the first guess.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explainer.networks import Guess, Network, Trace, best_guesses

LARGEST = 64  # in steps of 255: beyond that anybody sees it
_FINEST = 2.0**-20  # a step too small to matter: the first two guesses are as good as even
_HALVINGS = 6
_RANDOM = 8


@dataclass(frozen=True, eq=False)
class Nudge:
    """How little it takes.

    sign: float [3, size, size], −1, 0 or +1: which way each colour is moved.
    epsilon: the smallest step found that changes the name, in 1/255 of the colour range; at ``below`` the
        name still held. None where no step up to LARGEST changes it.
    stored: the smallest whole number of steps that changes it, as a file of bytes can hold; None as above.
    view: uint8 [size, size, 3], moved by ``stored`` steps (unmoved where None); guesses: before and after.
    before, after: probability of the first guess. kept: of ``tried`` random moves by as many steps, how
        many leave the name.
    """

    sign: np.ndarray
    epsilon: float | None
    below: float
    stored: int | None
    view: np.ndarray
    guesses: tuple[list[Guess], list[Guess]]
    before: float
    after: float
    kept: int
    tried: int

    @property
    def blind(self) -> bool:
        """Whether the gradient is zero everywhere: the network gives no direction."""
        return not self.sign.any()


def nudge(network: Network, trace: Trace, count: int = 5) -> Nudge:
    """Find it: one gradient, ε halved or doubled until the name turns, then halved in between."""
    sign = _downhill(network, trace)
    first = trace.top(1)[0]
    colours = torch.from_numpy(trace.view.copy()).permute(2, 0, 1).float()

    def row(moved: Tensor) -> Tensor:
        """Probabilities of pictures in steps of colour, float [n, 3, H, W] → [n, categories]."""
        with torch.inference_mode():
            x = network.preprocessing.normalise(np.zeros((1, 1, 3), np.uint8))[None]  # black, to move from
            scale = network.preprocessing.normalise(np.full((1, 1, 3), 255, np.uint8))[None] - x
            return network.run(x + scale * moved.clamp(0, 255) / 255).softmax(dim=1)

    def changes(steps: float) -> bool:
        return row((colours + steps * sign)[None]).argmax().item() != first.index

    epsilon, below = _smallest(changes) if sign.any() else (None, float(LARGEST))
    stored = (
        None if epsilon is None else next((k for k in range(max(1, int(epsilon)), LARGEST + 1) if changes(k)), None)
    )
    if stored is None:
        return Nudge(
            sign.numpy(), epsilon, below, None, trace.view, (trace.top(count),) * 2, first.probability,
            first.probability, 0, 0,
        )  # fmt: skip
    moved = (colours + stored * sign).clamp(0, 255)
    after = row(moved[None])[0]
    random = torch.randint(0, 2, (_RANDOM, *sign.shape), generator=torch.Generator().manual_seed(0)) * 2 - 1
    kept = int((row(colours + stored * random).argmax(dim=1) == first.index).sum())
    view = moved.byte().permute(1, 2, 0).numpy()
    guesses = trace.top(count), best_guesses(after, trace.categories, count)
    return Nudge(
        sign.numpy(), epsilon, below, stored, view, guesses, first.probability, after[first.index].item(), kept, _RANDOM
    )


def _downhill(network: Network, trace: Trace) -> Tensor:
    """Sign of the way in which the first guess loses most against all others: float [3, H, W].

    The loss is log Σ exp(other sums) − the first guess's sum. Its gradient points where that of −log p does, but
    lacks the factor 1 − p, which is lost to rounding when the network is certain.
    """
    x = trace.input[None].clone().requires_grad_()
    sums = network.run(x)[0]
    first = torch.arange(len(sums)) == trace.top(1)[0].index
    lost = sums[~first].logsumexp(0) - sums[first].sum()
    return torch.autograd.grad(lost, x)[0][0].sign()


def _smallest(changes: Callable[[float], bool]) -> tuple[float | None, float]:
    """(a step at which the name changes, a smaller one close by at which it does not), in 1/255."""
    above = 0.25
    while above > _FINEST and changes(above / 2):
        above /= 2
    while not changes(above):
        above *= 2
        if above > LARGEST:
            return None, float(LARGEST)
    below = above / 2
    for _ in range(_HALVINGS):
        between = (below + above) / 2
        if changes(between):
            above = between
        else:
            below = between
    return above, below
