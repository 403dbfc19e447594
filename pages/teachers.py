"""For teachers: routes through the chapters; with ``?notes=``, the window with the notes to what is presented."""

from html import escape

import streamlit as st

from explainer.chapters import asides
from explainer.teaching.routes import Route, link_to, routes, words
from explainer.ui.chapter import aside_head
from explainer.ui.going import go, parted
from explainer.ui.lectern import notes_window
from explainer.ui.linked import segments
from explainer.ui.words import acting, place_words

said = words()


def stop_row(route: Route, place: int) -> str:
    stop, start = route.stops[place], route.reached(place)
    times = said["from_to"].format(start=start, end=start + stop.minutes)
    told = "".join(f"<dt>{said[key]}</dt><dd>{escape(getattr(stop, key))}</dd>" for key in ("say", "ask", "wrong"))
    link = acting(escape(place_words(parted(stop.link)[0])), stop.link)
    return (
        f'<li><span class="number">{times}</span><div><b>{link}</b><p>{escape(stop.goal)}</p>'
        f"<details><summary>{said['open']}</summary><dl>{told}</dl></details></div></li>"
    )


def route_html(route: Route) -> str:
    blocks = []
    for number, places in enumerate(route.lessons(), start=1):
        if route.homework:
            blocks.append(f"<h3>{said['lesson'].format(number=number)}</h3>")
        blocks.append(f'<ol class="route">{"".join(stop_row(route, place) for place in places)}</ol>')
        if route.homework:
            blocks.append(f"<p><b>{said['homework']}.</b> {escape(route.homework[number - 1])}</p>")
    return "".join(blocks)


if "notes" in st.query_params:
    st.html(f'<div class="head"><h1>{said["notes_title"]}</h1></div>')
    notes_window()
else:
    aside_head(next(aside for aside in asides() if aside.name == "teachers"))
    every = routes()
    name = segments(
        said["choose"],
        list(every),
        "which",
        called=lambda one: every[one].title,
        label_visibility="collapsed",
        wrap=True,
    )
    route = every[name]
    st.html(f"<p>{said['minutes'].format(minutes=route.minutes)}. {escape(route.about)}</p>")
    with st.container(horizontal=True, vertical_alignment="center", key="route_actions"):
        st.button(
            said["present"], key="present_route", icon=":material/co_present:", type="primary", on_click=go,
            args=(link_to(route, 0),), kwargs={"wholly": True},
        )  # fmt: skip
        st.html(f'<a href="teachers?notes=1" target="_blank" rel="opener">{said["notes"]}</a>', width="content")
    st.html(route_html(route))
