"""Digits to test with, and a plain NumPy program to compare with."""

import os

import numpy as np
import pytest

from explainer.digits.data import full_digits_folder, read_mnist, small_digits
from tests.beside import ABSENT, SHARED

BESIDE = SHARED / "data"


@pytest.fixture(scope="session")
def small():
    return small_digits()


@pytest.fixture(scope="session")
def full():
    """All of MNIST, from EXPLAINER_DATA or from beside the repository; read only."""
    named = full_digits_folder() if os.environ.get("EXPLAINER_DATA") else None
    folder = named or BESIDE / "MNIST" / "raw"
    if not folder.is_dir():
        pytest.skip(ABSENT)
    return read_mnist(folder)


def numpy_gradient(weights, biases, x, y, cost):
    """One example the slow way, column vectors and loops over neurons, in float64."""
    activations, zs = [x], []
    for w, b in zip(weights, biases, strict=True):
        z = np.array([sum(w[j, i] * activations[-1][i] for i in range(w.shape[1])) + b[j] for j in range(len(b))])
        zs.append(z)
        activations.append(1 / (1 + np.exp(-z)))
    slopes = [np.exp(-z) / (1 + np.exp(-z)) ** 2 for z in zs]
    delta = activations[-1] - y
    if cost == "quadratic":
        delta = delta * slopes[-1]
    nabla_b, nabla_w = [None] * len(zs), [None] * len(zs)
    for layer in reversed(range(len(zs))):
        nabla_b[layer], nabla_w[layer] = delta, np.outer(delta, activations[layer])
        if layer:
            gathered = [
                sum(weights[layer][k, j] * delta[k] for k in range(len(delta))) for j in range(len(zs[layer - 1]))
            ]
            delta = np.array(gathered) * slopes[layer - 1]
    return nabla_b, nabla_w
