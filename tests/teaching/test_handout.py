"""Handouts: one whole file of sound HTML, the page's own words and picture, answers on a sheet of their own."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

from explainer.classroom.handout import Sheet, handout, words
from explainer.classroom.opened import sheet_of
from explainer.commands import main
from explainer.errors import ExplainerError
from explainer.figures.tiles import png
from explainer.places import ROOT
from explainer.teaching.lessons import lesson
from explainer.teaching.routes import routes

BLOCKS = {"p", "div", "ul", "ol", "table", "figure", "section", "header", "h1", "h2", "h3", "h4"}
VOID = {"meta", "img", "br", "hr", "link", "input"}


class Nested(HTMLParser):
    """Every element is closed, in order, with its own name; headings follow each other level by level, the first once.
    It tells what images are called, and what a file asks for from elsewhere."""

    def __init__(self, html: str):
        super().__init__()
        self.open, self.images, self.fetched, self.names, self.levels, self.languages = [], [], [], [], [0], []
        self.feed(html)
        assert html.startswith("<!DOCTYPE html>") and self.open == [] and self.languages == ["en"]
        assert len(set(self.names)) == len(self.names) and self.levels.count(1) == 1
        assert all(level <= before + 1 for before, level in pairwise(self.levels)), self.levels

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes["alt"])
            assert attributes["alt"]
        if tag == "html":
            self.languages.append(attributes.get("lang"))
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag in ("li", "td", "tr"):
            inside = {"li": ("ul", "ol"), "td": ("tr",), "tr": ("table", "tbody")}[tag]
            assert self.open[-1] in inside
        if tag in BLOCKS:
            assert "p" not in self.open, f"a paragraph ends before <{tag}>"
        self.names += [attributes["id"]] if "id" in attributes else []
        if attributes.get("src") and not attributes["src"].startswith("data:"):
            self.fetched.append(attributes["src"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def sheet(name: str = "neuron", **more) -> Sheet:
    return Sheet(name, f"http://class/{name}", "lead", "try", "away", [("Why?", "Because.")], **more)


def test_a_file_that_needs_nothing_else():
    found = Nested(handout([sheet(figure=png(np.zeros((40, 60, 3), np.uint8)), alt="a figure")]))
    assert found.fetched == [] and found.images == ["QR code of the address http://class/neuron", "a figure"]


def test_an_address_too_long_for_a_code_stands_in_letters():
    found = handout([Sheet("neuron", f"http://class/neuron?ink={'a' * 4000}&b=<", "lead", "try", "away", [])])
    assert Nested(found).images == [] and f"{'a' * 4000}&amp;b=&lt;" in found


def test_questions_come_before_and_answers_on_a_sheet_of_their_own():
    html = handout([sheet()])
    asked, answered = html.split('<section class="answers">')
    assert "Why?" in asked and "Because." not in asked and "Because." in answered
    assert asked.count('class="room"') == 1 + len(lesson("neuron").exercises)
    assert "104" in answered and "a class=" not in html


def test_a_chapter_met_twice_on_a_route_is_answered_once():
    html = handout([sheet("home"), sheet("neuron"), sheet("home")], routes()["45"])
    Nested(html)
    asked = html.split('<section class="answers">')[0]
    tasks = sum(len(lesson(name).exercises) for name in ("home", "neuron"))
    assert asked.count('class="room"') == 3 + tasks, "three questions, and each exercise once"
    assert html.count("<section>") == 4 and html.count(f'<h4 class="small">{words()["exercises"]}</h4>') == 2
    assert all(text in handout([sheet()], routes()["five"]) for text in routes()["five"].homework)


@pytest.mark.parametrize(
    "link, said", [("neuron?weights=1_1_1_-1.5", "104"), ("first_layer?sheet=maps&picture=coffee", "34,944")]
)
def test_a_state_as_its_page_tells_it(link, said):
    found = sheet_of(link, "http://class/")
    assert found.figure and found.link.startswith("http://class/") and "?" in found.link
    html = handout([found])
    Nested(html)
    assert said in html and not re.search(r"\{[a-z_]+\}", html.split("</style>")[1]) and len(html) < 1_500_000


def test_what_there_is_not_is_said_in_a_sentence(tmp_path, capsys):
    assert main(["handout", "--route", "44", "-o", str(tmp_path / "h.html")]) == 2
    assert "There is no route 44. There are 45, 90" in capsys.readouterr().err
    with pytest.raises(ExplainerError, match="no chapter nowhere"):
        sheet_of("nowhere?a=b", "http://class")


def test_the_command_shows_the_picture_and_the_part_that_its_link_asks_for(tmp_path):
    """In a process of its own: what the tests do to the harness must not be what makes it work."""
    file, state = tmp_path / "h.html", "deconvnet?project_part=top nine&picture=coffee&unit=3"
    command = [sys.executable, "-m", "explainer", "handout", "--state", state, "-o", str(file)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    html = file.read_text(encoding="utf-8")
    assert "Detector 3 of conv5: the nine patches" in html and "picture=coffee" in html


@pytest.mark.parametrize(
    "ramp, question, said",
    [("signed", "Why?", "signed"), ("", "Where is it blue?", "colours"), ("amount", "Why?", "amount")],
)
def test_a_print_says_what_its_shades_mean(ramp, question, said):
    colours = Sheet(
        "neuron", "http://class", "lead", "try", "away", [(question, "So.")], b"<svg/>", "a figure",
        steps=[("Then what?", "This."), ("Add", "That.")], keys=[("sum, 0 to 1", ramp)],
    )  # fmt: skip
    html = handout([colours])
    assert "Sum, 0 to 1." in html and [key for key in ("signed", "colours", "amount") if words()[key] in html] == [said]
    assert "<b>Then what?</b> This." in html and "<b>Add.</b> That." in html
