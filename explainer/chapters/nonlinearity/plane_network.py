"""A small network on the plane: some features of a place (x, y) in, layers of up to eight neurons, one number out.

The output goes through tanh: above 0 for one kind, below for the other. The cost is half the mean of
(output − kind)², as in the TensorFlow Playground. NumPy, float64; a batch is a matrix with one place a row.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]

FEATURES: dict[str, Function] = {
    "x": lambda p: p[:, 0],
    "y": lambda p: p[:, 1],
    "x2": lambda p: p[:, 0] ** 2,
    "y2": lambda p: p[:, 1] ** 2,
    "xy": lambda p: p[:, 0] * p[:, 1],
    "sinx": lambda p: np.sin(p[:, 0]),
    "siny": lambda p: np.sin(p[:, 1]),
}


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.tanh(0.5 * z)  # the same as 1 / (1 + e⁻ᶻ), and never too large on the way


# What a neuron makes of its sum z, and the slope of that, from what it made, a.
BENDS: dict[str, tuple[Function, Function]] = {
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(float)),
    "sigmoid": (_sigmoid, lambda a: a * (1 - a)),
    "linear": (lambda z: z, np.ones_like),
}


@dataclass(frozen=True, eq=False)
class PlaneNetwork:
    """``weights[l]`` is [neurons, inputs], ``biases[l]`` is [neurons]; the last layer is the one output."""

    features: tuple[str, ...]
    bend: str
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons in each hidden layer."""
        return tuple(len(b) for b in self.biases[:-1])

    @property
    def parameters(self) -> int:
        """Weights and biases together."""
        return sum(part.size for part in (*self.weights, *self.biases))

    def inputs(self, places: np.ndarray) -> np.ndarray:
        """The features of places [n, 2]: [n, features]."""
        return np.stack([FEATURES[name](places) for name in self.features], 1)

    def forward(self, inputs: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Every layer's sums z and what its neurons hand on, the inputs first: lists of [n, neurons]."""
        bend, sums, said = BENDS[self.bend][0], [], [inputs]
        for layer, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            sums.append(said[-1] @ w.T + b)
            said.append(np.tanh(sums[-1]) if layer == len(self.weights) - 1 else bend(sums[-1]))
        return sums, said

    def outputs(self, places: np.ndarray) -> np.ndarray:
        """What the network says at places [n, 2]: [n], −1 to 1."""
        return self.forward(self.inputs(places))[1][-1][:, 0]

    def judged(self, places: np.ndarray, kinds: np.ndarray) -> tuple[float, float]:
        """The cost and the share of places on the right side."""
        said = self.outputs(places)
        return float(np.mean((said - kinds) ** 2) / 2), float(np.mean((said > 0) == (kinds > 0)))

    def backward(self, said: list[np.ndarray], kinds: np.ndarray) -> list[np.ndarray]:
        """Every layer's errors δ = ∂C/∂z for each place, [n, neurons], from what :meth:`forward` says.

        C is the cost of each place by itself, ½ (output − kind)².
        """
        slope = BENDS[self.bend][1]
        deltas = [(said[-1] - kinds[:, None]) * (1 - said[-1] ** 2)]
        for layer in range(len(self.weights) - 1, 0, -1):
            deltas.insert(0, (deltas[0] @ self.weights[layer]) * slope(said[layer]))
        return deltas

    def gradient(self, inputs: np.ndarray, kinds: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """How the mean cost of a batch changes with every weight and every bias."""
        said = self.forward(inputs)[1]
        deltas = self.backward(said, kinds)
        return (
            [delta.T @ a / len(kinds) for delta, a in zip(deltas, said, strict=False)],
            [delta.mean(0) for delta in deltas],
        )


def new_network(
    hidden: tuple[int, ...], features: tuple[str, ...] = ("x", "y"), bend: str = "tanh", start: str = "scaled",
    seed: int = 0,
) -> PlaneNetwork:  # fmt: skip
    """An untrained network, alike for the same seed.

    ``start``: "scaled" draws weights from N(0, 1/inputs) and biases from N(0, 1); "playground" draws weights evenly
    from −0.5 to 0.5 and sets every bias to 0.1, as the Playground does.
    """
    random = np.random.default_rng(seed)
    sizes = (len(features), *hidden, 1)
    if start == "playground":
        weights = [random.uniform(-0.5, 0.5, (n, inputs)) for inputs, n in pairwise(sizes)]
        biases = [np.full(n, 0.1) for n in sizes[1:]]
    else:
        weights = [random.normal(0, 1 / math.sqrt(inputs), (n, inputs)) for inputs, n in pairwise(sizes)]
        biases = [random.normal(0, 1, n) for n in sizes[1:]]
    return PlaneNetwork(tuple(features), bend, tuple(weights), tuple(biases))
