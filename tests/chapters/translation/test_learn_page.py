"""The part of the page in which two readers learn: what it says comes from what they learned."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from explainer.chapters.translation import learning
from explainer.chapters.translation.learning import CORNER, Plan, learn_both
from explainer.digits import small_digits
from tests.following import run_until
from tests.test_pages import html, opened, sound


@pytest.fixture(autouse=True)
def short_trainings(monkeypatch):
    monkeypatch.setattr(learning, "_PASSES", (2, 3))


def trained(**link: str):
    app = opened("translation", standing="learn", examples="50", **link)
    sound(app)
    app.button(key="both_learning_start").click().run()
    run_until(app, lambda: app.session_state["both_learning_work"].whole)
    return app.run()  # as the page does when the end has come


def percents(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"(\d+\.\d)%", text)]


def test_nothing_is_learned_before_somebody_presses():
    app = opened("translation", standing="learn")
    written = sound(app)
    assert "both_learning_work" not in app.session_state
    assert "Predict first: which of the two" in written and "Train both to the end, and ask again." in written
    assert "Let both learn" in written and "Slide the whole reader" in written
    assert "Let both learn" not in html(opened("translation")), "told with its own part alone"


def test_sentences_and_table_have_this_trainings_numbers():
    app = trained(taught_where=CORNER, taught_seed="4")
    written = sound(app)
    *_, state = learn_both(Plan(50, CORNER, seed=4), small_digits())
    said = percents(re.search(r"From 50 examples.*?Train with fewer", written).group())
    now = state.latest
    expected = [now.fully_unseen, now.convolutional_unseen, now.fully_seen, now.convolutional_seen]
    assert said == pytest.approx([100 * share for share in expected], abs=0.051)
    sevens = percents(re.search(r"In the upper left the fully.*?</p>", written).group())
    (fully, convolutional), (fully_far, convolutional_far) = state.sevens.taught, state.sevens.elsewhere
    assert sevens == pytest.approx([100 * s for s in (fully, fully_far, convolutional, convolutional_far)], abs=0.051)
    table = re.search(r'<div class="sums both">.*?</table>', written).group()
    assert percents(table)[:4] == pytest.approx([100 * share for share in (
        now.fully_seen, now.convolutional_seen, now.fully_unseen, now.convolutional_unseen)], abs=0.051)  # fmt: skip
    assert written.count('<img class="filter"') == 8 and written.count("hidden neuron") >= 15


def test_what_was_chosen_is_in_the_link_and_what_is_there_is_chosen():
    app = opened("translation", standing="learn", examples="500", paper="sheet", taught_inside="gradients")
    sound(app)
    assert app.select_slider(key="examples").value == "500"
    app.select_slider(key="examples").set_value("200").run()
    assert app.query_params["examples"] in ("200", ["200"])
    app.select_slider(key="examples").set_value("2000").run()
    assert "examples" not in app.query_params
    for odd in ("3", "many", "", "9" * 5000):
        assert opened("translation", standing="learn", examples=odd).select_slider(key="examples").value == "2000"


def test_other_settings_wait_for_the_button_and_trainings_are_kept():
    app = trained()
    assert len(app.session_state["both_learned"]) == 1
    app.select_slider(key="examples").set_value("100").run()
    assert "both_learning_work" not in app.session_state or not app.session_state["both_learning_work"].running
    app.button(key="both_learning_start").click().run()
    run_until(app, lambda: app.session_state["both_learning_work"].whole).run()
    assert {plan.examples for plan in app.session_state["both_learned"]} == {50, 100}


def test_the_filters_are_there_to_take_away(monkeypatch):
    import streamlit as st

    seen, original = {}, st.download_button

    def noted(label, data, file_name=None, *arguments, **options):
        seen[options.get("key")] = (data, options.get("disabled"))
        return original(label, data, file_name, *arguments, **options)

    monkeypatch.setattr(st, "download_button", noted)
    trained(taught_inside="gradients")
    data, disabled = seen["download"]
    with Image.open(io.BytesIO(data())) as image:
        assert (
            not disabled and image.width >= 1600 and len(np.unique(np.asarray(image).reshape(-1, 3)[::97], axis=0)) > 5
        )
    table, disabled = seen["runs_numbers"]
    assert not disabled and b"convolutional unseen" in table()
