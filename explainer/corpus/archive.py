"""Reads pictures out of a zip archive that may mean harm.

Nothing in it is ever written to disk, so no path in it can lead anywhere. The list of its
contents is measured before it is read, and an entry is unpacked in memory, one at a time
and never beyond the limit for a picture, whatever size the archive claims for it.
"""

import hashlib
import io
import re
import stat
import struct
import zipfile
from pathlib import Path, PurePosixPath

from explainer.corpus.leaving_out import LeftOut, unfit
from explainer.errors import DataError, PictureError
from explainer.pictures import MAX_BYTES, Picture, open_picture

MAX_PICTURES = 20_000
MAX_UNPACKED = 4 * 2**30  # bytes in all, as the archive states them
MAX_LISTING = 64 * 2**20  # bytes of the list of contents: some half a million entries

_DRIVE = re.compile("[A-Za-z]:")  # of Windows; 12:30.jpg is a name
_END = b"PK\5\6"
_END_64 = b"PK\6\6"
_END_64_LOCATOR = b"PK\6\7"


def seems_archive(data: bytes) -> bool:
    """Whether these bytes begin as a zip archive does."""
    return data.startswith((b"PK\3\4", _END))


class Archive:
    """The pictures of an archive: calling it with a name opens one.

    found: (name, stamp) of each picture in order. left_out: the rest, with reasons.

    Raises:
        DataError: it is no zip archive, a damaged one, or lists too much to be read.
    """

    def __init__(self, source: bytes | Path, title: str | None = None):
        self._source = source
        self.title = title or ("the archive" if isinstance(source, bytes) else f"archive {source.name}")
        self._zip = self._open()
        with self._file() as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        self.found, self.left_out, self._entries = _sort_out(self._zip.infolist(), whole)

    def __reduce__(self):
        return Archive, (self._source, self.title)  # an open file does not travel; its name or bytes do

    def __call__(self, name: str) -> Picture:
        try:
            with self._zip.open(self._entries[name]) as entry:
                data = entry.read(MAX_BYTES + 1)
        except Exception as error:  # whatever zipfile trips over, the archive is to blame
            raise PictureError(f"{name} is damaged inside the archive and was left out.") from error
        return open_picture(data, PurePosixPath(name).name)

    def _file(self):
        return io.BytesIO(self._source) if isinstance(self._source, bytes) else open(self._source, "rb")

    def _open(self) -> zipfile.ZipFile:
        try:
            with self._file() as file:
                _measure(file)
            return zipfile.ZipFile(self._file())
        except DataError:
            raise
        except OSError as error:
            raise DataError(f"The archive cannot be read ({error.strerror}): {self.title}.") from error
        except Exception as error:
            raise DataError(f"This is no zip archive, or a damaged one: {self.title}.") from error


def _sort_out(
    entries: list[zipfile.ZipInfo], whole: str
) -> tuple[list[tuple[str, str]], list[LeftOut], dict[str, zipfile.ZipInfo]]:
    """What to open, what not, and the entries by name."""
    chosen, left_out, unpacked = {}, [], 0
    files = [entry for entry in entries if entry.filename and not entry.is_dir()]
    for entry in sorted(files, key=lambda entry: entry.filename):
        name = entry.filename
        reason = _harm(entry) or unfit(name, entry.file_size)
        if reason is None and name in chosen:
            reason = "is there twice"
        if reason is None and len(chosen) == MAX_PICTURES:
            reason = f"comes after the first {MAX_PICTURES:,} pictures, which is the limit"
        if reason is None and unpacked + entry.file_size > MAX_UNPACKED:
            reason = f"comes after the first {MAX_UNPACKED / 2**30:.0f} GB unpacked, which is the limit"
        if reason is None:
            chosen[name] = entry
            unpacked += entry.file_size
        else:
            left_out.append(LeftOut(name, reason))
    found = [(name, f"{whole}:{entry.header_offset}") for name, entry in chosen.items()]
    return found, left_out, chosen


def _harm(entry: zipfile.ZipInfo) -> str | None:
    """Why an entry is not touched, whatever it is called."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or _DRIVE.match(str(path)):
        return "has a path that leads out of the archive"
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link" if stat.S_ISLNK(mode) else "is no ordinary file"
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in an unusual way"
    return None


def _measure(file) -> None:
    """Refuse an archive whose list of contents alone would fill the memory.

    Raises DataError for such a one, zipfile.BadZipFile for something else than an archive.
    """
    size = file.seek(0, io.SEEK_END)
    tail_start = max(0, size - 22 - 2**16)  # the end record and its longest comment
    file.seek(tail_start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise zipfile.BadZipFile("no end record")
    (listing,) = struct.unpack_from("<L", tail, at + 12)
    if tail[max(0, at - 20) : at].startswith(_END_64_LOCATOR):  # then a longer record counts, and not this one
        (offset,) = struct.unpack_from("<Q", tail, at - 12)
        for place in (offset, tail_start + at - 20 - 56):
            file.seek(min(place, size))
            record = file.read(56)
            if record.startswith(_END_64):
                listing = max(listing, struct.unpack_from("<Q", record, 40)[0])
    if min(listing, size) > MAX_LISTING:
        raise DataError("The archive lists more files than can be looked through: pack fewer, or use a folder.")
