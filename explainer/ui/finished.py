"""What the chapter on limits computes once for all visitors."""

import streamlit as st

from explainer.figures.limits import film, sweep_sheet
from explainer.limits import KINDS, Kind, Nudge, Shifted, Sweep, nudge, shifted_maps, sweep
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


@st.cache_resource(max_entries=40, show_spinner=False, hash_funcs=_KNOWN_BY)
def finished_shifts(network: Network, picture: Picture) -> tuple[Shifted | None, Sweep, Sweep]:
    """What shifts do to the first maps; and the picture shifted and turned by 45, to either side."""
    ways = [-45.0, 0.0, 45.0]
    return (
        shifted_maps(network, picture),
        sweep(network, picture, KINDS["shift"], ways),
        sweep(network, picture, KINDS["rotation"], ways),
    )
