"""Charts and tables: one look, a way back from every drag, a click that chooses, numbers to take away."""

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from explainer.ui.sidebar import presenting
from explainer.ui.theme import palette

SMALLEST, ON_A_WALL = 12, 17  # pixels of type; while presenting, when the page's own grows with the screen
SCALE = 2  # of the picture that the chart's own button saves


def chart(
    figure: go.Figure,
    alt: str,
    *,
    key: str,
    on_pick: Callable[[dict], None] | None = None,
    zooms: bool = False,
) -> None:
    """A Plotly figure in the house's colours and type.

    Its button for a PNG shows when it is pointed at. Dragging does nothing, so that a swipe scrolls the page, but in
    a figure that ``zooms`` or stands in space; there a double click or the second button leads back.

    Args:
        figure: its axes and titles are given the theme's colours, in place.
        alt: what it shows.
        key: of the chart, and the name of the file that its button saves.
        on_pick: called with the point that was clicked, before the page runs again: a dict with "x", "y" and where
            the figure gives it "customdata".
        zooms: a part of it may be looked at more closely.
    """
    space = any(trace.type == "scatter3d" for trace in figure.data)
    _dress(figure, fixed=not (zooms or space))
    buttons = ["toImage", *(["resetCameraDefault3d"] if space else ["resetScale2d"] if zooms else [])]
    config = {
        "displaylogo": False,
        "doubleClick": "reset",
        "modeBarButtons": [buttons],
        "scrollZoom": False,
        "toImageButtonOptions": {"format": "png", "scale": SCALE, "filename": key.replace("_", "-")},
    }
    if on_pick is None:
        st.plotly_chart(figure, alt=alt, key=key, config=config)
        return
    # A point stays selected for as long as the chart has its name. A pick gives it a new one, so that every
    # click is a pick, the second on the same bar, too.
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    name = f"{key}_{turn}"

    def picked() -> None:
        points = st.session_state[name]["selection"]["points"]
        if points:
            st.session_state[f"{key}_turn"] = turn + 1
            on_pick(points[0])

    for trace in figure.data:
        if trace.type in ("bar", "scatter"):
            trace.update(unselected={"marker": {"opacity": 1}})
    st.plotly_chart(figure, alt=alt, key=name, config=config, on_select=picked, selection_mode="points")


def table(
    rows: pd.DataFrame | list[dict], alt: str, *, key: str, on_pick: Callable[[int], None] | None = None, **arguments
) -> None:
    """Rows and columns; ``on_pick`` is called with the number of the row (from 0) that was clicked."""
    if on_pick is None:
        st.dataframe(rows, hide_index=True, alt=alt, key=key, **arguments)
        return
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    name = f"{key}_{turn}"

    def picked() -> None:
        chosen = st.session_state[name]["selection"]["rows"] or [
            row for row, _ in st.session_state[name]["selection"]["cells"]
        ]
        if chosen:
            st.session_state[f"{key}_turn"] = turn + 1
            on_pick(int(chosen[0]))

    st.dataframe(
        rows, hide_index=True, alt=alt, key=name, on_select=picked, selection_mode=["single-row", "single-cell"],
        **arguments,
    )  # fmt: skip


def csv(rows: pd.DataFrame | list[dict]) -> bytes:
    """Rows for a spreadsheet, the first line their names."""
    return pd.DataFrame(rows).to_csv(index=False).encode()


def numbers(
    rows: Callable[[], pd.DataFrame | list[dict]],
    file_name: str,
    *,
    key: str,
    disabled: bool = False,
    called: str = "Numbers",
) -> None:
    """A quiet button that takes the numbers of a chart away, as a CSV."""
    st.download_button(
        called, lambda: csv(rows()), file_name, "text/csv", key=key, icon=":material/table:", type="tertiary",
        on_click="ignore", disabled=disabled, help="As a CSV, for a spreadsheet.",
    )  # fmt: skip


def _dress(figure: go.Figure, fixed: bool) -> None:
    colours, size = palette(), ON_A_WALL if presenting() else SMALLEST
    figure.update_layout(
        font={"size": size + 1, "color": colours.ink},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend_font_size=size + 1,
        hoverlabel_font_size=size + 1,
        # One colour for its buttons, or they would stand in the chart's way.
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": colours.dim, "activecolor": colours.ink},
    )
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(
            title_font={"size": size + 1, "color": colours.ink},
            tickfont={"size": size, "color": colours.dim},
            gridcolor=colours.line,
            zerolinecolor=colours.line,
        )
    if fixed:
        figure.update_layout(dragmode=False)
        figure.update_xaxes(fixedrange=True)
        figure.update_yaxes(fixedrange=True)
