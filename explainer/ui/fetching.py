"""Networks that are not on this machine yet, and bringing one while the page stays answerable."""

import streamlit as st

from explainer.networks import ENTRIES
from explainer.networks.fetch import Download
from explainer.ui import state
from explainer.ui.foreign import as_text

LOOK = 0.5  # seconds from one look at a download to the next


def fetch_choices() -> None:
    """What is not here, with a button that brings it."""
    here = state.networks_here()
    missing = [name for name in ENTRIES if name not in here]
    if not missing:
        return
    st.caption("Not on this machine yet. Fetching needs a network connection, once.")
    asked = st.session_state.get("network_asked")
    name = st.selectbox(
        "To fetch", missing, missing.index(asked) if asked in missing else 0,
        format_func=lambda name: ENTRIES[name].label, key="to_fetch",
    )  # fmt: skip
    known, download = ENTRIES[name], _downloads().get(name)
    st.caption(f"{known.note} {known.top1:.0f} of 100 right at the first guess.")
    going_on = bool(download and download.going_on)
    st.fragment(_panel, run_every=LOOK if going_on else None)(name, going_on)


@st.cache_resource
def _downloads() -> dict[str, Download]:
    """By network, shared by all visitors: nobody fetches what another is fetching."""
    return {}


def _panel(name: str, was_going_on: bool) -> None:
    download = _downloads().get(name)
    if was_going_on and not download.going_on:
        if name in state.networks_here():
            st.session_state.pop("network_asked", None)
        st.rerun()
    if download and download.going_on:
        st.button("Stop", icon=":material/stop:", key="fetch_stop", on_click=download.stop)
        arrived = download.arrived
        if arrived is None:
            st.progress(0.0, "Connecting …")
        else:
            share = min(arrived.done / arrived.total, 1.0)
            st.progress(share, f"{arrived.done / 1e6:.0f} of {arrived.total / 1e6:.0f} MB")
        return
    if download and download.trouble:
        st.error(as_text(download.trouble), icon=":material/cloud_off:")
    size = ENTRIES[name].size / 1e6
    if st.button(f"Fetch {size:.0f} MB", icon=":material/download:", key="fetch"):
        _downloads()[name] = Download(name)
        st.rerun()
