"""Which pictures to look through: the box's own, a folder, uploads, or a published collection."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from explainer.corpus.archive import Archive, seems_archive
from explainer.corpus.leaving_out import LeftOut, unfit
from explainer.errors import DataError
from explainer.gallery import SAMPLES, sample
from explainer.networks.fetch import Fetching
from explainer.networks.vision import torchvision
from explainer.pictures import Picture, load_picture, open_picture
from explainer.places import cache_folder, data_folder

# What one upload may hold in all: enough for a class's photographs, and it fits in memory.
MAX_UPLOAD_BYTES = 200 * 2**20


@dataclass(frozen=True)
class Corpus:
    """Pictures in a fixed order, opened one at a time.

    title: what to call it. names: of the pictures. stamps: for each, what changes when the
    picture does. open: gives the picture of a name, or raises PictureError.
    left_out: what was found beside them and why it is not among them.
    """

    title: str
    names: tuple[str, ...]
    stamps: tuple[str, ...] = field(repr=False)
    open: Callable[[str], Picture] = field(repr=False, compare=False)
    left_out: tuple[LeftOut, ...] = field(default=(), repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.names)

    def picture(self, number: int) -> Picture:
        """The picture with that number, decoded now. PictureError where it cannot be."""
        return self.open(self.names[number])

    def label(self, number: int) -> str:
        """The name of a picture as it can be shown anywhere."""
        return _label(self.names[number])

    @cached_property
    def digest(self) -> str:
        """What tells two corpora apart: 16 hexadecimal digits of SHA-256 over names and stamps."""
        listing = hashlib.sha256()
        for name, stamp in zip(self.names, self.stamps, strict=True):
            listing.update(f"{len(name)}:{name}{len(stamp)}:{stamp}".encode("utf-8", "surrogatepass"))
        return listing.hexdigest()[:16]


def gallery_corpus(patterns: bool = True) -> Corpus:
    """The photographs that ship, and the drawn patterns if wanted."""
    names = tuple(name for name, item in SAMPLES.items() if patterns or item.kind == "photograph")
    return Corpus("the box's pictures", names, tuple(sample(name).digest for name in names), sample)


@dataclass(frozen=True)
class _InFolder:
    """Opens pictures by their path below a folder. (A class, so that it can travel to a worker.)"""

    folder: Path

    def __call__(self, name: str) -> Picture:
        return load_picture(self.folder / name)


def folder_corpus(folder: str | Path) -> Corpus:
    """Every picture below a folder, in the order of their paths.

    Links to files are followed, links to folders are not: they may lead in circles. A file
    counts as changed when its size or its time does; contents are not read.

    Raises:
        DataError: there is no such folder, or no picture in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}: check the path.")
    found, left_out, waiting = [], [], [folder]

    def unreadable(error: OSError, path: str) -> None:
        left_out.append(LeftOut(Path(path).relative_to(folder).as_posix(), f"cannot be read ({error.strerror})"))

    while waiting:
        place = waiting.pop()
        try:
            entries = list(os.scandir(place))
        except OSError as error:
            unreadable(error, str(place))
            continue
        for entry in entries:
            name = Path(entry.path).relative_to(folder).as_posix()
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif entry.is_dir():
                    left_out.append(LeftOut(name, "is a link to a folder"))
                else:
                    status = entry.stat()
                    reason = unfit(name, status.st_size)
                    if reason is None:
                        found.append((name, f"{status.st_size}:{status.st_mtime_ns}"))
                    else:
                        left_out.append(LeftOut(name, reason))
            except OSError as error:
                unreadable(error, entry.path)
    return _corpus(f"folder {folder.name}", sorted(found), _InFolder(folder), left_out)


def uploads_corpus(files: Sequence[tuple[str, bytes]], title: str = "your pictures") -> Corpus:
    """Pictures as they were uploaded, (name, bytes) each; zip archives among them are looked into.

    Nothing is written to disk. What is too much, too large, twice there, a link, encrypted or
    no picture by its name is left out with the reason; what cannot be decoded is found out
    when it is opened.

    Raises:
        DataError: no picture among them, or more bytes than MAX_UPLOAD_BYTES.
    """
    total = sum(len(data) for _, data in files)
    if total > MAX_UPLOAD_BYTES:
        raise DataError(
            f"These files have {total / 2**20:.0f} MB together and the limit is {MAX_UPLOAD_BYTES / 2**20:.0f} MB: "
            "choose fewer, or make the pictures smaller."
        )
    found, openers, left_out = [], {}, []
    for name, data in files:
        if seems_archive(data):
            inner = zip_corpus(data, name)
            prefix = f"{name}/" if len(files) > 1 else ""
            entries = [(f"{prefix}{path}", stamp) for path, stamp in zip(inner.names, inner.stamps, strict=True)]
            opener = {f"{prefix}{path}": (inner.open, path) for path in inner.names}
            left_out += [LeftOut(f"{prefix}{one.name}", one.reason) for one in inner.left_out]
        else:
            entries = [(name, hashlib.sha256(data).hexdigest())]
            opener = {name: (lambda path, data=data: open_picture(data, path), name)}
            reason = unfit(name, len(data))
            if reason is not None:
                left_out.append(LeftOut(name, reason))
                continue
        for entry in entries:
            if entry[0] in openers:
                left_out.append(LeftOut(entry[0], "is there twice"))
            else:
                openers[entry[0]] = opener[entry[0]]
                found.append(entry)

    def open_upload(name: str) -> Picture:
        opening, inner_name = openers[name]
        return opening(inner_name)

    return _corpus(title, found, open_upload, left_out)


def zip_corpus(archive: bytes | Path, title: str | None = None) -> Corpus:
    """The pictures in a zip archive, read from where they lie: nothing is unpacked to disk.

    Raises:
        DataError: it is no zip archive, a damaged one, or one with no pictures.
    """
    opened = Archive(archive, title)
    return _corpus(opened.title, opened.found, opened, opened.left_out)


def imagenette_corpus(fetch: bool = False) -> Corpus:
    """Imagenette's validation pictures, 3,925 photographs of ten ImageNet classes, short side 160.

    Looked for under ``EXPLAINER_DATA`` and in the cache; with ``fetch``, brought from fast.ai
    (99 MB) by torchvision, which checks the file.

    Raises:
        DataError: they are not on this machine and could not be, or were not to be, fetched.
    """
    for place in (data_folder(), cache_folder() / "data"):
        if place and (folder := place / "imagenette2-160" / "val").is_dir():
            return _renamed(folder_corpus(folder), "Imagenette")
    if not fetch:
        raise DataError("Imagenette is not on this machine. It can be fetched once (99 MB).")
    place = cache_folder() / "data"
    try:
        place.mkdir(parents=True, exist_ok=True)
        torchvision().datasets.Imagenette(place, split="val", size="160px", download=True)
    except Exception as error:  # urllib's, tarfile's and torchvision's own
        raise DataError(
            f"Imagenette could not be fetched ({type(error).__name__}). Check the network connection and try again."
        ) from error
    return _renamed(folder_corpus(place / "imagenette2-160" / "val"), "Imagenette")


class ImagenetteFetch(Fetching):
    """Brings Imagenette into the cache beside the page."""

    def __init__(self) -> None:
        super().__init__("Imagenette", lambda: imagenette_corpus(fetch=True))


def open_corpus(name: str) -> Corpus:
    """The corpus that a command names: "gallery", its "photographs" alone, "imagenette", a folder or a zip archive.

    Raises:
        DataError: there is none, or no picture in it.
    """
    if name in ("gallery", "photographs"):
        return gallery_corpus(patterns=name == "gallery")
    if name == "imagenette":
        return imagenette_corpus()
    path = Path(name)
    return zip_corpus(path) if path.is_file() else folder_corpus(path)


def reasons(left_out: Iterable[LeftOut]) -> list[tuple[str, int, str]]:
    """What was left out in brief: (reason, how many, one of them), the commonest reason first."""
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for one in left_out:
        counts[one.reason] += 1
        examples.setdefault(one.reason, one.name)
    return [(reason, count, examples[reason]) for reason, count in counts.most_common()]


def _corpus(title: str, found: list[tuple[str, str]], opener: Callable[[str], Picture], left_out: list) -> Corpus:
    if not found:
        why = "; ".join(f"{count} × {reason}" for reason, count, _ in reasons(left_out)[:3])
        raise DataError(f"There is no picture in {title}" + (f" ({why})." if why else "."))
    names, stamps = zip(*found, strict=True)
    told = sorted(LeftOut(_label(one.name), one.reason) for one in left_out)
    return Corpus(title, names, stamps, opener, tuple(told))


def _label(name: str) -> str:
    """A file's name as text: bytes that are none become question marks."""
    return name.encode("utf-8", "replace").decode()


def _renamed(corpus: Corpus, title: str) -> Corpus:
    return Corpus(title, corpus.names, corpus.stamps, corpus.open, corpus.left_out)
