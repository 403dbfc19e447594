"""How soon a part of a page is asked for again: in line seldom, and the more who watch the less often."""

from threading import Event
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from explainer.ui import pace as module
from explainer.ui.pace import LATEST_IN_LINE, SOONEST_IN_LINE, pace
from explainer.workshop import PATIENCE, workshop
from tests.following import run_until
from tests.test_long_work import watched

LONG = 60  # seconds after which a test has hung


@pytest.fixture
def shop(monkeypatch):
    """A workshop with one worker and as many watchers as a test says."""
    shop = SimpleNamespace(workers=1, here=1)
    shop.watching = lambda: shop.here
    monkeypatch.setattr(module, "workshop", shop)
    return shop


def at(place: int) -> SimpleNamespace:
    return SimpleNamespace(place=place)


def test_what_is_at_hand_is_drawn_as_often_as_asked_and_less_often_in_a_crowd(shop):
    assert pace(at(0), 0.1) == 0.1
    shop.here = 130
    # However many they are: all together so often that the drawing leaves most of a processor alone.
    assert shop.here / pace(at(0), 0.1) <= 25


def test_in_line_it_is_looked_at_every_few_seconds_the_nearer_the_oftener(shop):
    looks = [pace(at(place), 0.1) for place in range(1, 30)]
    assert looks == sorted(looks) and looks[0] == SOONEST_IN_LINE and looks[-1] == LATEST_IN_LINE
    shop.workers = 8
    assert pace(at(6), 0.1) < looks[5], "with more workers its turn comes sooner"


def test_whoever_looks_that_seldom_still_counts_as_looking():
    assert 2 * LATEST_IN_LINE < PATIENCE


def test_a_panel_changes_its_pace_without_its_page_being_drawn_anew(monkeypatch):
    sent = []
    monkeypatch.setattr(module, "enqueue_message", sent.append)
    go = Event()

    def wait():
        assert go.wait(LONG)
        yield 1

    before = [workshop.ask(("before", n), wait) for n in range(workshop.workers + 3)]
    for job in before:
        workshop.go_on(job, "another")
    try:
        app = AppTest.from_function(watched).run()
        run_until(app, lambda: app.session_state["counting_work"].waiting)
        app.run()
        in_line = sent[-1].auto_rerun
    finally:
        go.set()
    run_until(app, lambda: not app.session_state["counting_work"].waiting)
    app.run()
    at_hand = sent[-1].auto_rerun
    assert in_line.fragment_id == at_hand.fragment_id != ""
    assert in_line.interval > at_hand.interval
