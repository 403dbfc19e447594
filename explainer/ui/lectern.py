"""What a teacher has while presenting: where one is on the route, the clock, and notes in a window of their own."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from explainer.chapters import Aside, Chapter
from explainer.teaching.routes import Route, link_to, on_route, words
from explainer.ui.components import component
from explainer.ui.going import go
from explainer.ui.sidebar import presenting

CHAPTER_NOTES = "chapter_notes"  # in the session: what the chapter on show has to say to the teacher, as HTML


def route_now() -> tuple[Route, int] | None:
    """The route that is being presented and the place on it."""
    st.session_state["route"] = st.query_params.get("route", st.session_state.get("route"))
    return on_route(st.session_state["route"]) if presenting() else None


def lectern(current: Chapter | Aside) -> None:
    """While presenting: the bar of the route, and the notes for the window that listens."""
    if not presenting():
        st.session_state.pop("route", None)
        return
    here = route_now()
    notes = st.session_state.get(CHAPTER_NOTES, ()) if isinstance(current, Chapter) else ()
    data = {"title": current.title, "notes": notes_html(here, notes), "clock": None}
    with st.container(key="route_bar" if here else "no_route", horizontal=True, vertical_alignment="center"):
        if here:
            route, place = here
            if st.query_params.get("route") != f"{route.name}-{place + 1}":
                st.query_params["route"] = f"{route.name}-{place + 1}"
            _turn("left", route, place - 1)
            st.html(f'<span class="quiet">{place + 1}/{len(route.stops)}</span>', width="content")
            _turn("right", route, place + 1)
            start = route.reached(place)
            end = start + route.stops[place].minutes
            data["clock"] = {"route": route.name, "of": words()["clock"].format(end=end), "end": end}
        component("lectern")(key="lectern", data=data, height=28 if here else 1, width=150 if here else 1)


def _turn(side: str, route: Route, place: int) -> None:
    there = 0 <= place < len(route.stops)
    st.button(
        "", key=f"route_{side}", icon=":material/arrow_back:" if side == "left" else ":material/arrow_forward:",
        help=route.stops[place].goal if there else None, disabled=not there, on_click=go,
        args=(link_to(route, place),) if there else (), kwargs={"wholly": True}, type="tertiary",
    )  # fmt: skip


def notes_html(here: tuple[Route, int] | None, notes: Sequence[str]) -> str:
    """What the window with the notes shows: the stop's, then the chapter's, which are HTML already."""
    said, blocks = words(), []
    if here:
        route, place = here
        stop, start = route.stops[place], route.reached(place)
        times = said["from_to"].format(start=start, end=start + stop.minutes)
        blocks.append(f'<p class="where">{escape(route.title)} · {place + 1}/{len(route.stops)} · {times}</p>')
        told = ((said[key], getattr(stop, key)) for key in ("goal", "say", "ask", "wrong"))
        blocks += [f"<h3>{head}</h3><p>{escape(text)}</p>" for head, text in told]
        if place + 1 < len(route.stops):
            blocks.append(f"<h3>{said['next']}</h3><p>{escape(route.stops[place + 1].goal)}</p>")
    if notes:
        items = "".join(f"<li>{note}</li>" for note in notes)
        blocks.append(f"<h3>{said['notes_title']}</h3><ul>{items}</ul>")
    return "".join(blocks)


def notes_window() -> None:
    """The window with the notes: it follows what is presented in another tab of the same browser."""
    said = words()
    component("notes_window")(key="notes_window", data={"wait": said["notes_wait"], "clock": said["minutes"]})
