"""AlexNet's first layer: filters, feature maps, and every multiplication behind one value."""

import streamlit as st

from explainer.chapters import chapter
from explainer.chapters.first_layer import filters as backend
from explainer.chapters.first_layer.figures import neighbours, sheet_figure
from explainer.chapters.first_layer.products import products_view
from explainer.chapters.first_layer.sharing import product_table, sharing_words
from explainer.figures.tiles import activation_levels, filter_tiles, magma
from explainer.figures.vectors import vector_figure
from explainer.networks import feature_maps
from explainer.ui import state
from explainer.ui.card import card_button
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.chart import chart, numbers, table
from explainer.ui.detector_names import and_names
from explainer.ui.faces import faces_beside
from explainer.ui.legends import activation_legend, signed_legend
from explainer.ui.linked import number, of_layer, segments
from explainer.ui.place_picker import place_picker
from explainer.ui.sidebar import presenting
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid

SHEETS = ["filters", "maps", "strongest first"]
PANELS = ["one place", "two neighbours", "sharing", "every product"]

this = chapter("first_layer")
network, trace = state.current_network(), state.current_trace()
first = backend.first_layer(network)
maps = trace[first.layer.name]
detectors, rows, columns = first.layer.shape


def choose_detector(index: int) -> None:
    """Take a detector, and go to where it fires most."""
    st.session_state["unit"] = index
    choose_place(*feature_maps.strongest_place(maps[index]))


def choose_place(row: int, column: int) -> None:
    st.session_state.update(row=row, column=column)


with chapter_stage(this) as scene:
    ranking = backend.ranking(maps)
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar:
        st.html('<div class="quiet">click a detector · arrow keys move</div>', width="stretch")
        sheet_kind = segments("Show", SHEETS, "sheet", label_visibility="collapsed")
    grid, view = st.columns([1.5 if presenting() else 1.7, 1], gap="medium")
    with view:
        stand_in, controls = st.container(), st.container(horizontal=True, gap="small")
        with controls:
            of_layer(first.layer.name)
            detector = number("detector", "unit", 0, detectors - 1, ranking[0], width=72)
            card_button(first.layer.name, detector, "card_of_filter")
            home_row, home_column = feature_maps.strongest_place(maps[detector])
            row = number("row", "row", 0, rows - 1, home_row, width=72)
            column = number("column", "column", 0, columns - 1, home_column, width=72)
    with view, stand_in:
        place_picker(
            trace.view, maps[detector].numpy(), first.window, key="place", selected=(row, column),
            on_select=choose_place,
            alt=f"Detector {detector} over the picture; it fires most at row {home_row}, column {home_column}",
        )  # fmt: skip
    with grid:
        as_filters = sheet_kind == "filters"
        strongest = maps.amax(dim=(1, 2)).tolist()
        tile_grid(
            filter_tiles(first.weights) if as_filters else activation_levels(maps.numpy()),
            key="detectors",
            labels=and_names(
                [f"detector {i} · fires up to {value:.2f} here" for i, value in enumerate(strongest)],
                first.layer.name,
                range(detectors),
            ),
            selected=detector,
            on_select=choose_detector,
            alt=f"The {detectors} detectors as {'filters' if as_filters else 'feature maps'}",
            columns=12 if detectors % 12 == 0 else 10,
            narrow_columns=8,
            order=ranking if sheet_kind == "strongest first" else None,
            colours=None if as_filters else magma(),
            faces=None if as_filters else faces_beside(network, trace, first.layer.name, range(detectors)),
        )
        st.html(f'<div class="quiet">{this.words["filters" if as_filters else "maps"]}</div>')
    found = backend.products_at(first, trace, detector, row, column)
    products_view(found, palette(), key="products")

    side, step = first.window.size, first.window.step
    step_words = "pixel by pixel"
    if step > 1:
        step_words = f"{step} pixels at a time, so neighbours share {first.overlap} columns"
    scene.values.update({
        "detectors": detectors, "side": side, "weights_each": f"{first.weights_each:,}",
        "rows": rows, "columns": columns, "positions": f"{first.positions:,}", "shared": f"{first.shared:,}",
        "unshared": f"{first.unshared:,}", "neurons": f"{first.layer.neurons:,}", "step_words": step_words,
        "network": network.name, "picture": st.session_state["picture"],
        "detector": detector, "row": row, "column": column,
    })  # fmt: skip
    colours = palette()
    shown_order = ranking if sheet_kind == "strongest first" else range(detectors)
    foot(
        this,
        legends=[
            signed_legend("product: speaks against to speaks for"),
            activation_legend(f"activation, 0 to {strongest[detector]:.2f}"),
        ],
        values=scene.values,
        download=lambda: sheet_figure(first, trace, detector, row, column, shown_order, as_filters, colours),
        title=f"{detectors} detectors of the first layer, as {'filters' if as_filters else 'feature maps'}",
        file_name=f"{network.name}-{first.layer.name}-{sheet_kind.replace(' ', '-')}.png",
    )

with scene.below:
    panel = segments("Look closer", PANELS, "panel")
    if panel == "one place":
        figure, alt = vector_figure(maps[:, row, column].numpy(), detector, palette())
        chart(figure, alt, key="one_place", on_pick=lambda point: st.session_state.update(unit=int(point["x"])))
        st.caption(
            f"At row {row}, column {column} the picture has become {detectors} numbers, one for each detector. "
            f"The next layer sees these, not the pixels. Click a bar to choose its detector."
        )
        numbers(
            lambda: [{"detector": i, "activation": float(value)} for i, value in enumerate(maps[:, row, column])],
            f"{network.name}-{first.layer.name}-{row}-{column}.csv", key="one_place_numbers",
        )  # fmt: skip
    elif panel == "two neighbours":
        picture, alt, words = neighbours(first, trace.view, row, column)
        st.image(picture, alt=alt, width=360)
        st.caption(words)
    elif panel == "sharing":
        st.html(sharing_words(first, network))
    else:
        table(
            product_table(found), f"All {found.products.size} products behind the value, one a row",
            key="products_table", height=320,
        )  # fmt: skip
