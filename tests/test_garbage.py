"""What modules hold is set aside; what visitors leave behind is not."""

import gc
import weakref

from explainer.ui import garbage
from tests.test_pages import opened


class Cycle:
    def __init__(self):
        self.itself = self


def test_a_run_leaves_little_to_look_through(monkeypatch):
    gc.unfreeze()
    monkeypatch.setattr(garbage, "_modules", 0)
    everything = len(gc.get_objects())
    opened("neuron")
    assert gc.get_freeze_count() > everything / 2 and len(gc.get_objects()) < everything / 10


def test_garbage_is_still_found(monkeypatch):
    left = weakref.ref(Cycle())
    garbage.set_modules_aside()
    after = weakref.ref(Cycle())
    gc.collect()
    assert after() is None
    monkeypatch.setattr(garbage, "_modules", 0)  # as when another page loads another module
    garbage.set_modules_aside()
    assert left() is None
