"""From features to a name: who speaks for it, and what is left without them or without part of the picture."""

from functools import partial

import numpy as np
import streamlit as st

from explainer.attribution import evidence, painting
from explainer.chapters import chapter
from explainer.chapters.verdict import figures
from explainer.chapters.verdict import switching as backend
from explainer.errors import NetworkError
from explainer.figures.shares import in_percent
from explainer.figures.tiles import diverging
from explainer.gallery import SAMPLES, titled
from explainer.networks import labels
from explainer.networks.feature_maps import strongest_place
from explainer.ui import state
from explainer.ui.card import card_button
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.chart import chart, numbers, table
from explainer.ui.detector_names import and_names
from explainer.ui.faces import face_addresses, faces_beside
from explainer.ui.foreign import as_text
from explainer.ui.legends import signed_legend
from explainer.ui.linked import among, choice, kept, number, of_layer, segments, write
from explainer.ui.place_picker import place_picker
from explainer.ui.region_brush import region_brush
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid
from explainer.workshop import once

VIEWS = ["detectors", "together", "picture"]
PANELS = ["how it adds up", "every detector"]
NOTHING = "nothing else"
LOUDEST, HANDFUL = 16, 5

this = chapter("verdict")
network, untouched = state.current_network(), state.current_trace()
layer = evidence.evidence_layers(network)[-1]
detectors = network.layer(layer).shape[0]
names = labels.category_names(network)


def switch(indices: list[int], on: bool) -> None:
    """Switch some detectors on or off."""
    chosen = set(off) - set(indices) if on else set(off) | set(indices)
    st.session_state["without"] = ",".join(map(str, sorted(chosen)))


def call_witness(index: int | None) -> None:
    """Show one detector above; None: no detector was clicked."""
    if index is not None:
        st.session_state.update(unit=index, witness_place=None, change=VIEWS[0])


def hold(key: str) -> None:
    """Keep what a control says while it is not in sight; in the link, too."""
    if st.session_state.get(key):
        st.session_state[key] = st.session_state[key]
        write(key, st.session_state[key])


def keep(cells: np.ndarray) -> None:
    """Remember what is painted out, for the link, too."""
    st.session_state["painted"] = painting.encode(cells)


def switched_off() -> list[int]:
    """The detectors that the text field names; what is wrong with it is told beside it."""
    try:
        return backend.checked(network.layer(layer), backend.parse_detectors(st.session_state.get("without") or ""))
    except NetworkError as error:
        st.warning(as_text(error), icon=":material/info:")
        return []


if "painted" not in st.session_state:
    st.session_state["painted"] = st.query_params.get("painted", "")
if "without" not in st.session_state:
    st.session_state["without"] = st.query_params.get("without", "")

with chapter_stage(this) as scene, st.container(gap="small"):
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        why = choice("why", names, "why", names[untouched.top(1)[0].index], width=172)
        others = [NOTHING, *(name for name in names if name != why)]
        and_not = choice("and not", others, "and_not", NOTHING, width=172)
        with st.container(horizontal=True, horizontal_alignment="right", width="content"):
            view = segments("change", VIEWS, "change", label_visibility="collapsed")
    category = names.index(why)
    instead_of = None if and_not == NOTHING else names.index(and_not)
    asked = why if instead_of is None else f"{why} rather than {and_not}"

    cells = painting.decode(st.session_state["painted"])
    fill = kept("fill", among((*painting.FILLS, *SAMPLES)), painting.FILLS[0])
    seen, painted = untouched.view, untouched
    if cells.any():
        st.query_params["painted"] = st.session_state["painted"]
        seen = painting.paint_out(network, untouched.view, cells, fill)
        painted = painting.trace_view(network, untouched, seen)
    else:
        st.query_params.pop("painted", None)
    looked_at = (network.digest, untouched.picture, layer, *((cells.tobytes(), fill) if cells.any() else ()))

    def taken_apart(less: int | None) -> evidence.Verdict:
        """The sum of what is asked for, less that of another; worked out once, whatever else is changed."""
        key = ("verdict", *looked_at, category, less)
        return once(key, partial(evidence.verdict, network, painted, layer, category, less))

    found = taken_apart(instead_of)
    off = switched_off()
    now = backend.without(network, painted, layer, off)
    also = [category] if instead_of is None else [category, instead_of]
    changes = backend.changes(untouched, now, also)

    speakers, opponents = found.strongest(LOUDEST)
    bars, picture = st.columns([1.1, 1], gap="medium")
    with bars:
        st.html(figures.change_bars(changes, figures.state_words(len(off), cells.mean()), category))
        if view == "picture":
            choice("paint with", [*painting.FILLS, *SAMPLES], "fill", painting.FILLS[0], called=titled, width=200)
            hold("without")
        else:
            with st.container(horizontal=True, gap="small"):
                of_layer(layer)
                chosen = number("detector", "unit", 0, detectors - 1, (speakers or opponents or [0])[0], width=96)
                st.text_input("detectors off", key="without", placeholder="none; try 17,40", width=200)
            write("without", st.session_state["without"] or None)
            hold("fill")
    if view == "picture":
        with picture:
            region_brush(
                seen, cells, key="region", on_paint=keep,
                alt=f"The picture as the network sees it; {cells.mean():.0%} painted out",
            )  # fmt: skip
        words = figures.region_words(backend.change(untouched, now, category), cells.mean())
        st.html(f'<div class="quiet">{words}</div>')
    else:
        together = view == "together"
        shown_map = evidence.evidence_map(found, off) if together else found.maps[chosen]
        with picture:
            place = st.session_state.get("witness_place")
            rows, columns = shown_map.shape
            if not place or place[0] >= rows or place[1] >= columns:
                place = strongest_place(shown_map.abs())
            place_picker(
                seen, shown_map.numpy(), network.layer(layer).window, key="witness_view", selected=place,
                on_select=lambda row, column: st.session_state.update(witness_place=(row, column)),
                ramp=diverging(palette()),
                alt=f"Where {'all detectors' if together else f'detector {chosen}'} add to {asked}: "
                f"{figures.signed(shown_map.sum().item())} in all",
            )  # fmt: skip
        if together:
            words = figures.together_words(found, shown_map, asked, len(off))
        else:
            alone = backend.without(network, painted, layer, [chosen])
            words = figures.witness_words(found, chosen, why, painted, alone, category, instead_of)
        st.html(f'<div class="quiet">{words}</div>')
        sides = {"for": speakers, "against": opponents}
        for column, (side, heard) in zip(st.columns(2, gap="medium"), sides.items(), strict=True):
            with column:
                if not heard:
                    st.html(f'<div class="quiet">No detector speaks {side} it.</div>')
                    continue
                tile_grid(
                    figures.contribution_tiles(found.maps, heard, off, palette(), seen),
                    key=f"witnesses_{side}",
                    labels=and_names([figures.label(found, i, i in off) for i in heard], layer, heard),
                    selected=heard.index(chosen) if chosen in heard else None,
                    on_select=lambda place, heard=heard: st.session_state.update(unit=heard[place], witness_place=None),
                    alt=f"The {len(heard)} detectors that speak loudest {side} {asked}",
                    columns=8,
                    narrow_columns=8,
                    invitation=f"the loudest {side} it, loudest first",
                    faces=faces_beside(network, untouched, layer, heard),
                )
        with st.container(horizontal=True, gap="small"):
            card_button(layer, chosen, "card_of_speaker")
            label = f"Switch {chosen} {'on' if chosen in off else 'off'}"
            st.button(label, key="switch_one", on_click=switch, args=([chosen], chosen in off))
            loudest = speakers[:HANDFUL]
            st.button(f"{HANDFUL} loudest for it off", key="switch_for", on_click=switch, args=(loudest, False))
            loudest = opponents[:HANDFUL]
            st.button(f"{HANDFUL} against it off", key="switch_against", on_click=switch, args=(loudest, False))
            st.button("All on", key="switch_all", on_click=switch, args=(off, True), disabled=not off)

    colours = palette()
    exact = found.method == evidence.EXACT
    silenced = once(
        ("silenced", *looked_at, category),
        lambda: backend.silenced(network, painted, taken_apart(None), category, HANDFUL),
    )
    first, second = (names[guess.index] for guess in painted.top(2))
    both = None
    if exact:
        both = once(("cancelled", *looked_at), partial(backend.cancelled, network, painted, layer, HANDFUL))
    for_it, against, biases, total = figures.parts_of(found)
    scene.values.update({
        "name": why, "layer": layer, "detectors": detectors, "network": network.name, "category": category, "off": off,
        "picture": st.session_state["picture"], "for_it": for_it, "against_it": against, "bias": biases, "total": total,
        "rest": "the biases" if exact else "an empty picture",
        "others": f"{len(names) - 1:,}", "probability": f"{in_percent(painted.probabilities[category])}",
        "method": this.words["exact" if exact else "conductance"].format(layer=layer), "handful": HANDFUL,
        "silenced": figures.silenced_words(silenced, detectors),
        "cancelled": this.words["cancels"] if both is None
        else figures.cancelled_words(first, second, both, HANDFUL),
    })  # fmt: skip
    legends = [] if view == "picture" else [
        signed_legend(f"adds −{shown_map.abs().max():.2f} to +{shown_map.abs().max():.2f}")
    ]  # fmt: skip
    foot(
        this,
        legends=[*legends, '<span class="legend">bar: probability now · line: before</span>'],
        values=scene.values,
        download=(
            partial(figures.picture_figure, seen, changes, words, colours)
            if view == "picture"
            else partial(figures.evidence_figure, found, seen, changes, off, colours)
        ),
        title=f"Why {asked}?",
        file_name=f"verdict-{why.replace(' ', '-')}.png",
    )

with scene.below:
    st.html(f'<div class="quiet">{figures.sum_words(found, asked)}</div>')
    panel = segments("Look closer", PANELS, "verdict_panel")
    if panel == "every detector":
        rows = figures.detector_table(found, painted[layer])
        table(
            rows, f"What each of {detectors} detectors of {layer} adds to {asked}", key="every_detector",
            on_pick=lambda row: call_witness(int(rows["detector"].iloc[row])), height=320,
        )  # fmt: skip
    else:
        loudest = [*speakers[: figures.STEPS], *opponents[: figures.STEPS]]
        figure, alt = figures.waterfall(found, palette(), face_addresses(network, untouched, layer, loudest))
        chart(figure, alt, key="waterfall", on_pick=lambda point: call_witness(figures.named(point["x"])))
    said, take = st.columns([2.2, 1], vertical_alignment="center")
    said.caption("Click a detector to see above where it adds.")
    with take, st.container(horizontal=True, horizontal_alignment="right"):
        numbers(
            lambda: figures.detector_table(found, painted[layer]), f"verdict-{why.replace(' ', '-')}.csv",
            key="verdict_numbers",
        )  # fmt: skip
