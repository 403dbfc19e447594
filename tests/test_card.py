"""The card of a detector, through the app's own router: opened, gone down and up in, and shut again."""

import re

import pytest

from explainer.atlas.built import built_from, place_below, used_by
from explainer.gallery import sample
from explainer.networks import shared_network
from explainer.ui.card.figures import percent
from tests.test_pages import a_fresh_server, html, opened  # noqa: F401

HEADING = re.compile(r"Detector \*\*(\d+)\*\* of (\w+)")


def shown(app) -> tuple[str, int] | None:
    found = [HEADING.fullmatch(element.value) for element in app.markdown]
    return next(((match[2], int(match[1])) for match in found if match), None)


def link(app) -> str | None:
    """What the address says of the card."""
    found = app.query_params.get("card")
    return found[0] if isinstance(found, list) else found


def press(app, key: str):
    app.button(key=key).click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("page", "key"),
    [
        ("first_layer", "card_of_filter"),
        ("layers", "card_of_map"),
        ("deconvnet", "card_of_projected"),
        ("verdict", "card_of_speaker"),
    ],
)
def test_a_card_opens_from_wherever_a_detector_is_shown(page, key):
    app = opened(page)
    assert shown(app) is None
    press(app, key)
    layer, _ = shown(app)
    assert layer == ("conv1" if page == "first_layer" else "conv5")
    text = html(app)
    assert "What it is built from" in text and "just what the network has there" in text


def test_a_card_leads_to_its_neighbours_and_stands_in_the_link():
    app = opened("layers", card="conv5-255")
    if shown(app) is None:  # turning the page shuts a card
        app.query_params["card"] = "conv5-255"
        app.run()
    assert shown(app) == ("conv5", 255)
    press(app, "card_after")
    assert shown(app) == ("conv5", 0) and link(app) == "conv5-0"
    press(app, "card_before")
    assert shown(app) == ("conv5", 255)


@pytest.mark.parametrize("layer", ["conv5", "conv4", "conv3", "conv2", "conv1"])
def test_the_sum_on_the_card_is_the_forward_pass(layer):
    unit = int(shared_network().trace(sample("cat"))[layer].amax((1, 2)).argmax())
    app = opened(card=f"{layer}-{unit}")
    assert not app.exception and shown(app) == (layer, unit)
    value = shared_network().trace(sample("cat"))[layer][unit].max().item()
    assert f"**{value:.3f}**, just what the network has there" in html(app)


def test_from_the_last_layer_down_to_the_edges_and_back():
    network, trace = shared_network(), shared_network().trace(sample("cat"))
    unit = int(trace["conv5"].amax((1, 2)).argmax())
    layer, place, way = "conv5", None, [f"conv5-{unit}"]
    while layer != "conv1":
        found = built_from(network, trace, layer, unit, place)
        part = found.strongest(1)[0][0]
        place = place_below(network, trace, found, part)
        layer, unit = found.source, part
        way.append("-".join(map(str, (layer, unit, *place))))
    app = opened(card=".".join(way))
    assert not app.exception and shown(app) == ("conv1", unit)
    press(app, "card_way_0")
    assert shown(app)[0] == "conv5" and link(app) == way[0]


@pytest.mark.parametrize(
    "link", ["conv9-1", "conv5-256", "conv5-1-13-0", "conv5", "pool5-1", "<b>", "conv5-1..", "fc6-1"]
)
def test_a_link_that_names_no_detector_opens_no_card(link):
    app = opened(card=link)
    assert not app.exception and shown(app) is None


def test_every_users_value_can_be_found_on_its_own_card():
    network, trace = shared_network(), shared_network().trace(sample("cat"))
    helped, _ = used_by(network, trace, "conv4", int(trace["conv4"].amax((1, 2)).argmax()))
    user = helped[0]
    app = opened(card=f"conv5-{user.unit}-{user.row}-{user.column}")
    assert f"**{user.value:.3f}**" in html(app)


def test_without_an_atlas_a_card_says_so_and_shows_the_map(monkeypatch, tmp_path):
    monkeypatch.setattr("explainer.atlas.store.folder_of", lambda network: tmp_path)
    app = opened(card="conv4-7")
    assert not app.exception and shown(app) == ("conv4", 7)
    assert "no atlas" in html(app) and "What it is tuned to" not in html(app)


def test_the_detector_goes_along_from_chapter_to_chapter_but_never_as_a_number_of_another_layer():
    app = opened("layers")
    app.number_input(key="unit").set_value(37).run()
    app.switch_page("pages/deconvnet.py").run()
    assert (app.selectbox(key="layer").value, app.number_input(key="unit").value) == ("conv5", 37)
    app.switch_page("pages/verdict.py").run()
    assert app.button(key="switch_one").label == "Switch 37 off"
    app.switch_page("pages/first_layer.py").run()
    assert app.number_input(key="unit").value == opened("first_layer").number_input(key="unit").value
    app.switch_page("pages/layers.py").run()
    app.selectbox(key="layer").select("conv3").run()
    app.number_input(key="unit").set_value(5).run()
    app.switch_page("pages/deconvnet.py").run()
    assert (app.selectbox(key="layer").value, app.number_input(key="unit").value) == ("conv3", 5)


def test_shares_in_percent():
    assert [percent(share) for share in (0.0001, 0.032, 0.41, 1)] == ["less than 0.1%", "3.2%", "41%", "100%"]
