"""The part of a card that is about this picture: what a value is built from, and who uses the detector."""

from collections.abc import Sequence

import streamlit as st

from explainer.atlas.built import Built, User, built_from, can_be_taken_apart, place_below, used_by
from explainer.figures.shares import signed
from explainer.networks import Network, Trace
from explainer.networks.bends import bend_of
from explainer.ui.atlas import atlas_of
from explainer.ui.card import figures
from explainer.ui.card.way import Stop, go
from explainer.ui.card.words import words
from explainer.ui.detector_names import and_name, and_names
from explainer.ui.theme import palette
from explainer.ui.tile_grid import sheet_of, tile_grid

SHOWN = 6  # parts or users in a row


def built(network: Network, trace: Trace, stops: list[Stop], place: tuple[int, int]) -> None:
    """What each detector below added at a place, and the way down to them."""
    stop = stops[-1]
    st.html(f'<h3 class="section">{words("built")}</h3>')
    if not can_be_taken_apart(network, stop.layer):
        st.html(f'<div class="quiet">{words("blocks", layer=stop.layer)}</div>')
        return
    found = built_from(network, trace, stop.layer, stop.unit, place)
    st.markdown(_sum_words(network, found))
    for kind, parts in zip(("adding", "taking"), found.strongest(SHOWN), strict=True):
        st.html(f'<div class="quiet">{words(kind if parts else f"not_{kind}")}</div>')
        if parts:
            _parts(network, trace, stops, found, kind, parts)


def _parts(network: Network, trace: Trace, stops: list[Stop], found: Built, kind: str, parts: list[int]) -> None:
    def down(chosen: int) -> None:
        if found.source is not None:
            place = place_below(network, trace, found, parts[chosen])
            above = Stop(found.layer, found.unit, (found.row, found.column))
            go([*stops[:-1], above, Stop(found.source, parts[chosen], place)])

    below = found.source or ""  # colours have no names
    tiles = figures.part_tiles(network, atlas_of(network), trace, found, parts, palette())
    tile_grid(
        sheet_of(tiles, photographs=True), key=f"card_{kind}",
        labels=and_names(
            [
                words(f"one_{kind}", name=figures.part_name(found, part), amount=f"{abs(found.added[part]):.3f}")
                for part in parts
            ],
            below, parts,
        ),
        names=and_names([f"{_name(found, part)} {signed(found.added[part])}" for part in parts], below, parts),
        selected=None, acts=True, on_select=down, smooth=True, alt=words(kind), columns=SHOWN, narrow_columns=2,
    )  # fmt: skip


def _name(found: Built, part: int) -> str:
    return figures.COLOURS[part] if found.source is None else str(part)


def _sum_words(network: Network, found: Built) -> str:
    bend = bend_of(network.stages.get_submodule(found.layer))
    bent = words("bent") if bend == "ReLU" else words("smooth_bent" if bend else "not_bent", bend=bend)
    things = words("colours") if found.source is None else words("detectors", source=found.source)
    return words(
        "sum", parts=len(found.added), things=things, added=signed(found.added.clip(min=0).sum(), 3),
        taken=signed(found.added.clip(max=0).sum(), 3), bias=signed(found.bias, 3), total=signed(found.total, 3),
        bent=bent, value=f"{found.value:.3f}",
    )  # fmt: skip


def used(network: Network, trace: Trace, stops: list[Stop]) -> None:
    """The detectors of the next layer that hear this one, and the way up to them."""
    stop = stops[-1]
    helped, held_back = used_by(network, trace, stop.layer, stop.unit, SHOWN)
    if not helped and not held_back:
        return
    st.html(f'<h3 class="section">{words("used")}</h3>')
    for kind, users in (("helping", helped), ("holding", held_back)):
        if users:
            st.html(f'<div class="quiet">{words(kind, layer=users[0].layer)}</div>')
            _users(network, trace, stops, kind, users)


def _users(network: Network, trace: Trace, stops: list[Stop], kind: str, users: Sequence[User]) -> None:
    def up(chosen: int) -> None:
        user = users[chosen]
        go([*stops, Stop(user.layer, user.unit, (user.row, user.column))])

    tiles = figures.user_tiles(network, atlas_of(network), trace, users, palette())
    tile_grid(
        sheet_of(tiles, photographs=True), key=f"card_{kind}",
        labels=[
            and_name(
                words(f"one_{kind}", layer=user.layer, unit=user.unit, amount=f"{abs(user.added):.3f}"),
                user.layer, user.unit,
            )
            for user in users
        ],
        selected=None, acts=True, on_select=up, smooth=True, alt=words(kind, layer=users[0].layer), columns=SHOWN,
        narrow_columns=2,
        names=[and_name(f"{user.unit} {signed(user.added)}", user.layer, user.unit) for user in users],
    )  # fmt: skip
