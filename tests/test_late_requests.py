"""What is mended about parts that ask by their clock while the page goes, and that it still needs mending."""

from types import SimpleNamespace

import pytest
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

from explainer.ui.late_requests import nothing_is_lost_to_late_requests

CLOCK = RerunData("from=old", page_script_hash="old", fragment_id="part", is_auto_rerun=True)
SWITCH = RerunData("from=new", page_script_hash="new")


@pytest.fixture
def mend(monkeypatch):
    """Mends, until the test is over."""
    for kind, name in (
        (ScriptRunner, "_run_script"), (ScriptRequests, "_request_rerun_locked"), (AppSession, "request_rerun"),
    ):  # fmt: skip
        monkeypatch.setattr(kind, name, getattr(kind, name))
    return nothing_is_lost_to_late_requests


def pending(*asked: RerunData) -> RerunData:
    """What is run next after these were asked for."""
    requests = ScriptRequests()
    for one in asked:
        assert requests.request_rerun(one)
    return requests.on_scriptrunner_ready().rerun_data


def test_a_clock_that_strikes_does_not_bring_the_page_before_back(mend):
    assert pending(SWITCH, CLOCK).page_script_hash == "old", "Streamlit knows by itself now: drop this mend"
    mend()
    assert pending(SWITCH, CLOCK) == SWITCH
    assert pending(CLOCK, SWITCH).page_script_hash == "new"
    pressed = RerunData("from=old", page_script_hash="old", fragment_id="part")
    assert pending(SWITCH, pressed).page_script_hash == "old", "what a visitor pressed counts"
    assert pending(CLOCK).fragment_id_queue == ["part"]
    other = RerunData(fragment_id="other", is_auto_rerun=True)
    assert pending(CLOCK, other).fragment_id_queue == ["part", "other"]


def ran(monkeypatch, *parts: str, there: tuple[str, ...] = ()) -> list[RerunData]:
    """What a runner whose page has some parts begins when these are asked for."""
    begun, storage = [], MemoryFragmentStorage()
    for part in there:
        storage.register(part, lambda: None)
    monkeypatch.setattr(ScriptRunner, "_run_script", lambda runner, asked: begun.append(asked))
    nothing_is_lost_to_late_requests()
    runner = SimpleNamespace(_fragment_storage=storage)
    ScriptRunner._run_script(runner, RerunData(fragment_id_queue=list(parts)))
    return begun


def test_a_part_that_has_gone_begins_no_run(mend, monkeypatch):
    assert ran(monkeypatch, "gone") == []
    assert [one.fragment_id_queue for one in ran(monkeypatch, "gone", "part", there=("part",))] == [["part"]]
    assert [one.fragment_id_queue for one in ran(monkeypatch)] == [[]], "a whole page"


class Session:
    """A page's session, as far as asking goes."""

    _state, id = None, "one"
    request_rerun = AppSession.request_rerun

    def __init__(self, runner) -> None:
        self._scriptrunner, self.begun, self.later = runner, [], []
        self._event_loop = SimpleNamespace(call_later=lambda seconds, *call: self.later.append(call))

    def has_fragment(self, _) -> bool:
        return True

    def _create_scriptrunner(self, asked) -> None:
        self.begun.append(asked)


def ended() -> SimpleNamespace:
    """A runner that has done all it was asked to."""
    requests = ScriptRequests()
    requests.on_scriptrunner_ready()
    assert requests._state is ScriptRequestType.STOP
    return SimpleNamespace(_requests=requests, request_rerun=requests.request_rerun, request_stop=requests.request_stop)


def test_what_a_run_said_last_is_passed_on_before_the_next_begins(mend, monkeypatch):
    by_clock = ClientState(fragment_id="part", is_auto_rerun=True)
    session = Session(ended())
    AppSession.request_rerun(session, by_clock)
    assert session.begun, "Streamlit waits by itself now: drop this mend"
    mend()
    monkeypatch.setattr(Session, "request_rerun", AppSession.request_rerun)
    session = Session(ended())
    session.request_rerun(by_clock)
    assert not session.begun
    session._scriptrunner = None  # all is passed on
    call, *given = session.later.pop()
    call(*given)
    assert [one.fragment_id for one in session.begun] == ["part"] and not session.later
    session = Session(ended())
    session.request_rerun(ClientState())
    assert session.begun and not session.later, "a whole page draws everything anew"
