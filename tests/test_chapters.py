"""The chapters' data files: complete, in order, and in a language that Python and people can read."""

import ast
import re
import string
import tomllib
from pathlib import Path

import pytest

from explainer.chapters import SECTIONS, Chapter, asides, chapter, chapters, parse

ROOT = Path(__file__).resolve().parents[1]
WORDS_OF = {path.stem: path for path in sorted((ROOT / "assets" / "words" / "en").glob("*.toml"))}
NO_CHAPTERS = {"card", "glossary", "handout", "quiz", "routes", "teachers"}
FILES = [path for name, path in WORDS_OF.items() if name not in NO_CHAPTERS]
WORDS = (
    "section", "number", "menu", "title", "lead", "teaser", "steps", "try_this", "takeaway", "questions", "code",
    "notes", "sources", "presets", "words", "keys",
)  # fmt: skip

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("chapter", chapters(), ids=lambda chapter: chapter.name)


def texts(chapter: Chapter) -> list[str]:
    """All that is written for the visitor."""
    pairs = [text for pair in (*chapter.steps, *chapter.questions) for text in pair]
    return [
        chapter.title,
        chapter.lead,
        chapter.teaser,
        *pairs,
        chapter.try_this,
        chapter.takeaway,
        *chapter.notes.splitlines(),
    ]


def test_every_page_has_its_words_and_every_words_their_page():
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert {path.stem for path in FILES} == pages - {aside.name for aside in asides()}
    assert {aside.name for aside in asides()} <= pages & set(WORDS_OF) & NO_CHAPTERS
    assert next(iter(chapters())).name == "home"
    assert {chapter.name for chapter in chapters()} == {path.stem for path in FILES}


def test_the_menus_order():
    every = chapters()
    assert [chapter.number for chapter in every] == list(range(len(every)))
    sections = [SECTIONS.index(chapter.section) for chapter in every]
    assert sections == sorted(sections)
    for section in SECTIONS:
        inside = [tomllib.loads(path.read_text("utf-8")) for path in FILES]
        numbers = [data["number"] for data in inside if data["section"] == section]
        assert len(set(numbers)) == len(numbers), section  # or their order would be chance
    for kind in ("menu", "title", "teaser"):
        assert len({getattr(chapter, kind) for chapter in every}) == len(every)
    assert chapter("home") is every[0]


@each_file
def test_nothing_is_missing_or_unknown(path):
    data = tomllib.loads(path.read_text("utf-8"))
    assert set(data) <= set(WORDS) and re.fullmatch(r"[a-z][a-z_]*", path.stem)
    for key in ("section", "menu", "title", "lead", "teaser", "try_this", "takeaway", "code", "notes"):
        assert data[key].strip(), key
        with pytest.raises(KeyError, match=key):
            parse(path.stem, path.read_text("utf-8").replace(f"{key} = ", f"un_{key} = ", 1))


@each_chapter
def test_a_question_at_the_head_and_questions_within(chapter):
    assert chapter.title.endswith("?") and len(chapter.title) < 60
    assert len(chapter.steps) >= 2 and chapter.questions and chapter.sources and chapter.notes
    assert all("?" in question and answer for question, answer in chapter.questions)
    assert all(re.fullmatch(r"https?://\S+", url) and text for text, url in chapter.sources)
    assert len(chapter.menu) < 30 and len(chapter.teaser) < 120


@each_chapter
def test_steps_are_about_parts_that_the_page_has(chapter):
    page = (ROOT / chapter.page).read_text("utf-8")
    assert len(chapter.parts) == len(chapter.steps)
    assert len(chapter.question_parts) == len(chapter.questions)
    every = (*chapter.parts, *chapter.question_parts)
    assert all(f'"{part}"' in page for parts in every for part in parts)
    assert all(parts for parts, apart in zip(chapter.parts, chapter.apart, strict=True) if apart)


@each_chapter
def test_presets_have_names_and_labels(chapter):
    for name, preset in chapter.presets.items():
        assert name.strip() and preset["label"].strip()


@each_chapter
def test_marks_are_closed_and_braces_hold_names(chapter):
    for text in texts(chapter):
        assert text == text.strip() and "  " not in text
        assert text.count("**") % 2 == 0 and text.replace("**", "").count("*") % 2 == 0 and text.count("`") % 2 == 0, (
            text
        )
        for _, name, specification, conversion in string.Formatter().parse(text):
            assert name is None or (re.fullmatch(r"[a-z_0-9]+", name) and not specification and not conversion), text


@each_chapter
def test_the_code_is_python(chapter):
    names = {name for _, name, *_ in string.Formatter().parse(chapter.code) if name}
    if names == {"code"}:
        return  # the page itself chooses the lines
    lines = chapter.code.format(**dict.fromkeys(names, 1))
    tree = ast.parse(lines)
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert imported and not any(module.startswith(("streamlit", "explainer.ui")) for module in imported)
    assert len(lines.splitlines()) <= 20 and max(map(len, lines.splitlines())) <= 100
