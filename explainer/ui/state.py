"""The one picture and the one network that every chapter shows."""

from contextlib import nullcontext

import streamlit as st

from explainer.errors import ExplainerError
from explainer.first_picture import in_order
from explainer.gallery import GROUPS, sample
from explainer.networks import EMBEDDED, ENTRIES, Network, Trace, available, find_weights, shared_network
from explainer.networks.shared import is_loaded
from explainer.pictures import Picture
from explainer.ui.linked import new_in_link, write
from explainer.workshop import once

OWN = "own"  # in the link and the picker, the visitor's own picture


def default_picture() -> str:
    """The picture that visitors meet first: the one that the network in the box knows best."""
    return best_known()[0]


def best_known() -> tuple[str, ...]:
    """The gallery's things with a name, from what the network in the box knows best to what it knows worst."""
    network = _usable(EMBEDDED)
    return in_order(network) if isinstance(network, Network) else GROUPS[next(iter(GROUPS))]


def current_picture() -> Picture:
    """The picture chosen in the sidebar: the visitor's own, or one of the gallery's."""
    name = _picture_name()
    picture = own_picture() or sample(default_picture()) if name == OWN else sample(name)
    square = current_square()
    return once(("framed", picture.digest, square), lambda: picture.framed(*square)) if square else picture


def current_square() -> tuple[int, int, int] | None:
    """The square that the visitor chose on the current picture; see :meth:`Picture.framed`."""
    of, square = st.session_state.get("square", (None, None))
    return square if of == _picture_name() else None


def choose_square(square: tuple[int, int, int] | None) -> None:
    """From here on networks see this square of the current picture; None: what they cut from the middle."""
    st.session_state["square"] = _picture_name(), square


def square_of(given: object) -> tuple[int, int, int] | None:
    """Three whole numbers, from the link as "120-40-600" or from the browser as a list; None if they are none."""
    numbers = given.split("-") if isinstance(given, str) else given
    if not isinstance(numbers, list) or len(numbers) != 3:
        return None
    fit = [str(number) for number in numbers]
    return tuple(map(int, fit)) if all(n.isascii() and n.isdigit() and len(n) <= 4 for n in fit) else None


def square_in_link() -> None:
    """Take the square from the link at the first sight of it; afterwards write the chosen one there."""
    if "square" not in st.session_state or new_in_link("square"):
        choose_square(square_of(st.query_params.get("square", "")))
    square = current_square()
    write("square", "-".join(map(str, square)) if square else None)


def _picture_name() -> str:
    return st.session_state.get("picture") or default_picture()


def own_picture() -> Picture | None:
    """The visitor's own picture, once there is one."""
    return st.session_state.get("own_picture")


def current_network() -> Network:
    """The network chosen in the sidebar; the one in the box where that one can't be used."""
    found = _usable(_chosen_network())
    return found if isinstance(found, Network) else _usable(EMBEDDED)


def network_trouble() -> str:
    """Why the network that was chosen, or asked for by the link, is not the one in use; empty if it is."""
    found = _usable(_chosen_network())
    if not isinstance(found, Network):
        return f"{found} The app goes on with the network in the box."
    asked = st.session_state.get("network_asked")
    if asked:
        return f"The link asks for {ENTRIES[asked].title}, which is not on this machine yet. Fetch it above."
    return ""


def note_the_link() -> None:
    """Remember a network that the link asks for and that is not here: its picker drops such a name."""
    asked = st.query_params.get("network")
    if asked in ENTRIES and asked not in networks_here():
        st.session_state["network_asked"] = asked


def current_trace() -> Trace:
    """What the current picture leaves in the current network."""
    return current_network().trace(current_picture())


def second_network() -> Network | None:
    """Another network on this machine, for a second opinion; None if there is only one."""
    others = (_usable(name) for name in networks_here() if name != current_network().name)
    return next((found for found in others if isinstance(found, Network)), None)


def network_label(name: str) -> str:
    """What the pages call a network of this machine."""
    if name in ENTRIES:
        return ENTRIES[name].label
    found = _usable(name)
    return found.label if isinstance(found, Network) else "the small AlexNet"


def networks_here() -> list[str]:
    """Names of the networks that can be chosen at once."""
    return available()


def network_called(name: str) -> Network | None:
    """Another network of this machine, to compare with; None where it can't be used."""
    found = _usable(name)
    return found if isinstance(found, Network) else None


def asked_for(key: str) -> str | None:
    """A choice before its list is drawn: a new one in the link, or this session's."""
    return new_in_link(key) or st.session_state.get(key)


def _chosen_network() -> str:
    """From this session, or before its picker is drawn, from the link."""
    name = asked_for("network")
    return name if name in networks_here() else EMBEDDED


def _usable(name: str) -> Network | str:
    """The one copy of a network for all visitors, or why there is none."""
    path = find_weights(name)
    try:
        with nullcontext() if is_loaded(name, path) else st.spinner("Loading the network …"):
            return shared_network(name, path)
    except ExplainerError as error:
        return str(error)
