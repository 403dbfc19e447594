"""Charts: no drag without a way back, type that can be read, and a click that chooses."""

import ast
import json
from pathlib import Path

import pytest

from explainer.ui.chart import csv
from tests.test_pages import opened, sound

ROOT = Path(__file__).resolve().parents[1]

CHARTS = [
    ("neuron", {}),
    ("first_layer", {"panel": "one place"}),
    ("layers", {"layers_panel": "the work"}),
    ("layers", {"layers_panel": "one neuron"}),
    ("verdict", {"verdict_panel": "how it adds up"}),
    ("backpropagation", {"lesson": "train"}),
    ("backpropagation", {"lesson": "tune"}),
]


def drawn(app) -> list:
    return [element.proto for element in app.get("plotly_chart")]


@pytest.mark.parametrize(("name", "link"), CHARTS)
def test_no_drag_without_a_way_back(name, link):
    app = opened(name, **link)
    sound(app)
    found = drawn(app)
    assert found
    for proto in found:
        figure, config = json.loads(proto.spec), json.loads(proto.config)
        layout = figure["layout"]
        assert config["displaylogo"] is False and config["doubleClick"] == "reset"
        (buttons,) = config["modeBarButtons"]
        assert buttons[0] == "toImage" and config["toImageButtonOptions"]["scale"] >= 2
        if any(trace["type"] == "scatter3d" for trace in figure["data"]):
            assert "resetCameraDefault3d" in buttons
        else:
            assert layout["dragmode"] is False
            axes = [value for key, value in layout.items() if key.startswith(("xaxis", "yaxis"))]
            assert axes and all(axis["fixedrange"] and axis["tickfont"]["size"] >= 12 for axis in axes)
        assert layout["font"]["size"] >= 12
        assert proto.alt


def test_every_chart_and_table_goes_through_the_one_helper():
    for path in [*(ROOT / "pages").glob("*.py"), *(ROOT / "explainer").rglob("*.py")]:
        if path.name == "chart.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("plotly_chart", "dataframe"), path


@pytest.mark.parametrize(
    ("name", "link", "key", "point", "chosen"),
    [
        ("first_layer", {"panel": "one place"}, "one_place", {"x": 41, "y": 0.5}, ("unit", 41)),
        ("layers", {"layers_panel": "the work"}, "the_work", {"x": 4, "y": "conv3"}, ("layer", "conv3")),
        ("layers", {"layers_panel": "one neuron"}, "one_unit", {"x": 17, "y": 1}, ("unit", 17)),
        ("verdict", {}, "waterfall", {"x": "detector 212", "y": 1}, ("unit", 212)),
    ],
)
def test_a_click_on_a_bar_chooses(name, link, key, point, chosen):
    app = opened(name, **link)
    ours = next(e.proto for e in app.get("plotly_chart") if key in e.proto.id)
    states = app._tree.get_widget_states()
    widget = states.widgets.add()
    widget.id, widget.string_value = ours.id, json.dumps({"selection": {"points": [point]}})
    app._run(states)
    sound(app)
    what, value = chosen
    assert app.session_state[what] == value


@pytest.mark.parametrize(
    ("name", "link", "key", "row", "chosen"),
    [
        ("layers", {}, "layer_table", 0, ("layer", "conv1")),
        ("verdict", {"verdict_panel": "every detector"}, "every_detector", 0, ("change", "detectors")),
    ],
)
def test_a_click_on_a_row_chooses(name, link, key, row, chosen):
    app = opened(name, **link)
    ours = next(e.proto for e in app.get("dataframe") if key in e.proto.id)
    states = app._tree.get_widget_states()
    widget = states.widgets.add()
    widget.id = ours.id
    widget.string_value = json.dumps({"selection": {"rows": [row], "columns": [], "cells": []}})
    app._run(states)
    sound(app)
    what, value = chosen
    assert app.session_state[what] == value


def test_numbers_for_a_spreadsheet():
    rows = [{"name": 'a, "b"', "share": 0.5}, {"name": "c", "share": None}]
    assert csv(rows).decode().splitlines() == ["name,share", '"a, ""b""",0.5', "c,"]
