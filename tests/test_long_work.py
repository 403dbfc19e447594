"""The long-work panel, driven through Streamlit's own test harness."""

import pytest
from streamlit.testing.v1 import AppTest

from explainer.gate import Gate
from explainer.ui import long_work
from explainer.ui.long_work import Work


@pytest.fixture(autouse=True)
def a_machine_at_rest(monkeypatch):
    """No queue behind what other tests began."""
    monkeypatch.setattr(long_work, "machine", Gate(limit=1))


def script():
    import streamlit as st

    from explainer.errors import DataError
    from explainer.ui.long_work import long_work

    def count():
        for number in range(1, 6):
            if number == st.session_state.get("trip_at"):
                raise DataError("The belt tore.")
            st.session_state["steps_taken"] = number
            yield number

    long_work(
        "counting", count, lambda number: st.write(f"at {number}"),
        progress=lambda number: (number / 5, f"{number} of 5"), verb="Count",
    )  # fmt: skip


def button(app: AppTest, name: str):
    return app.button(key=f"counting_{name}")


def shown(app: AppTest) -> str:
    return app.markdown[-1].value


def test_nothing_runs_before_start():
    app = AppTest.from_function(script).run()
    assert shown(app) == "at None" and button(app, "stop").disabled
    assert "steps_taken" not in app.session_state


def test_start_runs_to_the_end_and_offers_a_new_start():
    app = AppTest.from_function(script).run()
    button(app, "start").click().run()
    for _ in range(3):
        app.run()
    assert shown(app) == "at 5"
    assert button(app, "start").label == "Count" and button(app, "stop").disabled
    assert not app.exception


def test_steps_by_hand_then_stop_keeps_what_was_reached():
    app = AppTest.from_function(script).run()
    button(app, "step").click().run()
    assert shown(app) == "at 1"
    button(app, "step").click().run()
    assert shown(app) == "at 2" and button(app, "continue").label == "Continue"
    button(app, "stop").click().run()
    assert shown(app) == "at 2" and button(app, "start") is not None
    assert app.session_state["steps_taken"] == 2


def test_what_was_stopped_can_go_on_or_begin_again():
    app = AppTest.from_function(script).run()
    for name in ("step", "step", "stop", "step"):
        button(app, name).click().run()
    assert shown(app) == "at 3" and button(app, "continue").label == "Continue"
    button(app, "stop").click().run()
    button(app, "continue").click().run()
    for _ in range(3):
        app.run()
    assert shown(app) == "at 5"
    button(app, "start").click().run()
    assert app.session_state["steps_taken"] >= 1 and not app.exception


def test_with_settings_it_begins_by_itself_and_anew_when_they_change():
    def watched():
        import streamlit as st

        from explainer.ui.long_work import long_work

        def count():
            st.session_state["begun"] = st.session_state.get("begun", 0) + 1
            yield from range(10_000_000)

        long_work("counting", count, lambda number: st.write(f"at {number}"),
                  progress=lambda number: (0.5, "half"), settings=("by", st.session_state.get("by", 1)))  # fmt: skip

    app = AppTest.from_function(watched).run()
    app.run()
    assert app.session_state["begun"] == 1 and int(shown(app).split()[1]) > 0
    button(app, "pause").click().run()
    reached = shown(app)
    app.run()
    assert shown(app) == reached and app.session_state["begun"] == 1
    app.session_state["by"] = 2
    app.run()
    assert app.session_state["begun"] == 2 and button(app, "pause")


def test_two_runs_of_a_page_do_not_take_the_same_step():
    def steps():
        work.drain(0)  # another run of the page, while this one is at its step
        yield 1

    work = Work(steps(), "ticket", running=True)
    work.drain(0)
    assert work.latest == 1


def test_trouble_is_said_in_its_own_sentence():
    app = AppTest.from_function(script)
    app.session_state["trip_at"] = 3
    app.run()
    for _ in range(3):
        button(app, "step").click().run()
    assert app.error[0].value == "The belt tore." and shown(app) == "at 2"
    assert not app.exception


def test_drain_takes_at_least_one_step_and_frees_the_gate_at_the_end():
    work = Work(iter([1]), "ticket", running=True)
    work.drain(0)
    assert (work.latest, work.done) == (1, False)
    work.drain(0)
    assert (work.latest, work.done, work.running) == (1, True, False)
