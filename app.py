"""How Machines See: the router. Chapters are found by their data files; see explainer/chapters/__init__.py."""

import logging
import secrets
from functools import partial

import streamlit as st

from explainer.chapters import FORMER_ADDRESSES, SECTIONS, Chapter, asides, chapters
from explainer.classroom.desk import desk
from explainer.errors import ExplainerError
from explainer.places import ASSETS
from explainer.threads import one_thread_each
from explainer.ui.card import card_if_wanted
from explainer.ui.chapter import turn_pages
from explainer.ui.detector_names import keep_names
from explainer.ui.foreign import as_text
from explainer.ui.garbage import search_now_and_then
from explainer.ui.going import go_where_asked, listen_to_words
from explainer.ui.lectern import lectern
from explainer.ui.lost import note_a_missing_picture, say_what_is_lost, watch_over_what_is_held
from explainer.ui.picture_taker import take_pictures_everywhere
from explainer.ui.sidebar import presenting, sidebar
from explainer.ui.theme import apply_styles

one_thread_each()
search_now_and_then()
st.set_page_config(
    page_title="How Machines See", page_icon=str(ASSETS / "icon.png"), layout="wide",
    initial_sidebar_state="collapsed" if presenting() else "auto",
)  # fmt: skip

pages = {
    chapter.name: st.Page(
        chapter.page,
        title=f"{chapter.number} · {chapter.menu}" if chapter.number else chapter.menu,
        url_path=chapter.name.replace("_", "-"),
        default=chapter.name == "home",
    )
    for chapter in chapters()
}
pages |= {aside.name: st.Page(f"pages/{aside.name}.py", title=aside.menu, url_path=aside.name) for aside in asides()}
st.session_state["pages"] = pages  # the way to other chapters, for the pages


def lead_on(name: str) -> None:
    st.switch_page(pages[name], query_params=st.query_params.to_dict())


former = [
    st.Page(partial(lead_on, name), title=name, url_path=address, visibility="hidden")
    for address, name in FORMER_ADDRESSES.items()
]
menu = {section: [pages[c.name] for c in chapters() if c.section == section] for section in SECTIONS}
menu[SECTIONS[0]] += [pages[aside.name] for aside in asides()]
page = st.navigation({section: entries for section, entries in menu.items() if entries} | {"": former}, expanded=True)
if page in former:
    page.run()
current = next(one for one in (*chapters(), *asides()) if pages[one.name] == page)
st.set_page_config(page_title="How Machines See" if current.name == "home" else f"{current.menu} · How Machines See")
go_where_asked(current.name)

lost = st.container()
note_a_missing_picture()
try:
    sidebar()
    take_pictures_everywhere()
    listen_to_words()
    keep_names()
    apply_styles(presenting())
    with lost:
        say_what_is_lost(current.name)
    page.run()
    lectern(current)
    if isinstance(current, Chapter):
        desk(current)
    turn_pages(current)
    card_if_wanted()
    watch_over_what_is_held()
except ExplainerError as error:
    st.error(as_text(error), icon=":material/info:")
except Exception:
    ticket = secrets.token_hex(4)
    logging.getLogger("explainer").exception("Page %s failed, ticket %s", current.name, ticket)
    st.error(
        f"This page could not be drawn. Reload it, or choose another picture; if it happens again, "
        f"tell whoever runs this app the number **{ticket}**.",
        icon=":material/error:",
    )
