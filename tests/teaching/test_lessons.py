"""What the chapters have for teaching: complete, in words that can be marked up, with answers that are right."""

import itertools
import math
import re
import string

import pytest
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapters
from explainer.classroom.answers import ANSWERS, answers, worked
from explainer.places import ROOT
from explainer.teaching.glossary import term
from explainer.teaching.lessons import lesson
from explainer.ui.words import inline
from tests.teaching.test_glossary import terms_in

each = pytest.mark.parametrize("this", chapters(), ids=lambda this: this.name)


def texts(name: str) -> list[str]:
    found = lesson(name)
    return [
        found.bridge, *found.goals, *(text for one in found.exercises for text in (one.task, one.answer)),
        *(text for one in found.misconceptions for text in (one.belief, one.test)),
    ]  # fmt: skip


@each
def test_every_chapter_but_the_last_leads_on(this):
    bridge = lesson(this.name).bridge
    if this is chapters()[-1]:
        assert bridge == ""
    else:
        assert bridge.endswith((".", "?")) and 20 < len(bridge) < 140


@each
def test_a_lesson_is_complete(this):
    found = lesson(this.name)
    assert 2 <= len(found.goals) <= 3 and len(found.exercises) >= 3 and len(found.misconceptions) >= 2
    assert [one.level for one in found.exercises] == sorted(one.level for one in found.exercises)
    assert {one.level for one in found.exercises} == {1, 2, 3}
    for text in texts(this.name):
        assert text.count("**") % 2 == 0 and text == text.strip()
        assert all(term(found) for found in terms_in(text)), text


@each
def test_every_number_that_is_asked_for_is_worked_out_and_no_other(this):
    asked = {
        name for text in texts(this.name) for _, name, *_ in string.Formatter().parse(text) if name
    }  # fmt: skip
    assert asked == set(answers(this.name))
    for _, task, answer in worked(this.name):
        assert "{" not in inline(task, {}, set()) + inline(answer, {}, set())


def test_answers_are_given_for_chapters_that_there_are():
    assert set(ANSWERS) == {this.name for this in chapters()}


# By hand, or by another way than the answers': nothing here uses what they use.
def by_hand() -> dict[str, dict[str, str]]:
    rows = [lights for lights in itertools.product((0, 1), repeat=3) if lights[2] - lights[0] - 0.5 > 0]
    total = sum(math.exp(score) for score in (2, 1, 0))
    return {
        "home": {"inputs": f"{227 * 227 * 3:,}", "even": "0.1%", "times": "100"},
        "neuron": {"rows": str(len(rows)), "low": "−2", "high": "−1", "tables": "256", "separable": "104"},
        "nonlinearity": {
            "slope": "6", "offset": "7", "kink": "−0.5", "kinks": "6", "bent": str(3 * max(0, 2 * -2 + 1) + 4),
            "straight": "−5", "same": "0", "other": "1", "play": str(8 * 2 + 8 + 8 * 8 + 8 + 8 + 1),
        },
        "digits": {
            "parameters": f"{784 * 30 + 300 + 40:,}", "plus": f"{1 / (1 + math.exp(-2)):.3f}",
            "minus": f"{1 / (1 + math.exp(2)):.3f}",
        },
        "backpropagation": {
            "moved": "1.85", "delta": "0.128", "gradient": "0.064", "numbers": "11,935", "for_each": "239",
            "small_rate": "0.36", "large_rate": "1.96", "witness": "0.055",
        },
        "translation": {"windows": "2,583", "weights": "784", "shifts": "121", "places": "576", "inked": "140"},
        "convolution": {"map": "2 0 / 0 2", "side": "5", "plain": "0", "edge": "200", "learned": "0.95 0 / −0.05 1"},
        "first_layer": {
            "each": "363", "across": "55", "positions": "3,025", "shared": f"{34_848 + 96:,}",
            "unshared": f"{105_415_200 + 290_400:,}",
        },
        "layers": {
            "handed_on": "0.5", "pooled": "27", "sees": "5",
            "parameters": f"{384 * 2305:,}", "macs": f"{384 * 2304 * 169:,}",
        },
        "deconvnet": {"row": "1", "column": "2", "rectified": "0 and 3"},
        "verdict": {
            "shares": ", ".join(f"{math.exp(score) / total:.1%}" for score in (2, 1, 0)), "times": "20.1",
            "total": "4.8", "without": "0.7",
        },
        "dream": {"pixel": "99", "values": "154,587"},
        "limits": {"whole": "4 and 8 pixels", "count": "154,587", "fall": "3.09", "root": "393"},
        "history": {"error": "16", "before": "147,456", "after": "4,608", "macs": "149,520,384"},
    }  # fmt: skip


@each
def test_the_answers_are_right(this):
    expected = by_hand()[this.name]
    assert {key: answers(this.name)[key] for key in expected} == expected


def test_the_folds_stand_at_the_end_of_the_page_and_are_shut():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()
    (html,) = (element.proto.body for element in app.get("html") if "Worked answer" in element.proto.body)
    assert "<details class=" in html and " open" not in re.sub(r">[^<]*<", "><", html)
    assert html.count("Worked answer") == len(lesson("home").exercises)
