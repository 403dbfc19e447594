"""What the chapter on limits computes once for all visitors."""

import streamlit as st

from explainer.figures.limits import film, sweep_sheet
from explainer.limits import Kind, Nudge, Sweep, nudge, sweep
from explainer.networks import Network
from explainer.pictures import Picture

_KNOWN_BY = {Network: lambda n: n.digest, Picture: lambda picture: picture.digest, Kind: lambda kind: kind.name}


@st.cache_resource(max_entries=10, show_spinner="Changing the picture step by step …", hash_funcs=_KNOWN_BY)
def finished_sweep(network: Network, picture: Picture, kind: Kind) -> tuple[Sweep, bytes, bytes]:
    """A whole sweep, its film (JPEG) and its sheet for slides (PNG)."""
    found = sweep(network, picture, kind)
    return found, film(found), sweep_sheet(found, network.label)


@st.cache_resource(max_entries=10, show_spinner="Looking for the smallest nudge …", hash_funcs=_KNOWN_BY)
def finished_nudge(network: Network, picture: Picture) -> Nudge:
    """The smallest nudge."""
    return nudge(network, network.trace(picture))
