"""What stays of a visit, said as it is; and a button that forgets it now."""

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime import exists, get_instance

from explainer.ui.visitors import visitor
from explainer.workshop import give_back, store

STAYS = (
    "Your pictures, and what is computed from them, stay in the memory of the machine that runs this app. They are "
    "gone a minute after you close the page."
)
NAMES_STAY = "Names of detectors, yours and those that a link brought, stay in this browser until you forget them here."


def forget_button() -> None:
    """A sentence on what stays, and a button that forgets all of this visit."""
    st.caption(f"{STAYS} {NAMES_STAY}")
    st.button("Forget it now", key="forget_now", icon=":material/delete:", on_click=forget_this_visit)


def forget_this_visit() -> None:
    """Drop this visitor's uploads, settings, work and results; and the names they gave, in the browser as well."""
    if exists():
        get_instance().uploaded_file_mgr.remove_session_files(visitor())
    st.session_state.clear()
    for key in list(st.query_params):
        with suppress(StreamlitAPIException):  # some belong to controls, and say nothing of what was given
            del st.query_params[key]
    store.forget(visitor())
    give_back()
