"""The workshop: worker threads that take the steps of jobs in turn, and somebody who tidies up."""

import atexit
import logging
import os
from collections import deque
from collections.abc import Callable, Hashable
from threading import Condition, RLock, Thread, local
from time import monotonic, sleep

from explainer.workshop.job import Job, Status
from explainer.workshop.memory import give_back
from explainer.workshop.store import Store, size_of

TURN = 2.0  # seconds that a job works while others wait
TIDY_EVERY = 2.0  # seconds
LONGEST_STEP = 30.0  # seconds to wait for steps under way when everything ends
AWAY = 20.0  # seconds without a connection after which a visitor counts as gone


class Workshop:
    """Takes the steps of jobs: first come, first served, and whoever takes long shares turns with the others.

    Half the cores work here, the rest answer everybody else. ``is_here``: whether a visitor is still connected.

    Args:
        store: where jobs lie while they are worked on, and afterwards.
        workers: threads; started when the first job comes.
    """

    def __init__(self, store: Store, workers: int | None = None, clock: Callable[[], float] = monotonic):
        self.store, self.clock = store, clock
        self.workers = workers or max(1, (os.cpu_count() or 2) // 2)
        self.is_here: Callable[[str], bool] = lambda visitor: True
        self.changed = Condition(RLock())
        self._queue: deque[Job] = deque()
        self._threads: list[Thread] = []
        self._at_work: set[Job] = set()
        self._last_seen: dict[str, float] = {}
        self._working_for = local()
        store.visitors = self.visitors

    # --- asking --------------------------------------------------------------------------------------

    def ask(self, key: Hashable, make: Callable[[], object], *, afresh: bool = False, latest: object = None) -> Job:
        """The job under ``key``: the one that is there, or a new one, at rest.

        Args:
            key: what is done, digests of network and picture, and the settings.
            make: begins it; see :class:`Job`.
            afresh: begin anew, whatever is there.
            latest: a state that was reached elsewhere, from which ``make`` goes on.
        """
        with self.changed:
            job = None if afresh else self.store.get(("job", key))
            if job is None or job.status in (Status.FAILED, Status.GONE):
                job = Job(key, make, self.changed, latest, int(latest is not None))
                self.store.put(("job", key), job, size_of(latest))
            return job

    def go_on(self, job: Job, watcher: str, steps: int | None = None) -> None:
        """A watcher wants the job to go on: to its end, or for some steps. To be said again every few seconds."""
        with self.changed:
            job.heard[watcher] = self.clock()
            if job.over:
                return
            if steps is None:
                job.allowed = None
            elif not job.busy:
                job.allowed = steps
            if not job.busy:
                job.status = Status.WAITING
                self._queue.append(job)
                self._number()
                self._start_threads()
                self.changed.notify_all()

    def hold(self, job: Job, watcher: str) -> bool:
        """A watcher no longer wants it to go on; it rests when nobody does. Returns whether nobody does."""
        with self.changed:
            job.heard.pop(watcher, None)
            self._rest_if_unwanted(job)
            return not job.wanted(self.clock())

    def watching(self) -> int:
        """How many watchers there are just now, over all jobs that are going on."""
        with self.changed:
            now = self.clock()
            return sum(job.watchers(now) for job in {*self._queue, *self._at_work})

    def full(self, job: Job) -> bool:
        """Whether every worker is at something else than this job."""
        with self.changed:
            return len(self._at_work - {job}) >= self.workers

    def clear(self) -> None:
        """Put all of the visitors' jobs and results away, and wait until the workers have let go."""
        with self.changed:
            self._queue.clear()
            self.store.clear(for_all=False)
            self.changed.wait_for(lambda: not self._at_work, LONGEST_STEP)

    # --- working -------------------------------------------------------------------------------------

    def visitors(self) -> tuple[str, ...]:
        """For whom this thread is working; none outside the workers."""
        job = getattr(self._working_for, "job", None)
        return tuple(job.heard) if job else ()

    def _work(self) -> None:
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self._queue)
                job = self._queue.popleft()
                self._number()
                if job.status is not Status.WAITING:
                    continue
                job.status, job.place = Status.WORKING, 0
                self._at_work.add(job)
                self.changed.notify_all()
            self._working_for.job = job
            try:
                self._take_turn(job)
                self.store.weigh(("job", job.key), size_of(job.latest))
                self.store.trim()
            except Exception:  # a worker outlives whatever happens to one job
                logging.getLogger("explainer").exception("The workshop stumbled over %r", job.key)
            finally:
                self._working_for.job = None

    def _take_turn(self, job: Job) -> None:
        until, going_on = self.clock() + TURN, True
        while going_on:
            job.step()
            with self.changed:
                going_on = self._goes_on(job, until)
                if not going_on:
                    self._at_work.discard(job)
                    self.changed.notify_all()

    def _goes_on(self, job: Job, until: float) -> bool:
        """Whether its worker takes another step at once; if not, it rests, is over or queues again."""
        if job.status is not Status.WORKING:
            return False
        if job.allowed is not None:
            job.allowed -= 1
        if job.allowed == 0 or not job.wanted(self.clock()):
            job.status, job.allowed = Status.RESTING, None
            return False
        if self._queue and self.clock() >= until:
            job.status = Status.WAITING
            self._queue.append(job)
            self._number()
            return False
        return True

    def _number(self) -> None:
        for place, job in enumerate(self._queue, start=1):
            job.place = place

    def _rest_if_unwanted(self, job: Job) -> None:
        if job.status is Status.WAITING and not job.wanted(self.clock()):
            job.status = Status.RESTING
            self._queue.remove(job)
            self._number()
            self.changed.notify_all()

    def _start_threads(self) -> None:
        if not self._threads:
            atexit.register(self.clear)  # a thread that is at a step when the interpreter goes takes all down with it
        while len(self._threads) < self.workers:
            number = len(self._threads) + 1
            self._threads.append(Thread(target=self._work, name=f"workshop {number}", daemon=True))
            self._threads[-1].start()
        if len(self._threads) == self.workers:
            self._threads.append(Thread(target=self._keep_tidy, name="workshop tidying", daemon=True))
            self._threads[-1].start()

    # --- tidying -------------------------------------------------------------------------------------

    def _keep_tidy(self) -> None:
        while True:
            sleep(TIDY_EVERY)
            try:
                self.tidy()
            except Exception:
                logging.getLogger("explainer").exception("The workshop could not tidy up")

    def tidy(self) -> None:
        """Rest what nobody watches, drop what visitors who have gone left behind, give memory back."""
        with self.changed:
            for job in list(self._queue):
                self._rest_if_unwanted(job)
        now = self.clock()
        here = {visitor: self.is_here(visitor) for visitor in self.store.owners()}
        self._last_seen = {visitor: now if at else self._last_seen.get(visitor, now) for visitor, at in here.items()}
        for visitor, seen in self._last_seen.items():
            if now - seen >= AWAY:
                self.store.leave(visitor)
        if self.store.trim():
            give_back()
