"""The one picture and the one network that every chapter shows."""

from pathlib import Path

import streamlit as st

from explainer.errors import ExplainerError
from explainer.gallery import SAMPLES, sample
from explainer.networks import EMBEDDED, Network, Trace, available, find_weights, load_network
from explainer.pictures import Picture

OWN = "own"  # in the link and the picker, the visitor's own picture
DEFAULT_PICTURE = next(iter(SAMPLES))


def current_picture() -> Picture:
    """The picture chosen in the sidebar: the visitor's own, or one of the gallery's."""
    name = st.session_state.get("picture", DEFAULT_PICTURE)
    return own_picture() or sample(DEFAULT_PICTURE) if name == OWN else sample(name)


def own_picture() -> Picture | None:
    """The visitor's own picture, once there is one."""
    return st.session_state.get("own_picture")


def current_network() -> Network:
    """The network chosen in the sidebar; the one in the box where that one can't be used."""
    name = st.session_state.get("network", EMBEDDED)
    try:
        return _shared_network(name, *_version(find_weights(name)))
    except ExplainerError as error:
        st.warning(f"{error} The app goes on with the network in the box.", icon=":material/info:")
        return _shared_network(EMBEDDED, *_version(find_weights(EMBEDDED)))


def current_trace() -> Trace:
    """What the current picture leaves in the current network."""
    return current_network().trace(current_picture())


def networks_here() -> list[str]:
    """Names of the networks that can be chosen at once."""
    return available()


def _version(path: Path | None) -> tuple[str, float]:
    """A file and when it changed: a replaced weights file is loaded anew."""
    return (str(path), path.stat().st_mtime) if path else ("", 0.0)


@st.cache_resource(max_entries=4, show_spinner="Loading the network …")
def _shared_network(name: str, path: str, changed: float) -> Network:
    """One copy of a network for all visitors; it holds no visitor's state but traces by digest."""
    return load_network(name, path or None)
