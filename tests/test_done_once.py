"""What every page of every visitor draws is made once, and what costs a look is not looked at in vain."""

import streamlit as st

from explainer.attribution import evidence
from explainer.ui import lost, tile_grid
from tests.test_pages import opened


def test_the_gallery_is_packed_once_for_all_pages_and_visitors(monkeypatch):
    opened("history")
    packed = []
    monkeypatch.setattr(tile_grid, "jpeg", lambda pixels: packed.append(pixels) or b"")
    opened("history")
    opened("digits")
    assert packed == []


def test_a_verdict_is_taken_apart_once_whatever_else_is_changed(monkeypatch):
    taken, apart = [], evidence.verdict
    monkeypatch.setattr(evidence, "verdict", lambda *asked: taken.append(asked) or apart(*asked))
    app = opened("verdict")
    first = len(taken)
    app.button(key="switch_for").click().run()
    assert not app.exception and len(taken) == first
    app.selectbox(key="and_not").select_index(3).run()
    assert not app.exception and len(taken) == first + 1


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
