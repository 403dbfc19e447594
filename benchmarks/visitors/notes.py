"""What is noted while visitors are there: every answer, every fault, every wait."""

import re
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

TICKET = re.compile(r"the number \W*([0-9a-f]{8})\b")  # as a page tells it


@dataclass(frozen=True)
class Run:
    """One question and its answer.

    page: name of the chapter. kind: "page" (opened or turned to), "control" (something on it
    was used) or "tick" (a fragment asked again by itself). at: seconds since the start.
    seconds: from the question's sending to the end of its answer.
    """

    page: str
    kind: str
    at: float
    seconds: float


@dataclass(frozen=True)
class Fault:
    """Something that must not happen: an exception on a page, a ticket, a closed socket, no answer."""

    page: str
    at: float
    text: str
    ticket: str = ""


@dataclass
class Notes:
    """Of all visitors together."""

    started: float = field(default_factory=monotonic)
    runs: list[Run] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    said: Counter = field(default_factory=Counter)  # (page, sentence) of errors in plain words → how often
    waits: Counter = field(default_factory=Counter)  # page → answers that tell of a queue
    received: int = 0  # bytes of messages, before compression
    fetched: int = 0  # bytes of pictures and files
    served: set = field(default_factory=set)  # visitors who were answered at least once
    asked: set = field(default_factory=set)  # visitors who asked at all

    def now(self) -> float:
        return monotonic() - self.started

    def answer(self, page: str, kind: str, since: float) -> None:
        """An answer has ended; ``since`` is when its question was sent, by ``monotonic``."""
        self.runs.append(Run(page, kind, since - self.started, monotonic() - since))

    def fault(self, page: str, text: str) -> None:
        """Note a fault; the same ticket only once, however often its page is drawn again."""
        found = TICKET.search(text)
        ticket = found[1] if found else ""
        if not ticket or all(ticket != other.ticket for other in self.faults):
            self.faults.append(Fault(page, self.now(), text, ticket))
