"""One copy of each network for all who ask, loaded anew when its file is replaced."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from explainer.errors import WeightsError
from explainer.networks import load_network, shared, shared_network
from explainer.networks.zoo import EMBEDDED_FILE
from explainer.workshop import store


@pytest.fixture(autouse=True)
def nothing_loaded():
    store.clear()
    yield
    store.clear()


def test_eight_who_ask_at_once_share_one_copy(monkeypatch):
    loaded, start = [], Barrier(8)
    monkeypatch.setattr(shared, "load_network", lambda *given: loaded.append(1) or load_network(*given))

    def ask(_) -> object:
        start.wait(60)
        return shared_network()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len(loaded) == 1 and all(one is found[0] for one in found)
    assert shared.is_loaded("embedded") and shared_network("embedded", EMBEDDED_FILE) is found[0]


def test_a_file_that_was_replaced_is_loaded_anew(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(EMBEDDED_FILE.read_bytes())
    first = shared_network("embedded", path)
    assert shared_network("embedded", path) is first
    os.utime(path, ns=(1, 1))
    assert not shared.is_loaded("embedded", path)
    assert shared_network("embedded", path) is not first


def test_a_damaged_file_is_read_once_and_refused_to_everybody(monkeypatch, tmp_path):
    path, read = tmp_path / "squeezenet.pth", []
    path.write_bytes(b"not weights")
    monkeypatch.setattr(shared, "load_network", lambda *given: read.append(1) or load_network(*given))
    told = []
    for _ in range(3):
        with pytest.raises(WeightsError, match=r"squeezenet\.pth") as error:
            shared_network("squeezenet", path)
        told.append(error.value)
    assert len(read) == 1 and len({id(error) for error in told}) == 3 and len({str(error) for error in told}) == 1


def test_networks_make_room_for_each_other(monkeypatch, tmp_path):
    first = shared_network()
    monkeypatch.setattr(store, "budget", 1)
    assert shared_network("embedded") is first
    other = tmp_path / "mine.safetensors"
    other.symlink_to(EMBEDDED_FILE)
    shared_network("embedded", other)
    assert not shared.is_loaded("embedded") and shared.is_loaded("embedded", other)
