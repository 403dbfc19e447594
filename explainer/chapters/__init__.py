"""The chapters' words, questions and presets, as data: one TOML file a chapter.

Beside this file lies a folder for each chapter, with all that it alone needs.

The menu, the pages, the links and the tests all read these files; a chapter that has
one, and a page of the same name in ``pages/``, is in the app.
"""

import tomllib
from dataclasses import dataclass, field, replace
from functools import cache

from explainer.places import ASSETS, ROOT

# The order of the sections in the menu.
SECTIONS = ("Start", "Neurons", "Convolution", "Looking inside", "Backwards", "Bigger picture")
# Addresses under which a chapter was once found, and its name now: they lead on.
FORMER_ADDRESSES = {"alexnet": "layers"}

# Pages that are no chapters, in the menu's order; each has a table "page" in its data file.
ASIDES = ("teachers", "glossary")
WORDS = ASSETS / "words" / "en"


@dataclass(frozen=True)
class Chapter:
    """One chapter's words. Texts are Markdown and may name values in braces, filled in by the page.

    name: of the data file, the page, the link and the folder alike.
    number: in its data file, the chapter's place within its section.
    steps: (heading, text); parts: for each step, the parts of the page that it is about.
    apart: for each step, whether it is shown only while one of its parts is; alone: and then without the others.
    questions: (question, answer), to predict before revealing; question_parts: for each, the
    parts of the page with which alone it is shown; with all if there are none.
    presets: settings by name, each with a "label". code: a few lines that make the
    chapter's figure. sources: (text, address). notes: for the teacher, one a line.
    keys: (keys on the keyboard, what they do on this page).
    """

    name: str
    section: str
    number: int
    menu: str
    title: str
    lead: str
    teaser: str
    steps: tuple[tuple[str, str], ...]
    try_this: str
    takeaway: str
    questions: tuple[tuple[str, str], ...]
    code: str
    notes: str
    sources: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, ...], ...] = ()
    apart: tuple[bool, ...] = ()
    alone: tuple[bool, ...] = ()
    question_parts: tuple[tuple[str, ...], ...] = ()
    presets: dict[str, dict] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def page(self) -> str:
        """Its page's file, relative to the app."""
        return f"pages/{self.name}.py"


@dataclass(frozen=True)
class Aside:
    """A page that is no chapter: its name, what the menu calls it, its title and lead."""

    name: str
    menu: str
    title: str
    lead: str


def parse(name: str, text: str) -> Chapter:
    """A chapter from the text of its data file; KeyError names what is missing."""
    data = tomllib.loads(text)
    return Chapter(
        name=name,
        **{key: data[key] for key in ("section", "number", "menu", "title", "lead", "teaser")},
        **{key: data[key].strip() for key in ("try_this", "takeaway", "code", "notes")},
        steps=tuple((step["heading"], step["text"]) for step in data["steps"]),
        parts=tuple(tuple(step.get("parts", ())) for step in data["steps"]),
        apart=tuple(step.get("apart", step.get("alone", False)) for step in data["steps"]),
        alone=tuple(step.get("alone", False) for step in data["steps"]),
        questions=tuple((question["question"], question["answer"]) for question in data["questions"]),
        question_parts=tuple(tuple(question.get("parts", ())) for question in data["questions"]),
        sources=tuple((source["text"], source["url"]) for source in data["sources"]),
        presets={preset["name"]: preset for preset in data.get("presets", [])},
        words=data.get("words", {}),
        keys=tuple(data.get("keys", {}).items()),
    )


@cache
def chapters() -> tuple[Chapter, ...]:
    """Every chapter that has a page, in the menu's order and numbered so; the first, home, is 0."""
    found = [
        parse(path.stem, path.read_text(encoding="utf-8"))
        for path in WORDS.glob("*.toml")
        if path.stem not in ASIDES and (ROOT / "pages" / f"{path.stem}.py").is_file()
    ]
    found.sort(key=lambda chapter: (SECTIONS.index(chapter.section), chapter.number))
    return tuple(replace(chapter, number=place) for place, chapter in enumerate(found))


@cache
def asides() -> tuple[Aside, ...]:
    """The pages that are no chapters, in the menu's order."""
    return tuple(
        Aside(name, **tomllib.loads((WORDS / f"{name}.toml").read_text(encoding="utf-8"))["page"]) for name in ASIDES
    )


def chapter(name: str) -> Chapter:
    """The chapter called ``name``."""
    return next(chapter for chapter in chapters() if chapter.name == name)
