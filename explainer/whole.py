"""Files that are there whole or not at all, whatever happens while they are written."""

import os
from pathlib import Path
from threading import get_ident


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside the place and put it there in one go; what stood there before stays until then.

    Raises:
        OSError: the disk is full, or may not be written to. Nothing is left half written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    if path.exists() and not path.is_file():
        path.write_bytes(data)  # a pipe or a terminal: there is nothing to put in its place
        return
    part = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}.part")
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
