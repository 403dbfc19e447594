"""Fetches published weights: with progress, resumable, checked, and never half a file."""

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from explainer.errors import WeightsError
from explainer.networks.zoo import Entry, entry
from explainer.places import cache_folder

_CHUNK = 2**20
_TIMEOUT = 30  # seconds without a byte
_fetching: set[Path] = set()
_lock = Lock()


@dataclass(frozen=True)
class Fetched:
    """How far a download is, in bytes."""

    done: int
    total: int


def fetch(name: str) -> Iterator[Fetched]:
    """Bring a network's published weights into the cache, yielding progress as bytes arrive.

    What an earlier, broken-off run left is continued where the server allows it. The file
    gets its name only when it is whole and its SHA-256 begins as published.

    Raises:
        NetworkError: no such network.
        WeightsError: no connection, a broken one, or a file that is not the published one.
    """
    known = entry(name)
    target = cache_folder() / "weights" / known.file
    with _lock:
        if target in _fetching:
            raise WeightsError(f"{known.title} is being fetched already; wait for that to end.")
        _fetching.add(target)
    try:
        if not target.is_file():
            yield from _download(known, target)
    finally:
        with _lock:
            _fetching.discard(target)


def _download(known: Entry, target: Path) -> Iterator[Fetched]:
    part = target.with_name(target.name + ".part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with _open(known, part.stat().st_size if part.exists() else 0) as response:
            resumed = response.status == 206
            done = part.stat().st_size if resumed else 0
            total = done + int(response.headers.get("Content-Length") or known.size - done)
            with open(part, "ab" if resumed else "wb") as file:
                yield Fetched(done, total)
                while chunk := response.read(_CHUNK):
                    file.write(chunk)
                    done += len(chunk)
                    yield Fetched(done, total)
    except (OSError, urllib.error.URLError) as error:
        raise WeightsError(_sentence(known, error)) from error
    if done < total:
        raise WeightsError(
            f"The connection broke off after {done / 1e6:.0f} of {total / 1e6:.0f} MB. Try again to go on."
        )
    _check(known, part)
    os.replace(part, target)


def _open(known: Entry, offset: int):
    """The server's answer from byte ``offset`` on, or from the start where it can't resume."""
    headers = {"User-Agent": "how-machines-see"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    try:
        return urllib.request.urlopen(urllib.request.Request(known.url, headers=headers), timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing lies beyond what we have: it was another file, or it is whole
            return urllib.request.urlopen(urllib.request.Request(known.url), timeout=_TIMEOUT)
        raise


def _check(known: Entry, part: Path) -> None:
    with open(part, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if not digest.startswith(known.sha256_start):
        part.unlink()
        raise WeightsError(
            f"What arrived for {known.title} is not the published file, so it was thrown away. Try again."
        )


def _sentence(known: Entry, error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"The server answered {error.code} instead of the weights of {known.title}. Try again later."
    reason = getattr(error, "reason", error)
    return (
        f"The weights of {known.title} could not be fetched ({reason}). Check the network connection, or put "
        f"{known.file} into the folder named by EXPLAINER_WEIGHTS."
    )
