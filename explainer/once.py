"""Results that are worked out once for all who ask, and kept within a number of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Once(Generic[Result]):
    """Results by key, from many threads.

    Nobody waits but for a result of one's own: whoever asks first works it out, outside of any lock; who
    asks for the same meanwhile waits for that; who asks for something else is not kept waiting. An error
    reaches all who wait for it and is not kept: who asks later tries again.

    Args:
        limit: bytes that may be kept. The results unused for longest go first; the newest always stays.
        size: how many bytes a result takes.
    """

    def __init__(self, limit: int, size: Callable[[Result], int]):
        self.limit, self._size = limit, size
        self._lock = Lock()  # held for a moment only, never while something is worked out
        self._kept: OrderedDict[Hashable, tuple[Result, int]] = OrderedDict()
        self._under_way: dict[Hashable, Future[Result]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes kept now."""
        with self._lock:
            return sum(size for _, size in self._kept.values())

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """The result under ``key``, from ``make`` if it is neither kept nor under way.

        ``make`` must not ask for the same key. Raises whatever ``make`` raises.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
            future, mine = self._under_way.get(key), False
            if future is None:
                future, mine = self._under_way.setdefault(key, Future()), True
        if mine:
            self._work_out(key, make, future)
        return future.result()

    def __contains__(self, key: Hashable) -> bool:
        """Whether a result is kept, so that asking for it takes no time."""
        with self._lock:
            return key in self._kept

    def clear(self) -> None:
        """Keep nothing any longer."""
        with self._lock:
            self._kept.clear()

    def forget(self, key: Hashable) -> None:
        """Keep the result under ``key`` no longer; nothing happens if there is none."""
        with self._lock:
            self._kept.pop(key, None)

    def _work_out(self, key: Hashable, make: Callable[[], Result], future: Future[Result]) -> None:
        try:
            result = make()
            size = self._size(result)
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            future.set_exception(error)
            return
        with self._lock:
            del self._under_way[key]
            self._kept[key] = result, size
            self._make_room()
        future.set_result(result)

    def _make_room(self) -> None:
        held = sum(size for _, size in self._kept.values())
        while held > self.limit and len(self._kept) > 1:
            _, (_, size) = self._kept.popitem(last=False)
            held -= size
