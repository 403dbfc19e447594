"""What a shift does to the first layer's maps: by its stride they move along, in between they change."""

from dataclasses import dataclass

import torch

from explainer.chapters.limits.sweep import Sweep, sweep
from explainer.chapters.limits.transforms import KINDS, surroundings, transformed
from explainer.networks import Network
from explainer.pictures import Picture


@dataclass(frozen=True)
class Shifted:
    """The first layer's maps after a shift to the right by its stride, and by half of it, in pixels.

    moved: by how much they differ from the maps before, moved by one place; between: from the maps before,
    not moved. Both as a share of the maps' size (Euclidean), the borders left out.
    """

    layer: str
    stride: int
    half: int
    moved: float
    between: float


def shifted_maps(network: Network, picture: Picture) -> Shifted | None:
    """Shift the picture and compare; None where the first layer's stride is 1."""
    layer = network.layers[0]
    stride = layer.window.step
    if stride < 2:
        return None
    half = stride // 2
    views = transformed(surroundings(network, picture), KINDS["shift"], [0, half, stride])
    with torch.inference_mode():
        still, between, moved = network.run(network.preprocessing.normalise(views), stop=layer.name)
    rim = slice(2, -2)  # beyond it no filter reaches into the padding

    def apart(a: torch.Tensor, b: torch.Tensor) -> float:
        size = b.norm().item()
        return (a - b).norm().item() / size if size else 0.0

    return Shifted(
        layer.name, stride, half,
        apart(moved[:, rim, 3:-2], still[:, rim, 2:-3]), apart(between[:, rim, rim], still[:, rim, rim]),
    )  # fmt: skip


def shifted_and_turned(network: Network, picture: Picture) -> tuple[Shifted | None, Sweep, Sweep]:
    """What shifts do to the first maps; and the picture shifted by 45 pixels and turned by 45°, to either side."""
    ways = [-45.0, 0.0, 45.0]
    return (
        shifted_maps(network, picture),
        sweep(network, picture, KINDS["shift"], ways),
        sweep(network, picture, KINDS["rotation"], ways),
    )
