"""Jobs: steps in turn, shared, held, cancelled; errors kept and said; nothing taken past the gate."""

import itertools
import logging
import pickle
from threading import Event, current_thread

import pytest

from explainer.errors import DataError
from explainer.workshop import Status, Store, Workshop
from explainer.workshop import bench as bench_module
from explainer.workshop.job import PATIENCE

LONG = 60  # seconds after which a test has hung


@pytest.fixture
def time():
    return [0.0]


@pytest.fixture
def shop(time):
    made = Workshop(Store(10_000, 5_000, clock=lambda: time[0]), workers=1, clock=lambda: time[0])
    yield made
    made.clear()


def finished(job):
    job.wait(LONG, lambda: job.over)
    return job


def run(shop, key, make, watcher="ann"):
    job = shop.ask(key, make)
    shop.go_on(job, watcher)
    return job


def test_steps_are_taken_elsewhere_and_the_last_state_stays(shop):
    threads = []

    def count():
        for number in range(1, 4):
            threads.append(current_thread().name)
            yield number

    job = finished(run(shop, "count", count))
    assert (job.status, job.latest, job.version) == (Status.DONE, 3, 3)
    assert set(threads) == {"workshop 1"}


def test_a_plain_function_is_a_job_of_one_state(shop):
    job = finished(run(shop, "sum", lambda: 40 + 2))
    assert (job.status, job.latest, job.version) == (Status.DONE, 42, 1)


def test_who_asks_for_the_same_watches_the_same_job(shop):
    made = []

    def count():
        made.append(1)
        yield from range(3)

    first = run(shop, "count", count)
    assert run(shop, "count", count, "bob") is first
    finished(first)
    assert shop.ask("count", count) is first and len(made) == 1
    again = shop.ask("count", count, afresh=True)
    assert again is not first and again.latest is None


def test_a_step_by_hand_is_one_step(shop):
    job = shop.ask("count", lambda: (number for number in itertools.count(1)))
    for wanted in (1, 2, 3):
        shop.go_on(job, "ann", steps=1)
        job.wait(LONG)
        assert (job.latest, job.status) == (wanted, Status.RESTING)


def test_it_rests_when_nobody_wants_it_any_more(shop, time):
    job = run(shop, "count", lambda: (number for number in itertools.count(1)))
    job.wait(LONG, lambda: job.version > 3)
    assert shop.hold(job, "ann") and job.wait(LONG) is None
    assert job.status is Status.RESTING
    at = job.version
    shop.go_on(job, "ann")
    job.wait(LONG, lambda: job.version > at)
    time[0] += PATIENCE + 1  # the page was left without a word
    job.wait(LONG)
    assert job.status is Status.RESTING and job.version > at


def test_who_has_turned_away_is_not_counted_among_those_who_watch(shop, time):
    job = run(shop, "count", lambda: (number for number in itertools.count(1)))
    shop.go_on(job, "bob")
    assert shop.watching() == 2
    time[0] += PATIENCE + 1
    shop.go_on(job, "bob")
    assert shop.watching() == 1


def test_one_who_holds_does_not_stop_it_for_another(shop):
    job = run(shop, "count", lambda: (number for number in itertools.count(1)))
    shop.go_on(job, "bob")
    assert not shop.hold(job, "ann")
    at = job.version
    job.wait(LONG, lambda: job.version > at)
    assert job.busy


def test_first_come_first_served_and_a_place_in_the_line(shop):
    go, order = Event(), []

    def wait():
        assert go.wait(LONG)
        order.append("first")
        yield 1

    def note(name):
        order.append(name)
        yield 1

    first = run(shop, "first", wait)
    first.wait(LONG, lambda: first.status is Status.WORKING)
    others = [run(shop, name, lambda name=name: note(name)) for name in ("second", "third")]
    assert [job.place for job in others] == [1, 2] and [job.latest for job in others] == [None, None]
    shop.hold(others[0], "ann")
    assert others[1].place == 1, "who leaves makes room"
    shop.go_on(others[0], "ann")
    go.set()
    for job in others:
        finished(job)
    assert order == ["first", "third", "second"]


def test_long_jobs_take_turns(shop, time):
    order = []

    def steps(name, count):
        for number in range(count):
            order.append(name)
            time[0] += 1.0
            shop.go_on(jobs[0], "ann")
            shop.go_on(jobs[1], "ann")
            yield number

    go = Event()
    hold = run(shop, "hold", lambda: go.wait(LONG))
    jobs = [shop.ask(name, lambda name=name: steps(name, 5)) for name in "ab"]
    for job in jobs:
        shop.go_on(job, "ann")
    go.set()
    finished(hold)
    for job in jobs:
        finished(job)
    turn = int(bench_module.TURN)
    assert "".join(order)[: 2 * turn] == "a" * turn + "b" * turn and sorted(order) == ["a"] * 5 + ["b"] * 5


def test_a_message_reaches_the_generator_at_its_next_step(shop):
    def echo():
        said = "nothing"
        while True:
            said = (yield said) or said

    job = shop.ask("echo", echo)
    for message, expected in ((None, "nothing"), ("louder", "louder"), (None, "louder")):
        if message:
            job.send(message)
        shop.go_on(job, "ann", steps=1)
        job.wait(LONG)
        assert job.latest == expected


def test_what_was_reached_elsewhere_goes_on_from_there(shop):
    def from_seven():
        wanted = yield 7
        yield f"8 {wanted}"

    job = shop.ask("taken over", from_seven, latest=7)
    assert job.latest == 7
    job.send("at once")
    shop.go_on(job, "ann", steps=1)
    job.wait(LONG)
    assert job.latest == "8 at once"


def test_known_trouble_is_its_own_sentence_without_a_ticket(shop):
    def tear():
        yield 1
        raise DataError("The belt tore.")

    job = finished(run(shop, "tear", tear))
    assert (job.status, job.latest) == (Status.FAILED, 1)
    assert job.trouble.sentence == "The belt tore." and not job.trouble.ticket


@pytest.mark.parametrize(("error", "words"), [
    (RuntimeError("cog 7"), "Something went wrong"), (MemoryError(), "not enough memory"),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "not enough memory"),
])  # fmt: skip
def test_a_surprise_gets_a_ticket_and_hurts_nobody_else(shop, caplog, error, words):
    def break_down():
        yield 1
        raise error

    with caplog.at_level(logging.ERROR):
        job = finished(run(shop, "break", break_down))
    assert job.status is Status.FAILED and job.latest == 1
    assert words in job.trouble.sentence and job.trouble.ticket in job.trouble.sentence
    assert job.trouble.ticket in caplog.text and "cog 7" not in job.trouble.sentence
    assert finished(run(shop, "next", lambda: 5)).latest == 5
    assert run(shop, "break", lambda: 6) is not job, "who asks again gets a new one"


def test_a_worker_outlives_a_state_that_cannot_be_weighed(shop, monkeypatch, caplog):
    job = shop.ask("heavy", lambda: 1)

    def fail(_state):
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(bench_module, "size_of", fail)
        shop.go_on(job, "ann")
        finished(job)
        while "stumbled" not in caplog.text:
            Event().wait(0.01)
    assert finished(run(shop, "next", lambda: 5)).latest == 5


def test_what_is_put_away_closes_its_generator(shop):
    closed = Event()

    def count():
        try:
            yield from itertools.count(1)
        finally:
            closed.set()

    job = run(shop, "count", count)
    job.wait(LONG, lambda: job.version > 2)
    shop.store.clear()
    assert closed.wait(LONG) and job.status is Status.GONE and job.latest is None


def test_jobs_of_visitors_who_have_gone_are_put_away(time):
    here = {"ann"}
    store = Store(10_000, 5_000, clock=lambda: time[0])
    shop = Workshop(store, workers=1, clock=lambda: time[0])
    store.visitors = lambda: shop.visitors() or ("ann",)
    shop.is_here = lambda visitor: visitor in here
    job = finished(run(shop, "count", lambda: bytearray(100)))
    shop.tidy()
    here.clear()
    for _ in range(3):
        shop.tidy()
        assert job.latest is not None, "a connection may be lost for a moment"
        time[0] += 1
    time[0] += bench_module.AWAY
    shop.tidy()
    time[0] += 60
    shop.tidy()
    assert job.status is Status.GONE and store.nbytes == 0


def test_results_made_while_working_belong_to_those_who_watch(shop):
    """What a job remembers on its way goes when they go."""
    seen = []
    finished(run(shop, "look", lambda: seen.append(shop.visitors()), "ann"))
    assert seen == [("ann",)] and shop.visitors() == ()


def test_states_of_the_apps_jobs_travel():
    """They can be sent to a page of another process, should the work move to other machines."""
    from explainer.chapters.backpropagation import lesson as backpropagation
    from explainer.digits import Settings, small_digits

    data = small_digits()
    course = list(itertools.islice(backpropagation.begin(Settings(hidden=(3,), epochs=1), data.first(60)), 2))[-1]
    again = pickle.loads(pickle.dumps(course))
    assert again.latest.accuracy == course.latest.accuracy
