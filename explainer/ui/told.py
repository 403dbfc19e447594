"""What the page on show has told, for the handout: its words filled in, and how to make the picture of its stage."""

import html
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from explainer.chapters import Chapter
from explainer.figures.slide import Figure, plain
from explainer.figures.tiles import DARK, LIGHT, diverging, magma
from explainer.ui.legends import keys_of
from explainer.ui.taking_away import Made, for_paper
from explainer.ui.words import inline

TOLD = "handout_of"  # in the session


def tell_words(chapter: Chapter, values: Mapping[str, object], steps: Sequence[int]) -> None:
    """Keep a chapter's words as they stand on its page. steps: numbers of those on show, from 1."""
    part = values.get("part")
    asked = zip(chapter.questions, chapter.question_parts, strict=True)
    st.session_state.setdefault(TOLD, {}).update(
        name=chapter.name,
        lead=inline(chapter.lead, values),
        tries=inline(chapter.try_this, values),
        takeaway=inline(chapter.takeaway, values),
        steps=[tuple(inline(text, values) for text in chapter.steps[step - 1]) for step in steps],
        questions=[(inline(q, values), inline(a, values)) for (q, a), parts in asked if not parts or part in parts],
    )


def tell_figure(name: str, make: Callable[[], Made] | None, title: str, about: str, legends: Sequence[str]) -> None:
    """Keep how the stage's picture is made, and what is said of it; None: there is none now."""
    st.session_state[TOLD] = {
        "figure_of": name, "make": make, "alt": title, "about": about, "keys": keys_of(legends),
    }  # fmt: skip


def sheet_parts(told: Mapping[str, object]) -> dict:
    """What a sheet needs of it, its picture made; tables and other files are no pictures."""
    make = told.get("make")
    made = make() if callable(make) else None
    about = str(told.get("about", "")) or (made.about if isinstance(made, Figure) else "")
    keys = [(key.text, ramp_of(key.colours)) for key in told.get("keys", ())]
    return {
        **{key: told[key] for key in ("lead", "tries", "takeaway", "steps", "questions")},
        "figure": None if made is None else for_paper(made),
        "alt": html.unescape(str(told.get("alt", ""))),
        "about": plain(about),
        "keys": keys,
    }


def ramp_of(colours: np.ndarray | None) -> str:
    """Which of the house's ramps this is: "signed", "amount" or none."""
    if colours is None:
        return ""
    signed = any(np.array_equal(colours, diverging(palette)) for palette in (LIGHT, DARK))
    return "signed" if signed else "amount" if np.array_equal(colours, magma()) else ""
