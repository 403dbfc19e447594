"""The load test itself: visitors who speak the protocol, and what is made of their notes."""

import asyncio
from random import Random
from time import monotonic

import numpy as np
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.load import arguments, visit
from benchmarks.visitors import habits
from benchmarks.visitors.notes import Fault, Notes, Run
from benchmarks.visitors.report import data, holds, percentile, table, words
from benchmarks.visitors.server import Server, served
from benchmarks.visitors.tab import Tab
from explainer.chapters import chapters

MACHINE = {"cores": 2, "load_before": 0.0, "server_seconds": 1.0, "visitors_seconds": 1.0}


@pytest.fixture(scope="module")
def server():
    with served() as server:
        yield server


def with_tab(server, act):
    """What ``act`` finds in a fresh visitor's tab, and the notes of the visit."""

    async def visiting():
        tab = Tab(server.address, Notes())
        try:
            return await act(tab), tab.notes
        finally:
            await tab.close()

    return asyncio.run(visiting())


# --- a tab ---------------------------------------------------------------------------------------------


def test_a_visitor_reads_every_chapter(server):
    async def read_all(tab):
        await tab.open("?picture=coffee")
        assert await tab.answered(300)
        seen = {tab.page: len(tab.controls)}
        for chapter in chapters():
            await tab.turn_to(chapter.name.replace("_", "-"))
            assert await tab.answered(300), chapter.name
            seen[tab.page] = len(tab.controls)
        return seen

    seen, notes = with_tab(server, read_all)
    assert len(seen) == len(chapters()) and all(seen.values())
    assert notes.faults == [] and notes.received > 100_000 and notes.fetched > 10_000


def test_a_link_is_followed_and_a_control_writes_into_it(server):
    async def choose(tab):
        await tab.open("first-layer?picture=coffee&unit=7")
        await tab.answered(300)
        grids = [c for c in tab.controls.values() if c.kind == "bidi_component" and c.key == "detectors"]
        await tab.use(grids[0], json_value='{"selected": 11}')
        await tab.answered(300)
        return tab.page, tab.query

    (page, query), notes = with_tab(server, choose)
    assert page == "first-layer" and "unit=11" in query and "picture=coffee" in query
    assert notes.faults == []


def test_a_picture_is_brought(server):
    async def bring(tab):
        await tab.open("")
        await tab.answered(300)
        assert await habits.upload(tab, Random(1))
        await tab.answered(300)
        return tab.query

    query, notes = with_tab(server, bring)
    assert query == "picture=own" and notes.faults == []


def test_work_is_started_ticks_and_is_stopped(server):
    def button(tab, ending):
        found = [c for c in tab.controls.values() if c.kind == "button" and c.key.endswith(ending)]
        return found[0] if found else None

    async def dream(tab):
        await tab.open("backpropagation?lesson=train&learn_epochs=100")
        await tab.answered(300)
        await tab.use(button(tab, "_start"), trigger_value=True)
        await tab.answered(300)
        async with asyncio.timeout(300):
            while not any(run.kind == "tick" for run in tab.notes.runs):
                await asyncio.sleep(0.05)
        await tab.use(button(tab, "_stop"), trigger_value=True)
        await tab.answered(300)
        before = -1
        async with asyncio.timeout(120):  # what was asked for before the press may be answered after it
            while len(tab.notes.runs) != before:
                before = len(tab.notes.runs)
                await asyncio.sleep(1.5)
        return len(tab._clocks)

    clocks, notes = with_tab(server, dream)
    assert clocks == 0 and notes.faults == []


def test_who_leaves_in_the_middle_comes_back(server):
    async def leave(tab):
        await tab.open("?picture=rocket")
        await tab.answered(300)
        session = tab.session
        await tab.turn_to("layers")
        await tab.close()
        await tab.open("layers?picture=rocket", again=True)
        await tab.answered(300)
        return session == tab.session

    same, notes = with_tab(server, leave)
    assert same and notes.faults == []


def test_a_server_that_is_not_there_is_a_fault():
    async def knock(tab):
        await tab.open("")
        return await tab.answered(1)

    _, notes = with_tab(Server("http://localhost:9", None), knock)
    assert "no connection" in notes.faults[0].text


def run_of(*fragments: str, finished: int | None = None) -> ForwardMsg:
    """A run of the page, or of some of its parts: its first message, or its last."""
    message = ForwardMsg()
    message.metadata.run.script_run_id = "-".join(("run", *fragments))
    message.metadata.run.fragment_ids.extend(fragments)
    if finished is None:
        message.new_session.SetInParent()
    else:
        message.script_finished = finished
    return message


def test_a_run_that_another_follows_has_ended_though_nobody_said_so():
    async def ask():
        tab = Tab("http://localhost:9", Notes())
        await tab._ask("page")
        tab._take(run_of("a clock"))
        assert not tab._answered.is_set(), "a part of the page before"
        tab._take(run_of())
        assert not tab._answered.is_set()
        tab._take(run_of("a clock"))
        assert tab._answered.is_set() and len(tab.notes.runs) == 1
        tab._take(run_of("a clock", finished=ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
        assert len(tab.notes.runs) == 1
        await tab._ask("page")
        assert not await tab.answered(0)
        assert "page without an answer" in tab.notes.faults[0].text and "a cloc" in tab.notes.faults[0].text

    asyncio.run(ask())


def test_visitors_whose_time_is_up_do_nothing_more(monkeypatch):
    asked = []

    class Idle(Tab):
        async def open(self, link: str = "", again: bool = False) -> None:
            self.pages = {"home": "1", "dream": "2"}

        async def turn_to(self, page: str) -> None:
            asked.append(page)

    monkeypatch.setattr(habits, "Tab", Idle)
    asyncio.run(habits.walk("http://localhost:9", Notes(), Random(1), 0.0, monotonic() + 0.05, (10.0, 10.0)))
    assert asked == []


# --- the report ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99, 1.0])
@pytest.mark.parametrize("count", [1, 2, 19, 20, 100, 101])
def test_percentiles_are_numpys(count, share):
    values = np.random.default_rng(count).random(count).tolist()
    assert percentile(values, share) == np.quantile(values, share, method="inverted_cdf")


def noted(*seconds: float, faults=()) -> Notes:
    notes = Notes()
    notes.runs = [Run("dream", "page", float(i), s) for i, s in enumerate(seconds)]
    notes.faults = list(faults)
    return notes


def memory(*megabytes: float) -> Server:
    return Server("", None, memory=[(float(i), mb) for i, mb in enumerate(megabytes)])


def held(conditions) -> list[bool]:
    return list(conditions.values())


def test_what_holds_is_said_of_each_condition():
    quick, calm = noted(*[0.3] * 95, *[2.0] * 4, 4.0), memory(*[500.0] * 100)
    assert held(holds(quick, calm, 99.0, {120: 700.0})) == [True] * 6
    slow = noted(*[0.3] * 94, *[2.0] * 4, *[4.0] * 2, faults=[Fault("dream", 1.0, "broken")])
    full = memory(*np.linspace(200, 8600, 100))
    assert held(holds(slow, full, 99.0, {120: 900.0})) == [False] * 6


def test_the_report_names_chapters_errors_and_conditions():
    notes = noted(0.5, 1.5, faults=[Fault("dream", 1.0, "This page could not be drawn. Reload it", "12345678")])
    text = words(notes, memory(*[500.0] * 20), 19.0, {}, MACHINE)
    assert "dream" in table(notes) and "1.50" in table(notes)
    assert "ERROR on dream: This page could not be drawn." in text and "DOES NOT HOLD" in text
    assert "12345678" in text  # nothing in the log
    found = data(notes, memory(*[500.0] * 20), 19.0, {}, MACHINE)
    assert found["chapters"]["dream"]["runs"] == 2 and found["all"]["ticks_95th"] is None


def test_a_ticket_counts_once_however_often_it_is_drawn():
    notes = Notes()
    for _ in range(3):
        notes.fault("dream", "This page could not be drawn. Tell them the number **0a1b2c3d**.")
    assert [fault.ticket for fault in notes.faults] == ["0a1b2c3d"]


def test_the_log_is_read_for_faults_but_not_for_leavings(tmp_path):
    log = tmp_path / "log"
    fault = 'Traceback (most recent call last):\n  File "app.py", line 1, in f\n    g()\nKeyError: None\n'
    left = 'Traceback (most recent call last):\n  File "s.py", line 1, in _websocket_endpoint\nWebSocketDisconnected\n'
    log.write_text(f"Page dream failed, ticket 0a1b2c3d\n{fault}2026-01-01 another line\n{left}{fault}")
    server = Server("", None, log)
    assert list(server.tracebacks().values()) == [2]
    assert "KeyError: None" in next(iter(server.tracebacks()))
    assert list(server.tickets()) == ["0a1b2c3d"]


def test_links_of_ones_own_lead_to_chapters_that_exist():
    names = {chapter.name for chapter in chapters()}
    assert set(habits.LINKS) <= names
    chance = Random(3)
    assert len({habits.own_link(chance) for _ in range(50)}) > 25


# --- a small class -----------------------------------------------------------------------------------------


def test_a_small_class_is_served_without_an_error(server):
    asked = arguments(["--walking", "4", "--idle", "3", "--minutes", "0.33", "--pace", "1", "2", "--stay", "0"])
    notes, _, _ = asyncio.run(visit(asked, server))
    assert notes.faults == []
    assert notes.asked == notes.served and len(notes.served) >= 7
