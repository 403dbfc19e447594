"""Every picture, chart and table says in words what it shows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHOWN = {"image", "plotly_chart", "dataframe"}  # Streamlit's
OURS = {"tile_grid", "place_picker", "region_brush", "box_marker", "before_after"}
PAGES = [
    *sorted((ROOT / "pages").glob("*.py")),
    *sorted(ROOT.glob("explainer/ui/*.py")),
    *sorted(ROOT.glob("explainer/chapters/*/*.py")),
]


def called(node: ast.Call) -> str:
    """The name of what is called, whatever it is called on."""
    return getattr(node.func, "attr", None) or getattr(node.func, "id", "")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_is_shown_is_told(path):
    silent = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and called(node) in SHOWN | OURS:
            given = {keyword.arg for keyword in node.keywords}
            if "alt" not in given and None not in given:  # None: passed on with all other arguments
                silent.append(f"line {node.lineno}: {called(node)}")
    assert silent == []
