"""Trained digit networks as files: safetensors, with the settings and how far training was beside the numbers."""

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from explainer.digits.data import PIXELS
from explainer.digits.network import Network
from explainer.digits.training import MOST_EPOCHS, Settings, Training, settings_dict, settings_from
from explainer.errors import ExplainerError, WeightsError
from explainer.places import NETWORKS

FORMAT = "how-machines-see digits 1"
SHIPPED = ("digits-15", "digits-windows")
_MOST_BYTES = 64 * 2**20
_LARGEST_WEIGHT = 1e6  # beyond it a training has come apart: every sum drowns all others
_MOST_COUNTED = 10**15  # digits and steps: more than any machine sees


@dataclass(frozen=True)
class Card:
    """What a file says about its network; ``facts`` is whatever else was written with it."""

    name: str
    settings: Settings | None
    facts: dict = field(default_factory=dict)


def save_network(network: Network, name: str = "digits", settings: Settings | None = None, **facts) -> bytes:
    """A network and what is known about it, as the bytes of a safetensors file."""
    tensors = {f"weights.{i}": w.contiguous() for i, w in enumerate(network.weights)}
    tensors |= {f"biases.{i}": b.contiguous() for i, b in enumerate(network.biases)}
    about = {"name": name, "settings": settings_dict(settings) if settings else None, "facts": facts}
    return save(tensors, {"format": FORMAT, "about": json.dumps(about)})


def load_network(source: bytes | Path | str) -> tuple[Network, Card]:
    """The inverse of :func:`save_network`, from bytes, from a file, or from the name of a network that ships.

    Raises:
        WeightsError: missing, damaged, or not a network that turns 784 pixels into ten outputs.
    """
    if isinstance(source, str) and source in SHIPPED:
        source = NETWORKS / f"{source}.safetensors"
    content = source if isinstance(source, bytes) else _read(Path(source))
    if len(content) > _MOST_BYTES:
        raise WeightsError("That file is too large for a digit network; open one that was saved here.")
    try:
        tensors = load(content)
        about = _about(content)
        layers = len(tensors) // 2
        network = Network(
            [tensors[f"weights.{i}"] for i in range(layers)], [tensors[f"biases.{i}"] for i in range(layers)]
        )
        if layers < 1 or len(tensors) != 2 * layers:
            raise KeyError
        settings = settings_from(about["settings"]) if about.get("settings") else None
        card = Card(str(about["name"]), settings, dict(about["facts"]))
    except (
        SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error, ExplainerError,
    ) as error:  # fmt: skip
        raise WeightsError("That file is damaged, or not a digit network that was saved here.") from error
    _check(network)
    return network, card


def save_training(training: Training) -> bytes:
    """Everything a training needs to go on later."""
    return save_network(
        training.network,
        "training",
        training.settings,
        epoch=training.epoch,
        done=training.done,
        step=training.step,
        examples=training.examples,
        seconds=training.seconds,
        begun=training.begun,
    )


def load_training(source: bytes | Path | str, digits: int | None = None) -> Training:
    """A training that goes on where it was saved; a network saved without one starts its epochs anew.

    ``digits``: how many there are to go on with, if that is known.

    Raises:
        WeightsError: as :func:`load_network`; no hidden layer; counts that no training reaches; or it was
            left in the middle of an epoch over more digits than are here.
    """
    network, card = load_network(source)
    if len(network.sizes) < 3:
        raise WeightsError(
            "That network has no hidden layer, so it can’t be trained here; open one with a hidden layer."
        )
    settings = card.settings or Settings(hidden=network.sizes[1:-1])
    if settings.sizes != network.sizes:
        raise WeightsError("The settings in that file belong to another network; save it again.")
    counts, seconds = {name: card.facts.get(name, 0) for name in _COUNTED}, card.facts.get("seconds", 0.0)
    within = all(type(n) is int and 0 <= n <= most for n, most in zip(counts.values(), _COUNTED.values(), strict=True))
    if not within or type(seconds) not in (int, float) or not 0 <= seconds <= _MOST_COUNTED:
        raise WeightsError("That file says its training went on for an impossible time; save the training again.")
    if digits is not None and counts["done"] >= digits:
        raise WeightsError(
            f"That training was saved after {counts['done']:,} digits of an epoch, and only {digits:,} digits to learn "
            "from are chosen here. Choose all 60,000 under “more”, then open the file again."
        )
    return Training(settings, network, **counts, seconds=float(seconds), begun=card.facts.get("begun") is True)


# What a training counts, and up to where.
_COUNTED = {"epoch": MOST_EPOCHS, "done": 10**6, "step": _MOST_COUNTED, "examples": _MOST_COUNTED}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"The network file {path.name} could not be read ({error.strerror}).") from error


def _about(content: bytes) -> dict:
    """The metadata, which safetensors keeps as JSON after eight bytes of length."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])["__metadata__"]
    if header["format"] != FORMAT:
        raise KeyError("format")
    return json.loads(header["about"])


def _check(network: Network) -> None:
    shapes_fit = all(
        w.ndim == 2 and b.ndim == 1 and w.dtype == b.dtype == torch.float32 and len(w) == len(b)
        for w, b in zip(network.weights, network.biases, strict=True)
    )
    if not shapes_fit or any(
        above.shape[1] != len(below) for below, above in zip(network.weights, network.weights[1:], strict=False)
    ):
        raise WeightsError("The layers in that file do not fit each other.")
    if network.sizes[0] != PIXELS or network.sizes[-1] != 10:
        inputs, outputs = network.sizes[0], network.sizes[-1]
        raise WeightsError(f"That network has {inputs} inputs and {outputs} outputs, not 784 and 10.")
    if not all(p.isfinite().all() for p in (*network.weights, *network.biases)):
        raise WeightsError("That network has weights that are not numbers; train it with a smaller learning rate.")
    if any(p.abs().max() > _LARGEST_WEIGHT for p in (*network.weights, *network.biases)):
        raise WeightsError(
            f"That network has weights beyond {_LARGEST_WEIGHT:,.0f}: its training came apart. "
            "Train it with a smaller learning rate."
        )
