"""The compact weights file that ships: half precision, and one byte a weight where most are.

Fully connected layers hold nine tenths of the weights. Each of their rows is stored as
8-bit integers and one float scale: weight = integer × scale.
"""

import torch
from torch import Tensor

from explainer.errors import WeightsError


def pack(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """``convN.weight`` to float16, ``fcN.weight`` to int8 with ``fcN.scale`` (one a row); biases stay float32."""
    packed = {}
    for name, value in state.items():
        layer, _, kind = name.rpartition(".")
        if kind == "bias":
            packed[name] = value.float()
        elif layer.startswith("fc"):
            scale = value.abs().amax(dim=1).clamp(min=1e-12) / 127
            packed[name] = (value / scale[:, None]).round().to(torch.int8)
            packed[f"{layer}.scale"] = scale.float()
        else:
            packed[name] = value.half()
    return {name: value.contiguous() for name, value in packed.items()}


def unpack(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of :func:`pack`, up to rounding; a float state dict passes through.

    Raises:
        WeightsError: integers without a scale for each of their rows.
    """
    state = {}
    for name, value in packed.items():
        layer, _, kind = name.rpartition(".")
        if kind == "scale":
            continue
        scale = packed.get(f"{layer}.scale") if kind == "weight" else None
        if scale is not None or value.dtype == torch.int8:
            if scale is None or value.ndim != 2 or scale.shape != value.shape[:1]:
                raise WeightsError(f"The weights file has no scale for each row of {name}.")
            value = value.float() * scale.float()[:, None]
        state[name] = value.float()
    return state
