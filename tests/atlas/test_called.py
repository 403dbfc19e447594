"""Names that visitors give: what becomes of hostile ones, and the way through links and files and back."""

import doctest
import json
from urllib.parse import parse_qs, urlencode

import pytest

from explainer.atlas import called
from explainer.atlas.called import (
    LONGEST,
    LONGEST_LINK,
    MOST,
    MOST_IN_LINK,
    NamesError,
    checked,
    from_file,
    from_link,
    tidy,
    to_file,
    to_link,
    together,
)

UNITS = {"conv2": 256, "conv3": 384}
FOUL = {
    "conv3.0": "**bold** :red[x]", "conv3.1": "<b>&amp;</b>", "conv3.2": "a~b:c.d", "conv3.3": "%7E %25 100%",
    "conv3.4": "👩‍🔬 eye", "conv3.5": "Auge, größer", "conv2.255": "眼睛", "conv2.0": "'\"\\/?&=#+",
}  # fmt: skip


def test_the_examples_are_true():
    assert doctest.testmod(called).failed == 0 and doctest.testmod(called).attempted


@pytest.mark.parametrize(
    ("foul", "name"),
    [
        ("x" * 10_000, "x" * LONGEST), ("a\r\n\r\n# b", "a # b"), ("\u202egnp.exe", "gnp.exe"),
        ("\x00\x1b[31m", "[31m"), (" \u2028 ", ""), ("\u200b\u200d", ""),
        ("e\u0301", "é"), (17, ""), (None, ""), (["eye"], ""),
    ],
)  # fmt: skip
def test_a_name_is_a_short_line_of_what_can_be_seen(foul, name):
    assert tidy(foul) == name


def test_what_is_tidy_stays():
    assert all(tidy(tidy(name)) == tidy(name) for name in FOUL.values())


def test_names_go_through_a_link_and_back():
    names = checked(FOUL, UNITS)
    assert len(names) == len(FOUL)
    address = urlencode({"names": to_link(names)})
    assert from_link(parse_qs(address)["names"][0], UNITS) == names


@pytest.mark.parametrize(
    "text",
    [
        "", "~~~", ":", "conv3.17", "conv3.17:", "conv3.384:eye", "conv9.1:eye", "conv3.007:x", "conv3.-1:x",
        "conv3.١:x", "conv3.17.2:x", "~".join(["<b>:<b>"] * 999),
    ],
)  # fmt: skip
def test_a_link_that_names_no_detector_brings_nothing(text):
    assert from_link(text, UNITS) == {}


def test_a_link_holds_the_last_names_and_never_grows_long():
    names = {f"conv3.{unit}": f"name {unit}" for unit in range(300)}
    found = from_link(to_link(names), UNITS)
    assert list(found.items()) == list(names.items())[-len(found) :] and 10 < len(found) <= MOST_IN_LINK
    dear = {f"conv3.{unit}": "眼" * LONGEST for unit in range(300)}
    assert 0 < len(urlencode({"": to_link(dear)})) <= LONGEST_LINK + 1
    assert len(from_link("~".join(f"conv3.{unit}:x" for unit in range(384)), UNITS)) <= MOST_IN_LINK


def test_names_go_through_a_file_and_back():
    names = checked(FOUL, UNITS)
    assert from_file(to_file("embedded", "ab" * 8, names), "ab" * 8, UNITS) == names


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b"[" * 100_000,
        b"{" + b" " * 300_000 + b"}",
        to_file("vgg16", "cd" * 8, {}),
    ],
    ids=range(8),
)
def test_a_file_that_is_none_is_refused_in_a_sentence(data):
    with pytest.raises(NamesError, match=r"\.$"):
        from_file(data, "ab" * 8, UNITS)


@pytest.mark.parametrize("given", [[], 7, None, "conv3.1", {"conv3.1": {"a": 1}}, {"<script>": "x"}])
def test_a_file_with_no_names_in_it_brings_none(given):
    assert from_file(json.dumps({"digest": "ab" * 8, "names": given}).encode(), "ab" * 8, UNITS) == {}


def test_there_is_an_end_to_names():
    assert len(checked({f"conv3.{unit}": "x" for unit in range(5000)})) == MOST


def test_ones_own_names_stay_and_others_come_along():
    own, others = {"conv3.1": "mine"}, {"conv3.1": "theirs", "conv3.2": "new"}
    assert together(own, others) == {"conv3.1": "mine", "conv3.2": "new"}
    assert list(together(own, others)) == ["conv3.2", "conv3.1"]
