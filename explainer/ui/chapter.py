"""What all chapters look like: a question, words on the left, a stage on the right."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explainer.chapters import Aside, Chapter, chapters
from explainer.teaching.lessons import lesson
from explainer.ui import state, taking_away
from explainer.ui.lectern import CHAPTER_NOTES
from explainer.ui.page_keys import page_keys
from explainer.ui.sidebar import presenting
from explainer.ui.taking_away import Download
from explainer.ui.theme import palette
from explainer.ui.told import tell_figure, tell_words
from explainer.ui.words import inline


@dataclass(frozen=True)
class Scene:
    """A chapter's page while it is being drawn.

    values: what the names in braces in the chapter's texts stand for, so that numbers
    among the words are those that the page computed; the page adds to it as it goes.
    "part" among them is the part of the page on show: the steps about it are marked.
    below: the place under the stage, for a closer look.
    """

    values: dict[str, object]
    below: DeltaGenerator


@contextmanager
def chapter_stage(chapter: Chapter) -> Iterator[Scene]:
    """A chapter's head and words; what is drawn inside the ``with`` block goes on the stage.

    The words are written when the block ends, into their place on the left.
    """
    head = st.container()
    words, right = st.columns([1, 2.15], gap="medium")
    stage = right.container(key="stage")
    scene = Scene({}, right.container(key="below"))
    with stage:
        yield scene
    met: set[str] = set()
    with head:
        _head(chapter, scene.values, met)
    with words, st.container(key="words"):
        _words(chapter, scene.values, met)
    tell_words(chapter, scene.values, steps_told(chapter, scene.values.get("part")))


def aside_head(aside: Aside) -> None:
    """The head of a page that is no chapter."""
    st.html(
        f'<div class="head"><h1>{escape(aside.title)}</h1><p class="lead">{inline(aside.lead, {}, set())}</p></div>'
    )


def _head(chapter: Chapter, values: Mapping[str, object], met: set[str]) -> None:
    number = f" · {chapter.number}" if chapter.number else ""
    st.html(
        f'<div class="head"><div class="kicker">{escape(chapter.section)}{number}</div>'
        f'<h1>{escape(chapter.title)}</h1><p class="lead">{inline(chapter.lead, values, met)}</p></div>'
    )


def _words(chapter: Chapter, values: Mapping[str, object], met: set[str]) -> None:
    part = values.get("part")
    now = _steps_now(chapter, part)
    tries = _aside("Try this.", chapter.try_this, values, met)
    steps = [
        f'<div class="step{" shown" if step in now else ""}"><h4>{number} · {inline(heading, values)}</h4>'
        f"<p>{inline(text, values, met)}</p></div>"
        for number, step in enumerate(steps_told(chapter, part), start=1)
        for heading, text in [chapter.steps[step - 1]]
    ]
    questions = [
        f'<details class="aside"><summary><b class="kind">Predict first.</b> {inline(question, values)} '
        f'<span class="reveal">Show</span></summary><p>{inline(answer, values, met)}</p></details>'
        for (question, answer), parts in zip(chapter.questions, chapter.question_parts, strict=True)
        if not parts or part in parts
    ]
    st.html("".join([tries, *steps, *questions, _aside("Take away.", chapter.takeaway, values, met)]))
    if presenting():
        st.session_state[CHAPTER_NOTES] = [inline(note, values) for note in chapter.notes.splitlines()]
    with st.expander("Sources", icon=":material/menu_book:"):
        st.markdown("\n".join(f"- [{text}]({url})" for text, url in chapter.sources))


def _aside(kind: str, text: str, values: Mapping[str, object], met: set[str]) -> str:
    return f'<div class="aside"><p><b class="kind">{kind}</b> {inline(text, values, met)}</p></div>'


def _steps_now(chapter: Chapter, part: object) -> list[int]:
    """Numbers of the steps about the part on show, from 1; where no step is about any part, the first."""
    if not any(chapter.parts):
        return [1]
    return [number for number, parts in enumerate(chapter.parts, start=1) if part in parts]


def steps_told(chapter: Chapter, part: object) -> list[int]:
    """Numbers of the steps that are shown with a part of the page, from 1."""
    now = _steps_now(chapter, part)
    return [step for step in now if chapter.alone[step - 1]] or [
        step for step, apart in enumerate(chapter.apart, start=1) if step in now or not apart
    ]


def foot(
    chapter: Chapter,
    *,
    legends: Sequence[str],
    values: Mapping[str, object],
    download: Download | None,
    file_name: str,
    title: str | None = None,
    about: str = "",
) -> None:
    """The stage's foot: what the colours mean; the code, the link and the picture to take away.

    ``legends`` come from :func:`explainer.ui.legends`; ``values`` fill in the code's names in braces;
    ``download`` is a figure or a file, or makes one when it is asked for; None where there is nothing to take away.
    A figure goes under ``title``, the chapter's where not given, and a drawing's ``about``.
    """
    with st.container(key="foot", horizontal=True, vertical_alignment="center"):
        st.html(f'<div class="legends">{"".join(legends)}</div>', width="stretch")
        with st.popover("Code", icon=":material/code:", key="code"):
            st.caption("These lines make this figure, in a notebook or a script beside the app’s folder.")
            st.code(_code(chapter, values), language="python", wrap_lines=True)
        with st.popover("Link", icon=":material/link:", key="link"):
            st.caption("This address opens the page just as it is now, except for a picture of your own.")
            st.code(address(), language=None, wrap_lines=True)
        source, colours = taking_away.source_line(chapter, values), palette()

        def make() -> taking_away.Made:
            return download() if callable(download) else download

        def file() -> bytes:
            return taking_away.finished(make(), title or chapter.title, legends, source, colours, about)

        tell_figure(chapter.name, None if download is None else make, title or chapter.title, about, legends)
        st.download_button(
            "Download", b"" if download is None else file, file_name, on_click="ignore",
            icon=":material/download:", key="download", disabled=download is None,
        )  # fmt: skip


def _code(chapter: Chapter, values: Mapping[str, object]) -> str:
    """The chapter's lines as they can be run; a picture of one's own is read from a file."""
    code = chapter.code.format(**values)
    if square := state.current_square():
        this = f'sample("{st.session_state["picture"]}")'
        code = code.replace(this, f"{this}.framed{square}")
    if 'sample("own")' in code:
        code = code.replace('sample("own")', 'load_picture("my.jpg")')
        code = code.replace("explainer.gallery import sample", "explainer.pictures import load_picture")
    return code


def turn_pages(current: Chapter | Aside) -> None:
    """Previous and next chapter at the foot of the page, and by keys while presenting."""
    if isinstance(current, Aside):
        return page_keys((), presenting())
    every = chapters()
    place = every.index(current)
    before = every[place - 1] if place > 0 else None
    after = every[place + 1] if place + 1 < len(every) else None
    if after and (bridge := lesson(current.name).bridge):
        st.html(f'<p class="bridge">{inline(bridge, {}, set())}</p>')
    with st.container(key="turn_pages", horizontal=True, horizontal_alignment="distribute"):
        for neighbour, arrow, side in (
            (before, ":material/arrow_back:", "left"),
            (after, ":material/arrow_forward:", "right"),
        ):
            if neighbour is None:
                st.space("small")
            elif st.button(
                neighbour.menu, key=f"turn_{side}", icon=arrow, icon_position=side, type="tertiary",
            ):  # fmt: skip
                st.switch_page(st.session_state["pages"][neighbour.name], query_params={})
    page_keys(current.keys, presenting())


def address() -> str:
    """The address of the page as it is now."""
    base = (st.context.url or "").split("?")[0]
    query = urlencode(st.query_params.to_dict())
    return f"{base}?{query}" if query else base
