"""Networks that are not on this machine yet, and bringing one while the page stays answerable."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explainer.networks import EMBEDDED, ENTRIES
from explainer.networks.fetch import Download
from explainer.ui import state
from explainer.ui.foreign import as_text

LOOK = 0.5  # seconds from one look at a download to the next
SMALL = 25_000_000  # bytes that one may offer to fetch without being asked


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
    known = ENTRIES[name]
    st.caption(f"{known.note} {known.top1:.0f} of 100 right at the first guess.")
    _watched(name, "fetch", f"Fetch {_megabytes(name)}")


def offer_a_better_one() -> None:
    """While the network in the box answers: a better one, at once where it is here, else fetched by one click."""
    if state.current_network().name != EMBEDDED:
        return
    here = [name for name in state.networks_here() if name != EMBEDDED]
    small = [name for name, known in ENTRIES.items() if known.size <= SMALL]
    name = max(here or small, key=lambda name: ENTRIES[name].top1)
    known = ENTRIES[name]
    with st.container(key="better_network", horizontal=True, vertical_alignment="center", gap="small"):
        if trouble_here(name):
            st.caption(f"{known.label} could not be fetched: check the network connection. The menu tells more.")
        else:
            st.caption(
                f"A better network: **{known.label}** is right first time on {known.top1:.0f} of 100 photographs."
            )
        if here:
            st.button("Ask it", key="better", icon=":material/bolt:", on_click=answer_with, args=(name,))
        else:
            _watched(name, "better", f"Fetch {_megabytes(name)} and ask it", then_ask=True)


def answer_with(name: str) -> None:
    """From the next run on, every page answers with this network."""
    st.session_state["network_wanted"] = name


def trouble_here(name: str) -> str:
    """Why a network could not be fetched: said to who asked for it, on the page where they did."""
    download, asked = _downloads().get(name), st.session_state.get("fetch_asked")
    return download.trouble if download and download.trouble and asked == (name, _page()) else ""


def _page() -> str:
    return get_script_run_ctx().page_script_hash


def _megabytes(name: str) -> str:
    return f"{ENTRIES[name].size / 1e6:.0f} MB"


def _watched(name: str, key: str, label: str, then_ask: bool = False) -> None:
    """A button that fetches a network; while it comes, how far it is."""
    download = _downloads().get(name)
    going_on = bool(download and download.going_on)
    st.fragment(_panel, run_every=LOOK if going_on else None)(name, going_on, key, label, then_ask)


@st.cache_resource
def _downloads() -> dict[str, Download]:
    """By network, shared by all visitors: nobody fetches what another is fetching."""
    return {}


def _panel(name: str, was_going_on: bool, key: str, label: str, then_ask: bool) -> None:
    download = _downloads().get(name)
    if was_going_on and not download.going_on:
        if name in state.networks_here():
            st.session_state.pop("network_asked", None)
            if st.session_state.get("fetched_to_ask") == name:
                answer_with(name)
        st.session_state.pop("fetched_to_ask", None)
        st.rerun()
    if download and download.going_on:
        st.button("Stop", icon=":material/stop:", key=f"{key}_stop", on_click=download.stop)
        arrived = download.arrived
        if arrived is None:
            st.progress(0.0, "Connecting …")
        else:
            share = min(arrived.done / arrived.total, 1.0)
            st.progress(share, f"{arrived.done / 1e6:.0f} of {arrived.total / 1e6:.0f} MB")
        return
    if not then_ask and (trouble := trouble_here(name)):
        st.error(as_text(trouble), icon=":material/cloud_off:")
    if st.button(as_text(label), icon=":material/download:", key=key):
        _downloads()[name] = Download(name)
        st.session_state["fetch_asked"] = name, _page()
        if then_ask:
            st.session_state["fetched_to_ask"] = name
        st.rerun()
