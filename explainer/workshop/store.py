"""Results, each computed once for all who ask, within a budget of bytes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import RLock
from time import monotonic
from types import BuiltinFunctionType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import TypeVar

import numpy as np

Value = TypeVar("Value")

LINGER = 30.0  # seconds that a result stays after the last who asked for it has left
_WEIGHTLESS = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, GeneratorType)


def size_of(value: object) -> int:
    """Bytes that a result takes, by its arrays, tensors, bytes and text; shared parts count once.

    Objects with a true attribute ``held_elsewhere`` (a network) count nothing: somebody else keeps them.
    """
    total, seen, rest = 0, set(), [value]
    while rest:
        one = rest.pop()
        if id(one) in seen or isinstance(one, _WEIGHTLESS) or getattr(one, "held_elsewhere", False):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            if isinstance(one.base, np.ndarray):
                rest.append(one.base)
            else:
                total += one.nbytes
        elif hasattr(one, "untyped_storage"):
            memory = one.untyped_storage()
            if memory.data_ptr() not in seen:
                seen.add(memory.data_ptr())
                total += memory.nbytes()
        elif isinstance(one, bytes | bytearray | str):
            total += len(one)
        elif isinstance(one, dict):
            rest += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            rest += one
        elif hasattr(one, "__dict__"):
            rest += vars(one).values()
    return total


@dataclass
class _Entry:
    """A result on its shelf. future: set once it is there. owners: who has asked for it and is still here."""

    future: Future
    owners: set[str]
    size: int = 0
    for_all: bool = False
    left: float | None = None  # without an owner since

    def result(self) -> object | None:
        """What lies there; None while it is being made."""
        return self.future.result() if self.future.done() and not self.future.exception() else None

    @property
    def may_go(self) -> bool:
        """Whether nobody is at it just now."""
        return self.future.done() and not getattr(self.result(), "busy", False)


@dataclass
class Store:
    """Keeps results by key; what was used least recently goes when the budget is exceeded.

    Args:
        budget: bytes of all results together.
        share: bytes of the results for which one visitor alone has asked.
        clock: seconds, rising.

    ``visitors``: who is asking just now, none outside a page. A result with a true attribute ``busy`` does not go yet;
    one with a method ``put_away`` is told when it goes.
    """

    budget: int
    share: int
    clock: Callable[[], float] = monotonic
    visitors: Callable[[], Iterable[str]] = tuple
    _entries: OrderedDict[Hashable, _Entry] = field(default_factory=OrderedDict, repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def once(
        self, key: Hashable, make: Callable[[], Value], *, size: Callable[[Value], int] = size_of, for_all: bool = False
    ) -> Value:
        """The result under ``key``; made by the first who asks, outside any lock, while others of the same key wait.

        Args:
            make: computes it.
            size: bytes that it takes.
            for_all: of no visitor's own, so that it stays when they leave, as long as there is room.

        Raises:
            Exception: whatever ``make`` raises, to all who wait; the next who asks tries again.
        """
        with self._lock:
            entry, mine = self._touch(key), None
            if entry is None:
                mine = self._entries[key] = self._entry(for_all=for_all)
        if mine is None:
            return entry.future.result()
        try:
            value = make()
            mine.size = size(value)
        except BaseException as error:
            with self._lock:
                if self._entries.get(key) is mine:
                    del self._entries[key]
            mine.future.set_exception(error)
            raise
        mine.future.set_result(value)
        self.trim()
        return value

    def get(self, key: Hashable) -> object | None:
        """The result under ``key`` if it is there; the one who asks is one of its owners from now on."""
        with self._lock:
            entry = self._touch(key)
            return entry.result() if entry else None

    def put(self, key: Hashable, value: object, size: int = 0) -> None:
        """Lay a result of that many bytes there, in the place of another."""
        with self._lock:
            old = self._entries.pop(key, None)
            entry = self._entries[key] = self._entry(size)
            entry.future.set_result(value)
        _put_away([old] if old else [])

    def weigh(self, key: Hashable, size: int) -> None:
        """Say how many bytes the result under ``key`` has come to take."""
        with self._lock:
            if key in self._entries:
                self._entries[key].size = size

    def __contains__(self, key: Hashable) -> bool:
        """Whether a result is there, so that asking for it takes no time."""
        with self._lock:
            return key in self._entries and self._entries[key].future.done()

    def __iter__(self) -> Iterator[Hashable]:
        """What there are results of, the longest unused first."""
        with self._lock:
            keys = list(self._entries)
        return iter(keys)

    def drop(self, key: Hashable) -> None:
        """Forget a result."""
        self._drop([key])

    def leave(self, visitor: str) -> None:
        """A visitor has gone: what nobody else has asked for stays for half a minute more."""
        with self._lock:
            for entry in self._entries.values():
                if visitor in entry.owners:
                    entry.owners.discard(visitor)
                    if not entry.owners:
                        entry.left = self.clock()

    def forget(self, visitor: str) -> None:
        """Drop at once what this visitor alone has asked for."""
        with self._lock:
            keys = [key for key, entry in self._entries.items() if entry.owners == {visitor}]
        self._drop(keys)

    def owners(self) -> set[str]:
        """All visitors who have asked for something that is here."""
        with self._lock:
            return set().union(*(entry.owners for entry in self._entries.values()))

    @property
    def nbytes(self) -> int:
        """Bytes of all results."""
        with self._lock:
            return sum(entry.size for entry in self._entries.values())

    def trim(self) -> int:
        """Drop what nobody wants any more and what is beyond the budgets, oldest first; the bytes that went."""
        with self._lock:
            before, now, gone = self.nbytes, self.clock(), []
            for key, entry in list(self._entries.items()):
                if entry.left is not None and not entry.for_all and now - entry.left >= LINGER and entry.may_go:
                    gone.append(self._entries.pop(key))
            for owned in self._of_one_alone().values():
                gone += self._beyond(self.share, owned)
            gone += self._beyond(self.budget, list(self._entries.items()))
            freed = before - self.nbytes
        _put_away(gone)
        return freed

    def clear(self, for_all: bool = True) -> None:
        """Forget everything; but for what is of no visitor's own, if so wanted."""
        with self._lock:
            keys = [key for key, entry in self._entries.items() if for_all or not entry.for_all]
        self._drop(keys)

    def _entry(self, size: int = 0, for_all: bool = False) -> _Entry:
        owners = set() if for_all else set(self.visitors())
        return _Entry(Future(), owners, size, for_all, None if owners else self.clock())

    def _touch(self, key: Hashable) -> _Entry | None:
        entry = self._entries.get(key)
        if entry:
            if not entry.for_all:
                entry.owners.update(self.visitors())
            entry.left = None if entry.owners else self.clock()
            self._entries.move_to_end(key)
        return entry

    def _of_one_alone(self) -> dict[str, list[tuple[Hashable, _Entry]]]:
        """What each visitor alone has asked for: a single pass, however many they are."""
        found: dict[str, list[tuple[Hashable, _Entry]]] = {}
        for key, entry in self._entries.items():
            if len(entry.owners) == 1:
                found.setdefault(next(iter(entry.owners)), []).append((key, entry))
        return found

    def _beyond(self, limit: int, some: list[tuple[Hashable, _Entry]]) -> list[_Entry]:
        """Take out the oldest of some entries until the rest is within a limit; the latest stays however large."""
        total, gone = sum(entry.size for _, entry in some), []
        for key, entry in some[:-1]:
            if total <= limit:
                break
            if entry.size and entry.may_go:
                total -= entry.size
                gone.append(self._entries.pop(key))
        return gone

    def _drop(self, keys: list[Hashable]) -> None:
        with self._lock:
            gone = [self._entries.pop(key) for key in keys if key in self._entries]
        _put_away(gone)


def _put_away(entries: list[_Entry]) -> None:
    """Outside the lock: what lies there may have a lock of its own."""
    for entry in entries:
        put_away = getattr(entry.result(), "put_away", None)
        if put_away:
            put_away()
