"""What goes wrong around the app: no home, no cache, a full disk, a crash while writing, a sleeping tab."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from benchmarks.visitors.notes import Notes
from benchmarks.visitors.server import ROOT, served
from benchmarks.visitors.tab import Tab
from explainer import places
from explainer.corpus import build, gallery_corpus, open_index
from explainer.networks import load_network
from explainer.ui import lost
from explainer.whole import write_whole
from explainer.workshop import Status, Store, Workshop

CHAPTERS = ("home", "first-layer", "deconvnet?project_part=top+nine", "dream", "digits", "backpropagation?lesson=train")
PATIENCE = 300  # seconds: a first visitor waits for PyTorch to load, on a busy machine for long


def visited(address: str, *links: str) -> Notes:
    """Notes of a visitor who opens one link after the other."""

    async def visiting() -> Notes:
        notes = Notes()
        for link in links:
            tab = Tab(address, notes)
            await tab.open("" if link == "home" else link)
            await tab.answered(PATIENCE)
            await tab.close()
        return notes

    return asyncio.run(visiting())


def python(code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, **options)


# --- around the app ------------------------------------------------------------------------------------


def test_it_serves_without_home_and_with_a_cache_that_is_no_folder():
    with served(without=("HOME", "XDG_CACHE_HOME"), EXPLAINER_CACHE="/dev/null/nowhere") as server:
        assert visited(server.address, *CHAPTERS).faults == []
        assert not server.tracebacks()


@pytest.mark.parametrize("home", [None, ""])
def test_without_a_home_the_cache_is_where_nothing_lasts(monkeypatch, tmp_path, home):
    def nobody():
        if home is None:
            raise RuntimeError("Could not determine home directory.")
        return Path(home)

    monkeypatch.setattr(places.Path, "home", staticmethod(nobody))
    monkeypatch.setattr(places.tempfile, "gettempdir", lambda: str(tmp_path))
    for name in ("EXPLAINER_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert tmp_path in places.cache_folder().parents


def small_disk() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))


def test_a_full_disk_is_said_and_leaves_no_half_file(tmp_path):
    old = tmp_path / "filters.png"
    old.write_bytes(b"what was there before")
    command = [sys.executable, "-m", "explainer", "filters", "-o", str(old)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, preexec_fn=small_disk)
    assert found.returncode == 2
    assert "could not be written" in found.stderr and "Traceback" not in found.stderr
    assert old.read_bytes() == b"what was there before"
    assert os.listdir(tmp_path) == ["filters.png"]


def test_an_index_goes_on_where_the_disk_is_full(tmp_path):
    code = (
        "from explainer.corpus import build, gallery_corpus, open_index; from explainer.networks import load_network\n"
        "network, corpus = load_network(), gallery_corpus()\n"
        "*_, last = build(network, corpus, open_index(network, corpus))\n"
        "print(last.done == last.total, last.unsaved)"
    )
    found = python(code, env={**os.environ, "EXPLAINER_CACHE": str(tmp_path)}, preexec_fn=small_disk)
    assert found.stdout.startswith("True The index could not be kept on disk (File too large)"), found.stderr
    assert list(tmp_path.rglob("*.*")) == []


# --- files that are whole or not there ------------------------------------------------------------------


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_file_before(tmp_path, at):
    path = tmp_path / "saved"
    path.write_bytes(b"before")
    code = (
        "import os, signal; from pathlib import Path; from explainer.whole import write_whole\n"
        f"os.{at} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"write_whole(Path({str(path)!r}), b'half' * 100_000)"
    )
    assert python(code).returncode == -signal.SIGKILL
    assert path.read_bytes() == b"before"
    write_whole(path, b"after")
    assert path.read_bytes() == b"after"


def test_what_is_written_keeps_links_and_devices(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"before")
    link.symlink_to(target)
    write_whole(link, b"after")
    assert link.is_symlink() and target.read_bytes() == b"after"
    write_whole(Path(os.devnull), b"nothing")
    assert not Path(os.devnull).is_file()


# --- two servers, one cache folder ----------------------------------------------------------------------


def test_two_servers_build_one_index_in_one_folder(tmp_path, monkeypatch):
    shared, alone = tmp_path / "shared", tmp_path / "alone"
    link = "deconvnet?project_part=top+nine"

    async def until_kept(tabs: list[Tab]) -> None:
        for tab in tabs:
            await tab.open(link)
        for tab in tabs:
            await tab.answered(PATIENCE)
        while not list(shared.rglob("*.npz")):
            await asyncio.sleep(0.2)
        await asyncio.sleep(2)  # the other has its turn, too
        for tab in tabs:
            await tab.close()

    with served(EXPLAINER_CACHE=str(shared)) as one, served(EXPLAINER_CACHE=str(shared)) as other:
        notes = Notes()
        asyncio.run(asyncio.wait_for(until_kept([Tab(one.address, notes), Tab(other.address, notes)]), PATIENCE))
        assert notes.faults == [] and not one.tracebacks() and not other.tracebacks()
    kept = next(shared.rglob("*.npz"))
    network, corpus = load_network(), gallery_corpus()
    monkeypatch.setenv("EXPLAINER_CACHE", str(alone))
    index = open_index(network, corpus)
    for _ in build(network, corpus, index):
        pass
    with np.load(kept) as found, np.load(index.path) as expected:
        assert sorted(found) == sorted(expected)
        if found["about"].tobytes() == expected["about"].tobytes():  # it had come to its end
            assert all(np.array_equal(found[name], expected[name]) for name in expected)


# --- out of memory -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hungry", [
    lambda: torch.empty(2**50), lambda: np.empty(2**60, np.uint8), lambda: torch.zeros(2**24, 2**24).sum(),
    lambda: F.conv2d(torch.zeros(1, 1, 8, 8), torch.zeros(2**40, 1, 1, 1)), lambda: bytearray(2**62),
])  # fmt: skip
def test_a_job_that_finds_no_memory_says_so_and_hurts_no_other(hungry, caplog):
    shop = Workshop(Store(2**20, 2**20), workers=1)

    def steps():
        yield "begun"
        yield hungry()

    bad, good = shop.ask("too much", steps), shop.ask("modest", lambda: 4)
    for job in (bad, good):
        shop.go_on(job, "ann")
    for job in (bad, good):
        job.wait(PATIENCE)
    assert (bad.status, bad.latest) == (Status.FAILED, "begun")
    assert "not enough memory" in bad.trouble.sentence and bad.trouble.ticket in caplog.text
    assert (good.status, good.latest) == (Status.DONE, 4)


def test_a_worker_outlives_trouble_with_the_store(monkeypatch, caplog):
    shop = Workshop(Store(2**20, 2**20), workers=1)

    def no_memory(*_):
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(shop.store, "weigh", no_memory)
        first = shop.ask("first", lambda: 1)
        shop.go_on(first, "ann")
        first.wait(PATIENCE)
    second = shop.ask("second", lambda: 2)
    shop.go_on(second, "ann")
    second.wait(PATIENCE)
    assert (first.latest, second.latest) == (1, 2) and "stumbled" in caplog.text


# --- a tab that slept ------------------------------------------------------------------------------------


def test_a_tab_that_slept_finds_its_page_by_its_link():
    async def wakes(address: str):
        tab = Tab(address, Notes())
        tab.session = str(uuid4())  # of a session that is no more
        await tab.open("first-layer?picture=rocket&unit=7", again=True)
        await tab.answered(PATIENCE)
        await tab.close()
        return tab

    with served() as server:
        tab = asyncio.run(wakes(server.address))
    assert tab.notes.faults == [] and tab.page == "first-layer"
    assert "unit=7" in tab.query and "picture=rocket" in tab.query


def test_what_is_lost_is_said_in_one_sentence():
    assert lost.sentence([], False) == ""
    assert "own picture is gone." in lost.sentence(["your own picture"], False)
    assert "Give your picture again" in lost.sentence(["your own picture"], False)
    both = lost.sentence(["your own picture", "the training"], False)
    assert "your own picture and the training are gone" in both
    assert "Give your picture" not in lost.sentence(["the training"], False)
    assert "somebody’s own picture" in lost.sentence([], True)
