"""AlexNet's first layer taken apart: filters, maps, and one value as a sum of products."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from explainer.errors import NetworkError
from explainer.networks import Network, Trace
from explainer.networks.bends import bend_of
from explainer.networks.feature_maps import cut
from explainer.networks.layers import Layer
from explainer.receptive import Window


@dataclass(frozen=True)
class FirstLayer:
    """The convolution that sees the pixels.

    weights: float [detectors, 3, k, k]; bias: float [detectors]; a batch normalisation
    right behind the convolution is multiplied into both, so that
    sum(patch × weights) + bias is the value before ReLU in every network.
    layer: its shape and window. bend: what the sum goes through, "ReLU" in most networks.
    """

    weights: np.ndarray
    bias: np.ndarray
    layer: Layer
    bend: str = "ReLU"

    @property
    def window(self) -> Window:
        return self.layer.window

    @property
    def detectors(self) -> int:
        return self.layer.shape[0]

    @property
    def positions(self) -> int:
        """Places at which every detector looks."""
        return self.layer.shape[1] * self.layer.shape[2]

    @property
    def weights_each(self) -> int:
        """Weights of one detector."""
        return self.weights[0].size

    @property
    def shared(self) -> int:
        """Weights in all, the same ones used at every position."""
        return self.weights.size

    @property
    def unshared(self) -> int:
        """Weights there would be if every neuron had its own."""
        return self.layer.neurons * self.weights_each

    @property
    def overlap(self) -> int:
        """Pixels that the fields of two neighbours share along a row."""
        return max(0, self.window.size - self.window.step)


@dataclass(frozen=True)
class Products:
    """One value of one map, taken apart.

    patch, weights, products: float [3, k, k]; patch holds the network's own input
    (normalised colours, zero in the padding), pixels the same place as colours,
    uint8 [k, k, 3]. total = products + bias; value = what is handed on: max(0, total) after ReLU,
    which is the ``bend`` of most networks (see :mod:`explainer.networks.bends`).
    box: (left, top, right, bottom) of the receptive field on the network's input.
    """

    patch: np.ndarray
    pixels: np.ndarray
    weights: np.ndarray
    products: np.ndarray
    bias: float
    total: float
    value: float
    box: tuple[int, int, int, int]
    bend: str = "ReLU"


def first_layer(network: Network) -> FirstLayer:
    """The first layer of any network whose first stage is a single convolution.

    Raises:
        NetworkError: its first stage is something else.
    """
    stage = network.stages[0]
    convolutions = [module for module in stage.modules() if isinstance(module, nn.Conv2d)]
    if len(convolutions) != 1:
        raise NetworkError(f"The first stage of {network.title} is not a single convolution.")
    weights = convolutions[0].weight.detach()
    bias = convolutions[0].bias
    bias = torch.zeros(len(weights)) if bias is None else bias.detach()
    for norm in (module for module in stage.modules() if isinstance(module, nn.BatchNorm2d)):
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        weights, bias = weights * scale.view(-1, 1, 1, 1), norm.bias + (bias - norm.running_mean) * scale
    return FirstLayer(weights.numpy(), bias.detach().numpy(), network.layers[0], bend_of(stage) or "ReLU")


def products_at(first: FirstLayer, trace: Trace, detector: int, row: int, column: int) -> Products:
    """The products of one detector's weights with the patch under it.

    Raises:
        NetworkError: there is no such detector or position.
    """
    detectors, rows, columns = first.layer.shape
    if not (0 <= detector < detectors and 0 <= row < rows and 0 <= column < columns):
        raise NetworkError(f"{first.layer.name} has {detectors} detectors on {rows} × {columns} positions.")
    box = first.window.box(row, column)
    patch = cut(trace.input, box)
    pixels = cut(torch.from_numpy(trace.view.copy()).movedim(-1, 0), box).movedim(0, -1)
    weights = first.weights[detector]
    products = patch.numpy() * weights
    total = float(products.sum(dtype=np.float64) + first.bias[detector])
    return Products(
        patch.numpy(), pixels.numpy(), weights, products, float(first.bias[detector]), total,
        float(trace[first.layer.name][detector, row, column]), box, first.bend,
    )  # fmt: skip


def ranking(maps: Tensor) -> list[int]:
    """Detectors by the strongest value of their maps [N, H, W], strongest first."""
    return maps.amax(dim=(1, 2)).argsort(descending=True, stable=True).tolist()
