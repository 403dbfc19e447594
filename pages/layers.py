"""The whole network to scale, and every layer's maps of the picture."""

import streamlit as st

from explainer.chapters import chapter
from explainer.chapters.layers import anatomy as backend
from explainer.chapters.layers import figures
from explainer.chapters.layers.layer_chart import layer_chart
from explainer.chapters.layers.neuron_card import neuron_card
from explainer.figures.maps import over
from explainer.figures.tiles import magma
from explainer.figures.vectors import vector_figure
from explainer.gallery import SAMPLES, sample, titled
from explainer.ui import state
from explainer.ui.card import card_button
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.chart import chart, numbers, table
from explainer.ui.detector_names import and_names
from explainer.ui.faces import faces_beside, faces_figure, faces_sheet, has_faces
from explainer.ui.legends import activation_legend, signed_legend
from explainer.ui.linked import choice, forget, number, of_layer, segments
from explainer.ui.place_picker import place_picker
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid

PANELS = ["every layer", "the work", "one neuron"]
CONTRASTS = ["each map", "shared"]
FACES = "faces"
ALONE = "compare with"
BARE = {"label_visibility": "collapsed"}

this = chapter("layers")
network, trace = state.current_network(), state.current_trace()
names = [layer.name for layer in network.layers]


def choose_layer(name: str) -> None:
    st.session_state["layer"] = name
    forget_unit()


def pick_row(row: int) -> None:
    """A layer from the table, whose last row is all of them."""
    if row < len(names):
        choose_layer(names[row])


def forget_unit() -> None:
    """Back to the strongest unit: a number means another detector in another layer."""
    forget("unit", "map_row", "map_column", "maps_page")


def choose_map(index: int) -> None:
    forget("map_row", "map_column")
    st.session_state["unit"] = index


def choose_place(row: int, column: int) -> None:
    st.session_state.update(map_row=row, map_column=column)


with chapter_stage(this) as scene:
    with st.container(gap="xsmall"):
        to_scale = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            default = backend.last_maps(network).name
            name = choice("layer", names, "layer", default, on_change=forget_unit, width=92, **BARE)
            layer = network.layer(name)
            bar = st.container(horizontal=True, width="stretch", key="maps_bar")
            others = [ALONE, *(other for other in SAMPLES if other != st.session_state["picture"])]
            beside = choice("second picture", others, "beside", ALONE, called=titled, width=135, **BARE)
            with bar:
                orders = list(backend.ORDERS) if beside != ALONE else list(backend.ORDERS[:2])
                order = segments("order", orders, "maps_order", **BARE)
                offered = CONTRASTS if layer.spatial and beside == ALONE else CONTRASTS[:1]
                offered = [*offered, *([FACES] if has_faces(network, name) else [])]
                contrast = (
                    segments("contrast", offered, "contrast", **BARE, wrap=True) if len(offered) > 1 else offered[0]
                )
        with to_scale:
            drawn = figures.layer_chart(network, trace)
            layer_chart(
                drawn, key="layer_chart", selected=name, on_select=choose_layer,
                alt=f"The {len(names)} layers of {network.title}, drawn to scale; {name} is chosen",
            )  # fmt: skip

        values = backend.answers(network, trace, name)
        other = network.trace(sample(beside)) if beside != ALONE else None
        other_values = backend.answers(network, other, name) if other else None
        ranked = backend.in_order(values, order, other_values)
        peaks, unit_names = backend.peaks(values).tolist(), backend.unit_names(network, name)
        grid, *views = st.columns([1.3, 1, 1] if other else [1.7, 1], gap="medium")

        with grid:
            sheet, controls = st.container(), st.container(horizontal=True, gap="small", vertical_alignment="bottom")
        with controls:
            of_layer(name)
            unit = number("map" if layer.spatial else "neuron", "unit", 0, len(values) - 1, ranked[0], width=68)
            card_button(name, unit, "card_of_map")
            if layer.spatial:
                home = backend.home(unit, values, other_values)
                row = number("row", "map_row", 0, layer.shape[1] - 1, home[0], width=68)
                column = number("column", "map_column", 0, layer.shape[2] - 1, home[1], width=68)
            page = 1
            if (count := backend.pages(len(values), layer.spatial)) > 1:
                page = number(f"page of {count}", "maps_page", 1, count, 1, width=68)
        shared = contrast == "shared"
        pictures = [(views[0], trace, values, st.session_state["picture"])]
        if other:
            pictures.append((views[1], other, other_values, beside))
        together = max(backend.peaks(shown)[unit].item() for _, _, shown, _ in pictures)
        for place, (where, shown_trace, shown, title) in enumerate(pictures):
            with where:
                if layer.spatial:
                    place_picker(
                        shown_trace.view, shown[unit].numpy(), layer.window, key=f"layer_place_{place}",
                        selected=(row, column), on_select=choose_place, largest=max(peaks) if shared else together,
                        alt=f"{unit_names[unit]} of {name} over the picture {title}, up to {shown[unit].max():.2f}",
                    )  # fmt: skip
                else:
                    neuron_card(
                        network, shown, name, unit, unit_names,
                        heading=title if other else "", probabilities=shown_trace.probabilities,
                    )  # fmt: skip
        with sheet:
            on_page = backend.page_of(ranked, page, layer.spatial)
            if layer.spatial:
                tiles, factor = figures.map_tiles(values[on_page], max(peaks) if shared else None)
                ramp = magma()
            else:
                (tiles, ramp), factor = figures.neuron_tiles(values[on_page], palette()), 1
            columns = figures.grid_columns(len(on_page))
            what = FACES if contrast == FACES else "maps" if layer.spatial else "neurons"
            said = [f"{unit_names[i]} · {'up to ' if layer.spatial else ''}{peaks[i]:.2f}" for i in range(len(values))]
            said = and_names(said, name, range(len(values)))
            tile_grid(
                faces_sheet(network, trace, name) if contrast == FACES else tiles,
                key="layer_maps",
                labels=said if contrast == FACES else [said[i] for i in on_page],
                selected=(unit if contrast == FACES else on_page.index(unit)) if unit in on_page else None,
                on_select=lambda place: choose_map(place if contrast == FACES else on_page[place]),
                alt=f"{len(on_page)} of {len(values)} {what} of {name}, {order}",
                columns=columns,
                narrow_columns=columns * 5 // 6,
                order=on_page if contrast == FACES else None,
                colours=ramp,
                smooth=contrast == FACES,
                faces=None if contrast == FACES else faces_beside(network, trace, name, on_page),
            )

    awake = backend.awake(network, trace, names[0])
    scene.values.update(
        backend.chapter_numbers(network),
        title=network.title,
        first_awake=f"{awake.share:.0%}",
        awake=figures.awake_words(default, awake, backend.awake(network, trace, default)),
        shrinking=this.words["pools" if backend.has_max_pools(network) else "strides"],
        dense=this.words["dense" if backend.has_dense(network) else "no_dense"],
        wiring=this.words[backend.structure(network)].format(meetings=" and ".join(backend.meetings(network))),
        network=network.name,
        picture=st.session_state["picture"],
        layer=name,
        unit=unit,
    )
    signed = not layer.spatial and min(peaks) < 0
    if signed:
        legend = signed_legend(f"score, −{max(map(abs, peaks)):.1f} to +{max(map(abs, peaks)):.1f}")
    elif shared or not layer.spatial:
        legend = activation_legend(f"activation, 0 to {max(peaks):.2f}")
    else:
        legend = activation_legend(f"activation, 0 to {together:.2f}")
    colours, chosen_over = palette(), ()
    if layer.spatial:
        chosen_over = over(trace.view, values[unit].numpy(), together), f"map {unit}, over the picture"
    foot(
        this,
        legends=[legend],
        values=scene.values,
        download=(
            (lambda: faces_figure(network, trace, name, on_page, peaks))
            if contrast == FACES
            else lambda: figures.maps_figure(
                values, on_page, unit_names, layer, max(peaks) if shared else None, colours, *chosen_over
            )
        ),
        title=f"{name}: {len(on_page)} of {len(values)} {'feature maps' if what == 'maps' else what}, {order}",
        file_name=f"{network.name}-{name}-{st.session_state['picture']}.png",
    )

with scene.below:
    said_of_sheet = this.words["faces"] if contrast == FACES else figures.sheet_words(layer, factor, shared, network)
    st.html(f'<div class="quiet">{said_of_sheet} {this.words["chart"]}</div>')
    panel = segments("Look closer", PANELS, "layers_panel")
    if panel == "every layer":
        localized = st.column_config.NumberColumn(format="localized")
        localized_columns = dict.fromkeys(("neurons", "parameters", "multiply-adds"), localized)
        right = st.column_config.TextColumn(alignment="right")
        table(
            figures.layer_table(network), f"The {len(names)} layers of {network.title} and their numbers",
            key="layer_table", on_pick=pick_row, height="content",
            column_config={**localized_columns, "step": right, "window": right},
        )  # fmt: skip
        st.caption(this.words["in_blocks"] if backend.structure(network) == "in_blocks" else this.words["table"])
    elif panel == "the work":
        figure, alt = figures.work_figure(network, palette())
        chart(figure, alt, key="the_work", on_pick=lambda point: choose_layer(point["y"]))
        st.caption("Click a bar to choose its layer.")
        numbers(lambda: figures.layer_table(network), f"{network.name}-layers.csv", key="work_numbers")
    elif layer.spatial:
        pixels, share = backend.field_pixels(network, trace, name, row, column)
        patch, vector = st.columns([1, 1.7], gap="medium")
        patch.image(figures.field_figure(pixels), alt=f"The {layer.window.size} × {layer.window.size} pixels it sees")
        figure, alt = vector_figure(values[:, row, column].numpy(), unit, palette())
        with vector:
            chart(figure, alt, key="one_unit", on_pick=lambda point: choose_map(int(point["x"])))
        st.caption(figures.field_words(layer, unit, row, column, values[unit, row, column].item(), share))
    else:
        st.caption(f"{unit_names[unit]} of {name} sees the whole picture; choose a layer with maps to see a field.")
