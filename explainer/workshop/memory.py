"""How much this process may hold, and giving back what is no longer used."""

import ctypes
import math
import os
import sys

MEGABYTE = 2**20
DEFAULT_ROOF = "1500"  # MB, of the whole process
SHARE = 64 * MEGABYTE  # of what one visitor alone has asked for
ARENAS = 2
LARGE = 4 * MEGABYTE
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # of glibc's malloc.h
KERNELS = "256"  # shapes of convolutions for which oneDNN keeps what it has compiled; a thousand by default
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


def few_arenas() -> None:
    """Let all threads take memory from the same few heaps: glibc's allocator gives up to eight to each core.

    What visitors leave lies scattered over all of them, and a heap gives back only pages that are free as a whole.
    Large blocks lie outside the heaps and go back at once; the size from which they do would else rise to 32 MB.
    Before the first thread starts, and for good.
    """
    if sys.platform == "linux":
        choose = getattr(ctypes.CDLL(None), "mallopt", None)
        if choose is not None:
            choose(_ARENA_MAX, ARENAS)
            choose(_MMAP_THRESHOLD, LARGE)


def few_kernels() -> None:
    """Let oneDNN, which computes PyTorch's convolutions, keep less of what it compiles.

    It compiles a kernel for each size of a picture, and dreams come in hundreds. To be called before the first
    convolution; who has set ONEDNN_PRIMITIVE_CACHE_CAPACITY decides.
    """
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", KERNELS)


def give_back() -> None:
    """Hand freed memory back to the system: glibc's allocator keeps it otherwise. Elsewhere nothing happens."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
