"""Keeps what loaded modules hold out of the search for garbage.

Streamlit collects garbage after every run of a page and of a fragment, and looks at every
object for it: with PyTorch loaded half a million of them, a fifth of a second in which no
visitor is answered. What modules hold is never garbage; set aside, it isn't looked at.
"""

import gc
import sys
from threading import Lock

_lock = Lock()
_modules = 0


def set_modules_aside() -> None:
    """After a run that may have loaded modules: the next collections pass over what is there by now.

    What was set aside before is looked through once more, so that nothing else stays for good.
    """
    global _modules
    with _lock:
        if len(sys.modules) == _modules:
            return
        _modules = len(sys.modules)
        gc.unfreeze()
        gc.collect()
        gc.freeze()
