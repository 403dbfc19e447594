"""What is not looked at, and the reason that the visitor is told."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from explainer.pictures import FORMATS, MAX_BYTES


@dataclass(frozen=True, order=True)
class LeftOut:
    """A file that was found and not used. ``reason`` goes on after its name: "a.txt is …"."""

    name: str
    reason: str


def unfit(name: str, size: int) -> str | None:
    """Why a file need not even be opened, going by its name and its size in bytes."""
    path = PurePosixPath(name)
    if path.name.startswith("."):
        return "is a hidden file"
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        return "is not named like a picture"
    if size == 0:
        return "is empty"
    if size > MAX_BYTES:
        return f"is larger than {MAX_BYTES / 2**20:.0f} MB"
    return None
