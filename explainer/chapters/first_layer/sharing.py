"""What sharing weights saves, in words and figures, and the table of one value's products."""

import pandas as pd
import torch

from explainer.chapters.first_layer.filters import FirstLayer, Products
from explainer.networks import Network
from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.layers import describe


def sharing_words(first: FirstLayer, network: Network) -> str:
    """HTML: the first layer's weights with and without sharing, and the whole network's size."""
    detectors, rows, columns = first.layer.shape
    parameters = sum(layer.parameters for layer in network.layers)
    neurons = sum(layer.neurons for layer in network.layers)
    rows_of_table = [(network.label, parameters, neurons)]
    if network.name == "embedded":
        with torch.device("meta"):
            original = describe(AlexNet2012(), 227)
        rows_of_table.append(
            (
                "AlexNet as published in 2012",
                sum(x.parameters for x in original),
                sum(x.neurons for x in original),
            )
        )
    table = "".join(
        f"<tr><td>{name}</td><td class='number'>{parameters:,}</td><td class='number'>{neurons:,}</td></tr>"
        for name, parameters, neurons in rows_of_table
    )
    shared = f"{detectors} × {first.weights_each} = {first.shared:,}"
    units = f"{detectors} × {rows} × {columns} = {first.layer.neurons:,}"
    unshared = f"{first.layer.neurons:,} × {first.weights_each} = {first.unshared:,}"
    times = f"{first.unshared // first.shared:,}"
    return f"""
    <div class="sums">
      <p><b>Shared:</b> <span class="number">{shared}</span> weights
      for <span class="number">{units}</span> neurons.</p>
      <p><b>Unshared:</b> <span class="number">{unshared}</span> weights,
      <span class="number">{times}</span> times as many: one set for each place.</p>
      <table>
        <thead><tr><th>the whole network</th><th>parameters</th><th>neurons</th></tr></thead>
        <tbody>{table}</tbody>
      </table>
      <p class="quiet">Parameters are the weights and biases, all that training sets. Pools have none.
      The paper rounds to 60 million parameters and 650,000 neurons.</p>
    </div>"""


def product_table(found: Products) -> pd.DataFrame:
    """Every multiplication behind one value: colour, row and column in the patch, input, weight, product."""
    side = found.weights.shape[-1]
    index = pd.MultiIndex.from_product(
        [["red", "green", "blue"], range(side), range(side)], names=["colour", "row", "column"]
    )
    values = {
        "input": found.patch.ravel(),
        "weight": found.weights.ravel(),
        "product": found.products.ravel(),
    }
    return pd.DataFrame(values, index=index).reset_index()
