"""At a chapter’s end, folded: what one can do now, exercises with worked answers, what is often believed, a quiz."""

import streamlit as st

from explainer.chapters import Chapter
from explainer.classroom.answers import answers
from explainer.classroom.handout import Sheet, handout
from explainer.classroom.handout import words as handout_words
from explainer.classroom.quiz.fold import quiz_fold
from explainer.teaching.lessons import lesson, words
from explainer.ui.chapter import address
from explainer.ui.told import TOLD, sheet_parts
from explainer.ui.words import inline


def desk(chapter: Chapter) -> None:
    """Four folds; nothing of them is seen until one is opened."""
    found, said = lesson(chapter.name), words()
    values, sheets = answers(chapter.name), handout_words()

    def fold(title: str, body: str) -> str:
        return f'<details class="aside"><summary><b class="kind">{title}</b></summary>{body}</details>'

    goals = "".join(f"<li>{inline(goal, values, set())}</li>" for goal in found.goals)
    exercises = "".join(
        f'<li><p><span class="quiet">{said["levels"][one.level - 1]}</span> {inline(one.task, values, set())}</p>'
        f"<details><summary>{said['answer']}</summary><p>{inline(one.answer, values, set())}</p></details></li>"
        for one in found.exercises
    )
    beliefs = "".join(
        f"<li><p><b>“{inline(one.belief, values)}”</b></p><p>{inline(one.test, values, set())}</p></li>"
        for one in found.misconceptions
    )
    with st.container(key="desk"):
        st.html(
            fold(said["goals"], f"<p>{said['goals_lead']}</p><ul>{goals}</ul>")
            + fold(said["exercises"], f"<ol>{exercises}</ol>")
            + fold(said["misconceptions"], f"<p>{said['misconceptions_lead']}</p><ul>{beliefs}</ul>")
        )
        quiz_fold(chapter)
        told, link = st.session_state.get(TOLD, {}), address()
        if told.get("name") == chapter.name:
            st.download_button(
                sheets["button"], lambda: handout([Sheet(chapter.name, link, **sheet_parts(told))]).encode(),
                f"handout-{chapter.name}.html", "text/html", key="handout", on_click="ignore",
                icon=":material/print:", help=sheets["help"],
            )  # fmt: skip
