"""Links in the words: they set the stage, here or in another chapter, and nothing of the visitor's is lost."""

import re
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explainer.ui.components import component
from explainer.ui.linked import let_go

EVERYWHERE = ("picture", "network", "square", "present", "route", "names")  # what stands in every chapter's link
_NAME = "living_words"


def listen_to_words() -> None:
    """Let links in the words act, and terms say what they mean."""
    component(_NAME)(key=_NAME, height=1, on_go_change=_hear)


def _hear() -> None:
    given = st.session_state[_NAME].get("go")
    if isinstance(given, str):
        go(given)


def go(link: str, *, wholly: bool = False) -> None:
    """From the next run on, show what a link says: "?state", "chapter" or "chapter?state".

    wholly: what the link does not say is as on a first visit; else it stays as it is.
    """
    st.session_state["going"] = link, wholly


def go_where_asked(here: str) -> None:
    """Follow the link that was pressed, if one was. ``here``: the name of the page on show."""
    link, wholly = st.session_state.pop("going", (None, False))
    if link is None:
        return
    name, state = parted(link)
    name = name or here
    if name not in st.session_state["pages"]:
        return
    before = st.query_params.to_dict()
    stays = before if name == here and not wholly else {key: before[key] for key in EVERYWHERE if key in before}
    if wholly:
        let_go(None)
    let_go(state)
    _open_with({**stays, **state})
    if name != here:
        st.switch_page(st.session_state["pages"][name], query_params={**stays, **state})


def _open_with(query: dict[str, str]) -> None:
    """Let the run that has just begun read its link from ``query``, as if the page were opened with it.

    Streamlit has no command for that: it lets nobody but a control itself write what is bound to the control.
    """
    with get_script_run_ctx().session_state.query_params() as link:
        for widget in list(link._bindings_by_widget):
            link.unbind_widget(widget)
        link.from_dict(query)
        link.set_initial_query_params_from_current()


def parted(link: str) -> tuple[str, dict[str, str]]:
    """A link's page, empty for the one on show, and its state."""
    name, _, state = link.partition("?")
    pairs = parse_qsl(state, keep_blank_values=True)
    return name, {key: value for key, value in pairs if re.fullmatch(r"[a-z_]+", key)}
