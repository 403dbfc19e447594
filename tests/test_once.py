"""Worked out once for all who ask, no one else kept waiting, errors told to all and forgotten, bytes bounded."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from explainer.once import Once

LONG = 60  # seconds after which a test has hung


@pytest.fixture
def pool():
    with ThreadPoolExecutor(9) as threads:
        yield threads


def test_eight_who_ask_for_the_same_get_the_one_result(pool):
    once, start, go, made = Once(100, len), Barrier(9), Event(), []

    def make():
        made.append(1)
        assert go.wait(LONG)
        return bytearray(3)

    def ask():
        start.wait(LONG)
        return once.get("picture", make)

    asking = [pool.submit(ask) for _ in range(8)]
    start.wait(LONG)
    go.set()
    found = [each.result(LONG) for each in asking]
    assert len(made) == 1 and all(one is found[0] for one in found)
    assert once.get("picture", make) is found[0] and len(made) == 1


def test_nobody_waits_for_what_a_stranger_asked_for(pool):
    """Both what is kept and what is new are answered while another result is under way."""
    once, begun, go = Once(100, len), Event(), Event()
    kept = once.get("kept", lambda: bytearray(1))

    def slow():
        begun.set()
        assert go.wait(LONG)
        return bytearray(2)

    strangers = pool.submit(once.get, "slow", slow)
    assert begun.wait(LONG)
    assert pool.submit(once.get, "kept", slow).result(LONG) is kept
    assert len(pool.submit(once.get, "new", lambda: bytearray(5)).result(LONG)) == 5
    assert not strangers.done()
    go.set()
    assert len(strangers.result(LONG)) == 2


def test_an_error_reaches_all_who_wait_and_is_not_remembered(pool):
    once, go, made, waiting = Once(100, len), Event(), [], []

    def fail():
        made.append(1)
        assert go.wait(LONG)
        raise MemoryError("too large")

    def ask():
        waiting.append(1)
        return once.get("picture", fail)

    asking = [pool.submit(ask) for _ in range(8)]
    while len(waiting) < 8 or not made:
        Event().wait(0.01)
    go.set()
    assert {type(each.exception(LONG)) for each in asking} == {MemoryError}
    assert len(once.get("picture", lambda: bytearray(4))) == 4 and once.nbytes == 4


def test_an_unmeasurable_result_is_an_error_as_well():
    once = Once(100, len)
    with pytest.raises(TypeError):
        once.get("picture", lambda: 5)
    assert len(once.get("picture", lambda: b"seven..")) == 7


def test_what_was_unused_for_longest_makes_room():
    once = Once(10, len)
    first, second = (once.get(name, lambda: bytearray(4)) for name in "ab")
    assert once.get("a", bytearray) is first
    once.get("c", lambda: bytearray(4))
    assert once.nbytes == 8 and once.get("a", bytearray) is first
    assert once.get("b", lambda: bytearray(2)) is not second and once.nbytes <= 10


def test_what_is_larger_than_all_room_stays_while_it_is_the_newest():
    once = Once(10, len)
    large = once.get("large", lambda: bytearray(50))
    assert once.get("large", bytearray) is large and once.nbytes == 50
    once.get("small", lambda: bytearray(1))
    assert once.nbytes == 1


def test_what_is_forgotten_is_made_anew():
    once = Once(10, len)
    first = once.get("a", lambda: bytearray(4))
    once.forget("a")
    once.forget("never there")
    assert once.nbytes == 0 and once.get("a", lambda: bytearray(4)) is not first


def test_bytes_stay_bounded_however_many_ask(pool):
    once = Once(50, len)
    asked = [pool.submit(once.get, number % 40, lambda: bytearray(7)) for number in range(400)]
    assert all(len(each.result(LONG)) == 7 for each in asked)
    assert once.nbytes <= 50
