"""Reads weights files without running code from them, and refuses those that don't fit."""

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from explainer.errors import WeightsError


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file or of a PyTorch state dict.

    Raises:
        WeightsError: missing, damaged, holding anything but plain tensors of numbers, or
            with numbers that are not finite.
    """
    path = existing(path)
    try:
        state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"The weights file {path.name} is damaged and was not used: get it again.") from error
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"The file {path.name} holds no state dict (a dictionary of tensors).")
    for name, value in state.items():
        if value.layout != torch.strided or value.is_meta or value.is_quantized or value.is_complex():
            raise WeightsError(f"The weights file {path.name} holds {name} in a form that is not understood.")
        if not value.float().isfinite().all():
            raise WeightsError(f"The weights file {path.name} has values in {name} that are not numbers.")
    return state


def existing(path: str | Path) -> Path:
    """The path of a file that is there.

    Raises:
        WeightsError: it is not.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}.")
    return path


def load_into(model: nn.Module, state: dict[str, Tensor], path: Path, network: str) -> None:
    """Give a model its weights.

    Raises:
        WeightsError: names or shapes are those of another network.
    """
    expected = model.state_dict()
    missing = [name for name in expected if name not in state and not name.endswith("num_batches_tracked")]
    unknown = [name for name in state if name not in expected]
    reshaped = [name for name in expected if name in state and state[name].shape != expected[name].shape]
    if missing or unknown or reshaped:
        first = (
            f"{missing[0]} is missing"
            if missing
            else f"{unknown[0]} is unknown to it"
            if unknown
            else f"{reshaped[0]} is {list(state[reshaped[0]].shape)}, not {list(expected[reshaped[0]].shape)}"
        )
        raise WeightsError(f"The weights file {Path(path).name} was not made for {network}: {first}.")
    model.load_state_dict(state, strict=False)  # old files lack num_batches_tracked, which nothing here uses


def file_digest(path: Path) -> str:
    """SHA-256 of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def _read_pickle(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises a dozen types on damaged files
        raise WeightsError(
            f"The weights file {path.name} is damaged, or holds more than weights, and was not used: get it again, "
            f"or save it as a state dict."
        ) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict):
        raise WeightsError(f"The file {path.name} holds no state dict (a dictionary of tensors).")
    return {str(name).removeprefix("module."): value for name, value in state.items()}
