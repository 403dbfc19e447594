"""Digits: an epoch against a plain NumPy loop, the way to 95%, the map of shifts, and windows against one convolution.

``python -m benchmarks.digits``. What is compared takes turns; of each the shortest time counts,
in wall time and, because a crowded machine spoils that, in processor time as well.
"""

import os
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from explainer.chapters.translation.shifting import shift_map
from explainer.digits.convolutional import load_convolutional
from explainer.digits.data import Digits, full_digits_folder, one_hot, read_mnist, small_digits
from explainer.digits.files import load_network
from explainer.digits.lines import compare, write_number
from explainer.digits.reading import accuracy
from explainer.digits.training import PRESETS, Settings, Training, epoch_order, learn

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "MNIST" / "raw"
EPOCHS = 3
HIDDEN, BATCH, RATE = 15, 10, 3.0


class PlainLoop:
    """What one writes first: one example at a time, NumPy column vectors, sums of gradients in lists."""

    def __init__(self, data: Digits, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        sizes = (784, HIDDEN, 10)
        self.biases = [self.random.standard_normal((n, 1)) for n in sizes[1:]]
        self.weights = [self.random.standard_normal((n, m)) for m, n in pairwise(sizes)]
        pixels, targets = data.train_images.numpy(), np.eye(10)[data.train_labels.numpy()]
        self.examples = [(x.reshape(784, 1), y.reshape(10, 1)) for x, y in zip(pixels, targets, strict=True)]

    def epoch(self) -> None:
        order = self.random.permutation(len(self.examples))
        for start in range(0, len(order), BATCH):
            batch = [self.examples[i] for i in order[start : start + BATCH]]
            nabla_b = [np.zeros(b.shape) for b in self.biases]
            nabla_w = [np.zeros(w.shape) for w in self.weights]
            for x, y in batch:
                delta_b, delta_w = self.backprop(x, y)
                nabla_b = [nb + db for nb, db in zip(nabla_b, delta_b, strict=True)]
                nabla_w = [nw + dw for nw, dw in zip(nabla_w, delta_w, strict=True)]
            self.weights = [w - RATE / len(batch) * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
            self.biases = [b - RATE / len(batch) * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def backprop(self, x: np.ndarray, y: np.ndarray) -> tuple[list, list]:
        activation, activations, zs = x, [x], []
        for b, w in zip(self.biases, self.weights, strict=True):
            zs.append(np.dot(w, activation) + b)
            activation = _sigmoid(zs[-1])
            activations.append(activation)
        delta = (activations[-1] - y) * _slope(zs[-1])
        nabla_b, nabla_w = [delta], [np.dot(delta, activations[-2].T)]
        for layer in range(len(zs) - 2, -1, -1):
            delta = np.dot(self.weights[layer + 1].T, delta) * _slope(zs[layer])
            nabla_b.insert(0, delta)
            nabla_w.insert(0, np.dot(delta, activations[layer].T))
        return nabla_b, nabla_w

    def accuracy(self, data: Digits) -> float:
        a = data.test_images.numpy().T
        for b, w in zip(self.biases, self.weights, strict=True):
            a = _sigmoid(np.dot(w, a) + b)
        return float((a.argmax(0) == data.test_labels.numpy()).mean())


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


def _slope(z: np.ndarray) -> np.ndarray:
    return _sigmoid(z) * (1 - _sigmoid(z))


def epochs(data: Digits, seeds: int = 3) -> None:
    """Turn by turn over the same examples; the accuracy of each after three epochs, over some seeds."""
    plain_taken, ours_taken, right = [], [], {"plain": [], "ours": []}
    for seed in range(seeds):
        plain = PlainLoop(data, seed)
        ours = Training.start(Settings(hidden=HIDDEN, epochs=EPOCHS, batch=BATCH, rate=RATE, seed=seed))
        for _ in range(EPOCHS):
            began = perf_counter(), process_time()
            plain.epoch()
            plain_taken.append((perf_counter() - began[0], process_time() - began[1]))
            order = epoch_order(len(data.train_labels), seed, ours.epoch)
            began = perf_counter(), process_time()
            learn(ours.network, data.train_images, one_hot(data.train_labels), order, ours.settings, RATE)
            ours_taken.append((perf_counter() - began[0], process_time() - began[1]))
            ours.epoch += 1
        right["plain"].append(plain.accuracy(data))
        right["ours"].append(accuracy(ours.network, data.test_images, data.test_labels))
    plain, ours = ([min(times) for times in zip(*taken, strict=True)] for taken in (plain_taken, ours_taken))
    wall, busy = plain[0] / ours[0], plain[1] / ours[1]
    print(
        f"an epoch of {len(data.train_labels):,} digits, {HIDDEN} hidden, batch {BATCH}: ours {ours[0]:.3f} s, "
        f"a plain NumPy loop {plain[0]:.2f} s: {wall:.1f}x (processor time {busy:.1f}x; at least 5x)"
    )
    for who, accuracies in right.items():
        print(f"  {who}: {', '.join(f'{a:.2%}' for a in accuracies)} after {EPOCHS} epochs (seeds 0 to {seeds - 1})")
    print(f"  apart on average: {100 * (np.mean(right['ours']) - np.mean(right['plain'])):+.2f} points (at most 1)")


def way_to(data: Digits, name: str, wanted: float) -> None:
    """From pressing Start: data at hand, network not yet made."""
    settings = PRESETS[name]
    began = perf_counter(), process_time()
    for progress in Training.start(settings).run(data):
        if progress.accuracy >= wanted:
            break
    seconds, busy = perf_counter() - began[0], process_time() - began[1]
    print(
        f"{name}: {progress.accuracy:.2%} after {seconds:.1f} s, {progress.position:.1f} epochs "
        f"(processor time {busy:.1f} s; {wanted:.0%} wanted)"
    )


def maps(data: Digits) -> None:
    """Both networks, 441 shifts, 1,000 digits; when the first is there, and when the last."""
    network, model, best = load_network("digits-15")[0], load_convolutional(), (99.0, 99.0, 99.0)
    for _ in range(3):
        began, first = (perf_counter(), process_time()), None
        for _ in shift_map(network, model, data.test_images, data.test_labels):
            first = first or perf_counter() - began[0]
        best = min(best, (perf_counter() - began[0], process_time() - began[1], first))
    print(
        f"map of 441 shifts of {len(data.test_labels):,} digits for both networks: {best[0]:.2f} s, the first after "
        f"{best[2]:.2f} s (processor time {best[1]:.2f} s; at most 5 s)"
    )


def windows(data: Digits) -> None:
    """A number of four digits, every window by itself and as one convolution."""
    for name in ("digits-15", "digits-windows"):
        found = compare(load_network(name)[0], write_number("2024", data), rounds=5)
        print(
            f"{name}: {found.windows:,} windows one by one {1e3 * found.window_seconds:.1f} ms, as one convolution "
            f"{1e3 * found.convolution_seconds:.2f} ms: {found.times_faster:.0f}x; largest difference "
            f"{found.largest_difference:.1e} (at most 1e-5)"
        )


def main() -> None:
    """Everything, on all of MNIST where it is found."""
    small = small_digits()
    folder = (os.environ.get("EXPLAINER_DATA") and full_digits_folder()) or BESIDE
    if folder.is_dir():
        full = read_mnist(folder)
        epochs(full.first(50_000))
        way_to(full, "74 lines", 0.95)
        way_to(full, "refined", 0.95)
    else:
        print("MNIST is not here (EXPLAINER_DATA): epochs of the 4,000 digits that come with the app")
        epochs(small)
    maps(small)
    windows(small)


if __name__ == "__main__":
    main()
