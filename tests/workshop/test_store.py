"""Results made once for all who ask, no one else kept waiting, errors told to all and forgotten, bytes bounded."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
import torch

from explainer.workshop.store import LINGER, Store, size_of

LONG = 60  # seconds after which a test has hung


@pytest.fixture
def pool():
    with ThreadPoolExecutor(9) as threads:
        yield threads


@pytest.fixture
def time():
    return [0.0]


@pytest.fixture
def asking():
    """Who asks just now."""
    return []


@pytest.fixture
def store(time, asking):
    return Store(budget=100, share=60, clock=lambda: time[0], visitors=lambda: tuple(asking))


def kilo(count: int):
    return lambda: bytearray(count)


def test_eight_who_ask_for_the_same_get_the_one_result(pool, store):
    start, go, made = Barrier(9), Event(), []

    def make():
        made.append(1)
        assert go.wait(LONG)
        return bytearray(3)

    def ask():
        start.wait(LONG)
        return store.once("picture", make)

    asked = [pool.submit(ask) for _ in range(8)]
    start.wait(LONG)
    go.set()
    found = [each.result(LONG) for each in asked]
    assert len(made) == 1 and all(one is found[0] for one in found)
    assert store.once("picture", make) is found[0] and len(made) == 1


def test_nobody_waits_for_what_a_stranger_asked_for(pool, store):
    begun, go = Event(), Event()
    kept = store.once("kept", kilo(1))

    def slow():
        begun.set()
        assert go.wait(LONG)
        return bytearray(2)

    strangers = pool.submit(store.once, "slow", slow)
    assert begun.wait(LONG)
    assert pool.submit(store.once, "kept", slow).result(LONG) is kept
    assert len(pool.submit(store.once, "new", kilo(5)).result(LONG)) == 5
    assert store.get("slow") is None, "not there yet"
    go.set()
    assert len(strangers.result(LONG)) == 2


def test_an_error_reaches_all_who_wait_and_is_not_remembered(pool, store):
    go, made, waiting = Event(), [], []

    def fail():
        made.append(1)
        assert go.wait(LONG)
        raise MemoryError("too large")

    def ask():
        waiting.append(1)
        return store.once("picture", fail)

    asked = [pool.submit(ask) for _ in range(8)]
    while len(waiting) < 8 or not made:
        Event().wait(0.01)
    go.set()
    assert {type(each.exception(LONG)) for each in asked} == {MemoryError}
    assert len(store.once("picture", kilo(4))) == 4 and store.nbytes == 4


def test_a_result_that_cannot_be_weighed_is_an_error_as_well(store):
    with pytest.raises(TypeError):
        store.once("picture", lambda: 5, size=len)
    assert len(store.once("picture", lambda: b"seven..")) == 7


def test_what_was_unused_for_longest_makes_room(store):
    first, second = (store.once(name, kilo(40)) for name in "ab")
    assert store.once("a", bytearray) is first
    store.once("c", kilo(40))
    assert store.nbytes == 80 and store.once("a", bytearray) is first
    assert store.once("b", kilo(2)) is not second and store.nbytes <= 100


def test_what_is_larger_than_all_room_stays_while_it_is_the_newest(store):
    large = store.once("large", kilo(500))
    assert store.once("large", bytearray) is large and store.nbytes == 500
    store.once("small", kilo(1))
    assert store.nbytes == 1


def test_one_visitor_has_a_share_and_others_keep_theirs(store, asking):
    asking[:] = ["ann"]
    store.once("a", kilo(25))
    asking[:] = ["bob"]
    for name in "bcd":
        store.once(name, kilo(25))
    assert store.get("b") is None and store.get("c") and store.get("d"), "bob's oldest went"
    assert store.get("a"), "ann's stayed"


class Owners(set):
    """Counts how often it was looked at."""

    looks = 0

    def __len__(self) -> int:
        Owners.looks += 1
        return super().__len__()

    def __eq__(self, other) -> bool:
        Owners.looks += 1
        return super().__eq__(other)

    __hash__ = None


def test_shares_are_looked_over_once_however_many_visitors_there_are(time):
    store, many = Store(budget=10_000, share=60, clock=lambda: time[0]), 100
    for number in range(many):
        store.put(number, bytearray(1), 1)
        store._entries[number].owners = Owners({f"visitor {number}"})
    Owners.looks = 0
    assert store.trim() == 0
    assert 0 < Owners.looks <= 3 * many


def test_what_a_visitor_leaves_goes_after_half_a_minute_but_not_what_another_asked_for(store, asking, time):
    asking[:] = ["ann"]
    store.once("ann's", kilo(5))
    store.once("both's", kilo(6))
    store.once("the house's", kilo(7), for_all=True)
    asking[:] = ["bob"]
    store.once("both's", kilo(6))
    asking.clear()
    store.leave("ann")
    time[0] += LINGER - 1
    assert store.trim() == 0
    time[0] += 1
    assert store.trim() == 5 and store.nbytes == 13
    store.leave("bob")
    time[0] += LINGER
    assert store.trim() == 6 and store.get("the house's")


def test_who_comes_back_in_time_finds_it_there(store, asking, time):
    asking[:] = ["ann"]
    kept = store.once("a", kilo(5))
    store.leave("ann")
    time[0] += LINGER / 2
    assert store.get("a") is kept
    time[0] += LINGER
    assert store.trim() == 0 and store.get("a") is kept


def test_forget_now_drops_what_is_ones_own_alone(store, asking):
    asking[:] = ["ann"]
    store.once("ann's", kilo(5))
    store.once("both's", kilo(6))
    asking[:] = ["bob"]
    store.once("both's", kilo(6))
    store.forget("ann")
    assert store.get("ann's") is None and store.get("both's")


class Tool:
    busy, away = True, False

    def put_away(self):
        self.away = True


def test_what_is_busy_stays_and_what_goes_is_told(store):
    tool = Tool()
    store.put("tool", tool, 90)
    store.once("a", kilo(90))
    assert store.get("tool") is tool and not tool.away
    tool.busy = False
    store.once("b", kilo(90))
    assert store.get("tool") is None and tool.away


def test_bytes_stay_bounded_however_many_ask(pool, store):
    asked = [pool.submit(store.once, number % 40, kilo(7)) for number in range(400)]
    assert all(len(each.result(LONG)) == 7 for each in asked)
    assert store.nbytes <= 100


class Thing:
    def __init__(self, **parts):
        vars(self).update(parts)


def test_what_a_result_weighs():
    pixels = np.zeros((10, 10), np.uint8)
    tensor = torch.zeros(10, 2)
    assert size_of(pixels) == size_of([pixels, pixels]) == size_of(pixels[2:4]) == 100, "a view holds the whole"
    assert size_of(tensor) == size_of((tensor, tensor[0])) == 80
    assert size_of({"name": b"12345"}) == 9 and size_of(None) == size_of(size_of) == 0
    around = Thing(pixels=pixels, others=[Thing(tensor=tensor)], network=Thing(held_elsewhere=True, weights=pixels))
    around.itself = around
    assert size_of(around) == 100 + 80
