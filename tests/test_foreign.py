"""Words from elsewhere are text: what makes them so, and that no page forgets it."""

import ast
import doctest
import re
from itertools import chain

import pytest

from explainer.places import ROOT
from explainer.ui import foreign
from explainer.ui.foreign import as_text

# What Streamlit reads as Markdown: these calls' first word, the second of `progress`, and every `help`.
READ_AS_MARKDOWN = re.compile(
    "badge|button|caption|checkbox|dialog|download_button|error|expander|header|info|link_button|markdown|metric|"
    "page_link|popover|progress|spinner|status|subheader|success|tabs|title|toast|toggle|warning|write"
)
# Words that are the app's own, or a network's, though their names do not tell: file → expressions.
OWN = {
    "app.py": {"ticket"},
    # A card's stops are units of layers that the network has: `way` gives no others.
    "explainer/ui/card/dialog.py": {
        "words('open')",
        "words('open_help')",
        "words('title')",
        "words(side, unit=beside)",
        "beside",
        "words('heading', unit=stop.unit, layer=stop.layer)",
    },
    "explainer/ui/card/name_field.py": {
        "words('names_menu')",
        "words('save_name')",
        "words('save_names', count=len(names))",
    },
    "explainer/ui/card/here.py": {"_sum_words(network, found)"},  # numbers
    "explainer/ui/chart.py": {"called"},
    "explainer/ui/lectern.py": {"route.stops[place].goal"},  # the routes' data file
    "explainer/ui/chapter.py": {"text", "url", "neighbour.menu", "note"},  # the chapter's data file
    "explainer/ui/fetching.py": {"known.note", "known.label"},  # the list of known networks
    "explainer/ui/awaited.py": {"saying"},
    "explainer/ui/long_work.py": {"verb", "words", "others"},
    "explainer/ui/looking_through.py": {"damaged"},
    "explainer/ui/lost.py": {"words"},
    "explainer/ui/sidebar.py": {"_title(_chosen_picture())"},  # a name of the gallery
    "pages/layers.py": {"name", "unit_names[unit]"},
    "pages/backpropagation.py": {"name", "waiting", "which"},  # of presets and settings
    "pages/deconvnet.py": {"layer", "unit", "names[category]"},
    "pages/digits.py": {"alt", "counted(network)", "said"},
    "pages/dream.py": {"kind", "one"},
    "pages/first_layer.py": {"row", "column", "detectors", "words"},
    "pages/history.py": {"training", "no_card", "vars(person)", "name", "missing"},
    "pages/home.py": {"st.session_state['pages'][other.name]", "st.session_state['pages'][other]", "other.teaser"},
    "pages/limits.py": {"ready['label']", "SAMPLES[name].title"},
    "pages/neuron.py": {"preset['label']"},
    "pages/nonlinearity.py": {"formulas_table(label_of)", "preset['label']"},
    "pages/teachers.py": {"said['present']"},
    "pages/translation.py": {"scene.values"},  # numbers
    "pages/verdict.py": {"label"},
}


def test_the_example_is_true():
    assert doctest.testmod(foreign).failed == 0 and doctest.testmod(foreign).attempted


@pytest.mark.parametrize(
    "plain",
    [
        "conv5 has no detector 999: they are numbered 0 to 255.",
        "The file has 26.9 MB and the limit is 20 MB: save the picture smaller and try again.",
        "It’s 15 × 15 (half), “so” it is; 3.5 – not 4!",
    ],
)
def test_a_plain_sentence_stays_as_it_is(plain):
    assert as_text(plain) == plain


@pytest.mark.parametrize("foul", ["a\nb", "a\r\n\r\n# b", "a\u2028b", "a\x0bb", "\t a"])
def test_all_is_on_one_line(foul):
    assert len(as_text(foul).splitlines()) == 1 and as_text(foul)[0] == "a"


def sources():
    folders = ("pages", "explainer/ui", "explainer/chapters")
    return [ROOT / "app.py", *chain.from_iterable(sorted((ROOT / folder).rglob("*.py")) for folder in folders)]


def read_as_markdown(tree: ast.AST):
    """The expressions in a module that Streamlit will read as Markdown."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        yield from (word.value for word in call.keywords if word.arg == "help")
        if READ_AS_MARKDOWN.fullmatch(call.func.attr):
            yield from call.args[:1] if call.func.attr != "progress" else call.args[1:2]


def is_own(expression: ast.expr, own: set[str]) -> bool:
    """Whether an expression can hold no words but the app's own, numbers, and what is made text."""

    def every(parts) -> bool:
        return all(is_own(part, own) for part in parts)

    if ast.unparse(expression) in own:
        return True
    match expression:
        case ast.Constant() | ast.Call(func=ast.Name("as_text" | "len" | "round" | "int")):
            return True
        case ast.Name(name) if name.isupper():
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name("figures"))):
            return True
        case ast.Subscript(ast.Name("words") | ast.Attribute(attr="words")):
            return True
        case ast.JoinedStr(values=parts):
            return every(parts)
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(form)])) if form[-1] in ",fge%d":
            return True  # a number, or it would have raised
        case ast.FormattedValue(value=value):
            return every([value])
        case ast.BinOp(left=left, right=right):
            return every([left, right])
        case ast.IfExp(body=body, orelse=orelse):
            return every([body, orelse])
        case ast.BoolOp(values=values):
            return every(values)
        case ast.Call(func=ast.Attribute(value=value, attr="format"), args=args, keywords=keywords):
            return every([value, *args, *(keyword.value for keyword in keywords)])
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[part]):
            return every([part.elt if isinstance(part, ast.GeneratorExp) else part])
        case ast.Call(func=ast.Attribute(value=value, attr="upper" | "strip")):
            return every([value])
    return False


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_foreign_word_is_read_as_markdown(path):
    own = OWN.get(path.relative_to(ROOT).as_posix(), set())
    found = [
        f"line {expression.lineno}: {ast.unparse(expression)}"
        for expression in read_as_markdown(ast.parse(path.read_text("utf-8")))
        if not is_own(expression, own)
    ]
    assert not found, f"pass these through as_text: {found}"
