"""Long work on a page: a job of the workshop, with Start, Pause, Step and Stop.

The page only looks. A fragment draws the job's latest state a few times a second and says
meanwhile that somebody still watches; when the page is left the job rests, and can be continued.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Generic, TypeVar
from uuid import uuid4

import streamlit as st

from explainer.ui.foreign import as_text
from explainer.ui.pace import ask_again_in, pace
from explainer.ui.visitors import visitor
from explainer.workshop import PATIENCE, Job, Status, workshop

State = TypeVar("State")

TICK = 0.25  # seconds from one run of the fragment to the next
PATIENT = 0.15  # seconds that a run of the page waits for something newer to draw
LAST_STEP = 1.0  # seconds that a press of Pause waits for the step under way
LONGEST_STEP = 10.0  # seconds that a press of Step waits for its step, unless others are before
REST = 0.03  # seconds after a drawing: Streamlit drops what it has not sent when the next run begins


@dataclass
class Work(Generic[State]):
    """One visitor's look at a job.

    watcher: the visitor and the place on the page. held: paused, stopped, or the page was left.
    stopped: by hand, so that it can go on from where it is. seen: the state when it was held: others
    may watch the same job and let it go on. begun_by: what it was begun for. version: of the state drawn last.
    heard: when the page last looked. paced: one step a look. until: the version at which it is to rest, after Step.
    """

    job: Job
    watcher: str
    begun_by: Hashable = None
    held: bool = False
    stopped: bool = False
    seen: State | None = None
    version: int = 0
    heard: float = 0.0
    paced: bool = False
    until: int | None = None

    @property
    def latest(self) -> State | None:
        """The newest state that this visitor is to see."""
        return self.seen if self.held else self.job.latest

    @property
    def running(self) -> bool:
        """Whether it goes on, as this visitor sees it."""
        return not self.held and not self.job.over

    @property
    def done(self) -> bool:
        """Whether it came to its end, or was stopped."""
        return self.stopped or (not self.held and self.job.over)

    @property
    def whole(self) -> bool:
        """Whether it came to its end."""
        return self.done and not self.stopped and not self.trouble

    @property
    def trouble(self) -> str:
        """Why it failed."""
        return self.job.trouble.sentence if self.job.trouble and not self.held else ""

    @property
    def gone(self) -> bool:
        """Whether it was put away to make room."""
        return self.job.status is Status.GONE

    @property
    def waiting(self) -> int:
        """How many are before it."""
        return self.job.place if self.running else 0

    def go_on(self) -> None:
        """To its end; said again at every look."""
        self.held, self.stopped, self.until, self.heard = False, False, None, monotonic()
        workshop.go_on(self.job, self.watcher, 1 if self.paced else None)

    def step(self) -> None:
        """One step, and then rest. With others before, that takes more looks than one."""
        with workshop.changed:
            wanted = self.until = self.job.version + 1
        self.keep_going()
        self.job.wait(LONGEST_STEP, lambda: self.job.version >= wanted or workshop.full(self.job))
        if self.until is not None:
            self.keep_going()

    def keep_going(self) -> None:
        """Somebody still looks: it goes on as far as it was asked to."""
        if self.until is None:
            return self.go_on()
        with workshop.changed:
            reached = self.job.version >= self.until or self.job.over
            if not reached:
                self.held, self.stopped, self.heard = False, False, monotonic()
                workshop.go_on(self.job, self.watcher, 1)
        if reached:
            self.until = None
            self.hold()

    def send(self, message: object) -> None:
        """Hand something to the generator at its next step."""
        self.job.send(message)

    def hold(self) -> None:
        """Keep what was reached and make room for others."""
        if workshop.hold(self.job, self.watcher) and not self.held:
            self.job.wait(LAST_STEP)  # the one that a worker is at
        if not self.held and not self.job.over:
            self.seen, self.held = self.job.latest, True

    def stop(self) -> None:
        """By hand: what was reached stays, and can be continued."""
        self.hold()
        self.stopped = True

    def wait(self, seconds: float) -> None:
        """For something newer than what was drawn last."""
        self.job.wait(seconds, lambda: self.job.version > self.version)
        self.version = self.job.version

    def wait_for_the_end(self, seconds: float) -> None:
        """Until it is over, if that is soon."""
        self.job.wait(seconds)


def work_of(key: str) -> Work | None:
    """The work under ``key``, if it was started."""
    return st.session_state.get(f"{key}_work")


def forget(key: str) -> None:
    """Drop the work under ``key``: its settings changed."""
    work = st.session_state.pop(f"{key}_work", None)
    if work:
        workshop.hold(work.job, work.watcher)


def long_work(
    key: str,
    start: Callable[[], Iterator[State]],
    show: Callable[[State | None], None],
    *,
    progress: Callable[[State], tuple[float, str]],
    verb: str = "Start",
    settings: Hashable = None,
    what: Hashable = None,
    tick: float = TICK,
    paced: bool = False,
) -> None:
    """Buttons, a progress bar and a live picture for work that takes longer than a moment.

    Args:
        key: of the work in the session.
        start: makes the generator, in a thread of the workshop: what it needs of the page is looked up before.
        show: draws the latest state, or what stands there before the first.
        progress: the share done (0 to 1) and what to say beside the bar.
        verb: on the start button.
        settings: where given, the work begins by itself, and anew whenever they change. All visitors with
            the same settings watch the same job: digests of network and picture belong into them.
        what: the same for work that waits for its button. Without either, the work is this visitor's own.
        tick: seconds from one picture to the next.
        paced: one step a picture, for what would be over before anybody saw it.
    """
    work, wanted = work_of(key), what if settings is None else settings
    if work and (work.begun_by != wanted or work.gone):
        forget(key)
        work = None
    if work is None and settings is not None:
        work = work_on(key, settings, start)
    if work:
        work.paced = paced
    if work and work.running and monotonic() - work.heard > PATIENCE:
        work.hold()  # the page was left while it ran
    running = bool(work and work.running)
    if running:
        work.keep_going()
        work.wait(PATIENT)
        running = work.running
    every = pace(work.job, tick) if running else None
    st.fragment(_panel, run_every=every)(key, start, show, progress, verb, wanted, running, tick)


def pause(key: str) -> None:
    """Keep what was reached and make room for others."""
    work_of(key).hold()


def work_on(key: str, wanted: Hashable, start: Callable[[], object], afresh: bool = False) -> Work:
    """Watch the job for what is wanted, under ``key``, and want it to go on."""
    work = _watch(key, wanted, start, afresh)
    work.go_on()
    return work


def _watch(key: str, wanted: Hashable, start: Callable[[], object], afresh: bool = False) -> Work:
    forget(key)
    job = workshop.ask((key, uuid4().hex if wanted is None else wanted), start, afresh=afresh)
    work = st.session_state[f"{key}_work"] = Work(job, f"{visitor()} {key} {uuid4().hex}", wanted)
    return work


def _begin(key: str, start: Callable[[], Iterator], wanted: Hashable) -> None:
    """By hand; a second time from the beginning."""
    before = work_of(key)
    work_on(key, wanted, start, afresh=before is not None and before.done)


def _step(key: str, start: Callable[[], Iterator], wanted: Hashable) -> None:
    """One step by hand."""
    (work_of(key) or _watch(key, wanted, start)).step()


def _panel(key, start, show, progress, verb, wanted, ticking, tick) -> None:
    work = work_of(key)
    if work and work.running:
        work.keep_going()
    if bool(work and work.running) != ticking:
        st.rerun()  # a button was pressed, or the end has come: only drawing the page anew starts or stops a clock
    if work and work.running:
        ask_again_in(pace(work.job, tick))
        if work.latest is not None and not work.version:
            st.rerun()  # the first state: what stands around it waits for it
        work.version = work.job.version
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}_buttons"):
        _buttons(key, work, start, verb, wanted)
        _bar(work, progress)
    with st.container(key=f"{key}_shown"):
        show(work.latest if work else None)
    if work and work.running:
        sleep(REST)


def _buttons(key: str, work: Work | None, start: Callable[[], Iterator], verb: str, wanted: Hashable) -> None:
    fresh, running = work is None or (work.done and not work.stopped), bool(work and work.running)
    if running:
        pressed = st.button("Pause", key=f"{key}_pause", icon=":material/pause:", on_click=pause, args=(key,))
    elif fresh:
        pressed = st.button(
            verb, key=f"{key}_start", icon=":material/play_arrow:", on_click=_begin, args=(key, start, wanted),
            type="primary" if work is None else "secondary",  # once it is done, nothing calls for doing it again
        )  # fmt: skip
    else:
        pressed = st.button(
            "Continue", key=f"{key}_continue", icon=":material/play_arrow:", type="primary", on_click=work.go_on,
        )  # fmt: skip
    st.button(
        "Step", key=f"{key}_step", icon=":material/skip_next:", on_click=_step, args=(key, start, wanted),
        disabled=running or bool(work and work.done and not work.stopped),
    )  # fmt: skip
    if work and work.stopped:
        stopped = st.button(
            verb, key=f"{key}_start", icon=":material/replay:", on_click=_begin, args=(key, start, wanted),
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
        st.error(as_text(work.trouble), icon=":material/info:")
    else:
        place_in_line(work)
    if work.latest is not None:
        share, words = progress(work.latest)
        st.progress(min(max(share, 0.0), 1.0), words)


def place_in_line(work: Work) -> bool:
    """Say how many are before it, if any are."""
    if work.waiting:
        others = "one other" if work.waiting == 1 else f"{work.waiting} others"
        words = f"This machine is busy; {others} before you." if work.latest is None else f"Taking turns with {others}."
        st.info(words, icon=":material/hourglass_top:")
    return work.waiting > 0


def take_over(key: str, start: Callable[[], Iterator[State]], latest: State) -> None:
    """Put work there that was begun elsewhere, resting, to be continued: a file that was opened, a stop taken back."""
    forget(key)
    job = workshop.ask((key, uuid4().hex), start, latest=latest)
    st.session_state[f"{key}_work"] = Work(job, f"{visitor()} {key} {uuid4().hex}", held=True, seen=latest)
