"""One piece of work: steps that are taken elsewhere, and the latest state they have led to."""

import logging
import secrets
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field
from enum import Enum
from threading import Condition
from types import GeneratorType

from explainer.errors import ExplainerError

PATIENCE = 12.0  # seconds without a sign of life after which a watcher counts as having turned away


class Status(Enum):
    """What a job is doing."""

    RESTING = "resting"
    WAITING = "waiting"  # for a worker
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    GONE = "gone"  # put away: to free memory, or since nobody is left


@dataclass(frozen=True)
class Trouble:
    """Why a job failed, as a sentence to show. ticket: under which the log has the details, if it was a surprise."""

    sentence: str
    ticket: str = ""


@dataclass(eq=False)
class Job:
    """A function's steps, taken by the workshop for all who watch.

    key: what is done: the names of the work, digests of network and picture, the settings.
    make: a function without arguments (``functools.partial`` of one with them) that returns a generator
    of states, or the one state it comes to. States are snapshots: a page draws one while the next
    is made. latest: the newest state; where it is there from the start, it is what ``make`` yields first.
    version: how many states there have been.
    """

    key: Hashable
    make: Callable[[], object]
    changed: Condition  # the workshop's lock, told of every change
    latest: object = None
    version: int = 0
    status: Status = Status.RESTING
    trouble: Trouble | None = None
    allowed: int | None = None  # steps until it rests; None: as many as it takes
    heard: dict[str, float] = field(default_factory=dict)  # who wants it to go on, and when they last said so
    place: int = 0  # jobs before it
    _steps: Generator | None = None
    _message: object = None
    _stepping: bool = False

    @property
    def over(self) -> bool:
        """Nothing is left to do, or nothing can be done any more."""
        return self.status in (Status.DONE, Status.FAILED, Status.GONE)

    @property
    def busy(self) -> bool:
        """A worker has it, or will."""
        return self.status in (Status.WAITING, Status.WORKING)

    def send(self, message: object) -> None:
        """Hand something to the generator at its next step, as its ``yield``'s value."""
        with self.changed:
            self._message = message

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """For something, or until no worker has it any more; some seconds at most."""
        with self.changed:
            self.changed.wait_for(lambda: until() or not self.busy, seconds)

    def wanted(self, now: float) -> bool:
        """Whether somebody still wants it to go on."""
        return self.watchers(now) > 0

    def watchers(self, now: float) -> int:
        """How many want it to go on, and have said so lately."""
        return sum(now - heard <= PATIENCE for heard in self.heard.values())

    def step(self) -> None:
        """Take one step: the worker's part. Whatever goes wrong is kept."""
        try:
            state = self._next()
        except StopIteration:
            self._end(Status.DONE)
        except ExplainerError as error:
            self._end(Status.FAILED, Trouble(str(error)))
        except BaseException as error:
            ticket = secrets.token_hex(4)
            logging.getLogger("explainer").exception("The work %r failed, ticket %s", self.key, ticket)
            self._end(Status.FAILED, Trouble(_sentence(error, ticket), ticket))
        else:
            with self.changed:
                if self.status is not Status.GONE:
                    self.latest, self.version = state, self.version + 1
                self.changed.notify_all()

    def put_away(self) -> None:
        """Let go of everything."""
        with self.changed:
            if not self._stepping:
                self._close()
            self.status, self.latest, self._message = Status.GONE, None, None
            self.changed.notify_all()

    def _next(self) -> object:
        with self.changed:
            self._stepping = True
        try:
            if self._steps is None:
                made = self.make()
                if not isinstance(made, GeneratorType):
                    with self.changed:
                        self._steps = _nothing_more()
                    return made
                self._steps, first = made, next(made)
                if not self.version:
                    return first
            with self.changed:
                message, self._message = self._message, None
            return self._steps.send(message)
        finally:
            with self.changed:
                self._stepping = False
                if self.status is Status.GONE:
                    self._close()

    def _end(self, status: Status, trouble: Trouble | None = None) -> None:
        with self.changed:
            self._close()
            if self.status is not Status.GONE:
                self.status, self.trouble = status, trouble
            self.changed.notify_all()

    def _close(self) -> None:
        steps, self._steps = self._steps, None
        if steps is not None:
            steps.close()


def _nothing_more() -> Generator:
    return
    yield


def _sentence(error: BaseException, ticket: str) -> str:
    if isinstance(error, MemoryError) or "not enough memory" in str(error) or "can't allocate memory" in str(error):
        return (
            "There is not enough memory for this on the machine that runs the app just now. Try something smaller, or "
            f"again in a minute; if it happens again, tell whoever runs it the number {ticket}."
        )
    return (
        "Something went wrong in the middle of this, and it was stopped. Start it again; if it happens again, tell "
        f"whoever runs this app the number {ticket}."
    )
