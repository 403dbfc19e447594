"""The card's frame: where it opens, its head, and the order of what it shows."""

import streamlit as st

from explainer.corpus import indexed_layers
from explainer.deconvnet import Projection, project
from explainer.errors import ExplainerError
from explainer.figures.patches import pair, place_words
from explainer.figures.tiles import png
from explainer.networks import Network, Trace
from explainer.ui import state
from explainer.ui.atlas import atlas_of
from explainer.ui.card import general, here
from explainer.ui.card.figures import face
from explainer.ui.card.name_field import name_field
from explainer.ui.card.way import Stop, close, go, show_card, way
from explainer.ui.card.words import words
from explainer.ui.detector_names import and_name, keep, name_of
from explainer.ui.foreign import as_text
from explainer.ui.place_picker import place_picker
from explainer.workshop import once


def card_button(layer: str, unit: int, key: str) -> None:
    """A detector's face, and a button that opens its card; nothing for what has none, such as pools and neurons."""
    network = state.current_network()
    if layer not in indexed_layers(network):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", width="content"):
        small = face(network, atlas_of(network), state.current_trace(), layer, unit)
        st.image(small, width=40, alt=words("face_of", unit=unit, layer=layer))
        name = name_of(layer, unit)
        st.button(
            words("open") + (f" · {as_text(name)}" if name else ""), key=key, help=words("open_help"),
            on_click=show_card, args=(layer, unit),
        )  # fmt: skip


def card_if_wanted() -> None:
    """The card that the link asks for, over the page."""
    if way(state.current_network()):
        st.dialog(words("title"), width="large", on_dismiss=close)(_card)()


def _card() -> None:
    network, trace = state.current_network(), state.current_trace()
    stops = way(network)
    if stops:
        try:
            _drawn(network, trace, stops)
        except ExplainerError as error:
            st.error(as_text(error), icon=":material/info:")


def _drawn(network: Network, trace: Trace, stops: list[Stop]) -> None:
    stop = stops[-1]
    _head(network, stops)
    values = trace[stop.layer][stop.unit]
    shown = _projection(network, stop)
    left, middle, right = st.columns([1, 1.1, 1.5], gap="medium")
    with left:
        general.face(network, trace, stop)
    with middle:
        place_picker(
            trace.view, values.numpy(), network.layer(stop.layer).window, key="card_place", selected=shown.position,
            on_select=lambda row, column: go([*stops[:-1], Stop(stop.layer, stop.unit, (row, column))]),
            alt=words("map_alt", unit=stop.unit, layer=stop.layer, peak=f"{values.max():.2f}"),
        )  # fmt: skip
        st.html(f'<div class="quiet">{words("map")}</div>')
    with right:
        st.image(png(pair(shown)), width="stretch", alt=words("pair_alt"))
        st.html(f'<div class="quiet">{place_words(shown, float(values.max()))}</div>')
    here.built(network, trace, stops, shown.position)
    here.used(network, trace, stops)
    general.known(network, trace, stops)
    general.nine(network, stop)
    keep("name_keeper_of_card")  # what is named on the card is no run of the page


def _projection(network: Network, stop: Stop) -> Projection:
    """What in the picture made the detector fire, from the place of the card."""
    picture = state.current_picture()
    key = ("projection", network.digest, picture.digest, stop.layer, stop.unit, stop.place)
    return once(key, lambda: project(network, picture, stop.layer, stop.unit, stop.place))


def _head(network: Network, stops: list[Stop]) -> None:
    """Which detector, the way that led to it, what it is called, and its neighbours by number."""
    stop, count = stops[-1], network.layer(stops[-1].layer).shape[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="card_head"):
        for place, earlier in enumerate(stops[:-1]):
            called = and_name(f"{earlier.layer} · {earlier.unit}", earlier.layer, earlier.unit)
            st.button(
                f"{as_text(called)} ›", key=f"card_way_{place}", type="tertiary",
                on_click=go, args=(stops[: place + 1],),
            )  # fmt: skip
        name = name_of(stop.layer, stop.unit)
        st.markdown(
            words("heading", unit=stop.unit, layer=stop.layer) + (f" · {as_text(name)}" if name else ""),
            width="stretch",
        )  # fmt: skip
        name_field(network, stop)
        for side, step, key in (("before", -1, "Left"), ("after", 1, "Right")):
            beside = (stop.unit + step) % count
            st.button(
                f"{beside}", key=f"card_{side}", shortcut=key, help=words(side, unit=beside),
                on_click=go, args=([*stops[:-1], Stop(stop.layer, beside)],),
            )  # fmt: skip
