"""What the page on show has told, for the handout: its words filled in, and how to make the picture of its stage."""

import html
from collections.abc import Callable, Mapping

import streamlit as st

from explainer.chapters import Chapter
from explainer.ui.words import inline

TOLD = "handout_of"  # in the session


def tell_words(chapter: Chapter, values: Mapping[str, object]) -> None:
    """Keep a chapter's words as they stand on its page."""
    part = values.get("part")
    asked = zip(chapter.questions, chapter.question_parts, strict=True)
    st.session_state.setdefault(TOLD, {}).update(
        name=chapter.name,
        lead=inline(chapter.lead, values),
        tries=inline(chapter.try_this, values),
        takeaway=inline(chapter.takeaway, values),
        questions=[(inline(q, values), inline(a, values)) for (q, a), parts in asked if not parts or part in parts],
    )


def tell_figure(name: str, file: Callable[[], bytes] | None, title: str) -> None:
    """Keep how the stage's picture is made; None: there is none now."""
    st.session_state[TOLD] = {"figure_of": name, "file": file, "alt": title}


def sheet_parts(told: Mapping[str, object]) -> dict:
    """What a sheet needs of it, its picture made; tables and other files are no pictures."""
    file = told.get("file")
    figure = file() if callable(file) else None
    picture = figure is not None and (figure.lstrip()[:4] in (b"<svg", b"<?xm") or figure[:4] == b"\x89PNG")
    return {
        **{key: told[key] for key in ("lead", "tries", "takeaway", "questions")},
        "figure": figure if picture else None,
        "alt": html.unescape(str(told.get("alt", ""))),
    }
