"""The part of a card that the atlas knows: the face, names, tuning, company; and the nine best of the pictures here."""

from html import escape

import streamlit as st

from explainer.figures.patches import nine as nine_patches
from explainer.figures.tiles import png
from explainer.networks import Network, Trace
from explainer.networks.labels import category_names
from explainer.ui.atlas import atlas_of, atlas_trouble
from explainer.ui.card import figures
from explainer.ui.card.way import Stop, go
from explainer.ui.card.words import words
from explainer.ui.detector_names import and_names
from explainer.ui.looking_through import box_index, looked_through
from explainer.ui.theme import palette
from explainer.ui.tile_grid import sheet_of, tile_grid

CHOOSY, FAIRLY = 0.5, 0.2  # how sharp a detector is called so


def face(network: Network, trace: Trace, stop: Stop) -> None:
    """The face, or two, and how often and how sharply the detector fires, here and elsewhere."""
    atlas = atlas_of(network)
    found = figures.faces(network, atlas, trace, stop.layer, stop.unit)
    if stop.layer == network.first_layer:
        said = words("weights", side=found[0].shape[0])
    elif atlas is None or stop.layer not in atlas.layers:
        said = f"{words('no_face')} {atlas_trouble(network)}"
    else:
        said = words("two_faces" if len(found) > 1 else "one_face")
    st.image(png(figures.side_by_side(found)), width=240, alt=said)
    st.html(
        f'<div class="quiet">{escape(said, quote=False)}</div>'
        + "".join(f"<p>{line}</p>" for line in _firing(network, trace, stop))
    )


def _firing(network: Network, trace: Trace, stop: Stop) -> list[str]:
    atlas, peak = atlas_of(network), float(trace[stop.layer][stop.unit].max())
    page = atlas.layers.get(stop.layer) if atlas else None
    if page is None:
        return [words("here_plain", peak=f"{peak:.2f}") if peak > 0 else words("silent")]
    share = figures.stronger_than(page.numbers["quantiles"][stop.unit], peak)
    here = words("here", peak=f"{peak:.2f}", share=f"{100 * share:.0f}") if peak > 0 else words("silent")
    fires, sharp = (float(page.numbers[name][stop.unit]) for name in ("share", "sharpness"))
    photographs = f"{atlas.photographs:,}"
    if fires == 0:
        return [here, words("never", photographs=photographs)]
    kind = "choosy" if sharp > CHOOSY else "fairly" if sharp > FAIRLY else "alike"
    often = words("often", share=figures.percent(fires), photographs=photographs)
    return [here, f"{often} {words(kind)}"]


def known(network: Network, trace: Trace, stops: list[Stop]) -> None:
    """What the atlas measured: the names it goes along with, its tuning, and the detectors that fire with it."""
    atlas, stop = atlas_of(network), stops[-1]
    page = atlas.layers.get(stop.layer) if atlas else None
    if page is None:
        return
    photographs, numbers = f"{atlas.photographs:,}", page.numbers
    left, right = st.columns([1, 1.2], gap="medium")
    with left:
        st.html(f'<h3 class="section">{words("names")}</h3>')
        categories = category_names(network)
        for kind, closeness in (("names_for", "for"), ("names_against", "against")):
            listed = figures.names_html(categories, numbers[kind][stop.unit], numbers[closeness][stop.unit])
            st.html(f"<p><b>{words(kind)}</b> {listed}</p>")
        st.html(f'<div class="quiet">{words("names_note", photographs=photographs)}</div>')
    with right:
        st.html(f'<h3 class="section">{words("tuned")}</h3>')
        st.html(figures.tuning_chart(numbers, stop.unit, words, palette()))
        st.html(f'<div class="quiet">{words("tuning_note")}</div>')
    _company(network, trace, stops, photographs)


def _company(network: Network, trace: Trace, stops: list[Stop], photographs: str) -> None:
    atlas, stop = atlas_of(network), stops[-1]
    numbers = atlas.layers[stop.layer].numbers
    units = numbers["company"][stop.unit].tolist()
    st.html(f'<h3 class="section">{words("company")}</h3>')
    tiles = figures.face_tiles(network, atlas, trace, stop.layer, units)
    tile_grid(
        sheet_of(tiles, photographs=True), key="card_company",
        labels=and_names(
            [
                words("close", layer=stop.layer, unit=unit, amount=f"{close:.2f}")
                for unit, close in zip(units, numbers["closeness"][stop.unit].tolist(), strict=True)
            ],
            stop.layer, units,
        ),
        selected=None, acts=True, smooth=True,
        on_select=lambda chosen: go([*stops[:-1], Stop(stop.layer, units[chosen])]),
        alt=words("fires_with", layer=stop.layer, photographs=photographs), columns=12, narrow_columns=6,
        invitation=words("fires_with", layer=stop.layer, photographs=photographs),
        names=and_names([str(one) for one in units], stop.layer, units),
    )  # fmt: skip


def nine(network: Network, stop: Stop) -> None:
    """The nine best patches of the pictures in the box."""
    st.html(f'<h3 class="section">{words("nine")}</h3>')
    corpus, index = box_index(network)
    if not index.complete and not looked_through(network, corpus, index):
        return
    found = nine_patches(network, corpus, index, stop.layer, stop.unit)
    note = words("nine_note" if found else "nine_none", pictures=len(corpus))
    if found:
        st.image(found[0], width=290, alt=found[1])
    st.html(f'<div class="quiet">{note}</div>')
