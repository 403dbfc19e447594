"""Fetches published weights: with progress, resumable, checked, and never half a file."""

import errno
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from threading import Thread

from explainer.errors import WeightsError, sentence_of
from explainer.networks.weights import file_digest
from explainer.networks.zoo import Entry, entry
from explainer.places import cache_folder

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    def _claim(file) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:

    def _claim(file) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_CHUNK = 2**20
_TIMEOUT = 30  # seconds without a byte

# Errors that lie with the disk, not with the network.
_DISK = {
    getattr(errno, name, None)
    for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EACCES", "EPERM", "EEXIST", "ENOTDIR", "EISDIR")
}


@dataclass(frozen=True)
class Fetched:
    """How far a download is, in bytes; ``total`` is at least 1."""

    done: int
    total: int


class Fetching(Thread):
    """Something that is brought beside whoever asked for it; ``trouble`` is why it could not be."""

    def __init__(self, what: str, bring: Callable[[], object]) -> None:
        super().__init__(daemon=True, name=f"fetch {what}")
        self.what, self.bring, self.trouble = what, bring, ""
        self.start()

    def run(self) -> None:
        try:
            self.bring()
        except Exception as error:
            self.trouble = sentence_of(error, f"Fetching {self.what}")


class Download:
    """A fetch that goes on by itself, so that nobody waits for it; look at it whenever you like.

    arrived: the latest progress, None while connecting. trouble: why it failed, if it did.
    """

    def __init__(self, name: str):
        self.name = name
        self.arrived: Fetched | None = None
        self._stopped = False
        self._thread = Fetching(name, self._bring)

    @property
    def trouble(self) -> str:
        return self._thread.trouble

    @property
    def going_on(self) -> bool:
        return self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Until it has ended, but no longer than that."""
        self._thread.join(seconds)

    def stop(self) -> None:
        """Ends it at the next piece; what arrived is kept, to be continued."""
        self._stopped = True

    def _bring(self) -> None:
        for arrived in fetch(self.name):
            self.arrived = arrived
            if self._stopped:
                return


def fetch(name: str) -> Iterator[Fetched]:
    """Bring a network's published weights into the cache, yielding progress as bytes arrive.

    What an earlier, broken-off run left is continued where the server allows it. The file
    gets its name only when it is whole and its SHA-256 begins as published; one of that
    name that is damaged is replaced.

    Raises:
        NetworkError: no such network.
        WeightsError: no connection, a broken one, a file that is not the published one,
            or one that is being fetched already.
    """
    known = entry(name)
    target = cache_folder() / "weights" / known.file
    part = target.with_name(target.name + ".part")
    try:
        with _alone(known, target):
            if _published(known, target):
                return
            if not _published(known, part):
                yield from _download(known, part)
            if not _published(known, part):
                part.unlink()
                raise WeightsError(
                    f"What arrived for {known.title} is not the published file, so it was thrown away. Try again."
                )
            os.replace(part, target)
    except (OSError, HTTPException) as error:
        raise WeightsError(_sentence(known, error)) from error


@contextmanager
def _alone(known: Entry, target: Path) -> Iterator[None]:
    """Nobody else, in this program or another, fetches the same file meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target.with_name(target.name + ".lock"), "w") as file:
        try:
            _claim(file)
        except (BlockingIOError, PermissionError) as error:
            raise WeightsError(f"{known.label} is being fetched already; wait for that to end.") from error
        except OSError:
            pass  # some shared folders know no locks; the checksum still holds
        yield


def _published(known: Entry, path: Path) -> bool:
    """Whether a file is the published one."""
    return path.is_file() and file_digest(path).startswith(known.sha256_start)


def _download(known: Entry, part: Path) -> Iterator[Fetched]:
    """Write what the server sends, after what is there already if the server goes on from it."""
    have = part.stat().st_size if part.exists() else 0
    with _open(known, have) as response:
        goes_on = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        done = have if goes_on else 0
        length = response.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else known.size
        with open(part, "ab" if goes_on else "wb") as file:
            yield Fetched(done, max(total, 1))
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                done += len(chunk)
                yield Fetched(done, max(total, done, 1))
    if length and done < total:
        raise WeightsError(
            f"The connection broke off after {done / 1e6:.0f} of {total / 1e6:.0f} MB. Try again to go on."
        )


def _open(known: Entry, offset: int):
    """The server's answer from byte ``offset`` on, or from the start where it can't resume."""
    headers = {"User-Agent": "how-machines-see"}
    if offset:
        with suppress(urllib.error.HTTPError):  # 416: nothing lies beyond what we have, which is another file
            ranged = {**headers, "Range": f"bytes={offset}-"}
            return urllib.request.urlopen(urllib.request.Request(known.url, headers=ranged), timeout=_TIMEOUT)
    return urllib.request.urlopen(urllib.request.Request(known.url, headers=headers), timeout=_TIMEOUT)


def _sentence(known: Entry, error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"The server answered {error.code} instead of the weights of {known.title}. Try again later."
    if isinstance(error, OSError) and error.errno in _DISK:
        return (
            f"The weights of {known.title} can't be kept in {cache_folder()} ({error.strerror}). "
            "Make room there, or choose another folder; the README says how."
        )
    logging.getLogger("explainer").warning("%s could not be fetched: %r", known.url, error)
    return (
        f"The weights of {known.title} could not be fetched: their server was not reached, or stopped answering. Check "
        "the network connection and try again; the README says how to bring the file by hand."
    )
