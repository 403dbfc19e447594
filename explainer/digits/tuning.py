"""Searching for good settings: on a grid, at random, or guided by what was tried (Optuna).

Every trial learns from some of the learning digits and is judged on others; the test digits
are left out of it, or they would no longer tell how good the winner is.
"""

import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from explainer.digits.data import Digits
from explainer.digits.training import Settings, train
from explainer.errors import ExplainerError

METHODS = ("grid", "random", "bayesian")
_FIRST_RANDOM = 5  # trials before Optuna begins to reason


@dataclass(frozen=True)
class Between:
    """Numbers from ``low`` to ``high``; by their logarithm where a factor matters more than a difference."""

    low: float
    high: float
    log: bool = True
    whole: bool = False

    def levels(self, count: int) -> list:
        """``count`` values spread evenly over the range; the middle one if only one is wanted."""
        places = [0.5] if count == 1 else [i / (count - 1) for i in range(count)]
        if self.log:
            values = [math.exp(math.log(self.low) + p * math.log(self.high / self.low)) for p in places]
        else:
            values = [self.low + p * (self.high - self.low) for p in places]
        return sorted({round(v) for v in values}) if self.whole else [float(f"{v:.4g}") for v in values]


@dataclass(frozen=True)
class OneOf:
    """One of a few named values."""

    values: tuple

    def levels(self, _count: int) -> list:
        return list(self.values)


# What can be searched, and where.
SPACE: dict[str, Between | OneOf] = {
    "rate": Between(0.03, 30.0),
    "hidden": Between(4, 64, whole=True),
    "batch": Between(4, 100, whole=True),
    "regularisation": Between(0.01, 10.0),
    "cost": OneOf(("quadratic", "cross-entropy")),
    "initial": OneOf(("gaussian", "scaled")),
}


@dataclass(frozen=True)
class Trial:
    """One setting tried: ``accuracy`` (a share of 1) and ``cost`` on the digits set aside."""

    number: int  # from 1
    values: dict
    settings: Settings
    accuracy: float
    cost: float
    best: bool  # better than all before it
    best_so_far: float
    seconds: float = field(compare=False)


def tune(
    data: Digits,
    method: str = "random",
    trials: int = 16,
    over: tuple[str, ...] = ("rate", "hidden"),
    settings: Settings | None = None,
    digits: int = 5_000,
    seconds: float | None = None,
    seed: int = 0,
) -> Iterator[Trial]:
    """Try settings one after the other and yield each trial as it ends.

    ``over`` names what varies (see :data:`SPACE`); everything else stays as in ``settings``, by
    default three epochs. A trial trains on the first ``digits`` learning digits, less a sixth that
    it is judged on. The search ends after ``trials`` trials, or when ``seconds`` have passed.

    Raises:
        ExplainerError: no such method or setting, or nothing to vary.
    """
    if method not in METHODS:
        raise ExplainerError(f"There is no search called {method}; choose {', '.join(METHODS)}.")
    if not over or any(name not in SPACE for name in over):
        raise ExplainerError(f"A search varies at least one of {', '.join(SPACE)}.")
    if trials < 1:
        raise ExplainerError("A search needs a budget of at least one trial.")
    return _search(data.first(digits).held_out(), method, trials, over, settings or Settings(), seconds, seed)


def _search(data, method, trials, over, settings, seconds, seed) -> Iterator[Trial]:
    started, best_so_far = time.perf_counter(), -1.0
    suggest = _grid(over, trials) if method == "grid" else _optuna(over, method, trials, seed)
    answer = None
    for number in itertools.count(1):
        try:
            values = suggest.send(answer)
        except StopIteration:
            return
        chosen = replace(settings, **values)
        begun = time.perf_counter()
        for progress in train(data, chosen, every=len(data.train_labels)):
            accuracy, cost = progress.accuracy, progress.test_cost
        best, best_so_far = accuracy > best_so_far, max(accuracy, best_so_far)
        trial = Trial(number, values, chosen, accuracy, cost, best, best_so_far, time.perf_counter() - begun)
        answer = accuracy
        yield trial
        if seconds is not None and time.perf_counter() - started >= seconds:
            return


def _grid(over, trials):
    """As many levels of each setting as the budget allows, in order."""
    ranges = [SPACE[name] for name in over]
    fixed = math.prod(len(r.values) for r in ranges if isinstance(r, OneOf))
    free = sum(isinstance(r, Between) for r in ranges)
    count = max(1, math.floor((trials / fixed) ** (1 / free) + 1e-9)) if free else 1
    for combination in itertools.islice(itertools.product(*(r.levels(count) for r in ranges)), trials):
        yield dict(zip(over, combination, strict=True))


def _optuna(over, method, trials, seed):
    """Random points, or a tree-structured Parzen estimator: more trials where the good ones were."""
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = (
        optuna.samplers.RandomSampler(seed)
        if method == "random"
        else optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(_FIRST_RANDOM, max(1, trials // 2)))
    )
    study = optuna.create_study(direction="maximize", sampler=sampler)
    space = {}
    for name in over:
        known = SPACE[name]
        if isinstance(known, OneOf):
            space[name] = CategoricalDistribution(known.values)
        elif known.whole:
            space[name] = IntDistribution(int(known.low), int(known.high), log=known.log)
        else:
            space[name] = FloatDistribution(known.low, known.high, log=known.log)
    for _ in range(trials):
        asked = study.ask(space)
        study.tell(asked, (yield dict(asked.params)))
