"""The quiz on the page: a fold that works out nothing until it is opened, then one question at a time."""

import secrets

import streamlit as st

from explainer.chapters import Chapter
from explainer.classroom.quiz.engine import Question, Sitting, sitting
from explainer.classroom.quiz.stage import Stage
from explainer.classroom.quiz.summary import rows, score, summary
from explainer.teaching.quizzes import words
from explainer.ui import state
from explainer.ui.foreign import as_text
from explainer.ui.words import inline

SITTINGS = "quizzes"  # in the session: a chapter's quiz, as far as it has come
MARKS = {True: ":material/check:", False: ":material/close:"}


@st.fragment
def quiz_fold(chapter: Chapter) -> None:
    """A fold with the chapter's quiz; pressing an answer draws nothing but this fold anew."""
    fold = st.expander(words()["title"], key=f"quiz_{chapter.name}", on_change="rerun")
    if not fold.open:
        return
    with fold, st.container(key="quiz"):
        quiz = _sitting(chapter)
        if quiz.over:
            _end(chapter, quiz)
        else:
            _question(quiz)


def _sitting(chapter: Chapter) -> Sitting:
    """The quiz begun here, or a new one about what is on the stage now. Begun, it stays what it is."""
    begun = st.session_state.setdefault(SITTINGS, {})
    if chapter.name not in begun:
        shown = st.query_params.to_dict() | st.session_state.to_dict()
        stage = Stage(state.current_network(), state.current_picture(), shown)
        begun[chapter.name] = sitting(chapter.name, stage, secrets.randbelow(1_000_000))
    return begun[chapter.name]


def _question(quiz: Sitting) -> None:
    said, at, question = words(), quiz.at, quiz.questions[quiz.at]
    place = said["place"].format(place=at + 1, count=len(quiz.questions))
    st.html(f'<p class="quiet">{place}</p><p class="ask" role="status">{inline(question.ask, {})}</p>')
    for number, answer in enumerate(question.answers):
        chosen = quiz.answered and number in (quiz.given[at], quiz.looked_at, question.right)
        icon = MARKS[number == question.right] if chosen else None
        st.button(
            as_text(answer.text), key=f"quiz_answer_{at}_{number}", on_click=quiz.answer, args=(at, number),
            icon=icon, width="stretch", wrap=True,
        )  # fmt: skip
    if quiz.answered:
        st.html(f'<div class="told_why" role="status">{_why(question, quiz.given[at], quiz.looked_at)}</div>')
        last = at + 1 == len(quiz.questions)
        st.button(said["end" if last else "next"], key=f"quiz_next_{at}", on_click=quiz.go_on, type="primary")


def _why(question: Question, given: int, looked_at: int) -> str:
    """Why the answer pressed last is right or wrong; under the first choice, if it is wrong, which one is right."""
    said, right = words(), question.answers[question.right]
    verdict = said["right" if looked_at == question.right else "wrong"]
    told = f"<p><b>{verdict}</b> {inline(question.answers[looked_at].why, {})}</p>"
    if looked_at != given or given == question.right:
        return told
    return f"{told}<p><b>{inline(said['was'].format(text=right.text), {})}</b> {inline(right.why, {})}</p>"


def _end(chapter: Chapter, quiz: Sitting) -> None:
    said = words()
    st.html(f'<p class="ask" role="status">{score(quiz)}</p><p class="quiet">{said["kept"]}</p>{rows(quiz)}')
    with st.container(horizontal=True):
        st.button(
            said["again"], key="quiz_again", on_click=st.session_state[SITTINGS].pop, args=(chapter.name, None),
            help=said["again_help"], icon=":material/replay:",
        )  # fmt: skip
        st.download_button(
            said["take"], lambda: summary(chapter, quiz).encode(), f"quiz-{chapter.name}.html", "text/html",
            key="quiz_take", on_click="ignore", icon=":material/download:", help=said["take_help"],
        )  # fmt: skip
