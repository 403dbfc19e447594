"""The page of dreams through Streamlit's own test harness: odd settings, the shelf, what stays and what begins anew."""

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from explainer.pictures import MAX_BYTES, Picture, open_picture
from tests.following import run_until
from tests.test_pages import html, opened, snippet, sound, upload

PARTS = {"a name": 0, "a detector": 1, "regularisers": 2, "deepdream": 3}
SHORT = {"dream_steps": "8", "detector_steps": "8"}


@pytest.fixture(autouse=True)
def a_fresh_server(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path))
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


def work(app, part: int = 0):
    return app.session_state[f"dream_{part}_work"]


def begun(app, part: int = 0):
    return run_until(app, lambda: work(app, part).latest is not None)


def reached(app, part: int = 0):
    return work(begun(app, part), part).latest


def finish(app, part: int = 0):
    return run_until(app, lambda: work(app, part).done)


@pytest.mark.parametrize("link", [
    {"category": "dumbel"}, {"category": "zzzzzz"}, {"category": "<b>"}, {"category": ""}, {"category": "²"},
    {"dream_steps": "nan"}, {"dream_steps": "-5"}, {"dream_steps": "1e9"}, {"seed": "1e999"}, {"recipe": "magic"},
    {"dream": "regularisers", "dream_strength": "1e9"}, {"dream": "regularisers", "dream_strength": "NaN"},
    {"dream": "regularisers", "regularisers": "magic"}, {"dream": "regularisers", "regularisers": ""},
    {"dream": "nothing"}, {"dream": "deepdream", "scenes": "-inf", "deep_strength": "inf"},
    {"dream": "a detector", "layer": "conv99", "unit": "-1"},
    {"dream": "a detector", "layer": "conv1", "unit": "96", "dream_kind": "unit"},
    {"dream": "deepdream", "deep_strength": "1e9", "octaves": "99", "scenes": "1e5", "guide": "nobody"},
])  # fmt: skip
def test_odd_links(link):
    app = opened("dream", **link)
    sound(app)


def test_an_unknown_name_is_answered_with_the_nearest():
    app = opened("dream", category="dumbel", **SHORT)
    (told,) = (warning.value for warning in app.warning)
    assert "dumbel" in told and "dumbbell" in told
    begun(app.button(key="near_dumbbell").click().run())
    assert not app.warning and reached(app).frame.settings.objective == "class:dumbbell"


def test_a_number_out_of_bounds_is_told_and_not_used():
    app = opened("dream", dream="deepdream", deep_strength="1e9", octave_steps="1", octaves="1")
    (told,) = (element.proto.body for element in app.get("html") if "in the link" in element.proto.body)
    assert "1e9 in the link: only 0.1 to 20.0" in told
    assert reached(app, 3).frame.settings.recipe.rate == 1.5


def test_the_link_decides_the_picture():
    link = {"dream": "regularisers", "category": "goldfish", "recipe": "lucid", "regularisers": ["jitter", "blur"],
            "seed": "5", "dream_strength": "2.0", **SHORT}  # fmt: skip
    settings = reached(opened("dream", **link), 2).frame.settings
    recipe = settings.recipe
    assert (settings.objective, settings.seed, settings.steps) == ("class:goldfish", 5, 8)
    assert recipe.jitter == 10 and recipe.blur == 1 and recipe.scale == (1, 1) and recipe.parameterisation == "pixel"
    assert recipe.rate == 2.0 and recipe.optimiser == "ascent"


def test_no_regularisers_at_all_is_a_setting_too():
    app = opened("dream", dream="regularisers", **SHORT)
    pills = next(group for group in app.get("button_group") if group.key == "regularisers")
    pills.set_value([]).run()
    recipe = reached(app, 2).frame.settings.recipe
    assert recipe.parameterisation == "pixel" and recipe.jitter == 0
    again = opened("dream", dream="regularisers", regularisers="", **SHORT)
    assert work(again, 2).latest.frame.settings.recipe == recipe
    again.selectbox(key="recipe").select("lucid").run()
    assert work(again, 2).latest.frame.settings.recipe.jitter == 10


@pytest.mark.parametrize("link", [
    {"dream": "regularisers", "recipe": "naive", "regularisers": ["blur", "scale"]},
    {"dream": "a detector", "layer": "conv2", "dream_kind": "unit"},
    {"dream": "deepdream", "octaves": "2", "octave_steps": "1", "guide": "coffee", "picture": "rocket"},
])  # fmt: skip
def test_the_code_makes_the_picture_on_the_page(link, monkeypatch, tmp_path):
    app = opened("dream", **link, **SHORT)
    code = snippet(app)
    finish(app, PARTS[link["dream"]])
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "code", "exec"), {"__name__": "notebook"})
    pixels = np.asarray(Image.open(tmp_path / "dream.png"))
    assert np.array_equal(pixels, reached(app, PARTS[link["dream"]]).frame.pixels)


def test_stop_keeps_the_picture_and_continue_goes_on():
    app = begun(opened("dream", dream_steps="2000"))
    app.button(key="dream_0_pause").click().run()
    at = work(app).latest.frame.step
    app.button(key="dream_0_step").click().run()
    assert work(app).latest.frame.step == at + 1
    app.button(key="dream_0_stop").click().run()
    app.run()
    assert work(app).latest.frame.step == at + 1 and app.button(key="dream_0_start")
    app.button(key="dream_0_continue").click().run()
    run_until(app, lambda: work(app).latest.frame.step > at + 1)
    assert not app.exception


def test_other_settings_begin_anew_and_another_part_pauses_the_first():
    app = opened("dream", dream_steps="2000")
    first = work(app)
    begun(app.number_input(key="seed").set_value(3).run())
    assert work(app) is not first and reached(app).frame.settings.seed == 3
    begun(app.segmented_control(key="dream").set_value("a detector").run(), 1)
    assert not work(app).running and work(app, 1).latest.frame.settings.objective.startswith("channel:")
    again = work(app)
    app.segmented_control(key="dream").set_value("a name").run()
    assert work(app) is again and app.number_input(key="seed").value == 3


def test_settings_outlive_another_chapter():
    app = opened("dream", category="goldfish", seed="4", dream_steps="2000")
    before = work(app)
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/dream.py").run()
    assert work(app) is before and app.selectbox(key="category").value == "goldfish"


def test_finished_mixtures_stand_side_by_side():
    app = finish(opened("dream", dream="regularisers", recipe="naive", **SHORT), 2).run()
    assert html(app).count("<figure>") == 1 and "<b>naive</b>" in html(app)
    pills = next(group for group in app.get("button_group") if group.key == "regularisers")
    pills.set_value(["jitter"]).run()
    app = finish(app, 2).run()
    assert html(app).count("<figure>") == 2 and "jitter 40 px" in html(app)
    app.button(key="dream_pin").click().run()
    assert html(app).count("<figure>") == 2, "the same picture twice"
    app.button(key="dream_clear").click().run()
    assert html(app).count("<figure>") == 0


def test_a_detectors_nine_are_looked_for_after_its_picture():
    app = opened("dream", dream="a detector", layer="conv2", unit="3", **SHORT)
    app = run_until(finish(app, 1), lambda: "strongest first" in html(app))
    sound(app)
    begun(app.selectbox(key="layer").select("fc6").run(), 1).run()
    assert "kept for convolutional layers" in html(app)


def test_a_film_that_zooms():
    app = finish(opened("dream", dream="deepdream", octaves="1", octave_steps="1", scenes="3", picture="coffee"), 3)
    growth = reached(app, 3)
    assert growth.frame.scene == 2 and len(growth.film.frames) == 3
    assert growth.film.gif()[:3] == b"GIF"


def test_pictures_of_odd_shapes(monkeypatch):
    """A large one is dreamt on smaller; one a pixel wide gets a sentence."""
    rng = np.random.default_rng(0)
    large = Picture(np.kron(rng.integers(0, 256, (50, 40, 3), dtype=np.uint8), np.ones((100, 100, 1), np.uint8)))
    assert len(large.png()) < MAX_BYTES
    app = opened("dream", dream="deepdream", octave_steps="1", octaves="2")
    upload(app, "large.png", large.png())
    sound(app)
    assert max(reached(app, 3).frame.pixels.shape) == 1024
    line = open_picture(Picture(rng.integers(0, 256, (300, 1, 3), dtype=np.uint8)).png())
    upload(app, "line.png", line.png())
    (told,) = (error.value for error in run_until(app, lambda: app.error).error)
    assert "too narrow to dream on" in told and not app.exception
