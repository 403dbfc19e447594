"""Names that visitors give to detectors, through the app's own router: given, shown, linked, loaded, taken away."""

import pytest

from explainer.atlas.called import LONGEST, to_file
from explainer.networks import shared_network
from explainer.ui import detector_names
from explainer.ui.card.name_field import _loaded
from explainer.ui.detector_names import and_names
from explainer.ui.foreign import as_text
from tests.test_pages import a_fresh_server, html, opened  # noqa: F401

HOSTILE = ["**bold**", "<b>tag</b>", "![i](x.png)", ":red[x]", "👁 eye", "# head"]


def link(app) -> str | None:
    found = app.query_params.get("names")
    return found[0] if isinstance(found, list) else found


def named(app, layer: str, unit: int, name: str):
    app.text_input(key=f"call_{layer}_{unit}").set_value(name).run()
    assert not app.exception
    return app


def heading(app) -> str:
    return next(one.value for one in app.markdown if one.value.startswith("Detector **"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_given_on_the_card_is_text_there_and_on_the_next_page(name):
    app = named(opened(card="conv3-17"), "conv3", 17, name)
    assert heading(app) == f"Detector **17** of conv3 · {as_text(name)}"
    app.switch_page("pages/layers.py").run()
    app.selectbox(key="layer").select("conv3").run()
    app.number_input(key="unit").set_value(17).run()
    assert not app.exception
    assert app.button(key="card_of_map").label == f"Card · {as_text(name)}"
    assert f"<b>{name}" not in html(app)
    assert link(app) == f"conv3.17:{name}"
    app.switch_page("pages/deconvnet.py").run()
    assert link(app) == f"conv3.17:{name}"


def test_a_name_is_cut_and_can_be_taken_back():
    app = named(opened(card="conv3-17"), "conv3", 17, "x" * LONGEST + "\n")
    assert link(app) == "conv3.17:" + "x" * LONGEST
    named(app, "conv3", 17, " ")
    assert heading(app) == "Detector **17** of conv3" and link(app) is None


def test_a_link_brings_names():
    app = opened(card="conv3-17", names="conv3.17:eye~conv9.1:none~conv2.4:stripes")
    assert heading(app).endswith("conv3 · eye")
    assert link(app) == "conv3.17:eye~conv2.4:stripes"


def test_the_browser_keeps_own_names_only(monkeypatch):
    told = []
    monkeypatch.setattr(detector_names, "component", lambda name: lambda **given: told.append(given["data"]["names"]))
    digest = detector_names.whose(shared_network())
    app = opened(card="conv3-17", names="conv3.17:eye~conv2.4:stripes")
    assert told.pop() == {} and heading(app).endswith("conv3 · eye")
    named(app, "conv3", 17, "pupil")
    assert told.pop() == {f"{digest} conv3.17": "pupil"}
    assert link(app) == "conv2.4:stripes~conv3.17:pupil"


def test_a_link_never_changes_an_own_name():
    app = named(opened(card="conv3-17"), "conv3", 17, "mine")
    app.query_params["names"] = "conv3.17:theirs~conv3.18:new"
    app.run()
    assert heading(app).endswith("· mine")
    assert link(app) == "conv3.18:new~conv3.17:mine"


def test_names_stand_behind_numbers_and_nowhere_else(monkeypatch):
    monkeypatch.setattr(detector_names, "names_here", lambda: {"conv3.3": r"\1 <3>", "conv3.17": "eye"})
    said = ["conv3 · 3 · 3.30", "detector 17 · +1.17", "170 · 1"]
    shown = [r"conv3 · 3 · \1 <3> · 3.30", "detector 17 · eye · +1.17", "170 · 1"]
    assert and_names(said, "conv3", [3, 17, 170]) == shown
    assert and_names(said, "conv4", [3, 17, 170]) == said


def test_a_file_says_what_came_of_it(monkeypatch):
    network = shared_network()
    monkeypatch.setattr(detector_names, "add", lambda names: (len(names), 1))
    monkeypatch.setattr(detector_names, "names_here", dict)
    digest = detector_names.whose(network)
    assert _loaded(network, to_file("embedded", digest, {"conv3.17": "eye"})) == (
        "Names added: 1. Detectors that keep the name you gave them: 1."
    )
    assert "another network" in _loaded(network, to_file("vgg16", "00" * 8, {}))
    assert "no file of" in _loaded(network, b"eye,17")


def test_the_browser_is_heard_once_and_its_names_are_the_visitors_own(monkeypatch):
    session, digest = {}, detector_names.whose(shared_network())
    monkeypatch.setattr(detector_names.st, "session_state", session)
    monkeypatch.setattr(detector_names.state, "current_network", shared_network)
    monkeypatch.setattr(detector_names, "write", lambda *_: None)
    detector_names.add({"conv3.17": "linked", "conv3.18": "new"})
    detector_names._hear({
        f"{digest} conv3.17": "mine", "00" * 8 + " conv1.1": "elsewhere", "<x> conv3.1": "no", digest: "no",
        f"{digest} conv3.19": 7, "../ conv3.2": "no",
    })  # fmt: skip
    assert detector_names.names_here() == {"conv3.18": "new", "conv3.17": "mine"}
    assert session["detector_names"]["00" * 8] == {"conv1.1": "elsewhere"}
    for given in (None, "x", [1], {f"{digest} conv3.20": "late", "11" * 8 + " conv1.1": "more"}):
        detector_names._hear(given)
    assert detector_names.names_here() == {"conv3.18": "new", "conv3.17": "mine"}
    assert {*session["detector_names"]} == {digest, "00" * 8}
