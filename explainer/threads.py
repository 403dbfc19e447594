"""How many threads PyTorch computes on: decided once, when a process starts."""

import os
import sys
from functools import cache

import torch

TURN = 0.0005  # seconds


@cache
def one_thread_each() -> None:
    """From now on every thread of this process computes on itself alone. Called once, before anything is computed.

    The app serves many at once, so its parallel work is many visitors and the workshop's workers, not
    threads within one multiplication. Those threads would wait for each other, each turning in a loop:
    on two cores with other work on them, a ResNet-50 takes 0.5 s on one thread and 3.8 s on two. And on
    one thread sums always add up in the same order, which makes a seed give the same numbers anywhere.

    PyTorch takes the number over into each thread that computes for the first time, so a thread started
    later needs no call of its own. It is never changed again: some threads would keep the old number.
    """
    torch.set_num_threads(1)


@cache
def short_turns() -> None:
    """From now on Python's threads change places after half a millisecond, not five. Called once, by a server.

    Only one of them runs Python at a time. One that computes lets the others in at each multiplication and then
    waits for its turn again: with three others at work a page that needs a hundred of them waits for a second and
    a half, or for a sixth of one.
    """
    sys.setswitchinterval(TURN)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
