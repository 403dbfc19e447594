"""Says what a page has lost: after a restart of the app, or when a tab slept for longer than its session is kept.

The browser goes on with the page that it shows, and the link brings back what stands in it. What
was kept in the session alone is gone. A witness in the browser remembers which session the page
belonged to and what that one held; where another session answers, it tells, and the page says so.
"""

import streamlit as st

from explainer.ui import state
from explainer.ui.components import component
from explainer.ui.visitors import visitor

# What a session holds that stands in no link, by the beginning and the end of its key there.
HELD = {
    ("own_picture", ""): "your own picture",
    ("corpus_uploads", ""): "the pictures you gave to be looked through",
    ("learning", "_work"): "the training",
    ("tuning", "_work"): "the search",
    ("dream_pins", ""): "the pictures you pinned",
    ("dream_", "_work"): "the dream",
}
_WITNESS = "witness"


def held() -> list[str]:
    """What the visitor would lose with the session, in words."""
    there = [key for key in st.session_state if isinstance(key, str)]  # values only of these few: each costs a look
    return [
        words
        for (start, end), words in HELD.items()
        if any(st.session_state[key] for key in there if key.startswith(start) and key.endswith(end))
    ]


def say_what_is_lost(page: str) -> None:
    """A sentence on what is no longer here; until the visitor turns to another chapter."""
    lost = st.session_state.get("lost")
    if lost and lost.setdefault("page", page) != page:
        del st.session_state["lost"]
    elif lost and (words := sentence(lost.get("things", []), lost.get("asked", False))):
        st.warning(words, icon=":material/history:")


def sentence(things: list[str], own_picture_asked: bool) -> str:
    """What to say where these ``things`` are gone; or where a link asks for an own picture that is not here."""
    own = HELD["own_picture", ""]
    again = " Give your picture again at the side." if own in things or own_picture_asked else ""
    if things:
        listed = things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"
        gone = "is gone" if len(things) == 1 and "pictures" not in listed else "are gone"
        return (
            f"The app was restarted, or this page slept for too long: {listed} {gone}. "
            f"What stands in the link is as it was.{again}"
        )
    if own_picture_asked:
        return f"This link shows somebody’s own picture. It is not here, or no longer; here is another one.{again}"
    return ""


def note_a_missing_picture() -> None:
    """Remember that the link asks for an own picture that is not here: its picker drops such a name."""
    if st.query_params.get("picture") == state.OWN and not state.own_picture():
        st.session_state.setdefault("lost", {})["asked"] = True
    elif state.own_picture() and st.session_state.get("lost", {}).get("asked"):
        del st.session_state["lost"]


def watch_over_what_is_held() -> None:
    """Tell the witness in the browser which session this is, and what it holds; hear it when that has changed."""
    component(_WITNESS)(
        key=_WITNESS, data={"session": visitor(), "held": held()}, height=1,
        on_lost_change=_hear, on_back_change=lambda: None,
    )  # fmt: skip


def _hear() -> None:
    told = st.session_state[_WITNESS].get("lost")
    things = [words for words in HELD.values() if isinstance(told, list) and words in told and words not in held()]
    if things:
        st.session_state.setdefault("lost", {})["things"] = things
