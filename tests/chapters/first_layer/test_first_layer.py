"""The first layer: each value against a NumPy loop of its own, and the figures around it."""

import io
import math
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from explainer.chapters.first_layer.figures import filter_sheet, neighbours
from explainer.chapters.first_layer.filters import first_layer, products_at, ranking
from explainer.chapters.first_layer.sharing import product_table, sharing_words
from explainer.errors import NetworkError
from explainer.figures.tiles import LIGHT
from explainer.figures.vectors import vector_figure
from explainer.gallery import sample
from explainer.networks import ENTRIES, Network, load_network
from explainer.networks.feature_maps import cut, strongest_place
from explainer.networks.zoo import imagenet_categories
from explainer.pictures import Picture

NAMES = ["embedded", *ENTRIES]


@cache
def network(name: str) -> Network:
    """The network in the box, or only the head of one of torchvision's with random weights."""
    if name == "embedded":
        return load_network()
    torch.manual_seed(3)
    entry = ENTRIES[name]
    stages = entry.cut(entry.build())[:2]  # by name, the first convolution and what follows
    for module in stages.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=0.1)
            if module.bias is not None:
                nn.init.normal_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
            module.running_mean.normal_()
            module.running_var.uniform_(0.2, 3)
    return Network(name, entry.title, stages, entry.preprocessing, imagenet_categories(), "random", "0", {})


def by_loop(name: str, picture: Picture, detector: int, row: int, column: int) -> tuple[float, float]:
    """(value before ReLU, sum of the sizes of all products), in plain Python floats from the modules' own numbers."""
    stage = next(iter(network(name).stages.children()))
    conv = next(module for module in stage.modules() if isinstance(module, nn.Conv2d))
    norms = [module for module in stage.modules() if isinstance(module, nn.BatchNorm2d)]
    weights = conv.weight.numpy().astype(np.float64)[detector]
    x = network(name).preprocess(picture)[0].numpy().astype(np.float64)
    stride, padding = conv.stride[0], conv.padding[0]
    total = float(conv.bias[detector]) if conv.bias is not None else 0.0
    sizes = abs(total)
    for colour in range(3):
        for i in range(weights.shape[1]):
            for j in range(weights.shape[2]):
                y, z = row * stride - padding + i, column * stride - padding + j
                if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]:
                    total += weights[colour, i, j] * x[colour, y, z]
                    sizes += abs(weights[colour, i, j] * x[colour, y, z])
    for norm in norms:
        scale = float(norm.weight[detector]) / (float(norm.running_var[detector]) + norm.eps) ** 0.5
        total = (total - float(norm.running_mean[detector])) * scale + float(norm.bias[detector])
        sizes *= abs(scale)
    return total, sizes


def places(rows: int, columns: int, generator: np.random.Generator) -> list[tuple[int, int]]:
    """The corners, the borders and some places between."""
    corners = [(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1), (0, columns // 2), (rows // 2, 0)]
    return corners + [tuple(place) for place in generator.integers(0, (rows, columns), (6, 2)).tolist()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("picture", ["cat", "gratings"])
def test_a_value_is_the_sum_of_its_products(name, picture):
    picture = sample(picture)
    first, trace = first_layer(network(name)), network(name).trace(picture)
    detectors, rows, columns = first.layer.shape
    generator = np.random.default_rng(0)
    for row, column in places(rows, columns, generator):
        detector = int(generator.integers(detectors))
        expected, sizes = by_loop(name, picture, detector, row, column)
        found = products_at(first, trace, detector, row, column)
        within = 1e-4 * max(1.0, sizes / 30)  # float32 sums of large terms round more
        assert found.products.sum(dtype=np.float64) + found.bias == pytest.approx(expected, abs=within)
        assert found.total == pytest.approx(expected, abs=within)
        bent = {
            "ReLU": max(0.0, expected),
            "hard-swish": expected * min(max(expected + 3, 0), 6) / 6,
            "swish": expected / (1 + math.exp(-expected)),
        }[found.bend]
        assert found.value == pytest.approx(bent, abs=2 * within)
        assert found.bend == {"mobilenet": "hard-swish", "efficientnet": "swish"}.get(name, "ReLU")
        assert found.value == float(trace[first.layer.name][detector, row, column])
        np.testing.assert_array_equal(found.products, found.patch * found.weights)


def test_within_a_ten_thousandth_at_hundreds_of_places():
    """The network in the box, by matrix arithmetic of NumPy's alone."""
    picture = sample("coffee")
    net = network("embedded")
    first, trace = first_layer(net), net.trace(picture)
    x = net.preprocess(picture)[0].numpy()
    generator = np.random.default_rng(1)
    for detector, row, column in generator.integers(0, (96, 55, 55), (300, 3)).tolist():
        patch = x[:, 4 * row : 4 * row + 11, 4 * column : 4 * column + 11].astype(np.float64)
        expected = (patch * first.weights[detector]).sum() + first.bias[detector]
        found = products_at(first, trace, detector, row, column)
        assert found.products.size == 363
        assert abs(found.products.sum(dtype=np.float64) + found.bias - expected) < 1e-4
        assert abs(found.value - max(0, expected)) < 1e-4
        assert found.box == (4 * column, 4 * row, 4 * column + 11, 4 * row + 11)
        np.testing.assert_array_equal(found.pixels, trace.view[4 * row :, 4 * column :][:11, :11])


def test_the_figures_of_2012():
    first = first_layer(network("embedded"))
    assert (first.detectors, first.positions, first.weights_each, first.overlap) == (96, 3_025, 363, 7)
    assert (first.shared, first.layer.neurons, first.unshared) == (34_848, 290_400, 105_415_200)
    words = sharing_words(first, network("embedded"))
    own = sum(parameter.numel() for parameter in network("embedded").stages.parameters())
    for figure in ("34,848", "290,400", "105,415,200", "3,025</span> times", "60,965,224", "659,272", f"{own:,}"):
        assert figure in words


@pytest.mark.parametrize(
    ("name", "shape", "window", "overlap"),
    [
        ("alexnet", (64, 55, 55), (11, 4, -2), 7),
        ("vgg16", (64, 224, 224), (3, 1, -1), 2),
        ("googlenet", (64, 112, 112), (7, 2, -3), 5),
        ("resnet50", (64, 112, 112), (7, 2, -3), 5),
        ("resnext50", (64, 112, 112), (7, 2, -3), 5),
        ("mobilenet", (16, 112, 112), (3, 2, -1), 1),
        ("efficientnet", (32, 112, 112), (3, 2, -1), 1),
        ("squeezenet", (96, 109, 109), (7, 2, 0), 5),
    ],
)
def test_other_networks_first_layers(name, shape, window, overlap):
    first = first_layer(network(name))
    assert first.layer.shape == shape and (first.window.size, first.window.step, first.window.start) == window
    assert first.overlap == overlap and first.weights.shape == (shape[0], 3, window[0], window[0])


def test_no_such_detector_or_place():
    first, trace = first_layer(network("embedded")), network("embedded").trace(sample("cat"))
    for detector, row, column in ((96, 0, 0), (-1, 0, 0), (0, 55, 0), (0, 0, 55), (0, -1, 0), (0, 0, -1)):
        with pytest.raises(NetworkError, match="conv1 has 96 detectors on 55 × 55 positions"):
            products_at(first, trace, detector, row, column)


def test_a_first_stage_of_several_convolutions():
    stages = nn.Sequential()
    stages.add_module("block1", nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)))
    odd = Network("odd", "Odd", stages, ENTRIES["alexnet"].preprocessing, (), "", "", {})
    with pytest.raises(NetworkError, match="first stage of Odd"):
        first_layer(odd)


def test_cutting_over_the_edge():
    x = torch.arange(1.0, 26.0).view(1, 5, 5)
    expected = np.pad(x[0].numpy(), 3)[3 - 2 : 3 + 2, 3 + 3 : 3 + 7]
    np.testing.assert_array_equal(cut(x, (3, -2, 7, 2))[0].numpy(), expected)


def test_where_it_fires_most():
    maps = torch.zeros(3, 4, 5)
    maps[0, 2, 3], maps[1, 1, 4], maps[1, 3, 0] = 1, 7, 7
    assert strongest_place(maps[0]) == (2, 3) and strongest_place(maps[2]) == (0, 0)
    assert strongest_place(maps[1]) == (1, 4)  # the first of two
    assert ranking(maps) == [1, 0, 2] and ranking(maps * 0) == [0, 1, 2]


# --- its figures --------------------------------------------------------------------------------------


def test_the_sheet_of_filters():
    first = first_layer(network("embedded"))
    pixels = np.asarray(Image.open(io.BytesIO(filter_sheet(first))))
    side = 11 * (44 // 11)
    assert pixels.shape == (8 * (side + 4) - 4, 12 * (side + 4) - 4, 3)
    for index in (0, 13, 95):
        weights = first.weights[index].transpose(1, 2, 0)
        expected = np.round(127.5 + 127.5 * weights / np.abs(weights).max())
        top, left = index // 12 * (side + 4), index % 12 * (side + 4)
        tile = pixels[top : top + side, left : left + side]
        np.testing.assert_array_equal(tile, expected.repeat(4, 0).repeat(4, 1))
        assert tile.max() == 255 or tile.min() == 0  # each on its own scale
    assert (pixels[side] == 255).all() and (pixels[:, side] == 255).all()  # the gaps
    shared = np.asarray(Image.open(io.BytesIO(filter_sheet(first, shared=True))))
    expected = np.round(127.5 + 127.5 * first.weights[13].transpose(1, 2, 0) / np.abs(first.weights).max())
    np.testing.assert_array_equal(shared[side + 4 :, side + 4 :][:side:4, :side:4], expected)


def test_one_place_as_bars():
    values = np.array([0.0, 2.5, 0.5, 0.0])
    figure, alt = vector_figure(values, 2, LIGHT)
    bars = figure.data[0]
    assert list(bars.y) == values.tolist() and list(bars.x) == [0, 1, 2, 3]
    assert [colour == LIGHT.positive for colour in bars.marker.color] == [False, False, True, False]
    assert "4 bars, 2 of them above zero; the tallest is detector 1 with 2.50" in alt and "detector 2 has 0.50" in alt
    assert figure.layout.xaxis.title.text and figure.layout.yaxis.title.text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["corner", "middle", "far corner"])
def test_two_neighbours(name, place):
    first = first_layer(network(name))
    size = network(name).preprocessing.size
    view = np.random.default_rng(0).integers(0, 200, (size, size, 3), dtype=np.uint8)
    rows, columns = first.layer.shape[1:]
    row, column = {"corner": (0, 0), "middle": (rows // 2, columns // 3), "far corner": (rows - 1, columns - 1)}[place]
    picture, alt, words = neighbours(first, view, row, column)
    left = min(column, columns - 2)  # the last unit has no neighbour to its right
    assert f"share {first.window.size} − {first.window.step} = {first.overlap} columns" in words
    assert ("padding" in words) == (first.window.box(row, left)[0] < 0) and "-" not in words
    assert f"Neuron {left} " in words and f"neuron {left + 1} " in words and f"{first.overlap} columns" in alt

    frames = [np.argwhere((picture == colour).all(-1)) for colour in ((0xE2, 0x57, 0x2E), (0x2A, 0x6B, 0xDB))]
    boxes = [(frame.min(0), frame.max(0) + 1) for frame in frames]
    factor = (boxes[1][1] - boxes[1][0])[1] // first.window.size  # the second frame is drawn whole, on top
    assert factor >= 10 and (boxes[1][1] - boxes[1][0] == factor * first.window.size).all()
    assert boxes[1][0][1] - boxes[0][0][1] == factor * first.window.step  # one step to the right
    (top, start), (bottom, end) = boxes[1]
    inside = picture[top:bottom, start:end][factor // 2 :: factor, factor // 2 :: factor]  # beside the frames' lines
    start, top, end, bottom = (side + 8 for side in first.window.box(row, left + 1))
    padded = np.pad(view, ((8, 8), (8, 8), (0, 0)), constant_values=127)
    np.testing.assert_array_equal(inside, padded[top:bottom, start:end])


def test_the_table_of_products():
    first, trace = first_layer(network("embedded")), network("embedded").trace(sample("cat"))
    found = products_at(first, trace, 5, 10, 20)
    table = product_table(found)
    assert list(table.columns) == ["colour", "row", "column", "input", "weight", "product"] and len(table) == 363
    line = table[(table.colour == "green") & (table.row == 3) & (table.column == 7)].iloc[0]
    assert line["input"] == found.patch[1, 3, 7] and line["weight"] == found.weights[1, 3, 7]
    assert table["product"].sum() + found.bias == pytest.approx(found.total, abs=1e-4)
