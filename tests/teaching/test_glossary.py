"""The glossary: every term in italics has an entry, every entry a chapter and a state that are there."""

import re
from html.parser import HTMLParser

import pytest
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapter, chapters
from explainer.places import ROOT
from explainer.teaching.glossary import glossary, term
from explainer.ui.words import inline

TERM = re.compile(r"(?<!\*)\*([^*{}]+)\*(?!\*)")


def read_by_learners(this) -> list[str]:
    """All of a chapter's texts that are marked up for its readers."""
    pairs = [text for pair in (*this.steps, *this.questions) for text in pair]
    return [this.lead, this.try_this, this.takeaway, *pairs]


def terms_in(text: str) -> list[str]:
    return TERM.findall(text.replace("**", ""))


@pytest.mark.parametrize("this", chapters(), ids=lambda this: this.name)
def test_every_term_in_italics_has_an_entry(this):
    unknown = [found for text in read_by_learners(this) for found in terms_in(text) if term(found) is None]
    assert unknown == [], "a term needs an entry; a name that only stands apart is written _so_"


def test_the_search_for_terms_finds_them():
    assert terms_in("A *filter* of **four** by **four**; *max pooling*.") == ["filter", "max pooling"]
    assert sum(len(terms_in(text)) for this in chapters() for text in read_by_learners(this)) > 60


def test_every_entry_has_a_chapter_and_no_form_two_entries():
    names = {this.name for this in chapters()}
    assert {each.chapter for each in glossary()} <= names
    forms = [form.lower() for each in glossary() for form in (each.name, *each.also)]
    assert len(set(forms)) == len(forms) and len(glossary()) > 70
    for each in glossary():
        assert each.means.endswith(".") and "*" not in each.means and 20 < len(each.means) < 260, each.name


class Tags(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_a_term_is_explained_where_it_first_stands():
    met: set[str] = set()
    first, again = (inline("A *filter* or *filters* & *this*", {}, met) for _ in range(2))
    (shown,) = (attributes for tag, attributes in Tags(first).found if attributes.get("class") == "term")
    assert shown["data-means"] == term("filter").means and shown["data-go"] == term("filter").link
    assert shown["tabindex"] == "0" and chapter(term("filter").chapter).menu in shown["data-where"]
    assert "class" not in again and again.count("<em>") == 3 and "&amp;" in again
    assert "class" not in inline("*filter*", {}), "what is pressed itself has nothing to point at"


def test_what_stands_apart_is_no_term():
    assert inline("_cat_ and a_b_c, `x_y_z`", {}, set()) == '<i>cat</i> and a_b_c, <span class="number">x_y_z</span>'


def test_the_page_lists_every_term():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
    app.switch_page("pages/glossary.py").run()
    assert not app.exception and not app.error
    written = "\n".join(element.proto.body for element in app.get("html"))
    assert written.count("<h1>") == 1
    links = [attributes["data-go"] for tag, attributes in Tags(written).found if "data-go" in attributes]
    assert links == [each.link for each in glossary()]
    assert written.count("<dt>") == len(glossary())
