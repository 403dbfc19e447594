"""How much this process may hold, how much it does, and giving back what is no longer used."""

import ctypes
import os
import sys
from pathlib import Path

MEGABYTE = 2**20
DEFAULT_ROOF = "1500"  # MB, of the whole process
SHARE = 64 * MEGABYTE  # of one visitor
LEAST = 192 * MEGABYTE  # what results may take, however much the process itself needs
PAGE = 4096


def roof() -> int:
    """Bytes that results may take: EXPLAINER_MEMORY (megabytes, for the whole process) less what it takes itself.

    PyTorch, Streamlit and the network in the box take about 600 MB before the first visitor comes.
    """
    try:
        wanted = float(os.environ.get("EXPLAINER_MEMORY", DEFAULT_ROOF))
    except ValueError:
        wanted = float(DEFAULT_ROOF)
    return max(LEAST, int((wanted - 600) * MEGABYTE))


def share_of_a_visitor() -> int:
    """Bytes that what one visitor alone has asked for may take."""
    return SHARE


def resident() -> int:
    """Bytes of memory that this process holds now; 0 where the system doesn't tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def give_back() -> None:
    """Hand freed memory back to the system: glibc's allocator keeps it otherwise. Elsewhere nothing happens."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
