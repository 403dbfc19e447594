"""Layers counted independently (PyTorch's flop counter, gradients, hooks), and what the chapter shows of them."""

import copy
import io
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explainer.chapters.layers import anatomy as backend
from explainer.chapters.layers import figures
from explainer.chapters.layers.anatomy import MAPS_AT_A_TIME
from explainer.commands import main
from explainer.errors import NetworkError
from explainer.figures.tiles import DARK, magma, png, sheet
from explainer.gallery import sample
from explainer.networks import ENTRIES, NAMES, Network, load_network
from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.layers import describe
from explainer.networks.zoo import imagenet_categories


@cache
def skeleton(name: str) -> Network:
    """A network of the zoo; all but the shipped one have no weights, only their shapes."""
    if name == "embedded":
        return load_network()
    known = ENTRIES[name]
    with torch.device("meta"):
        stages = known.cut(known.build())
    return Network(name, known.title, stages, known.preprocessing, imagenet_categories(), "none", name, {})


@cache
def embedded_trace():
    return load_network().trace(sample("cat"))


# --- independent counts --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_multiply_adds_equal_pytorchs_own_count(name):
    """One operator at a time, on a device that knows shapes only: a multiply-add is two operations."""
    network = skeleton(name)
    stages = copy.deepcopy(network.stages).to("meta")
    x = torch.empty(1, 3, network.preprocessing.size, network.preprocessing.size, device="meta")
    for layer, stage in zip(network.layers, stages, strict=True):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            x = stage(x)
        assert layer.shape == tuple(x.shape[1:]), layer.name
        assert 2 * layer.macs == counter.get_total_flops(), layer.name


@pytest.mark.parametrize("name", NAMES)
def test_parameters_equal_the_published_number(name):
    network = skeleton(name)
    total = backend.totals(network.layers)
    assert total.parameters == sum(value.numel() for value in network.stages.parameters())
    if name in ENTRIES:
        assert total.parameters == ENTRIES[name].parameters
    for layer, stage in zip(network.layers, network.stages, strict=True):
        expected = 0
        for module in stage.modules():
            if isinstance(module, nn.Conv2d):
                side, inputs = module.kernel_size[0], module.in_channels // module.groups
                expected += module.out_channels * (side * side * inputs + (module.bias is not None))
            elif isinstance(module, nn.Linear):
                expected += module.out_features * (module.in_features + 1)
            elif isinstance(module, nn.BatchNorm2d):
                expected += 2 * module.num_features
        assert layer.parameters == expected, layer.name


class OneMap(nn.Module):
    """A convolution's places without its channels: what lies where stays, in one map instead of hundreds."""

    def __init__(self, like: nn.Conv2d):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, like.kernel_size, like.stride, like.padding, like.dilation, bias=False).double()
        nn.init.uniform_(self.conv.weight, 0.5, 1.5)
        self.conv.weight.data /= self.conv.weight.sum()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x.mean(dim=1, keepdim=True))


def thinned(module: nn.Module) -> nn.Module:
    """A random network in which every pixel of a receptive field moves the unit above it, if only a little.

    Positive weights and means instead of maxima let every path through.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d):
            replacement = OneMap(child)
        elif isinstance(child, nn.MaxPool2d):
            replacement = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, ceil_mode=child.ceil_mode)
        elif isinstance(child, nn.BatchNorm2d) or type(child).__name__ == "SqueezeExcitation":
            replacement = nn.Identity()  # gates turn whole maps up or down: no part of what a unit sees where
        else:
            thinned(child)
            continue
        setattr(module, name, replacement)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_receptive_fields_equal_the_support_of_gradients(name):
    network = skeleton(name)
    torch.manual_seed(0)
    with torch.device("meta"):
        stages = copy.deepcopy(network.stages).to("meta")
    stages = thinned(stages.to_empty(device="cpu"))
    widest = max((layer.window for layer in network.layers if layer.spatial), key=lambda window: window.size)
    side = widest.size + 8 * widest.step  # large enough that the fields of middle units lie within
    x = torch.rand(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    y = x
    for layer, stage in zip(network.layers, stages, strict=True):
        if not layer.spatial:
            assert layer.kind in ("fc", "pool")
            break
        y = stage(y)
        row = y.shape[2] // 2
        found = []
        for column in (y.shape[3] // 2, y.shape[3] // 2 + 1):
            (gradient,) = torch.autograd.grad(y[0, :, row, column].sum(), x, retain_graph=True)
            rows, columns = gradient[0, 0].abs().nonzero().unbind(1)
            found.append((columns.min().item(), rows.min().item(), columns.max().item() + 1, rows.max().item() + 1))
            assert found[-1] == layer.window.box(row, column), layer.name
        assert found[1][0] - found[0][0] == layer.window.step


@pytest.mark.parametrize("name", NAMES)
def test_neurons_are_the_outputs_of_weighted_modules(name):
    network = skeleton(name)
    stages = copy.deepcopy(network.stages).to("meta")
    outputs = []
    for module in stages.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(lambda _module, _inputs, output: outputs.append(output.numel()))
    size = network.preprocessing.size
    with torch.no_grad():
        stages(torch.empty(1, 3, size, size, device="meta"))
    assert backend.totals(network.layers).neurons == sum(outputs)


def test_alexnet_of_2012_has_the_published_numbers():
    with torch.device("meta"):
        layers = describe(AlexNet2012(), 227)
    total = backend.totals(layers)
    assert (total.layers, total.parameters, total.neurons) == (8, 60_965_224, 659_272)
    convolutions = [layer for layer in layers if layer.kind == "conv"]
    assert [layer.window.size for layer in convolutions] == [11, 51, 99, 131, 163]
    assert [layer.window.step for layer in convolutions] == [4, 8, 16, 16, 16]


# --- wiring --------------------------------------------------------------------------------------------


def test_the_two_groups_meet_at_conv3_and_fc6():
    wires = backend.wiring(load_network())
    assert wires == {
        "conv1": "split", "pool1": "apart", "conv2": "apart", "pool2": "apart", "conv3": "meet", "conv4": "apart",
        "conv5": "apart", "pool5": "apart", "fc6": "meet", "fc7": "one", "fc8": "one",
    }  # fmt: skip


def test_the_wiring_is_what_gradients_say():
    """conv5's first half depends on conv4's first half alone; conv3's on both halves of conv2."""
    network, trace = load_network(), embedded_trace()
    for layer, below, apart in (("conv2", "pool1", True), ("conv3", "pool2", False), ("conv5", "conv4", True)):
        x = trace[below][None].clone().requires_grad_()
        y = network.run(x, start=layer, stop=layer)
        (gradient,) = torch.autograd.grad(y[0, : y.shape[1] // 2].sum(), x)
        other_half = gradient[0, x.shape[1] // 2 :]
        assert (other_half.abs().max().item() == 0) is apart


@pytest.mark.parametrize("name", ["alexnet", "resnext50"])
def test_networks_without_halves_have_no_wiring(name):
    assert set(backend.wiring(skeleton(name)).values()) == {"one"}


@pytest.mark.parametrize("name", NAMES)
def test_which_networks_pool_the_strongest(name):
    without = ("mobilenet", "efficientnet")  # they shrink their maps by strides alone
    assert backend.has_max_pools(skeleton(name)) == (name not in without)


def test_groups_inside_blocks():
    stages = skeleton("resnext50").stages
    assert backend.groups(stages.get_submodule("conv3_1")) == 32
    assert backend.groups(load_network().stages.get_submodule("conv2")) == 2
    assert backend.groups(load_network().stages.get_submodule("pool2")) == 1


# --- maps ----------------------------------------------------------------------------------------------


def test_orders():
    maps = torch.tensor([[[0.0, 1.0]], [[5.0, 0.0]], [[2.0, 3.0]]])
    other = torch.tensor([[[9.0, 0.0]], [[5.0, 4.0]], [[0.0, 1.0]]])
    assert backend.in_order(maps, "strongest") == [1, 2, 0]
    assert backend.in_order(maps, "in order") == [0, 1, 2]
    assert backend.in_order(maps, "most different", other) == [0, 2, 1]
    assert backend.in_order(torch.tensor([-1.0, 4.0, 0.0]), "strongest") == [1, 2, 0]
    with pytest.raises(NetworkError):
        backend.in_order(maps, "most different")


def test_pages_hold_every_map_once():
    order = list(range(1000))
    count = backend.pages(1000, True)
    assert count == 2 and backend.pages(MAPS_AT_A_TIME, True) == 1
    assert [i for page in range(1, count + 1) for i in backend.page_of(order, page, True)] == order


def test_small_maps_keep_their_peaks():
    maps = torch.rand(64, 223, 224)
    reduced, factor = backend.small(maps)
    assert reduced.numel() <= backend.SHEET_PIXELS and factor > 1
    assert (reduced.amax(dim=(1, 2)) == maps.amax(dim=(1, 2))).all()
    first = maps[0, :factor, :factor].max()
    assert reduced[0, 0, 0] == first
    same, factor = backend.small(torch.rand(96, 55, 55))
    assert same.shape == (96, 55, 55) and factor == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_layers_sheet_travels_as_at_most_400_kilobytes(name):
    """With noise for maps, which compresses worst."""
    generator = np.random.default_rng(0)
    for layer in skeleton(name).layers:
        if layer.spatial:
            shown = min(layer.shape[0], MAPS_AT_A_TIME)
            maps = torch.from_numpy(generator.random((shown, *layer.shape[1:]), dtype=np.float32))
            tiles, _factor = figures.map_tiles(maps)
            assert len(png(sheet(tiles, 16), magma())) <= 400_000, layer.name


def test_shared_contrast_is_one_scale():
    maps = torch.tensor([[[1.0]], [[4.0]]])
    assert figures.map_tiles(maps)[0].ravel().tolist() == [255, 255]
    assert figures.map_tiles(maps, 4.0)[0].ravel().tolist() == [64, 255]


def test_the_last_layer_is_called_by_its_categories():
    network = load_network()
    names = backend.unit_names(network, "fc8")
    assert names[281] == "tabby" and len(names) == 1000
    assert backend.unit_names(network, "conv3")[17] == "map 17"
    assert backend.unit_names(network, "fc6")[17] == "neuron 17"


def test_a_neuron_below_the_last_layer_speaks_for_categories():
    network = load_network()
    weights = network.stages.get_submodule("fc8").linear.weight
    spoken = backend.speaks_for(network, "fc7", 12, 3)
    best = weights[:, 12].argsort(descending=True)[:3].tolist()
    assert [category for category, _ in spoken] == [network.categories[i] for i in best]
    assert spoken[0][1] == pytest.approx(weights[best[0], 12].item())
    assert backend.speaks_for(network, "fc6", 12) is None
    assert backend.speaks_for(network, "conv5", 12) is None


def test_the_pixels_of_a_field_are_the_pictures_own():
    network, trace = load_network(), embedded_trace()
    pixels, share = backend.field_pixels(network, trace, "conv3", 6, 6)
    left, top, right, bottom = network.layer("conv3").window.box(6, 6)
    assert (pixels.numpy() == trace.view[top:bottom, left:right]).all() and share == 1
    corner, share = backend.field_pixels(network, trace, "conv3", 0, 0)
    assert (corner[:32] == 0).all() and share == pytest.approx((99 - 32) ** 2 / 99**2)
    with pytest.raises(NetworkError, match="whole picture"):
        backend.field_pixels(network, trace, "fc6", 0, 0)


def test_a_units_value_depends_on_its_field_alone():
    """Noise everywhere outside the receptive field leaves the unit's value as it was."""
    network, trace = load_network(), embedded_trace()
    left, top, right, bottom = network.layer("conv5").window.box(6, 6)
    x = torch.randn(3, 227, 227)
    x[:, max(top, 0) : bottom, max(left, 0) : right] = trace.input[:, max(top, 0) : bottom, max(left, 0) : right]
    with torch.no_grad():
        values = network.run(x[None], stop="conv5")[0, :, 6, 6]
    torch.testing.assert_close(values, trace["conv5"][:, 6, 6], atol=1e-5, rtol=1e-5)


# --- figures -------------------------------------------------------------------------------------------


def test_the_table_of_layers_adds_up():
    network = load_network()
    table = figures.layer_table(network)
    assert table["parameters"].iloc[:-1].sum() == table["parameters"].iloc[-1] == 13_846_888
    assert table["layer"].iloc[-1] == "all"
    assert table["sees"].tolist()[:3] == ["11 × 11", "19 × 19", "51 × 51"]


def test_the_chart_knows_every_layer_and_draws_its_face():
    network, trace = load_network(), embedded_trace()
    chart = figures.layer_chart(network, trace)
    assert [layer["name"] for layer in chart] == [layer.name for layer in network.layers]
    conv3 = chart[4]
    assert conv3["channels"] == 384 and conv3["side"] == 13 and conv3["wiring"] == "meet"
    assert conv3["texts"] == ["13²×384", "65 k", "885 k", "150 M", "99"]
    assert all(layer["face"].startswith("data:image/png;base64,") for layer in chart)
    assert chart[-1]["neurons_tall"] == 1000 and chart[-1]["texts"][-1] == "all"


@pytest.mark.parametrize(
    "number,text",
    [
        (0, "–"),
        (999, "999"),
        (1e3, "1 k"),
        (34_944, "35 k"),
        (2.3e6, "2.3 M"),
        (105_415_200, "105 M"),
        (15.5e9, "15.5 G"),
    ],
)
def test_short_numbers(number, text):
    assert figures.short(number) == text


def test_work_figure_shares_add_up():
    figure, alt = figures.work_figure(load_network(), DARK)
    for bars in figure.data:
        assert sum(bars.x) == pytest.approx(100)
    assert "conv2" in alt and "fc6" in alt


# --- the command line ----------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [layer.name for layer in load_network().layers])
def test_maps_of_every_layer_on_the_command_line(layer, tmp_path):
    output = tmp_path / "maps.png"
    assert main(["maps", "sample:cat", "--layer", layer, "-o", str(output)]) == 0
    with Image.open(output) as picture:
        assert picture.format == "PNG" and min(picture.size) > 100


def test_a_vectors_sheet_shows_its_numbers():
    values = torch.tensor([0.0, 1.0, 2.0, 4.0])
    pixels = np.array(Image.open(io.BytesIO(figures.vector_sheet(values))).convert("RGB")).astype(int)
    brightness = [pixels[6, 6 + 15 * i].sum() for i in range(4)]
    assert brightness == sorted(brightness) and brightness[0] < brightness[1] < brightness[3]


def test_maps_of_a_layer_that_is_not_there(tmp_path, capsys):
    assert main(["maps", "sample:cat", "--layer", "conv9", "-o", str(tmp_path / "x.png")]) == 2
    assert "conv1" in capsys.readouterr().err
