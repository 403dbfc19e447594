"""The long-work panel, driven through Streamlit's own test harness."""

from threading import Event

from streamlit.testing.v1 import AppTest

from explainer.workshop import Status, workshop
from tests.following import run_until


def script():
    from functools import partial

    import streamlit as st

    from explainer.errors import DataError
    from explainer.ui.long_work import long_work

    def count(trip_at, known):
        for number in range(1, 6):
            if number == trip_at:
                raise DataError("The belt tore.") if known else RuntimeError("cog 7")
            yield number

    start = partial(count, st.session_state.get("trip_at"), st.session_state.get("known"))
    long_work(
        "counting", start, lambda number: st.write(f"at {number}"),
        progress=lambda number: (number / 5, f"{number} of 5"), verb="Count",
    )  # fmt: skip


def button(app: AppTest, name: str):
    return app.button(key=f"counting_{name}")


def shown(app: AppTest) -> str:
    return app.markdown[-1].value


def work(app: AppTest):
    return app.session_state["counting_work"]


def test_nothing_runs_before_start():
    app = AppTest.from_function(script).run()
    assert shown(app) == "at None" and button(app, "stop").disabled
    assert "counting_work" not in app.session_state


def test_start_runs_to_the_end_and_offers_a_new_start():
    app = AppTest.from_function(script).run()
    button(app, "start").click().run()
    run_until(app, lambda: work(app).done).run()
    assert shown(app) == "at 5"
    assert button(app, "start").label == "Count" and button(app, "stop").disabled
    assert not app.exception
    first = work(app).job
    button(app, "start").click().run()
    run_until(app, lambda: work(app).done).run()
    assert work(app).job is not first and shown(app) == "at 5"


def test_steps_by_hand_then_stop_keeps_what_was_reached():
    app = AppTest.from_function(script).run()
    button(app, "step").click().run()
    assert shown(app) == "at 1"
    button(app, "step").click().run()
    assert shown(app) == "at 2" and button(app, "continue").label == "Continue"
    button(app, "stop").click().run()
    assert shown(app) == "at 2" and button(app, "start") is not None
    assert work(app).job.version == 2, "nothing goes on unseen"


def test_what_was_stopped_can_go_on_or_begin_again():
    app = AppTest.from_function(script).run()
    for name in ("step", "step", "stop", "step"):
        button(app, name).click().run()
    assert shown(app) == "at 3" and button(app, "continue").label == "Continue"
    button(app, "stop").click().run()
    button(app, "continue").click().run()
    run_until(app, lambda: work(app).done).run()
    assert shown(app) == "at 5"
    button(app, "start").click().run()
    run_until(app, lambda: work(app).done).run()
    assert shown(app) == "at 5" and not app.exception


def watched():
    import itertools
    import time

    import streamlit as st

    from explainer.ui.long_work import long_work

    def count():
        for number in itertools.count(1):
            time.sleep(0.001)
            yield number

    long_work("counting", count, lambda number: st.write(f"at {number}"),
              progress=lambda number: (0.5, "half"), settings=("by", st.session_state.get("by", 1)))  # fmt: skip


def number_of(app: AppTest) -> int:
    return int(shown(app).split()[1])


def test_with_settings_it_begins_by_itself_and_anew_when_they_change():
    app = AppTest.from_function(watched).run()
    run_until(app, lambda: shown(app) != "at None")
    first = work(app).job
    button(app, "pause").click().run()
    reached = shown(app)
    app.run()
    assert shown(app) == reached and work(app).job is first
    app.session_state["by"] = 2
    run_until(app.run(), lambda: shown(app) != "at None")
    assert work(app).job is not first and button(app, "pause")


def test_two_visitors_with_the_same_settings_watch_the_same_job():
    one, two = AppTest.from_function(watched).run(), AppTest.from_function(watched).run()
    assert work(one).job is work(two).job
    run_until(one, lambda: shown(one) != "at None")
    button(one, "pause").click().run()
    held = number_of(one)
    run_until(two, lambda: shown(two) != "at None" and number_of(two) > held)
    assert number_of(one.run()) == held, "what one pauses stands still for that one alone"
    button(one, "continue").click().run()
    run_until(one, lambda: number_of(one) > held)


def test_a_job_that_was_put_away_begins_anew():
    app = AppTest.from_function(watched).run()
    first = work(app).job
    workshop.clear()
    run_until(app.run(), lambda: shown(app) != "at None")
    assert work(app).job is not first and not app.exception


def test_known_trouble_is_said_in_its_own_sentence():
    app = AppTest.from_function(script)
    app.session_state["trip_at"], app.session_state["known"] = 3, True
    app.run()
    for _ in range(3):
        button(app, "step").click().run()
    assert app.error[0].value == "The belt tore." and shown(app) == "at 2"
    assert not app.exception


def test_a_surprise_is_said_with_a_ticket_and_logged(caplog):
    app = AppTest.from_function(script)
    app.session_state["trip_at"] = 3
    app.run()
    button(app, "start").click().run()
    run_until(app, lambda: work(app).done).run()
    ticket = work(app).job.trouble.ticket
    assert ticket and ticket in app.error[0].value and "cog 7" not in app.error[0].value
    assert ticket in caplog.text and "cog 7" in caplog.text
    assert shown(app) == "at 2" and not app.exception


def test_a_step_that_has_to_wait_is_drawn_at_once_with_its_place_and_is_one_step():
    go = Event()

    def wait():
        assert go.wait(60)
        yield 1

    for number in range(workshop.workers):
        job = workshop.ask(("before", number), wait)
        workshop.go_on(job, "another")
        job.wait(60, lambda job=job: job.status is Status.WORKING)
    app = AppTest.from_function(script).run()
    button(app, "step").click().run()
    try:
        assert shown(app) == "at None" and "before you" in app.info[0].value
        assert not button(app, "pause").disabled
    finally:
        go.set()
    run_until(app, lambda: work(app).held)
    app.run()
    assert shown(app) == "at 1" and work(app).job.version == 1 and button(app, "continue")


def test_a_step_of_what_ends_with_it_or_has_ended_elsewhere_is_no_error():
    one = AppTest.from_function(ended).run()
    button(one, "step").click().run()
    for _ in range(2):
        button(one, "step").click().run()
        assert not one.exception
    two = AppTest.from_function(ended).run()
    button(two, "start").click().run()
    run_until(two, lambda: work(two).done).run()
    run_until(one, lambda: work(one).job.over)
    assert shown(one.run()) == "at 2" and not one.exception


def ended():
    import streamlit as st

    from explainer.ui.long_work import long_work

    long_work("counting", lambda: (number for number in (1, 2)), lambda number: st.write(f"at {number}"),
              progress=lambda number: (0.5, "half"), what="both")  # fmt: skip
