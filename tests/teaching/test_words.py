"""Links in the words: each sets a state that there is, and that the page takes without a word of complaint."""

import re
from itertools import chain

import pytest
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapters
from explainer.places import ROOT
from explainer.teaching.glossary import glossary
from explainer.teaching.lessons import lesson
from explainer.ui.going import parted
from explainer.ui.words import LINK, acting, inline
from tests.teaching.test_glossary import read_by_learners

CONTROLS = ("selectbox", "number_input", "slider", "text_input", "button_group", "toggle")


def in_lesson(name: str) -> list[str]:
    """A chapter's exercises and what is often believed."""
    found = lesson(name)
    return [
        *(text for one in found.exercises for text in (one.task, one.answer)),
        *(one.test for one in found.misconceptions),
    ]


def links() -> list[tuple[str, str]]:
    """Every (page, link) in words: the chapters' and the glossary's."""
    in_chapters = [
        (this.name, found[2])
        for this in chapters()
        for text in (*read_by_learners(this), *map(str, this.words.values()), *in_lesson(this.name))
        for found in LINK.finditer(text)
    ]
    return sorted({*in_chapters, *(("glossary", each.link) for each in glossary() if each.state)})


def opened(page: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params["picture"] = "cat"
    app.run()
    return app if page == "home" else app.switch_page(f"pages/{page}.py").run()


def follow(app: AppTest, link: str) -> AppTest:
    """Press a link in the words, as the browser tells of it."""
    app.session_state["going"] = link, False
    return app.run()


def shown(app: AppTest, key: str) -> set[str]:
    """What the page says about a word of the link: its control's value, and the link that it writes itself."""
    controls = (control for kind in CONTROLS for control in app.get(kind) if control.key == key)
    values = [control.value for control in controls]
    if key in app.query_params:
        given = app.query_params[key]
        values += [given] if isinstance(given, str) else given
    return {f"{value:g}" if isinstance(value, float) else str(value) for value in values}


def untaken(app: AppTest, state: dict[str, str]) -> dict[str, set[str]]:
    """The words of a state that the page did not take."""
    return {key: said for key, value in state.items() if value not in (said := shown(app, key))}


@pytest.mark.parametrize("page, link", links())
def test_a_link_sets_a_state_that_there_is(page, link):
    name, state = parted(link)
    app = follow(opened(page), link)
    assert not app.exception and not app.error and not app.warning, (app.warning, app.exception)
    title = next(this.title for this in chapters() if this.name == (name or page))
    html = "\n".join(element.proto.body for element in app.get("html"))
    assert f"<h1>{title}</h1>" in html and 'class="told"' not in html
    assert untaken(app, {key: value for key, value in state.items() if not is_default(name or page, key, value)}) == {}


def is_default(page: str, key: str, value: str) -> bool:
    """Whether a page of components shows this without writing it into its link."""
    return (page, key, value) in {
        ("convolution", "filter", "round"),
        ("backpropagation", "stop", "1"),
        ("dream", "recipe", "clear"),
    }


def test_a_state_that_there_is_not_is_seen():
    app = follow(opened("convolution"), "?scan=nine filters")
    assert untaken(app, {"scan": "nine filters"})


def test_it_follows_from_whatever_the_page_showed_before():
    app = opened("convolution")
    for link, state in [
        ("?scan=sizes&stride=2", {"scan": "sizes", "stride": "2"}),
        ("?stride=3&padding=1", {"scan": "sizes", "stride": "3", "padding": "1"}),
        ("?scan=one filter&filter=edges&drawing=fish", {"scan": "one filter", "filter": "edges", "drawing": "fish"}),
        ("?filter=corner", {"scan": "one filter", "filter": "corner", "drawing": "fish"}),
    ]:
        follow(app, link)
        assert untaken(app, state) == {}, link
    app = follow(app, "neuron?weights=1_1_1_-1.5&lights=110")
    assert shown(app, "weights") == {"1_1_1_-1.5"} and shown(app, "lights") == {"110"}
    app = follow(app, "?lights=001")
    assert shown(app, "weights") == {"1_1_1_-1.5"} and shown(app, "lights") == {"001"}


def test_what_is_the_visitors_stays():
    app = opened("first_layer")
    app.selectbox(key="picture").select("coffee").run()
    app.session_state["mine"] = "kept"
    follow(app, "?sheet=maps&panel=sharing")
    assert app.session_state["picture"] == "coffee" and app.session_state["mine"] == "kept"
    follow(app, "?picture=gratings")
    assert app.session_state["picture"] == "gratings" and shown(app, "sheet") == {"maps"}
    follow(app, "convolution?scan=sizes")
    assert app.session_state["picture"] == "gratings" and shown(app, "scan") == {"sizes"}


def test_links_from_elsewhere_lead_nowhere_else():
    assert parted("?a=1&B=2&__init__=3&x-y=4") == ("", {"a": "1", "__init__": "3"})
    app = follow(opened("neuron"), "nowhere?a=1")
    assert not app.exception and "Can one sum" in "".join(element.proto.body for element in app.get("html"))


def test_a_link_can_be_opened_in_a_tab_of_its_own():
    assert 'href="first-layer?sheet=maps"' in acting("maps", "first_layer?sheet=maps")
    assert 'href="./"' in acting("start", "home") and 'href="?a=b"' in acting("b", "?a=b")
    html = inline("[two & two](?scan=ten filters&stride=2)", {}, set())
    assert 'data-go="?scan=ten filters&amp;stride=2"' in html and ">two &amp; two</a>" in html
    assert inline("[two](?a=b)", {}) == "two"


def test_no_link_is_left_unread():
    texts = chain.from_iterable(read_by_learners(this) for this in chapters())
    assert not [text for text in texts if re.search(r"\]\(|\)\[", LINK.sub("", text))]
