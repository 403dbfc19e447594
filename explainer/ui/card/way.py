"""Which card is open: it stands in the link alone, so that a link opens it and turning the page shuts it.

``card=conv5-17``, with ``-6-4`` behind it where another place than the strongest is taken apart; the cards that
led to it stand before it, parted by dots.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from explainer.corpus import indexed_layers
from explainer.networks import Network

CARD = "card"  # in the link
MOST_STOPS = 8


@dataclass(frozen=True)
class Stop:
    """One card on the way: a detector, and the place on its map; None: where it fires most."""

    layer: str
    unit: int
    place: tuple[int, int] | None = None

    def __str__(self) -> str:
        return "-".join(map(str, (self.layer, self.unit, *(self.place or ()))))


def show_card(layer: str, unit: int, place: tuple[int, int] | None = None) -> None:
    """Open a detector's card over the page; for the callback of a control."""
    go([Stop(layer, unit, place)])


def way(network: Network) -> list[Stop]:
    """The cards that led here, the open one last; empty where the link names none that this network has."""
    given = st.query_params.get(CARD, "")
    stops = [_stop(network, text) for text in given.split(".")[-MOST_STOPS:]] if given else []
    return stops if all(stops) else []


def go(stops: Sequence[Stop]) -> None:
    """Open the last of these cards."""
    st.query_params[CARD] = ".".join(map(str, stops[-MOST_STOPS:]))


def close() -> None:
    """No card."""
    st.query_params.pop(CARD, None)


def _stop(network: Network, text: str) -> Stop | None:
    found = re.fullmatch(r"(\w{1,20})-(\d{1,5})(?:-(\d{1,4})-(\d{1,4}))?", text, re.ASCII)
    if not found or found[1] not in indexed_layers(network):
        return None
    units, rows, columns = network.layer(found[1]).shape
    unit, place = int(found[2]), (int(found[3]), int(found[4])) if found[3] else None
    fits = unit < units and (place is None or (place[0] < rows and place[1] < columns))
    return Stop(found[1], unit, place) if fits else None
