"""How much this process may hold, and giving back what is no longer used."""

import ctypes
import math
import os
import sys

MEGABYTE = 2**20
DEFAULT_ROOF = "1500"  # MB, of the whole process
SHARE = 64 * MEGABYTE  # of what one visitor alone has asked for
LEAST = 192 * MEGABYTE  # what results may take, however much the process itself needs


def roof() -> int:
    """Bytes that results may take: EXPLAINER_MEMORY (megabytes, for the whole process) less what it takes itself.

    PyTorch, Streamlit and the network in the box take about 600 MB before the first visitor comes.
    """
    try:
        wanted = float(os.environ.get("EXPLAINER_MEMORY", DEFAULT_ROOF))
    except ValueError:
        wanted = float(DEFAULT_ROOF)
    if not math.isfinite(wanted):
        wanted = float(DEFAULT_ROOF)
    return max(LEAST, int((wanted - 600) * MEGABYTE))


def give_back() -> None:
    """Hand freed memory back to the system: glibc's allocator keeps it otherwise. Elsewhere nothing happens."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
