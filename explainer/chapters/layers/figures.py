"""Figures of a whole network: its layers as boxes to scale, its maps as tiles, and where the work is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explainer.chapters.layers.anatomy import Awake, answers, groups, looks_at, overlap, small, totals, wiring
from explainer.figures.slide import Figure, Panel, tiles
from explainer.figures.tiles import (
    LIGHT,
    Palette,
    activation_levels,
    address,
    enlarge,
    magma,
    png,
    sheet,
    sheet_columns,
    signed_tiles,
)
from explainer.networks import Network, Trace
from explainer.networks.layers import Layer

# What stands under every layer of the chart, from above.
ROWS = ("hands on", "neurons", "parameters", "multiply-adds", "sees (pixels)")


def short(number: float) -> str:
    """A large number in few signs: 105,415,200 → "105 M"; nothing at all is a dash."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            scaled = number / size
            text = f"{scaled:.0f}" if scaled >= 99.5 or size == 1e3 else f"{scaled:.1f}"
            return text.removesuffix(".0") + letter
    return f"{number:.0f}" if number else "–"


def sees(layer: Layer) -> str:
    """The side of a unit's receptive field, or "all" of the picture."""
    return "all" if layer.window.size is None else f"{layer.window.size}"


# --- the chart of all layers ---------------------------------------------------------------------------


def layer_chart(network: Network, trace: Trace) -> list[dict]:
    """Every layer as the chart component draws it.

    words: its numbers, spoken. hint: what its units are connected to.

    side, channels: of its box; neurons_tall: of a layer without places (its box is a column).
    texts: what stands under it (see ROWS). shares: each number over the largest of any layer,
    0 to 1, or None for those without a bar. face: its strongest map of this picture, or its
    neurons one above the other, as the address of a picture.
    """
    wires = wiring(network)
    largest = {
        kind: max(getattr(layer, kind) for layer in network.layers) for kind in ("neurons", "parameters", "macs")
    }
    chart = []
    for layer in network.layers:
        places = len(layer.shape) == 3
        side, channels = (layer.shape[1], layer.shape[0]) if places else (1, layer.shape[0])
        window = layer.window.size
        chart.append({
            "name": layer.name,
            "kind": layer.kind,
            "side": side,
            "channels": channels,
            "neurons_tall": 0 if layer.spatial else channels,
            "wiring": wires[layer.name],
            "texts": [
                f"{side}²×{channels}" if layer.spatial else f"{channels:,}",
                short(layer.neurons), short(layer.parameters), short(layer.macs), sees(layer),
            ],
            "shares": [
                None, *(getattr(layer, kind) / largest[kind] for kind in largest),
                1.0 if window is None else min(1.0, window / network.preprocessing.size),
            ],
            "face": _face(answers(network, trace, layer.name)),
            "words": spoken(layer),
            "hint": layer_words(network, layer),
        })  # fmt: skip
    return chart


def spoken(layer: Layer) -> str:
    """A layer in one line, for the tooltip and for those who can't see the chart."""
    if layer.spatial:
        shape = f"{layer.shape[0]:,} maps of {layer.shape[1]} × {layer.shape[2]} positions"
    else:
        shape = f"{layer.shape[0]:,} numbers"
    parts = [f"{layer.name}: {shape}"]
    if layer.parameters:
        parts.append(f"{layer.neurons:,} neurons, {layer.parameters:,} parameters, {layer.macs:,} multiply-adds")
    size = layer.window.size
    parts.append("each sees the whole picture" if size is None else f"each position sees {size} × {size} pixels")
    return " · ".join(parts)


def _face(values: Tensor) -> str:
    """The strongest map on magma, at most 28 positions wide; of [N] neurons a strip of 64, strongest in each."""
    if values.dim() == 3:
        strongest = values[int(values.amax(dim=(1, 2)).argmax())]
        factor = -(-max(strongest.shape) // 28)
        drawn = F.max_pool2d(strongest[None], factor, ceil_mode=True)
    else:
        drawn = F.adaptive_max_pool1d(values[None], min(64, len(values)))[..., None]
    levels = activation_levels(drawn.numpy())[0]
    return address(png(levels, magma()))


# --- the sheet of maps ---------------------------------------------------------------------------------


def map_tiles(maps: Tensor, largest: float | None = None) -> tuple[np.ndarray, int]:
    """Maps float [N, H, W] as steps on magma for one sheet, uint8 [N, h, w], and how much smaller they are drawn.

    Each map on a scale of its own, or all up to ``largest``.
    """
    drawn, factor = small(maps)
    if largest is None:
        return activation_levels(drawn.numpy()), factor
    levels = 255 * drawn.clamp(0, largest) / (largest or 1)
    return levels.round().to(torch.uint8).numpy(), factor


def neuron_tiles(values: Tensor, palette: Palette) -> tuple[np.ndarray, np.ndarray | None]:
    """Single numbers float [N] as tiles of one pixel, and the ramp for them.

    Steps on magma where none is negative, else colours on the signed ramp (ramp None).
    """
    cells = values.numpy()[:, None, None]
    if values.min() >= 0:
        return activation_levels(cells, shared=True), magma()
    return signed_tiles(cells, palette), None


def grid_columns(count: int) -> int:
    """Tiles in a row so that square tiles fill a box five wide and three high, with few gaps in the last row."""
    least = max(4, int(np.ceil(np.sqrt(1.7 * count))))
    return min(range(least, least + 5), key=lambda columns: (-count % columns, columns))


MOST_NAMED = 300  # neurons whose names a figure to take away has room for


def maps_figure(
    values: Tensor, on_page: Sequence[int], names: Sequence[str], layer: Layer, largest: float | None, palette: Palette,
    chosen: np.ndarray | None = None, chosen_words: str = "",
) -> Figure:  # fmt: skip
    """The maps (or single neurons) of a layer that stand on the page, in its order, with their names and peaks.

    chosen: one of them over the picture, put first.
    """
    if layer.spatial:
        drawn, _ = map_tiles(values[on_page], largest)
        shown = tiles(drawn, [f"{i}: {float(values[i].max()):.1f}" for i in on_page], colours=magma())
    else:
        squares, ramp = neuron_tiles(values[on_page], palette)
        few = len(on_page) <= MOST_NAMED
        labels = [f"{names[i]}: {float(values[i]):.1f}" if few else "" for i in on_page]
        shown = tiles(squares, labels, colours=ramp)
    return Figure(shown, above=[Panel(chosen, chosen_words)] if chosen is not None else [])


def vector_sheet(values: Tensor) -> bytes:
    """Single numbers float [N] as a PNG of squares on one scale, row by row; signed ones on the signed ramp."""
    drawn, ramp = neuron_tiles(values, LIGHT)
    drawn = np.stack([enlarge(tile, 12) for tile in drawn])
    return png(sheet(drawn, sheet_columns(len(drawn)) * 2, gap=3, fill=0 if ramp is not None else 255), ramp)


def sheet_words(layer: Layer, factor: int, shared: bool, network: Network) -> str:
    """What the tiles are, what their brightness means, and whether they are drawn smaller than they are."""
    if not layer.spatial:
        last = layer.name == network.layers[-1].name
        return f"Each square is one {'category' if last else 'neuron'}, all on one scale."
    scale = "all on one scale" if shared else "black to its own strongest"
    less = f"; the strongest of {factor} × {factor} positions stands for all" if factor > 1 else ""
    return f"Each tile is one map of {layer.shape[1]} × {layer.shape[2]} positions, {scale}{less}."


def layer_words(network: Network, layer: Layer) -> str:
    """What a layer's units are connected to, in a sentence."""
    stage = network.stages.get_submodule(layer.name)
    wire, count = wiring(network)[layer.name], groups(stage)
    if layer.kind == "pool":
        return f"{layer.name} has no weights: {_pooling(network, layer)}"
    if layer.kind == "block":
        inner = f", one of them in {count} groups" if count > 1 else ""
        return f"{layer.name} is a block of several convolutions{inner}; these are the maps at its end."
    if wire == "apart":
        return f"{layer.name} works in {count} groups: each half of its maps sees only one half of the maps below."
    if wire == "meet":
        return f"At {layer.name} the two groups meet: every neuron sees both halves below."
    if wire == "split":
        return f"{layer.name} sees the picture itself; its maps are shared out to two groups above."
    whole = "all the numbers below" if layer.kind == "fc" else "all the maps below"
    return f"Every neuron of {layer.name} sees {whole}."


def _pooling(network: Network, layer: Layer) -> str:
    """What a pool keeps of each map, to end a sentence with."""
    mean = any(
        isinstance(module, nn.AvgPool2d | nn.AdaptiveAvgPool2d)
        for module in network.stages.get_submodule(layer.name).modules()
    )
    kept = "the mean" if mean else "the strongest answer"
    if layer.window.size is None:
        return f"it keeps {kept} of each map as a whole."
    told = f"it keeps {kept} of each small block of a map."
    if overlap(network, layer.name) > 0:
        told += " The blocks overlap, so that a pattern on the border of two is not cut in half."
    return told


def awake_words(name: str, first: Awake, last: Awake) -> str:
    """How much of the last maps fires, against the first ones, in sentences."""
    less = last.share < first.share
    silent = f"{last.silent} of its {last.maps} maps are" if last.silent != 1 else f"1 of its {last.maps} maps is"
    why = (
        "Higher detectors wait for rarer things."
        if less
        else "One would expect less, since higher detectors wait for rarer things; not with this network and picture."
    )
    return f"{'Less' if less else 'No less'}: {last.share:.0%} in {name}, and {silent} dark everywhere. {why}"


# --- closer looks --------------------------------------------------------------------------------------


def layer_table(network: Network) -> pd.DataFrame:
    """Every layer's numbers, and their sums in the last row."""
    rows = [
        {
            "layer": layer.name,
            "kind": layer.kind,
            "hands on": " × ".join(f"{n:,}" for n in (*layer.shape[1:], layer.shape[0])),
            "neurons": layer.neurons,
            "parameters": layer.parameters,
            "multiply-adds": layer.macs,
            "window": looks_at(network, layer.name),
            "sees": "all" if layer.window.size is None else f"{layer.window.size} × {layer.window.size}",
            "step": str(layer.window.step or ""),
        }
        for layer in network.layers
    ]
    total = totals(network.layers)
    rows.append({
        "layer": "all", "kind": "", "hands on": "", "neurons": total.neurons, "parameters": total.parameters,
        "multiply-adds": total.macs, "window": "", "sees": "", "step": "",
    })  # fmt: skip
    return pd.DataFrame(rows)


def work_figure(network: Network, palette: Palette) -> tuple[go.Figure, str]:
    """Each layer's share of all parameters and of all multiply-adds, in percent."""
    layers = [layer for layer in network.layers if layer.parameters]
    total = totals(layers)
    figure, most = go.Figure(), {}
    for kind, name, colour in (("parameters", "parameters", palette.negative), ("macs", "multiply-adds", palette.dim)):
        shares = [100 * getattr(layer, kind) / getattr(total, kind) for layer in layers]
        most[name] = layers[int(np.argmax(shares))].name, max(shares)
        figure.add_bar(
            y=[layer.name for layer in layers], x=shares, name=name, orientation="h", marker_color=colour,
            customdata=[f"{getattr(layer, kind):,}" for layer in layers],
            hovertemplate="%{y}: %{customdata} " + name + ", %{x:.1f}%<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        height=max(260, 34 * len(layers)), margin=dict(l=10, r=10, t=10, b=10), bargap=0.25, barmode="group",
        xaxis_title="share of the whole network, percent", yaxis_autorange="reversed",
        legend=dict(orientation="h", y=1.02, yanchor="bottom", x=0),
    )  # fmt: skip
    words = "; ".join(f"most {name} in {layer}, {share:.0f}%" for name, (layer, share) in most.items())
    return figure, f"Two bars for each of {len(layers)} layers: {words}"


def field_figure(pixels: Tensor, long_side: int = 300) -> np.ndarray:
    """What one unit sees, uint8 [k, k, 3], enlarged crisply."""
    return enlarge(pixels.numpy(), max(1, long_side // pixels.shape[0]))


def field_words(layer: Layer, unit: int, row: int, column: int, value: float, share: float) -> str:
    """One unit's value and what it sees, in two sentences."""
    size = layer.window.size
    inside = "" if share == 1 else f" {share:.0%} of it lies on the picture; the rest (black) is padding."
    return (
        f"Map {unit} of {layer.name} is {value:.3f} at row {row}, column {column}. The neuron there sees "
        f"{size} × {size} pixels and nothing else.{inside} The bars are all {layer.shape[0]:,} maps at that place."
    )
