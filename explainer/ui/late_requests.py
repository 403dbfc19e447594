"""Parts of a page ask to be drawn again by their own clock. Where that meets a change of page, Streamlit 1.67 loses
what it drew: half of the next page stays empty. Mended from outside, with tests in tests/test_late_requests.py.
"""

from dataclasses import replace

LATER = 0.02  # seconds


def nothing_is_lost_to_late_requests() -> None:
    """Let no request of a part that has gone, or comes between two runs, take away what was drawn for the new page."""
    _parts_that_have_gone()
    _parts_beside_a_whole_page()
    _parts_after_the_last_word()


def _parts_that_have_gone() -> None:
    """A part's request that waited while another page was drawn is dropped.

    Streamlit would begin a run of the page before: the browser then takes all that belongs to the new one away.
    """
    from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

    run = ScriptRunner._run_script

    def run_what_is_there(runner: ScriptRunner, asked) -> None:
        if asked.fragment_id_queue:
            there = [part for part in asked.fragment_id_queue if runner._fragment_storage.contains(part)]
            if not there:
                return
            asked = replace(asked, fragment_id_queue=there)
        run(runner, asked)

    ScriptRunner._run_script = run_what_is_there


def _parts_beside_a_whole_page() -> None:
    """A part whose clock strikes while a whole page is asked for adds nothing: the page is drawn with all its parts.

    Streamlit would draw the part's page, though the page asked for is another.
    """
    from streamlit.runtime.scriptrunner_utils import script_requests as asked

    request = asked.ScriptRequests._request_rerun_locked

    def request_once(requests: asked.ScriptRequests, new: asked.RerunData) -> bool:
        waiting = requests._state is asked.ScriptRequestType.RERUN
        if waiting and asked._is_full_app_rerun(requests._rerun_data) and new.is_auto_rerun:
            return True
        return request(requests, new)

    asked.ScriptRequests._request_rerun_locked = request_once


def _parts_after_the_last_word() -> None:
    """A part that asks while a run has ended, but not all it said has been passed on, asks again a moment later.

    Streamlit would begin another runner, and pass on nothing more of the one before.
    """
    from streamlit.runtime.app_session import AppSession, AppSessionState
    from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

    request = AppSession.request_rerun

    def request_in_turn(session: AppSession, client_state) -> None:
        runner = session._scriptrunner
        ending = runner is not None and runner._requests._state is ScriptRequestType.STOP
        leaving = session._state is AppSessionState.SHUTDOWN_REQUESTED
        if ending and not leaving and client_state and client_state.fragment_id:
            session._event_loop.call_later(LATER, session.request_rerun, client_state)
        else:
            request(session, client_state)

    AppSession.request_rerun = request_in_turn
