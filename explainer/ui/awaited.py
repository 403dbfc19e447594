"""A result that takes a moment: drawn when it is there, and until then what is being done."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from explainer.ui.foreign import as_text
from explainer.ui.long_work import Work, forget, place_in_line, work_of, work_on
from explainer.ui.pace import ask_again_in, pace

Result = TypeVar("Result")

PATIENT = 0.4  # seconds that a run of the page waits for the result
TICK = 0.5


def awaited(key: str, what: Hashable, make: Callable[[], Result], saying: str) -> Result | None:
    """The result of ``make``, one for all who ask for the same; None, with a line that says so, until it is there.

    Args:
        key: of the place on the page.
        what: names what is asked for: digests of network and picture, and settings.
        make: returns the result, or is a generator whose last state it is; run by the workshop.
        saying: what is being done.
    """
    work = work_of(key)
    if work is None or work.begun_by != what or work.gone:
        work = work_on(key, what, make)
    if work.running:
        work.go_on()
        work.wait_for_the_end(PATIENT)
    if work.whole:
        return work.latest
    st.fragment(_waiting, run_every=pace(work.job, TICK) if work.running else None)(key, saying)
    return None


def _waiting(key: str, saying: str) -> None:
    work: Work = work_of(key)
    if work.trouble:
        st.error(as_text(work.trouble), icon=":material/info:")
        if st.button("Try again", key=f"{key}_again", icon=":material/replay:", on_click=forget, args=(key,)):
            st.rerun()
        return
    if not work.running:
        st.rerun()
    work.go_on()
    ask_again_in(pace(work.job, TICK))
    place_in_line(work) or st.info(saying, icon=":material/hourglass_top:")
