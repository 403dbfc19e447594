"""What the chapter on projections computes once for all visitors. Few are kept: a projection holds whole pictures."""

import streamlit as st

from explainer.attribution import Attribution, Behind, Vote, look_behind, votes
from explainer.comparing import answer
from explainer.corpus import Corpus, Exemplar, Index, exemplars
from explainer.deconvnet import Projection, project, strongest
from explainer.networks import Network
from explainer.pictures import Picture

_KNOWN_BY = {
    Network: lambda network: network.digest,
    Picture: lambda picture: picture.digest,
    Corpus: lambda corpus: corpus.digest,
    Index: lambda index: (index.network, index.corpus, index.done),
}


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=_KNOWN_BY)
def strongest_here(network: Network, picture: Picture, layer: str) -> list[Projection]:
    """The nine strongest detectors of a layer in a picture."""
    return strongest(network, picture, layer)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=_KNOWN_BY)
def projection_at(
    network: Network, picture: Picture, layer: str, unit: int, position: tuple[int, int] | None
) -> Projection:
    """One projection from a place, by default where the detector fires most."""
    return project(network, picture, layer, unit, position)


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=_KNOWN_BY)
def opened_up(network: Network, picture: Picture, layer: str, unit: int) -> Projection:
    """One projection with its way down."""
    return project(network, picture, layer, unit, waypoints=True)


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=_KNOWN_BY)
def nine(network: Network, corpus: Corpus, index: Index, layer: str, unit: int) -> list[Exemplar]:
    """A detector's page."""
    return exemplars(network, corpus, index, layer, unit)


@st.cache_resource(max_entries=24, show_spinner="Asking where the object is …", hash_funcs=_KNOWN_BY)
def behind(network: Network, corpus: Corpus, index: Index, layer: str, unit: int) -> list[Behind]:
    """For each of a detector's nine, how much of the projection lies on the object."""
    return look_behind(network, [one.projection for one in nine(network, corpus, index, layer, unit)])


@st.cache_resource(max_entries=24, show_spinner=False, hash_funcs=_KNOWN_BY)
def speakers(network: Network, picture: Picture, category: int, layer: str) -> list[Vote]:
    """What each detector of a layer adds to a category."""
    return votes(network, picture, category, layer)


@st.cache_resource(max_entries=96, show_spinner=False, hash_funcs=_KNOWN_BY)
def answered(
    network: Network, picture: Picture, category: int, method: str, random_to: str | None, layer: str | None
) -> Attribution:
    """What a method marks for a category, with random weights down to a layer or none; Grad-CAM at a layer."""
    return answer(network, picture, category, method, random_to, layer)
