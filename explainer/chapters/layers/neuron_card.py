"""One neuron of a layer without places, among the strongest of its layer."""

from collections.abc import Sequence
from html import escape

import streamlit as st
from torch import Tensor

from explainer.chapters.layers.anatomy import speaks_for
from explainer.figures.shares import in_percent
from explainer.networks import Network


def neuron_card(
    network: Network,
    values: Tensor,
    layer: str,
    unit: int,
    names: Sequence[str],
    *,
    heading: str,
    probabilities: Tensor,
    count: int = 5,
) -> None:
    """The strongest neurons as bars, then the chosen one: its value, rank, and what it speaks for.

    Args:
        values: float [N], what the layer's neurons hand on.
        names: what they are called. heading: above it all, where two pictures are compared.
        probabilities: float [categories], told where the layer is the last.
    """
    order = values.argsort(descending=True, stable=True).tolist()
    largest = max(values.abs().max().item(), 1e-9)
    shown = order[:count] if unit in order[:count] else [*order[: count - 1], unit]
    bars = "".join(
        f'<li class="{"chosen" if i == unit else ""}"><span class="name">{escape(names[i])}</span>'
        f'<span class="number">{values[i]:.2f}</span>'
        f'<span class="bar"><i style="width:{max(0.0, 100 * values[i].item() / largest):.1f}%"></i></span></li>'
        for i in shown
    )
    words = f"<b>{escape(names[unit])}</b>: {values[unit]:.2f}, number {order.index(unit) + 1} of {len(values):,}."
    if layer == network.layers[-1].name:
        here = in_percent(probabilities[unit])
        words += f" Softmax turns all {len(values):,} scores into probabilities: here {here}."
    elif (spoken := speaks_for(network, layer, unit)) is not None:
        words += " It speaks most for " + ", ".join(f"{escape(name)} ({weight:+.2f})" for name, weight in spoken) + "."
    title = f"<h4>{escape(heading)}</h4>" if heading else ""
    st.html(f'<div class="guesses neurons">{title}<ol>{bars}</ol><p class="quiet">{words}</p></div>')
