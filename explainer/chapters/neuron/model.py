"""One artificial neuron that reads a stoplight: multiply, add, decide, and learn.

Inputs are three lights, red, yellow and green, each 0 (off) or 1 (on). The
neuron fires, "go", when its output lies above its activation's threshold.

Source for learning: M. Nielsen, *Neural Networks and Deep Learning*, ch. 1
(quadratic cost, gradient descent); for what one neuron cannot do: M. Minsky
and S. Papert, *Perceptrons*, 1969.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import combinations, product

import numpy as np

LIGHTS = ("red", "yellow", "green")
ROWS = tuple(product((0, 1), repeat=3))  # every combination of (red, yellow, green), red slowest
LIMIT = 5.0  # weights and bias go from −LIMIT to +LIMIT on the sliders


@dataclass(frozen=True)
class Activation:
    """The curve between sum and output.

    ``function`` and ``slope`` (its derivative) take and give arrays of any shape.
    The neuron fires when the output is above ``threshold``, which for every curve
    here means: when the sum is above zero. ``range`` holds the outputs that can
    occur (the ends may be infinite). ``aims`` are the outputs asked of it in
    training for (wait, go), ``rate`` a learning rate at which training is steady.
    """

    name: str
    label: str
    function: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    threshold: float
    range: tuple[float, float]
    aims: tuple[float, float]
    rate: float


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + e^−z)."""
    return 1 / (1 + np.exp(-z))


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("none", "none", lambda z: z, np.ones_like, 0.0, (-math.inf, math.inf), (-1, 1), 0.3),
        Activation("step", "step", lambda z: np.where(z > 0, 1.0, 0.0), np.zeros_like, 0.0, (0.0, 1.0), (0, 1), 1.0),
        Activation(
            "sigmoid",
            "sigmoid",
            sigmoid,
            lambda z: sigmoid(z) * (1 - sigmoid(z)),
            0.5,
            (0.0, 1.0),
            (0, 1),
            5.0,
        ),
        Activation("tanh", "tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2, 0.0, (-1.0, 1.0), (-1, 1), 1.0),
        Activation(
            "relu",
            "ReLU",
            lambda z: np.maximum(0.0, z),
            lambda z: np.where(z > 0, 1.0, 0.0),
            0.0,
            (0.0, math.inf),
            (0, 1),
            0.3,
        ),
    )
}


# --- The sum and the decision -----------------------------------------------------------


@dataclass(frozen=True)
class Weighing:
    """What one neuron makes of one combination of lights."""

    lights: tuple[int, int, int]
    products: tuple[float, float, float]  # light × weight
    total: float  # the products and the bias, added up
    output: float  # the activation of the total
    threshold: float
    fires: bool

    @property
    def verdict(self) -> str:
        """ "go" or "wait"."""
        return "go" if self.fires else "wait"


@dataclass(frozen=True)
class Neuron:
    """Three weights (red, yellow, green), a bias and the name of an activation."""

    weights: tuple[float, float, float]
    bias: float
    activation: str = "sigmoid"

    @property
    def curve(self) -> Activation:
        """The activation with its function and threshold."""
        return ACTIVATIONS[self.activation]

    def weigh(self, lights: Sequence[int]) -> Weighing:
        """Multiply, add up, apply the activation and compare with its threshold."""
        products = tuple(light * weight + 0.0 for light, weight in zip(lights, self.weights, strict=True))
        # 0.1 + 0.2 − 0.3 must be zero here as it is on paper, or the verdict tips over.
        total = tidy(products[0] + products[1] + products[2] + self.bias)
        output = float(self.curve.function(np.float64(total)))
        return Weighing(
            tuple(int(light) for light in lights),
            products,
            total,
            output,
            self.curve.threshold,
            output > self.curve.threshold,
        )

    def fire(self, lights: Sequence[int]) -> bool:
        """Whether the neuron says "go"."""
        return self.weigh(lights).fires

    def rounded(self) -> "Neuron":
        """The same neuron with two decimals, as the page shows it."""
        weights = tuple(tidy(weight, 2) for weight in self.weights)
        return Neuron(weights, tidy(self.bias, 2), self.activation)

    def written(self, lights: Sequence[int]) -> str:
        """The whole sum as one line: ``0 × −1.0 + 0 × 0.0 + 1 × 1.0 − 0.5 = +0.5``."""
        digits = decimals(self)
        terms = " + ".join(
            f"{int(light)} × {number(weight, digits, plus='')}"
            for light, weight in zip(lights, self.weights, strict=True)
        )
        sign = "−" if tidy(self.bias, digits) < 0 else "+"
        bias = number(abs(self.bias), digits, plus="")
        return f"{terms} {sign} {bias} = {number(self.weigh(lights).total, digits)}"


STOPLIGHT = Neuron((-1.0, 0.0, 1.0), -0.5)  # go when green is on and red is off


def truth_table(neuron: Neuron) -> tuple[Weighing, ...]:
    """The neuron's answer to each of the eight combinations, in the order of ``ROWS``."""
    return tuple(neuron.weigh(lights) for lights in ROWS)


def tidy(value: float, digits: int = 9) -> float:
    """Rounded, halves away from zero, exactly as the browser does it."""
    scale = 10.0**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5) / scale, value) + 0.0


def decimals(neuron: Neuron) -> int:
    """Decimals that show this neuron's numbers exactly: 1 as set by hand, 2 after training."""
    return 1 if all(tidy(value, 1) == tidy(value) for value in (*neuron.weights, neuron.bias)) else 2


def number(value: float, digits: int = 1, plus: str = "+") -> str:
    """A number for the page: ``+1.0``, ``−0.5``, ``0.0`` (a true minus, no sign on zero)."""
    value = tidy(value, digits)
    return f"{'−' if value < 0 else plus if value > 0 else ''}{abs(value):.{digits}f}"


def compared(weighing: Weighing, digits: int = 2) -> str:
    """Output against threshold, with as many decimals as it takes to tell them apart: ``0.62 > 0.5``."""
    whole = weighing.output == math.floor(weighing.output)
    shown = 0 if whole else digits
    while shown < 9 and tidy(weighing.output, shown) == weighing.threshold != weighing.output:
        shown += 1
    sign = ">" if weighing.fires else "≤"
    return f"{number(weighing.output, shown, plus='')} {sign} {weighing.threshold:g}"


# --- The boundary: a plane through the cube of lights --------------------------------------


def boundary(neuron: Neuron) -> np.ndarray:
    """Where the sum is zero inside the cube of lights, as a polygon.

    Returns float [corners, 3] in (red, yellow, green), in order around the polygon:
    three to six corners; two or one where the plane only touches an edge or a
    corner of the cube; none where it misses the cube or all weights are zero.
    """
    weights, bias = np.array(neuron.weights, dtype=float), neuron.bias
    if not weights.any():
        return np.zeros((0, 3))
    corners = np.array(ROWS, dtype=float)
    sums = corners @ weights + bias
    sums[np.abs(sums) < 1e-9] = 0
    points = list(corners[sums == 0])
    for i, j in combinations(range(8), 2):
        is_edge = np.abs(corners[i] - corners[j]).sum() == 1
        if is_edge and sums[i] * sums[j] < 0:
            share = sums[i] / (sums[i] - sums[j])
            points.append(corners[i] + share * (corners[j] - corners[i]))
    if len(points) < 3:
        return np.array(points).reshape(-1, 3)
    return _in_order(np.array(points), weights)


def equation(neuron: Neuron) -> str:
    """The boundary in words: ``green − red − 0.5 = 0``; "" when all weights are zero."""
    terms = sorted(zip(neuron.weights, LIGHTS, strict=True), key=lambda term: term[0] <= 0)
    words = [(weight, f"{abs(weight):g} {light}".removeprefix("1 ")) for weight, light in terms if weight]
    if not words:
        return ""
    words += [(neuron.bias, f"{abs(neuron.bias):g}")] if neuron.bias else []
    text = "".join(f" {'+' if value > 0 else '−'} {word}" for value, word in words)
    return f"{'−' if words[0][0] < 0 else ''}{text[3:]} = 0"


def inequality(neuron: Neuron) -> str:
    """When it goes, in words: ``green − red − 0.5 > 0``; with all weights zero, the bias alone: ``−0.5 > 0``."""
    alone = f"{neuron.bias:g}".replace("-", "−")
    return equation(neuron).replace(" = 0", " > 0") or f"{alone} > 0"


def _in_order(points: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Points of a convex polygon sorted by their angle around its middle."""
    normal = normal / np.linalg.norm(normal)
    across = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal))])
    across /= np.linalg.norm(across)
    along = np.cross(normal, across)
    spokes = points - points.mean(axis=0)
    return points[np.argsort(np.arctan2(spokes @ along, spokes @ across))]


# --- What one neuron can and cannot do -------------------------------------------------------

Targets = tuple[int, ...]  # eight answers asked for, 1 go and 0 wait, in the order of ROWS


def table_of(rule: Callable[[int, int, int], bool]) -> Targets:
    """The eight targets of a rule given as ``rule(red, yellow, green)``."""
    return tuple(int(bool(rule(*lights))) for lights in ROWS)


@dataclass(frozen=True)
class Lesson:
    """A table to learn: its name in links, what the page calls it, and the eight targets."""

    name: str
    label: str
    targets: Targets


LESSONS: tuple[Lesson, ...] = (
    Lesson("go", "green and not red", table_of(lambda red, yellow, green: green and not red)),
    Lesson("and", "green and yellow", table_of(lambda red, yellow, green: green and yellow)),
    Lesson("or", "green or yellow", table_of(lambda red, yellow, green: green or yellow)),
    Lesson("any", "any light at all", table_of(lambda red, yellow, green: red or yellow or green)),
    Lesson("two", "at least two lights", table_of(lambda red, yellow, green: red + yellow + green >= 2)),
    Lesson("xor", "either red or green, not both", table_of(lambda red, yellow, green: red != green)),
    Lesson("one", "exactly one light", table_of(lambda red, yellow, green: red + yellow + green == 1)),
)


@dataclass(frozen=True)
class Contradiction:
    """Two rows that must go and two that must wait, although together they add up to the same lights.

    Rows are indices into ``ROWS``.
    """

    go: tuple[int, int]
    wait: tuple[int, int]

    @property
    def sentence(self) -> str:
        """Why no weights can do it, in words."""
        go, wait = (" and ".join(described(ROWS[row]) for row in pair) for pair in (self.go, self.wait))
        return (
            f"The sums for {go} must both be above zero; the sums for {wait} must not. "
            "But each pair holds the same lights, so the two totals are equal."
        )


def contradiction(targets: Sequence[int]) -> Contradiction | None:
    """Four rows that prove that no neuron can give these targets, or None if one can.

    Each row's sum is its lights times the weights, plus the bias. Two "go" rows
    have a total above zero, two "wait" rows a total at or below zero; if both
    pairs hold the same lights, the two totals are one number. With three inputs
    every table that no neuron can do contains such four rows (it holds up to
    eight inputs: Sarje and Biswas, *IEEE Transactions on Computers*, 1977).
    """
    pairs_by_lights: dict[tuple[int, ...], dict[int, tuple[int, int]]] = {}
    for i, j in combinations(range(8), 2):
        if targets[i] == targets[j]:
            lights = tuple(a + b for a, b in zip(ROWS[i], ROWS[j], strict=True))
            pairs_by_lights.setdefault(lights, {}).setdefault(int(targets[i]), (i, j))
    for pairs in pairs_by_lights.values():
        if len(pairs) == 2:
            return Contradiction(go=pairs[1], wait=pairs[0])
    return None


def separable(targets: Sequence[int]) -> bool:
    """Whether some plane has all "go" corners of the cube on one side, so that one neuron can do it."""
    return contradiction(targets) is None


@cache
def separable_tables() -> int:
    """How many of the 256 possible tables of three lights one neuron can give."""
    return sum(separable(targets) for targets in product((0, 1), repeat=8))


def described(lights: Sequence[int]) -> str:
    """``"no light"``, ``"green alone"``, ``"red with green"``, ``"all three"``."""
    on = [name for name, light in zip(LIGHTS, lights, strict=True) if light]
    return ("no light", f"{on[0]} alone" if on else "", " with ".join(on), "all three")[len(on)]


# --- Learning ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """Training after ``step`` steps of gradient descent; step 0 is the random start."""

    step: int
    neuron: Neuron
    error: float  # half the mean squared difference between output and target
    outputs: tuple[float, ...]  # for the eight rows
    right: int  # rows whose verdict is the wanted one


def gradient(neuron: Neuron, targets: Sequence[int]) -> tuple[np.ndarray, float, float]:
    """The slope of the error on all eight rows, and the error itself.

    With z the sum, a = f(z) the output and t what is asked for:
    C = mean of (a − t)² / 2, so ∂C/∂w = mean of (a − t) · f'(z) · light,
    and the same with a light that is always on for the bias.

    Returns (∂C/∂weights float [3], ∂C/∂bias, C).
    """
    lights = np.array(ROWS, dtype=float)
    t = np.take(neuron.curve.aims, targets)
    z = lights @ np.array(neuron.weights) + neuron.bias
    miss = neuron.curve.function(z) - t
    delta = miss * neuron.curve.slope(z)
    return delta @ lights / 8, float(delta.mean()), float((miss**2).mean() / 2)


def train(
    targets: Sequence[int],
    activation: str = "sigmoid",
    rate: float | None = None,
    seed: int = 0,
    start: Neuron | None = None,
    steps: int = 400,
    enough: float = 0.01,
) -> Iterator[Progress]:
    """Gradient descent on all eight rows at once; yields the start and then every step.

    Args:
        targets: eight answers, 1 go and 0 wait, in the order of ``ROWS``.
        activation: its name in ``ACTIVATIONS``.
        rate: learning rate; None takes the activation's own.
        seed: draws the starting weights and bias from N(0, 1).
        start: a neuron to go on from instead.
        steps: the most steps taken.
        enough: stops earlier when all rows are right and the error is down to this.
    """
    rate = ACTIVATIONS[activation].rate if rate is None else rate
    drawn = np.random.default_rng(seed).standard_normal(4)
    weights, bias = drawn[:3], float(drawn[3])
    if start is not None:
        weights, bias = np.array(start.weights, dtype=float), float(start.bias)
    for step in range(steps + 1):
        neuron = Neuron(tuple(float(weight) for weight in weights), bias, activation)
        slope, slope_of_bias, error = gradient(neuron, targets)
        table = truth_table(neuron)
        right = sum(row.fires == bool(target) for row, target in zip(table, targets, strict=True))
        yield Progress(step, neuron, error, tuple(row.output for row in table), right)
        if right == 8 and error <= enough:
            return
        weights, bias = weights - rate * slope, bias - rate * slope_of_bias


@dataclass(frozen=True, eq=False)
class Run:
    """A whole training run, kept for replay.

    path: float64 [steps + 1, 5], after each step the weights (red, yellow, green) and the bias with the two
    decimals that the page shows, and the error with four.
    """

    targets: Targets
    activation: str
    seed: int
    path: np.ndarray

    @property
    def steps(self) -> int:
        """Steps of training; the path begins with none."""
        return len(self.path) - 1

    def neuron_after(self, step: int) -> Neuron:
        """The neuron after so many steps, as shown; −1 for the last."""
        *weights, bias, _ = self.path[step].tolist()
        return Neuron(tuple(weights), bias, self.activation)

    @cached_property
    def neuron(self) -> Neuron:
        """The neuron it ended with, as shown."""
        return self.neuron_after(-1)

    @cached_property
    def right(self) -> int:
        """Rows that this neuron gets right in the end."""
        table = truth_table(self.neuron)
        return sum(row.fires == bool(target) for row, target in zip(table, self.targets, strict=True))

    @property
    def outcome(self) -> str:
        """ "solved", or why not: "impossible", "flat" (no slope), "stuck" (though weights exist)."""
        if self.right == 8:
            return "solved"
        if not separable(self.targets):
            return "impossible"
        return "stuck" if any(self.neuron.curve.slope(np.array(self.sums))) else "flat"

    @property
    def sums(self) -> tuple[float, ...]:
        """The eight sums in the end."""
        return tuple(row.total for row in truth_table(self.neuron))

    @property
    def sentence(self) -> str:
        """How it ended, and why, in words."""
        if self.outcome == "solved":
            return f"All 8 rows right after {self.steps} steps of training."
        count = f"{self.right} of 8 rows right"
        if self.outcome == "impossible":
            return f"{count}; no weights do all 8. {contradiction(self.targets).sentence}"
        if self.outcome == "flat":
            where = "A step is flat everywhere" if self.activation == "step" else "Every sum sits where ReLU is flat"
            return f"{count}, and nothing moves. {where}: slope 0 cannot tell the weights which way to go."
        return f"{count}. Weights that do all 8 exist, but following this error's slope did not reach them."


@lru_cache(maxsize=64)  # at most 16 KB each, and some hundredths of a second to make again
def run(targets: Targets, activation: str = "sigmoid", seed: int = 0) -> Run:
    """Train to the end and keep what a replay shows of every step."""
    path = []
    for progress in train(targets, activation, seed=seed):
        shown = progress.neuron.rounded()
        path.append([*shown.weights, shown.bias, round(progress.error, 4)])
    return Run(targets, activation, seed, np.array(path))


# --- The whole setting, as it travels between browser, link and page ---------------------------------


@dataclass(frozen=True)
class Setting:
    """Everything the visitor has set: a neuron, the lights, the table to learn, the seed of the start."""

    neuron: Neuron = STOPLIGHT
    lights: tuple[int, int, int] = (0, 0, 1)
    targets: Targets = LESSONS[0].targets
    seed: int = 0

    @property
    def weighing(self) -> Weighing:
        """What the neuron makes of the lights."""
        return self.neuron.weigh(self.lights)

    @property
    def run(self) -> Run:
        """The training run for the table, activation and seed that are set."""
        return run(self.targets, self.neuron.activation, self.seed)

    def plain(self) -> dict:
        """The setting as JSON; :meth:`of` reads it back."""
        return {
            "lights": list(self.lights),
            "weights": list(self.neuron.weights),
            "bias": self.neuron.bias,
            "activation": self.neuron.activation,
            "targets": list(self.targets),
            "seed": self.seed,
        }

    @classmethod
    def of(cls, plain: dict) -> "Setting":
        """A setting from JSON or a preset; whatever is missing or makes no sense takes the default."""
        default = cls()
        weights = plain.get("weights")
        weights = weights if isinstance(weights, list | tuple) and len(weights) == 3 else default.neuron.weights
        activation = plain.get("activation")
        return cls(
            Neuron(
                tuple(_value(w, d) for w, d in zip(weights, default.neuron.weights, strict=True)),
                _value(plain.get("bias"), default.neuron.bias),
                activation if activation in ACTIVATIONS else default.neuron.activation,
            ),
            _bits(plain.get("lights"), default.lights),
            _bits(plain.get("targets"), default.targets),
            int(abs(_value(plain.get("seed"), default.seed, limit=9999))),
        )

    def link(self) -> dict[str, str]:
        """The setting as query parameters; :meth:`from_link` reads them back."""
        return {
            "lights": "".join(map(str, self.lights)),
            "weights": "_".join(f"{value:g}" for value in (*self.neuron.weights, self.neuron.bias)),
            "activation": self.neuron.activation,
            "table": "".join(map(str, self.targets)),
            "seed": str(self.seed),
        }

    @classmethod
    def from_link(cls, parameters: dict[str, str]) -> "Setting":
        """The setting that query parameters describe; a damaged part takes its default."""
        weights = parameters.get("weights", "").split("_")
        plain = {
            "lights": list(parameters.get("lights", "")),
            "activation": parameters.get("activation"),
            "targets": list(parameters.get("table", "")),
            "seed": parameters.get("seed"),
        }
        if len(weights) == 4:
            plain |= {"weights": weights[:3], "bias": weights[3]}
        return cls.of(plain)


def _value(given: object, default: float, limit: float = 99.0) -> float:
    """A number with at most two decimals, or the default."""
    try:
        value = float(given)
    except (TypeError, ValueError):
        return default
    return tidy(min(max(value, -limit), limit), 2) if math.isfinite(value) else default


def _bits(given: object, default: tuple[int, ...]) -> tuple[int, ...]:
    """Zeros and ones, as many as the default has, or the default."""
    if not isinstance(given, list | tuple) or len(given) != len(default):
        return default
    return tuple(int(bit) for bit in given) if all(bit in (0, 1, "0", "1") for bit in given) else default
