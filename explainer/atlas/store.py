"""The atlas on disk: numbers, a sheet of faces for each layer, and the digest of the weights it was made of."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from PIL import Image

from explainer.atlas.faces import two_faced
from explainer.errors import ExplainerError
from explainer.figures.tiles import sheet
from explainer.networks import EMBEDDED, Network, find_weights
from explainer.places import ASSETS, cache_folder
from explainer.whole import write_whole

FORMAT = 1
QUALITY = 80  # of the sheets, WebP
COLUMNS = 32  # faces in a row of a sheet
_SMALL = {"gratings", "hues", "places", "grey", "quantiles", "for", "against", "closeness", "values", "likeness"}


class AtlasError(ExplainerError):
    """There is no atlas of a network here, or it is another's, or damaged."""


@dataclass(frozen=True)
class LayerPage:
    """What an atlas knows of one layer's detectors.

    numbers: arrays by name, one row a detector: see :mod:`explainer.atlas.records`, :mod:`explainer.atlas.tuning`
    and, for layers that were dreamt, values and likeness of :class:`explainer.atlas.faces.Faces`.
    sheet: WebP of all faces, ``side`` pixels each, the second ones behind the first ones; empty for the layer that
    sees the colours, whose weights are its faces.
    """

    numbers: Mapping[str, np.ndarray] = field(repr=False)
    sheet: bytes = field(default=b"", repr=False)
    side: int = 0

    @cached_property
    def two(self) -> np.ndarray:
        """bool [units]: which have two faces."""
        if not self.sheet:
            return np.zeros(len(self.numbers["share"]), bool)
        return _two(self.numbers)

    @cached_property
    def tiles(self) -> np.ndarray:
        """Every face, first ones before second ones: uint8 [faces, side, side, 3]; decoded when first asked for."""
        with Image.open(io.BytesIO(self.sheet)) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        rows, columns = (length // self.side for length in pixels.shape[:2])
        cut = pixels.reshape(rows, self.side, columns, self.side, 3).swapaxes(1, 2)
        return np.ascontiguousarray(cut.reshape(-1, self.side, self.side, 3)[: len(self.two) + self.two.sum()])

    def faces(self, unit: int) -> list[np.ndarray]:
        """One face of a detector, or two: uint8 [side, side, 3] each, the stronger first."""
        found = [self.tiles[unit]]
        if self.two[unit]:
            found.append(self.tiles[len(self.two) + self.two[:unit].sum()])
        return found


def page_of(numbers: Mapping[str, np.ndarray], faces: np.ndarray | None = None) -> LayerPage:
    """A page of what was measured and dreamt; faces: uint8 [units, 2, S, S, 3], or None."""
    numbers = {kind: x.astype(np.float16) if kind in _SMALL else x for kind, x in numbers.items()}
    if faces is None:
        return LayerPage(numbers)
    shown = np.concatenate([faces[:, 0], faces[_two(numbers), 1]])
    return LayerPage(numbers, _webp(sheet(shown, COLUMNS)), faces.shape[2])


def _two(numbers: Mapping[str, np.ndarray]) -> np.ndarray:
    """Decided by the numbers as they are kept, so that whoever reads them decides alike."""
    values, likeness = (torch.from_numpy(numbers[name].astype(np.float16)).float() for name in ("values", "likeness"))
    return two_faced(values, likeness).numpy()


@dataclass(frozen=True)
class Atlas:
    """What is known about the detectors of a network.

    network, digest: of the weights. photographs: how many were looked at.
    """

    network: str
    digest: str
    photographs: int
    layers: Mapping[str, LayerPage] = field(repr=False)


def folder_of(network: Network) -> Path:
    """Where the atlas of a network is: beside the app for the one in the box, in the cache for others."""
    in_the_box = network.name == EMBEDDED and network.weights == find_weights(EMBEDDED).name
    return ASSETS / "atlas" / EMBEDDED if in_the_box else cache_folder() / "atlas" / network.digest


def save(atlas: Atlas, folder: Path) -> None:
    """Write an atlas into a folder: atlas.json, numbers.npz, and faces-LAYER.webp for each layer that was dreamt.

    Raises:
        OSError: the disk is full, or may not be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays, sides = {}, {}
    for name, page in atlas.layers.items():
        arrays |= {f"{name} {kind}": values for kind, values in page.numbers.items()}
        if page.sheet:
            sides[name] = page.side
            write_whole(folder / f"faces-{name}.webp", page.sheet)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_whole(folder / "numbers.npz", buffer.getvalue())
    about = {
        "format": FORMAT, "network": atlas.network, "digest": atlas.digest, "photographs": atlas.photographs,
        "layers": list(atlas.layers), "sides": sides,
    }  # fmt: skip
    write_whole(folder / "atlas.json", (json.dumps(about, indent=1) + "\n").encode())


def load(network: Network, folder: Path | None = None) -> Atlas:
    """The atlas of a network.

    Raises:
        AtlasError: there is none, it was made of other weights, or it is damaged; the sentence says what to do.
    """
    folder = folder_of(network) if folder is None else folder
    try:
        about = json.loads((folder / "atlas.json").read_text(encoding="utf-8"))
        if about["digest"] != network.digest:
            raise AtlasError(
                f"The atlas of {network.title} was made of other weights than it has now, so it is not shown. "
                f"{_command(network)} makes it anew."
            )
        with np.load(folder / "numbers.npz") as file:
            arrays = dict(file)
        pages = {name: _page(folder, name, arrays, about["sides"].get(name)) for name in about["layers"]}
        return Atlas(about["network"], about["digest"], about["photographs"], pages)
    except FileNotFoundError as error:
        raise AtlasError(
            f"There is no atlas of {network.title} on this machine. {_command(network)} makes one."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        raise AtlasError(f"The atlas of {network.title} is damaged. {_command(network)} makes it anew.") from error


def _command(network: Network) -> str:
    named = "" if network.name == EMBEDDED else f" --network {network.name}"
    return f"“python -m explainer atlas FOLDER{named}”, with a folder of photographs,"


def _page(folder: Path, name: str, arrays: Mapping[str, np.ndarray], side: int | None) -> LayerPage:
    numbers = {kind.removeprefix(f"{name} "): x for kind, x in arrays.items() if kind.startswith(f"{name} ")}
    numbers = {kind: x.astype(np.float32) if x.dtype == np.float16 else x for kind, x in numbers.items()}
    sheet_of = b"" if side is None else (folder / f"faces-{name}.webp").read_bytes()
    return LayerPage(numbers, sheet_of, side or 0)


def _webp(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=QUALITY, method=6)
    return buffer.getvalue()
