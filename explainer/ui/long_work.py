"""Long work on a page: a generator drained a little at a time, with Start, Pause, Step and Stop.

The page stays answerable, since a fragment runs the generator for a fraction of a second
and lets go. Leaving the page stops the fragment, so nothing goes on unseen; what was
reached stays in the session and can be continued.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic, sleep
from typing import Generic, TypeVar
from uuid import uuid4

import streamlit as st

from explainer.errors import ExplainerError
from explainer.gate import machine

State = TypeVar("State")

TICK = 0.25  # seconds from one run of the fragment to the next
SHARE = 0.6  # of a tick, spent working
REST = 0.03  # seconds after a drawing: Streamlit drops what it has not sent when the next run begins


@dataclass
class Work(Generic[State]):
    """One visitor's work under one key.

    latest: what the generator yielded last. waiting: place in the machine's queue, 0 when working.
    stopped: by hand, so that it can go on from where it is. settings: what it was begun with.
    """

    steps: Iterator[State]
    ticket: str
    latest: State | None = None
    running: bool = False
    done: bool = False
    waiting: int = 0
    trouble: str = ""
    seen: float = 0.0
    stopped: bool = False
    settings: Hashable = None
    turn: Lock = field(default_factory=Lock, repr=False)

    def drain(self, seconds: float) -> None:
        """Take steps for about that long, at least one.

        None while another run of the page is still at one: Streamlit begins a new run, in a
        thread of its own, before the last has ended.
        """
        if not self.turn.acquire(blocking=False):
            return
        until = monotonic() + seconds
        try:
            while True:
                self.latest = next(self.steps)
                if monotonic() >= until:
                    return
        except StopIteration:
            self.finish()
        except ExplainerError as error:
            self.trouble = str(error)
            self.finish()
        finally:
            self.turn.release()

    def finish(self) -> None:
        self.running, self.done = False, True
        machine.leave(self.ticket)

    def stop(self) -> None:
        """By hand: what was reached stays, and can be continued."""
        self.stopped = True
        self.finish()


def work_of(key: str) -> Work | None:
    """The work under ``key``, if it was started."""
    return st.session_state.get(f"{key}_work")


def forget(key: str) -> None:
    """Drop the work under ``key``: its settings changed."""
    work = st.session_state.pop(f"{key}_work", None)
    if work:
        machine.leave(work.ticket)


def long_work(
    key: str,
    start: Callable[[], Iterator[State]],
    show: Callable[[State | None], None],
    *,
    progress: Callable[[State], tuple[float, str]],
    verb: str = "Start",
    settings: Hashable = None,
    tick: float = TICK,
    share: float = SHARE,
) -> None:
    """Buttons, a progress bar and a live picture for work that takes longer than a moment.

    Args:
        key: of the work in the session.
        start: makes the generator; called when Start is pressed.
        show: draws the latest state, or what stands there before the first.
        progress: the share done (0 to 1) and what to say beside the bar.
        verb: on the start button.
        settings: where given, the work begins by itself, and anew whenever they change.
        tick, share: seconds from one picture to the next, and the share of them spent working.
    """
    work = work_of(key)
    if settings is not None and (work is None or work.settings != settings):
        forget(key)
        _begin(key, start, settings)
        work = work_of(key)
        if work.running:
            work.drain(0)  # something to see even while others are at work
            work.seen = monotonic()  # on a busy machine the first step takes its time
    if work and work.running and monotonic() - work.seen > 4 * TICK + 5:
        pause(key)  # the page was left while it ran
    running = bool(work and work.running)
    st.fragment(_panel, run_every=tick if running else None)(key, start, show, progress, verb, share * tick, running)


def pause(key: str) -> None:
    """Keep what was reached and make room for others."""
    work = work_of(key)
    work.running = False
    machine.leave(work.ticket)


def _begin(key: str, start: Callable[[], Iterator], settings: Hashable = None) -> None:
    try:
        work = Work(start(), uuid4().hex, running=True, seen=monotonic(), settings=settings)
    except ExplainerError as error:
        work = Work(iter(()), uuid4().hex, done=True, trouble=str(error), settings=settings)
    st.session_state[f"{key}_work"] = work


def _resume(key: str) -> None:
    work = work_of(key)
    work.running, work.seen, work.done, work.stopped = True, monotonic(), False, False


def _step(key: str, start: Callable[[], Iterator]) -> None:
    """One step by hand."""
    if work_of(key) is None:
        _begin(key, start)
        pause(key)
    work = work_of(key)
    work.done = work.stopped = False
    work.drain(0)


def _panel(key, start, show, progress, verb, seconds, ticking) -> None:
    work = work_of(key)
    if bool(work and work.running) != ticking:
        st.rerun()  # a button was pressed: only drawing the page anew starts or stops a fragment's clock
    if work and work.running:
        work.seen = monotonic()
        work.waiting = machine.ask(work.ticket)
        if not work.waiting:
            work.drain(seconds)
        if work.done:
            st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_buttons"):
        _buttons(key, work, start, verb)
        _bar(work, progress)
    with st.container(key=f"{key}_shown"):
        show(work.latest if work else None)
    if work and work.running:
        sleep(REST)


def _buttons(key: str, work: Work | None, start: Callable[[], Iterator], verb: str) -> None:
    fresh, running = work is None or (work.done and not work.stopped), bool(work and work.running)
    if running:
        pressed = st.button("Pause", key=f"{key}_pause", icon=":material/pause:", on_click=pause, args=(key,))
    elif fresh:
        pressed = st.button(
            verb, key=f"{key}_start", icon=":material/play_arrow:", type="primary",
            on_click=_begin, args=(key, start, work.settings if work else None),
        )  # fmt: skip
    else:
        pressed = st.button(
            "Continue", key=f"{key}_continue", icon=":material/play_arrow:", type="primary",
            on_click=_resume, args=(key,),
        )  # fmt: skip
    st.button(
        "Step", key=f"{key}_step", icon=":material/skip_next:", on_click=_step, args=(key, start),
        disabled=running or bool(work and work.done and not work.stopped),
    )  # fmt: skip
    if work and work.stopped:
        stopped = st.button(
            verb, key=f"{key}_start", icon=":material/replay:", on_click=_begin, args=(key, start, work.settings),
        )  # fmt: skip
    else:
        stopped = st.button(
            "Stop", key=f"{key}_stop", icon=":material/stop:", on_click=Work.stop, args=(work,),
            disabled=work is None or work.done,
        )  # fmt: skip
    if pressed or stopped:
        st.rerun()


def _bar(work: Work | None, progress: Callable[[State], tuple[float, str]]) -> None:
    if work is None:
        return
    if work.trouble:
        st.error(work.trouble, icon=":material/info:")
    elif work.running and work.waiting:
        others = "one other" if work.waiting == 1 else f"{work.waiting} others"
        st.info(f"This machine is busy; {others} before you.", icon=":material/hourglass_top:")
    if work.latest is not None:
        share, words = progress(work.latest)
        st.progress(min(max(share, 0.0), 1.0), words)


def take_over(key: str, steps: Iterator[State], latest: State) -> None:
    """Put work there that was begun elsewhere, resting, to be continued: a file that was opened, a stop taken back."""
    forget(key)
    st.session_state[f"{key}_work"] = Work(steps, uuid4().hex, latest=latest)
