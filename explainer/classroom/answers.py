"""The numbers in the exercises and their answers, worked out by the chapters' own backends. One function a chapter."""

from functools import cache
from itertools import pairwise

import numpy as np
import torch

from explainer.chapters.convolution.filtering import Sizes, convolve
from explainer.chapters.neuron.model import Neuron, described, separable_tables, truth_table
from explainer.networks import load_network
from explainer.receptive import Window
from explainer.teaching.lessons import lesson


@cache
def answers(name: str) -> dict[str, str]:
    """What the names in braces in a chapter's exercises and misconceptions stand for."""
    return {key: written(value) for key, value in ANSWERS[name]().items()}


def written(value: object) -> str:
    """A number as the words have it: a comma after thousands, a minus sign."""
    if isinstance(value, float):
        return f"{value:,.6g}".replace("-", "−")
    return f"{value:,}".replace("-", "−") if isinstance(value, int) else str(value)


def _fully_connected(*sizes: int) -> int:
    """How many weights and biases such a network has."""
    layers = [torch.nn.Linear(before, after) for before, after in pairwise(sizes)]
    return sum(each.numel() for layer in layers for each in layer.parameters())


def home() -> dict:
    network = load_network()
    size, names = network.preprocessing.size, len(network.categories)
    return {
        "size": size, "inputs": 3 * size * size, "names": names, "even": f"{1 / names:.1%}",
        "times": round(0.1 * names),
    }  # fmt: skip


def neuron() -> dict:
    going = [row.lights for row in truth_table(Neuron((-1.0, 0.0, 1.0), -0.5, "step")) if row.fires]
    tenths = [bias / 10 for bias in range(-40, 41)]
    voting = [bias for bias in tenths if _votes(bias)]
    return {
        "rows": len(going), "which": " and ".join(described(lights) for lights in going),
        "low": round(voting[0] - 0.1, 1), "high": voting[-1], "tables": 2**8, "separable": separable_tables(),
    }  # fmt: skip


def _votes(bias: float) -> bool:
    rows = truth_table(Neuron((1.0, 1.0, 1.0), bias, "step"))
    return all(row.fires == (sum(row.lights) >= 2) for row in rows)


def nonlinearity() -> dict:
    first, second = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    with torch.no_grad():
        for layer, weight, bias in ((first, 2.0, 1.0), (second, 3.0, 4.0)):
            layer.weight.fill_(weight)
            layer.bias.fill_(bias)
        at = torch.tensor([[0.0], [1.0], [-2.0]])
        straight, bent = second(first(at)).flatten().tolist(), second(first(at).relu()).flatten().tolist()
    corners = torch.tensor([[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    folded = (corners @ torch.tensor([[1.0, -1.0], [-1.0, 1.0]])).relu().sum(1).int().tolist()
    return {
        "same": folded[0], "other": folded[2], "play": _fully_connected(2, 8, 8, 1),
        "slope": round(straight[1] - straight[0]), "offset": round(straight[0]), "kink": -0.5, "kinks": 7 - 1,
        "straight": round(straight[2]), "bent": round(bent[2]),
    }  # fmt: skip


def digits() -> dict:
    plus, minus = torch.sigmoid(torch.tensor([2.0, -2.0])).tolist()
    return {
        "parameters": _fully_connected(784, 30, 10), "plus": f"{plus:.3f}", "minus": f"{minus:.3f}",
    }  # fmt: skip


def backpropagation() -> dict:
    z = torch.tensor(0.8).logit().requires_grad_()
    (0.5 * z.sigmoid() ** 2).backward()
    delta, numbers = round(z.grad.item(), 6), _fully_connected(784, 15, 10)
    ways = []
    for rate in (0.1, 0.6):
        w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        for _ in range(2):
            (slope,) = torch.autograd.grad(2 * w**2, w)
            w = (w - rate * slope).detach().requires_grad_()
        ways.append(round(w.item(), 6))
    moved = -0.5 * float(np.dot([0.3, -0.2], [-0.1, 0.4]))
    return {
        "moved": 2 - 0.5 * 0.3, "delta": delta, "gradient": 0.5 * delta,
        "numbers": numbers, "for_each": round(numbers / 50), "small_rate": ways[0], "large_rate": ways[1],
        "witness": round(moved, 6),
    }  # fmt: skip


def translation() -> dict:
    windows = torch.nn.functional.unfold(torch.zeros(1, 1, 48, 150), 28).shape[-1]
    places = torch.nn.functional.unfold(torch.zeros(1, 1, 28, 28), 5).shape[-1]
    return {
        "places": places,
        "inked": torch.zeros(10, 14).numel(),
        "windows": windows,
        "weights": 28 * 28,
        "shifts": len(range(-5, 6)) ** 2,
    }


def _rows(table) -> str:
    return " / ".join(" ".join(f"{round(value, 6) + 0:g}" for value in row) for row in table).replace("-", "−")


def convolution() -> dict:
    found = convolve(np.eye(3), np.eye(2))
    edge = np.array([[1.0, -1.0], [1.0, -1.0]])
    kernel = torch.eye(2, requires_grad=True)
    (0.5 * (kernel * torch.tensor([[1.0, 0.0], [1.0, 0.0]])).sum()).backward()
    learned = (kernel - 0.1 * kernel.grad).detach().tolist()
    return {
        "map": _rows(found),
        "learned": _rows(learned),
        "side": Sizes(picture=10, kernel=4, stride=2, padding=1).positions,
        "plain": round(convolve(np.full((2, 2), 100.0), edge).item()),
        "edge": round(convolve(np.array([[100.0, 0.0], [100.0, 0.0]]), edge).item()),
    }


def first_layer() -> dict:
    layer = load_network().layers[0]
    each, (detectors, rows, columns) = layer.window.size**2 * 3, layer.shape
    return {
        "each": each, "across": columns, "positions": rows * columns, "shared": layer.parameters,
        "unshared": detectors * rows * columns * (each + 1),
    }  # fmt: skip


def layers() -> dict:
    layer = torch.nn.Conv2d(256, 384, 3, padding=1)
    below = torch.tensor([2.0, 0.0, 1.5])
    return {
        "handed_on": round((below @ torch.tensor([0.5, -3.0, -0.4]) + 0.1).relu().item(), 6),
        "pooled": torch.nn.functional.max_pool2d(torch.zeros(1, 55, 55), 3, 2).shape[-1],
        "sees": Window(3, 1, 0).then(Window(3, 1, 0)).size,
        "parameters": sum(each.numel() for each in layer.parameters()),
        "macs": layer.weight.numel() * 13 * 13,
    }


def deconvnet() -> dict:
    _, at = torch.nn.functional.max_pool2d(torch.tensor([[[1.0, 5.0], [3.0, 2.0]]]), 2, return_indices=True)
    row, column = divmod(at.item(), 2)
    left = torch.tensor([-2.0, 3.0]).relu().int().tolist()
    return {"row": row + 1, "column": column + 1, "rectified": " and ".join(map(str, left))}


def verdict() -> dict:
    shares = torch.tensor([2.0, 1.0, 0.0]).softmax(0).tolist()
    heard = [4.1, 2.3, -1.2, -0.4]
    return {
        "shares": ", ".join(f"{share:.1%}" for share in shares), "times": round(float(np.exp(3)), 1),
        "total": round(sum(heard), 1), "without": round(sum(heard[1:]), 1),
    }  # fmt: skip


def dream() -> dict:
    return {"pixel": round(100 + 5 * -0.2), "values": 3 * load_network().preprocessing.size ** 2}


def limits() -> dict:
    network = load_network()
    count, step = 3 * network.preprocessing.size**2, network.layers[0].window.step
    whole = [str(shift) for shift in range(1, 11) if shift % step == 0]
    return {
        "whole": " and ".join(whole) + " pixels", "count": count, "fall": round(count * 0.01 * 0.002, 2),
        "root": round(count**0.5),
    }  # fmt: skip


def history() -> dict:
    before, after = (torch.nn.Conv2d(128, 128, 3, groups=groups).weight.numel() for groups in (1, 32))
    return {"error": 100 - 84, "before": before, "after": after, "macs": 384 * 2304 * 169}


ANSWERS = {
    function.__name__: function
    for function in (
        home, neuron, nonlinearity, digits, backpropagation, translation, convolution, first_layer, layers, deconvnet,
        verdict, dream, limits, history,
    )
}  # fmt: skip


def filled(name: str, text: str) -> str:
    """A text of a chapter's lesson with its numbers filled in, still marked up."""
    return text.format(**answers(name))


def worked(name: str) -> list[tuple[int, str, str]]:
    """(level 1 to 3, task, answer) of a chapter's exercises, numbers filled in."""
    return [(one.level, filled(name, one.task), filled(name, one.answer)) for one in lesson(name).exercises]
