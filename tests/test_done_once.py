"""What every page of every visitor draws is made once, and what costs a look is not looked at in vain."""

import streamlit as st

from explainer.ui import lost, tile_grid
from tests.test_pages import opened


def test_the_gallery_is_packed_once_for_all_pages_and_visitors(monkeypatch):
    opened("history")
    packed = []
    monkeypatch.setattr(tile_grid, "jpeg", lambda pixels: packed.append(pixels) or b"")
    opened("history")
    opened("digits")
    assert packed == []


class Session(dict):
    """Counts values that are looked at: Streamlit puts each one together anew."""

    looks = 0

    def __getitem__(self, key):
        self.looks += 1
        return super().__getitem__(key)

    def items(self):
        self.looks += len(self)
        return super().items()


def test_the_witness_looks_only_at_what_would_be_lost(monkeypatch):
    session = Session({f"grid_{number}": 1 for number in range(50)} | {"own_picture": 1, "dream_2_work": 1})
    monkeypatch.setattr(st, "session_state", session)
    assert lost.held() == ["your own picture", "the dream"]
    assert session.looks < 10
