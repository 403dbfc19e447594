"""Exclusive-or by folding: places by hand, gaps against linear programming and a sweep of all directions."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.optimize import linprog
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapter
from explainer.chapters.nonlinearity.fold import (
    CORNERS,
    SOLUTIONS,
    START,
    STEEPNESS,
    WANTED,
    Line,
    hidden,
    lines_of,
    read_lines,
    widest_gap,
    write_lines,
)
from explainer.chapters.nonlinearity.fold_figure import fold_svg
from explainer.errors import DataError
from explainer.places import ROOT


def test_a_fold_by_hand():
    """One neuron points right, the other up, both lines through the middle."""
    lines = (Line(0, 0.0), Line(90, 0.0))
    np.testing.assert_allclose(hidden(lines, "relu", CORNERS), [[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5]], atol=1e-12)
    np.testing.assert_allclose(hidden(lines, "linear", CORNERS), CORNERS - 0.5, atol=1e-12)
    farther = (
        Line(180, 0.25),
        Line(90, 0.0),
    )  # above 0 is what lies left of it
    np.testing.assert_allclose(hidden(farther, "relu", CORNERS)[:, 0], [0.25, 0, 0.25, 0], atol=1e-12)
    np.testing.assert_allclose(hidden(lines, "tanh", CORNERS)[3], math.tanh(STEEPNESS["tanh"] / 2), atol=1e-12)


def separable(points: np.ndarray, kinds: np.ndarray) -> bool:
    """By linear programming: is there w, b with kind · (w · h + b) ≥ 1 for all?"""
    rows = -kinds[:, None] * np.concatenate([points, np.ones((len(points), 1))], 1)
    return linprog(np.zeros(3), rows, -np.ones(len(points)), bounds=[(None, None)] * 3).status == 0


def test_the_widest_gap_is_the_widest():
    random = np.random.default_rng(1)
    angles = np.radians(np.arange(0, 360, 0.05))
    normals = np.stack([np.cos(angles), np.sin(angles)], 1)
    found = 0
    for _ in range(60):
        n = int(random.integers(3, 7))
        points, kinds = random.normal(size=(n, 2)), np.where(np.arange(n) < n // 2, 1.0, -1.0)
        gap = widest_gap(points, kinds)
        assert (gap is not None) == separable(points, kinds)
        along = normals @ points.T
        best = (along[:, kinds > 0].min(1) - along[:, kinds < 0].max(1)).max()
        if gap:
            found += 1
            assert gap.width == pytest.approx(best, abs=2e-3)
            side = points @ gap.normal - gap.middle
            assert (side * kinds >= gap.width / 2 - 1e-9).all()
        else:
            assert best < 1e-3
    assert 10 < found < 55


def test_the_corners_themselves_and_two_that_fall_together():
    assert widest_gap(CORNERS, WANTED) is None
    together = np.array([[0, 0], [1, 0], [1, 0], [0, 0]], dtype=float)
    assert widest_gap(together, WANTED).width == pytest.approx(1)


@pytest.mark.parametrize("bend", STEEPNESS)
def test_one_way_is_a_way_and_the_start_is_none(bend):
    assert widest_gap(hidden(START, bend, CORNERS), WANTED) is None
    if bend in SOLUTIONS:
        assert widest_gap(hidden(SOLUTIONS[bend], bend, CORNERS), WANTED).width > 0.2


def test_without_a_bend_no_lines_do_it():
    random = np.random.default_rng(2)
    for first, second, near, far in random.uniform([0, 0, -1, -1], [360, 360, 1, 1], (200, 4)):
        lines = (Line(round(first), near), Line(round(second), far))
        assert widest_gap(hidden(lines, "linear", CORNERS), WANTED) is None


def test_lines_in_a_link():
    assert read_lines(write_lines(START)) == START == lines_of(START)
    assert read_lines("-90_9_725_-9") == (Line(270, 1.5), Line(5, -1.5))
    for wrong in ("", "1_2_3", "1_2_3_4_5", "a_b_c_d", "nan_0_0_0", "1e999_0_0_0"):
        with pytest.raises(DataError):
            read_lines(wrong)
        with pytest.raises(ValueError):
            lines_of(wrong)


@pytest.mark.parametrize("bend", STEEPNESS)
def test_the_figure_is_a_drawing_with_all_corners(bend):
    drawing = ElementTree.fromstring(fold_svg(SOLUTIONS.get(bend, START), bend))
    space = "{http://www.w3.org/2000/svg}"
    assert len(drawing.findall(f".//{space}circle")) == 8
    assert len(drawing.findall(f".//{space}polyline")) == 2 * 34 + 2 + (bend in SOLUTIONS)


def page(name: str, **link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.run()
    app.switch_page(f"pages/{name}.py")
    app.query_params.update(link)
    return app.run()


def written(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_page_says_where_the_corners_go():
    app = page("nonlinearity", bend="fold", lines=write_lines(SOLUTIONS["relu"]))
    red, green = hidden(SOLUTIONS["relu"], "relu", CORNERS)[1:3]
    assert not app.exception
    for a, b in (red, green):
        assert f"({a:.2f}, {b:.2f})" in written(app)
    assert "One line separates them." in written(app) and "Two neurons, two lines" in written(app)
    assert "Layers of sums collapse" not in written(app)


def test_one_neuron_leads_to_two():
    app = page("neuron")
    assert "fold" not in {button.key for button in app.button}
    app.button(key="preset_impossible").click().run()
    assert app.button(key="fold")


def test_the_playgrounds_presets_are_links():
    """What a button of the presets sets can be had by a link as well."""
    for preset in chapter("nonlinearity").presets.values():
        link = {key: str(value) for key, value in preset.items() if key.startswith("play_")}
        app = page("nonlinearity", bend="playground", play_epochs="1", **link)
        assert not app.exception and not app.error
        (code,) = (element.value for element in app.code if element.language == "python")
        for key, value in preset.items():
            name = {"play_layers": "hidden", "play_share": "share"}.get(key, key.removeprefix("play_"))
            if key in ("play_points", "play_bend", "play_method", "play_pull", "play_start"):
                assert f"{name}={value!r}" in code
            elif key in ("play_rate", "play_batch", "play_strength", "play_noise", "play_share"):
                assert f"{name}={value}" in code
        assert f"hidden=({preset['play_layers'].replace('-', ', ')})" in code


def test_every_visitor_sees_the_playground_learn_from_its_beginning(monkeypatch):
    jobs = []
    for name in ("one", "other"):
        monkeypatch.setattr("explainer.ui.visitors.visitor", lambda name=name: name)
        jobs.append(page("nonlinearity", bend="playground", play_epochs="1").session_state["playing_work"].job)
    assert jobs[0] is not jobs[1]
