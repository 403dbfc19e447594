"""Reads the training pictures from the folder they lie in, whatever their packing."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explainer.errors import DataError

UNKNOWN = -1
YARDSTICK = "nips17"
SHEETS = {"mini-imagenet": 84, "tiny-imagenet": 64}
LABELLED = ("imagenet", "imagenette", "dogs")


@dataclass(frozen=True)
class Example:
    """A training picture: which set it is from, its name there, its category, its pixels.

    ``name`` is unique over all sets. ``category`` is ImageNet's index, or ``UNKNOWN``.
    ``pixels`` is uint8 [H, W, 3].
    """

    source: str
    name: str
    category: int
    pixels: np.ndarray


def examples(folder: Path) -> Iterator[Example]:
    """Every picture below ``folder`` that may be trained on, in a fixed order.

    ``photos.zip`` holds SET/CLASS/file, ``mini-imagenet`` and ``tiny-imagenet`` one
    sheet of square tiles for each category. The yardstick that the network is
    measured by is never among them.

    Raises:
        DataError: nothing to train on is there.
    """
    found = False
    for example in _all(folder):
        if YARDSTICK in example.name:
            raise DataError(f"{example.name} belongs to the pictures that the network is measured by.")
        found = True
        yield example
    if not found:
        raise DataError(f"{folder} holds no pictures to train on (photos.zip, mini-imagenet, tiny-imagenet).")


def yardstick(folder: Path) -> Iterator[Example]:
    """The labelled photographs to measure by: ``nips17.zip``, file names beginning with the category.

    Raises:
        DataError: the file is not there.
    """
    path = folder / f"{YARDSTICK}.zip"
    if not path.is_file():
        raise DataError(f"{path} is not there: nothing to measure the network by.")
    for name, data in _members(path):
        category = re.match(r"\d+", name.rsplit("/", 1)[-1])
        if category:
            yield Example(YARDSTICK, name, int(category.group()), decode(data))


def decode(data: bytes) -> np.ndarray:
    """A picture file's pixels, uint8 [H, W, 3]."""
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def _all(folder: Path) -> Iterator[Example]:
    photos = folder / "photos.zip"
    if photos.is_file():
        for name, data in _members(photos):
            source, kind = name.split("/")[:2]
            category = int(kind) if source in LABELLED else UNKNOWN
            yield Example(source, name, category, decode(data))
    for source, side in SHEETS.items():
        for path in sorted((folder / source).glob("*.webp"), key=lambda path: int(path.stem)):
            sheet = decode(path.read_bytes())
            for number, tile in enumerate(tiles(sheet, side)):
                yield Example(source, f"{source}/{path.stem}/{number}", int(path.stem), tile)


def tiles(sheet: np.ndarray, side: int) -> Iterator[np.ndarray]:
    """The squares of a contact sheet, row by row."""
    for top in range(0, sheet.shape[0], side):
        for left in range(0, sheet.shape[1], side):
            yield sheet[top : top + side, left : left + side]


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not name.endswith("/"):
                yield name, archive.read(name)
