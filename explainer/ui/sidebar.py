"""The sidebar: which picture, which network, and presenter mode."""

import numpy as np
import streamlit as st

from explainer.gallery import GROUPS, SAMPLES, sample, thumbnail
from explainer.networks import EMBEDDED, Network
from explainer.pictures import Picture
from explainer.ui import state
from explainer.ui.components import component
from explainer.ui.fetching import fetch_choices
from explainer.ui.foreign import as_text
from explainer.ui.forgetting import forget_button
from explainer.ui.linked import choice
from explainer.ui.picture_taker import camera, picture_buttons
from explainer.ui.tile_grid import Sheet, sheet_of, tile_grid
from explainer.workshop import once


def sidebar() -> None:
    """Draw the sidebar; what is chosen here holds for every chapter and stands in the link."""
    state.note_the_link()
    if wanted := st.session_state.pop("network_wanted", None):
        st.session_state["network"] = wanted
    if "present" in st.session_state and "present" not in st.query_params:
        # Turning to another chapter emptied the link; setting the choice again writes it back.
        st.session_state["present"] = st.session_state["present"]
    with st.sidebar:
        _picture_card()
        _network_card()
        st.toggle(
            "Presenter mode",
            key="present",
            bind="query-params",
            help="Only the chapter, in larger type; the arrow keys turn the chapters. "
            "_For teachers_ has routes, and the notes in a window of their own. "
            "This menu hides behind » at the top left.",
        )
        component("back_button")(key="back_button", height=1)


def presenting() -> bool:
    """Whether presenter mode is on; before the sidebar is first drawn, whether the link asks for it."""
    return bool(st.session_state.get("present", st.query_params.get("present") == "true"))


def _picture_card() -> None:
    with st.container(key="picture_card", border=True):
        face, words = st.columns([1, 3], gap="small", vertical_alignment="center")
        with words.popover(_title(_chosen_picture()), width="stretch", key="choose_picture"):
            _picture_choices()
        state.square_in_link()
        picture = state.current_picture()
        face.image(_thumbnail(picture), width="stretch", alt=f"The picture in use: {_title(_chosen_picture())}")
        words.html(f'<div class="quiet">picture · {picture.width} × {picture.height} pixels</div>')


def _picture_choices() -> None:
    names = [*SAMPLES, state.OWN] if state.own_picture() else list(SAMPLES)
    picture_buttons("picture_buttons", narrow=True)
    if st.toggle("Use the camera", key="camera_on"):
        camera("camera")
    choice("From the gallery", names, "picture", state.default_picture(), called=_title)
    for place, (heading, group) in enumerate(gallery_groups().items()):
        st.html(f'<div class="quiet">{heading}</div>')
        gallery_tiles(group, key=f"gallery_{place}", columns=7)
    if state.own_picture():
        forget_button()


def gallery_groups() -> dict[str, tuple[str, ...]]:
    """The gallery under its headings, things with a name in the order in which the network in the box knows them."""
    first, *others = GROUPS.items()
    return {first[0]: state.best_known(), **dict(others)}


def gallery_tiles(names: tuple[str, ...], *, key: str, columns: int, invitation: str = "") -> None:
    """Some pictures of the gallery, one of which can be chosen."""
    current = _chosen_picture()
    tile_grid(
        _tiles(names),
        key=key,
        labels=[f"{SAMPLES[name].title}: {SAMPLES[name].note}" for name in names],
        selected=names.index(current) if current in names else None,
        on_select=lambda place: st.session_state.update(picture=names[place]),
        alt=f"Pictures of the gallery: {', '.join(SAMPLES[name].title for name in names)}",
        columns=columns,
        smooth=True,
        invitation=invitation,
    )


def _network_card() -> None:
    with st.container(key="network_card", border=True):
        network = state.current_network()
        with st.popover(as_text(network.label), width="stretch", key="choose_network"):
            choice(
                "Network", state.networks_here(), "network", EMBEDDED, called=state.network_label,
                on_change=_forget_the_link,
            )  # fmt: skip
            fetch_choices()
        st.html(f'<div class="quiet">network · {how_often_right(network)}</div>')
        if trouble := state.network_trouble():
            st.warning(as_text(trouble), icon=":material/info:")


def how_many_names(network: Network) -> str:
    """One honest line on how many of its categories a network really met, if its card tells; else empty."""
    known = network.card.get("known_categories")
    if not known:
        return ""
    many = len(network.categories)
    return (
        f"It learned {len(known):,} of its {many:,} names from a fair number of pictures. "
        f"The other {many - len(known):,} it has hardly seen."
    )


def _forget_the_link() -> None:
    st.session_state.pop("network_asked", None)


def how_often_right(network: Network) -> str:
    """One honest line on a network's accuracy, from its card."""
    measured = network.card.get("measured") or {}
    if not measured:
        return "how often it is right is not known"
    figures = next(iter(measured.values()))
    return (
        f"right first time on {figures['top1']:.0f} of 100 test photographs, in five guesses on {figures['top5']:.0f}"
    )


def _chosen_picture() -> str:
    """The picture's name before its picker is drawn: from this session, or from the link."""
    name = state.asked_for("picture")
    known = name in SAMPLES or (name == state.OWN and state.own_picture())
    return name if known else state.default_picture()


def _title(name: str) -> str:
    return "Your picture" if name == state.OWN else SAMPLES[name].title


def _thumbnail(picture: Picture) -> np.ndarray:
    return once(("thumbnail", picture.digest), lambda: thumbnail(picture, 96))


def _tiles(names: tuple[str, ...]) -> Sheet:
    """Thumbnails of 96 pixels; every page of every visitor shows them, so they are made once."""

    def made() -> Sheet:
        return sheet_of(np.stack([thumbnail(sample(name), 96) for name in names]), photographs=True)

    return once(("gallery", names), made, for_all=True)
