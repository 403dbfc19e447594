"""The search for garbage: what modules hold is kept out of it, and no visitor waits for it.

Streamlit would search after every run of a page and of a fragment (``runner.postScriptGC``, off
here), looking at every object for it: with PyTorch loaded four hundred thousand, a quarter of a
second in which nobody is answered. What modules hold is never garbage: set aside before the first
visitor comes, it isn't looked at again. What visitors leave behind is searched for now and then.
"""

import gc
from functools import cache
from threading import Thread
from time import perf_counter, sleep

from explainer.workshop import give_back

EVERY = 10.0  # seconds from one search to the next
SHARE = 0.02  # of the time, at most, goes into searching
MUCH = 10_000  # objects: some visitors have left


def set_modules_aside() -> None:
    """What is there now stays for good and is passed over. Before the first visitor, once all modules are loaded."""
    gc.collect()
    gc.freeze()


@cache
def search_now_and_then() -> None:
    """Begin to search for garbage in a thread of its own; once in a process."""
    Thread(target=_search, daemon=True, name="garbage").start()


def _search() -> None:
    while True:
        began = perf_counter()
        if gc.collect() > MUCH:
            give_back()
        sleep(max(EVERY, (perf_counter() - began) / SHARE))
