"""A gate for long work: only so many at once on a machine, the others in a queue."""

import os
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic


class Gate:
    """First come, first served; who stops asking loses the place.

    Whoever wants to work asks again and again, a few times a second, with the same
    ticket. That is also the sign of life: a ticket not heard of for ``patience``
    seconds (its page was left, its tab closed) makes room for the next.

    Args:
        limit: how many may work at the same time.
        patience: seconds of silence after which a ticket is given up.
        clock: seconds, rising.
    """

    def __init__(self, limit: int, patience: float = 5.0, clock: Callable[[], float] = monotonic):
        self.limit, self.patience, self._clock = limit, patience, clock
        self._heard: OrderedDict[str, float] = OrderedDict()  # tickets in their order of arrival
        self._lock = Lock()

    def ask(self, ticket: str) -> int:
        """0: go ahead. n: wait, as the n-th in the queue."""
        with self._lock:
            now = self._clock()
            for other, heard in list(self._heard.items()):
                if other != ticket and now - heard > self.patience:
                    del self._heard[other]
            self._heard[ticket] = now  # keeps its place if it has one
            place = list(self._heard).index(ticket)
            return max(0, place - self.limit + 1)

    def leave(self, ticket: str) -> None:
        """Make room at once."""
        with self._lock:
            self._heard.pop(ticket, None)


# Half the cores work for those who train or dream, the rest answers everybody else.
machine = Gate(limit=max(1, (os.cpu_count() or 2) // 2))
