"""Routes: their minutes add up, every stop is a state that there is, and the lectern says where one is."""

import pytest
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapter
from explainer.places import ROOT
from explainer.teaching.routes import link_to, on_route, routes
from explainer.ui.going import parted
from explainer.ui.lectern import notes_html
from tests.teaching.test_words import follow, opened, untaken

STOPS = sorted({stop.link for route in routes().values() for stop in route.stops})


def test_their_minutes():
    assert {name: route.minutes for name, route in routes().items() if name in ("45", "90", "museum")} == {
        "45": 45, "90": 90, "museum": 10,
    }  # fmt: skip
    five = routes()["five"]
    assert five.minutes == 5 * 45 and [len(places) for places in five.lessons()] == [3] * 5
    assert all(sum(five.stops[place].minutes for place in places) == 45 for places in five.lessons())
    assert len(five.homework) == 5 and [five.reached(place) for place in (0, 1, 3)] == [0, 10, 45]
    assert routes()["45"].lessons() == [list(range(8))]


def test_every_stop_says_something_and_asks_something():
    for route in routes().values():
        assert route.title and route.about.endswith(".")
        for stop in route.stops:
            assert chapter(parted(stop.link)[0]) and stop.minutes > 0 and "?" in stop.ask
            assert all(len(text) > 20 for text in (stop.goal, stop.say, stop.wrong))


@pytest.mark.parametrize("given, where", [
    ("45-1", ("45", 0)), ("45-8", ("45", 7)), ("45-9", None), ("45-0", None), ("46-1", None), ("45", None),
    ("45-", None), ("45-²", None), (None, None), ("museum-5", ("museum", 4)), ("45-9999999999", None),
])  # fmt: skip
def test_the_place_in_a_link(given, where):
    found = on_route(given)
    assert (found and (found[0].name, found[1])) == where


def test_a_stops_link_holds_its_place():
    route = routes()["45"]
    for place in range(len(route.stops)):
        name, state = parted(link_to(route, place))
        assert chapter(name) and state["present"] == "true"
        assert on_route(state["route"]) == (route, place)


@pytest.mark.parametrize("link", STOPS)
def test_a_stop_is_a_state_that_there_is(link):
    name, state = parted(link)
    app = follow(opened(name), f"?{link.partition('?')[2]}" if state else name)
    assert not app.exception and not app.error and not app.warning
    usual = {("convolution", "filter", "round"), ("convolution", "drawing", "cat")}
    assert untaken(app, {key: value for key, value in state.items() if (name, key, value) not in usual}) == {}


def test_the_lectern_knows_the_route_and_the_way_on():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params.update(present="true", route="45-1")
    app.run()
    assert app.button(key="route_left").disabled and not app.button(key="route_right").disabled
    app.button(key="route_right").click().run()
    html = "".join(element.proto.body for element in app.get("html"))
    assert chapter("neuron").title in html and "2/8" in html


def test_the_notes_say_what_stands_in_the_route():
    route = routes()["45"]
    html = notes_html((route, 1), ["a <b>note</b>"])
    assert route.stops[1].ask in html and route.stops[2].goal in html and "<li>a <b>note</b></li>" in html
    assert "4 to 12 min" in html and notes_html(None, []) == ""


@pytest.mark.parametrize("name", list(routes()))
def test_the_page_for_teachers_shows_every_stop(name):
    app = opened("home")
    app.switch_page("pages/teachers.py")
    app.query_params["which"] = name
    app.run()
    assert not app.exception and not app.error
    html = "".join(element.proto.body for element in app.get("html"))
    route = routes()[name]
    assert html.count("<li>") == len(route.stops) and f"{route.minutes} minutes" in html
    assert all(text in html for text in route.homework)
