"""Whatever a link says, there is a page: every key that a page reads, in every part of it, with every foul value."""

import ast
from itertools import chain

import pytest
from streamlit.testing.v1 import AppTest

from explainer.places import ROOT

PAGES = {path.stem: path for path in sorted((ROOT / "pages").glob("*.py"))}
WIDGETS = [*ROOT.glob("explainer/ui/*.py"), *ROOT.glob("explainer/chapters/**/*.py")]
READERS = {"choice", "segments", "slide", "number", "kept", "remembered", "several", "in_link"}
FOUL = {
    "empty": "",
    "a word": "x",
    "nines": "9" * 5_000,
    "below": "-1",
    "not a number": "nan",
    "without end": "1e999",
    "a half": "1.5",
    "another alphabet": "٣²",
    "nothing to see": "\x00\u202e\ud7ff",
    "markup": "![i](http://127.0.0.1:9/i.png)\n# x",
    "many": "1," * 400,
    "strokes": "_" * 300,
}


def keys_read(path) -> set[str]:
    """Every word that a module may look up in the link: what its controls are called, and what it asks for by name."""
    found = set()
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            asked = name in READERS or "query_params" in ast.unparse(call.func) or name.startswith("_from_link")
            words = call.args if asked else [word.value for word in call.keywords if word.arg == "key"]
            found |= {word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    return {word for word in found if word.isidentifier()}


SHARED = set(chain.from_iterable(map(keys_read, WIDGETS)))
SHARED |= {"weights", "lights", "table", "seed", "activation"}  # read by explainer.chapters.neuron.model


def drawn(page: str, link: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    if page != "home":  # the harness finds the router only from the start page
        app.run().switch_page(f"pages/{page}.py")
    app.query_params.update(link)
    app.run()
    said = {key: value[:40] for key, value in link.items()}
    assert not app.exception and not app.error, ([one.value for one in (*app.exception, *app.error)], said)
    assert sum("<h1>" in element.proto.body for element in app.get("html")) == 1, said
    return app


# What chooses the part of a page that is drawn; no key of it stands in for another part.
PART = {
    "layers": "layers_panel", "backpropagation": "lesson", "convolution": "scan", "deconvnet": "project_part",
    "digits": "digit_from", "dream": "dream", "first_layer": "panel", "history": "history_part", "limits": "limit",
    "nonlinearity": "bend", "translation": "standing", "verdict": "change",
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_whatever_a_link_says_there_is_a_page(page):
    keys = sorted(keys_read(PAGES[page]) | SHARED)
    foul = [value for name, value in FOUL.items() if name != "empty"]
    usual = drawn(page, {})
    part = PART.get(page, "")
    options = next((one.options for one in usual.get("button_group") if one.key == part), [""])
    assert bool(part) == (options != [""]), f"{page} has no control {part}"
    drawn(page, dict.fromkeys(keys, "x"))  # no part that is known
    for number, option in enumerate(options):
        drawn(page, {**dict.fromkeys(keys, ""), part: option} if part else dict.fromkeys(keys, ""))
        mixed = {key: foul[(place + 5 * number) % len(foul)] for place, key in enumerate(keys)}
        drawn(page, {**mixed, part: option} if part else mixed)


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("convolution", {"scan": ""}),
        ("convolution", {"scan": "your picture", "kernel_look": "x"}),
        ("nonlinearity", {"bend": ""}),
        ("nonlinearity", {"stack_depth": ""}),
        ("translation", {"standing": ""}),
        ("translation", {"standing": "read a line", "line_from": ""}),
        ("translation", {"moved_digit": "9" * 5_000}),
        ("dream", {"dream": ""}),
        ("verdict", {"without": "9" * 5_000}),
        ("backpropagation", {"stop": "9" * 5_000}),
        ("limits", {"sweep_at": "9" * 5_000}),
    ],
)
def test_links_that_once_had_no_page(page, link):
    drawn(page, link)


def test_every_control_of_a_few_words_goes_through_linked():
    """Streamlit takes an empty or unknown word in a link for no choice at all; ``linked.segments`` does not."""
    for path in {*PAGES.values(), *WIDGETS} - {ROOT / "explainer/ui/linked.py"}:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(".segmented_control"):
                assert not [word for word in call.keywords if word.arg == "bind"], f"{path.name}, line {call.lineno}"
