"""How much results may take: as the environment says, and something sensible where it says nonsense."""

import ctypes
import subprocess
import sys

import pytest

from explainer.workshop.memory import ARENAS, LEAST, MEGABYTE, roof


@pytest.mark.parametrize(("said", "megabytes"), [
    ("3000", 2400), ("1500", 900), ("much", 900), ("nan", 900), ("inf", 900), ("", 900), ("10", LEAST / MEGABYTE),
    ("-5", LEAST / MEGABYTE),
])  # fmt: skip
def test_the_roof_is_what_the_environment_leaves_for_results(monkeypatch, said, megabytes):
    monkeypatch.setenv("EXPLAINER_MEMORY", said)
    assert roof() == megabytes * MEGABYTE


HEAPS = """
import ctypes, sys, threading
from explainer.workshop.memory import few_arenas
if sys.argv[1] == "few":
    few_arenas()
libc = ctypes.CDLL(None)
libc.fopen.restype = libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(8)

def take():
    together.wait()
    libc.malloc(100_000)
    together.wait()

threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="another allocator")
def test_threads_take_memory_from_few_heaps(tmp_path):
    def heaps(which: str) -> int:
        subprocess.run([sys.executable, "-c", HEAPS, which, tmp_path / which], check=True, timeout=120)
        return (tmp_path / which).read_text().count("<heap")

    assert heaps("few") <= ARENAS < heaps("many")


KERNELS_KEPT = """
import ctypes, os, sys
import torch
from explainer.workshop.memory import few_kernels

class Heap(ctypes.Structure):
    _fields_ = [(f"part{i}", ctypes.c_size_t) for i in range(7)] + [("used", ctypes.c_size_t)]
    _fields_ += [("free", ctypes.c_size_t), ("keep", ctypes.c_size_t)]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Heap
if sys.argv[1] == "few":
    few_kernels()
convolution = torch.nn.Conv2d(16, 16, 3).requires_grad_(False)
before = None
for side in range(8, 708):
    convolution(torch.zeros(1, 16, 8, side))
    if side == 20:
        before = libc.mallinfo2().used
print(libc.mallinfo2().used - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="another allocator")
def test_compiled_kernels_do_not_pile_up():
    def grown(which: str) -> int:
        run = subprocess.run(
            [sys.executable, "-c", KERNELS_KEPT, which], check=True, timeout=300, capture_output=True, text=True
        )
        return int(run.stdout)

    assert grown("few") < 0.7 * grown("many")


LARGE_BLOCKS = """
import ctypes, sys
from explainer.workshop.memory import few_arenas

class Heap(ctypes.Structure):
    _fields_ = [(f"part{i}", ctypes.c_size_t) for i in range(4)] + [("apart", ctypes.c_size_t)]
    _fields_ += [(f"part{i}", ctypes.c_size_t) for i in range(5, 10)]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype, libc.malloc.restype = Heap, ctypes.c_void_p
if sys.argv[1] == "few":
    few_arenas()
libc.free(ctypes.c_void_p(libc.malloc(20 << 20)))  # what has been given back raises glibc's own threshold
before = libc.mallinfo2().apart
libc.malloc(6 << 20)
print(libc.mallinfo2().apart - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="another allocator")
def test_large_blocks_lie_outside_the_heaps():
    def apart(which: str) -> int:
        run = subprocess.run(
            [sys.executable, "-c", LARGE_BLOCKS, which], check=True, timeout=120, capture_output=True, text=True
        )
        return int(run.stdout)

    assert apart("few") >= 6 << 20 and apart("many") == 0
