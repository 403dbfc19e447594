"""What modules hold is set aside before the first visitor; what visitors leave behind is found, and nobody waits."""

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from threading import Event

from streamlit import config

from explainer.ui import garbage

ROOT = Path(__file__).resolve().parents[1]
LONG = 60  # seconds after which a test has hung

SERVED = """
import gc
from explainer.commands.serve import prepare
prepare()
import sys
print("turns of", sys.getswitchinterval())
print("set aside", gc.get_freeze_count(), "left", len(gc.get_objects()))

from streamlit.runtime.pages_manager import PagesManager
PagesManager.uses_pages_directory = False
from tests.test_pages import opened

class Visit:
    def __init__(self):
        self.itself = self

import weakref
visit = Visit()
left = weakref.ref(visit)
for name in ("neuron", "history", "deconvnet"):
    assert not opened(name).exception, name
del visit
gc.collect()
print("found", left() is None)
print("looked at", len(gc.get_objects()))
"""


def test_a_server_has_loaded_what_pages_need_and_set_it_aside():
    answer = subprocess.run([sys.executable, "-c", SERVED], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    turns, aside, found, looked_at = (line.split() for line in answer.stdout.splitlines()[-4:])
    assert float(turns[2]) <= 0.001, "a page that computes does not wait long for those that draw"
    assert int(aside[2]) > 200_000 and int(aside[4]) < 5_000
    assert found == ["found", "True"] and int(looked_at[2]) < int(aside[2]) / 4, looked_at


class Cycle:
    def __init__(self):
        self.itself = self


def test_what_is_left_behind_is_found_without_a_visitor_waiting(monkeypatch):
    assert not config.get_option("runner.postScriptGC")
    monkeypatch.setattr(garbage, "EVERY", 0.01)
    left, found = Cycle(), Event()
    weakref.finalize(left, found.set)
    del left
    garbage.search_now_and_then.__wrapped__()
    assert found.wait(LONG)


def test_where_much_was_left_behind_its_memory_is_given_back(monkeypatch):
    given = Event()
    monkeypatch.setattr(garbage, "EVERY", 0.01)
    monkeypatch.setattr(garbage, "MUCH", 100)
    monkeypatch.setattr(garbage, "give_back", given.set)
    gc.disable()  # or Python finds some of them by itself
    try:
        for _ in range(1_000):
            Cycle()
        garbage.search_now_and_then.__wrapped__()
        assert given.wait(LONG)
    finally:
        gc.enable()


def test_searching_begins_once_however_often_a_page_runs(monkeypatch):
    begun = []
    monkeypatch.setattr(garbage, "Thread", lambda **_: begun.append(1) or Idle())
    garbage.search_now_and_then.cache_clear()
    for _ in range(3):
        garbage.search_now_and_then()
    assert len(begun) == 1
    garbage.search_now_and_then.cache_clear()


class Idle:
    def start(self) -> None: ...
