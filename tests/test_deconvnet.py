"""Projections against Captum, autograd and arithmetic on paper."""

import copy
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum.attr import NeuronDeconvolution, NeuronGradient, NeuronGuidedBackprop
from torch import nn

from explainer.deconvnet import METHODS, project, project_all, strongest
from explainer.deconvnet.regions import Region, give_back, take
from explainer.deconvnet.unfold import unfold
from explainer.errors import NetworkError
from explainer.gallery import sample
from explainer.networks import Network, Preprocessing, load_network, stages
from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.vision import torchvision
from explainer.pictures import Picture

CAPTUM = {"deconvnet": NeuronDeconvolution, "guided": NeuronGuidedBackprop, "gradient": NeuronGradient}
CONVOLUTIONS = ("conv1", "conv2", "conv3", "conv4", "conv5")


def as_network(chain: nn.Sequential, preprocessing: Preprocessing | None = None) -> Network:
    return Network("test", "a test's network", chain, preprocessing or Preprocessing(), ("thing",), "", "0", {})


def randomised(model: nn.Module, cut) -> Network:
    """Random weights of the size that keeps activations alive, random batch statistics, random biases."""
    generator = torch.Generator().manual_seed(6)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, generator=generator)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.1, generator=generator)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)
            nn.init.normal_(module.bias, std=0.2, generator=generator)
            module.running_mean.normal_(std=0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return as_network(cut(model))


@cache
def network(name: str) -> Network:
    if name == "embedded":
        return load_network()
    models = torchvision().models
    build = {
        "alexnet": (lambda: models.alexnet(), stages.of_alexnet),
        "squeezenet": (lambda: models.squeezenet1_0(), stages.of_squeezenet),
        "googlenet": (lambda: models.googlenet(aux_logits=False, init_weights=False), stages.of_googlenet),
        "resnet50": (lambda: models.resnet50(), stages.of_resnet),
        "mobilenet": (lambda: models.mobilenet_v3_large(), stages.of_mobilenet),
        "efficientnet": (lambda: models.efficientnet_b0(), stages.of_efficientnet),
    }
    model, cut = build[name]
    with torch.device("meta"):
        empty = model()
    empty = empty.to_empty(device="cpu")
    for buffer in empty.buffers():
        buffer.zero_()
    return randomised(empty, cut)


@cache
def with_normalisation() -> Network:
    """AlexNet of 2012 with its contrast normalisation, strong enough to be seen in a derivative."""
    net = randomised(AlexNet2012(fc6=8, fc7=8, categories=10), lambda chain: chain)
    for norm in (net.stages.norm1, net.stages.norm2):
        norm.alpha = 0.1
    return as_network(net.stages, Preprocessing(256, 227))


def noise(seed: int, side: int = 300) -> Picture:
    """A picture of random blobs: coarse and fine structure, all colours."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (side // 20, side // 20, 3)).repeat(20, 0).repeat(20, 1)
    return Picture(((coarse + random.integers(0, 256, coarse.shape)) // 2).astype(np.uint8), f"noise {seed}")


def targets(of: Network, picture: Picture, layer: str, seed: int, count: int = 3) -> list[tuple[int, int, int]]:
    """Units that clearly fire: some anywhere, some on the border of the map, corners included."""
    maps = of.trace(picture)[layer]
    rows, columns = maps.shape[1:]
    random = np.random.default_rng(seed)
    border = torch.zeros(rows, columns, dtype=torch.bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    corners = torch.zeros_like(border)
    corners[[0, 0, -1, -1], [0, -1, 0, -1]] = True
    chosen = []
    for mask, wanted in ((torch.ones_like(border), count), (border, count), (corners, 1)):
        firing = ((maps > maps.max() / 20) & mask).nonzero()
        chosen += [tuple(firing[i].tolist()) for i in random.integers(0, len(firing), wanted)]
    return chosen


def relative(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    assert theirs.norm() > 0
    return float((ours - theirs).norm() / theirs.norm())


# --- against Captum -----------------------------------------------------------------------------


@pytest.mark.parametrize("layer", CONVOLUTIONS)
@pytest.mark.parametrize("name", ["embedded", "alexnet"])
@pytest.mark.parametrize("method", METHODS)
def test_equals_captum(name, layer, method):
    net = network(name)
    model = copy.deepcopy(net.stages)
    reference = CAPTUM[method](model, model.get_submodule(layer)[-1])  # the ReLU
    seed = CONVOLUTIONS.index(layer)
    for picture in (sample("cat"), noise(seed)):
        chosen = targets(net, picture, layer, seed, count=1)
        units, rows, columns = (list(each) for each in zip(*chosen, strict=True))
        ours = project_all(
            net,
            [net.trace(picture).input] * len(chosen),
            layer,
            units,
            list(zip(rows, columns, strict=True)),
            method,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = reference.attribute(
                net.preprocess(picture).repeat(len(chosen), 1, 1, 1),
                lambda output, units=units, rows=rows, columns=columns: output[range(len(units)), units, rows, columns],
            ).detach()
        for one, other, place in zip(ours, theirs, chosen, strict=True):
            activation = float(net.trace(picture)[layer][place])
            assert one.value == pytest.approx(activation, rel=1e-5)
            assert relative(one.pixels, other * activation if method == "deconvnet" else other) < 1e-5


# --- against autograd with the method's rule in place of ReLU's derivative ---------------------------


def reference(net: Network, x: torch.Tensor, layer: str, index: tuple, method: str, monkeypatch) -> tuple:
    """Value and pixels for one unit, by autograd through the whole network."""

    class Rule(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, inplace=False):
            ctx.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(ctx, signal):
            if method != "gradient":
                signal = signal.clamp(min=0)
            return signal if method == "deconvnet" else signal * (ctx.saved_tensors[0] > 0), None

    def bent(bend, slope):
        """A smooth bend with the method's rule; a true derivative needs no rule."""

        class Bent(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, inplace=False):
                ctx.save_for_backward(x)
                return bend(x)

            @staticmethod
            def backward(ctx, signal):
                if method == "deconvnet":
                    return signal.clamp(min=0), None
                return (signal.clamp(min=0) * slope(ctx.saved_tensors[0])).clamp(min=0), None

        return Bent.apply

    gates = torchvision().ops.misc.SqueezeExcitation
    scale = gates._scale
    normalise = nn.LocalResponseNorm.forward

    def unnoticed(self, x):
        return x + (normalise(self, x) - x).detach()

    with monkeypatch.context() as patched:
        patched.setattr(F, "relu", Rule.apply)
        if method != "gradient":
            plain = F.hardswish
            patched.setattr(F, "hardswish", bent(plain, lambda x: ((2 * x + 3) / 6).where(x.abs() < 3, (x > 0) * 1.0)))
            swish = bent(lambda x: x * x.sigmoid(), lambda x: x.sigmoid() * (1 + x * (1 - x.sigmoid())))
            patched.setattr(F, "silu", swish)
            patched.setattr(gates, "_scale", lambda self, x: scale(self, x).detach())
        if method == "deconvnet":
            patched.setattr(nn.LocalResponseNorm, "forward", unnoticed)
        x = x.clone().requires_grad_()
        value = net.run(x, stop=layer)[(0, *index)]
        (pixels,) = torch.autograd.grad(value, x)
    return value.item(), pixels[0] * (value.item() if method == "deconvnet" else 1)


BRANCHED = [
    ("squeezenet", "fire2"),
    ("googlenet", "conv3"),
    ("googlenet", "inception3b"),
    ("googlenet", "inception4a"),
    ("resnet50", "conv2_1"),
    ("resnet50", "conv3_2"),
    ("resnet50", "conv4_1"),
    ("mobilenet", "conv1"),
    ("mobilenet", "block3"),
    ("mobilenet", "block5"),
    ("mobilenet", "block9"),
    ("efficientnet", "block2_1"),
    ("efficientnet", "block3_2"),
    ("efficientnet", "block5_1"),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("name", "layer"), BRANCHED)
def test_branched_networks(name, layer, method, monkeypatch):
    """In double precision: in single, one ReLU out of a million passes in one and not in the other."""
    net, picture = network(name), sample("coffee")
    chosen = targets(net, picture, layer, seed=1, count=1)
    double = as_network(copy.deepcopy(net.stages).double(), net.preprocessing)
    vars(double)["layers"] = net.layers  # described in single precision
    x = net.preprocess(picture).double()
    for place in chosen:
        value, pixels = reference(double, x, layer, place, method, monkeypatch)
        (ours,) = project_all(double, [x[0]], layer, [place[0]], [place[1:]], method)
        assert ours.value == pytest.approx(value, rel=1e-9)
        assert relative(ours.pixels, pixels) < 1e-9


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", ["norm1", "conv2", "pool2", "conv4", "conv5"])
def test_contrast_normalisation_is_the_identity_on_the_way_down(layer, method, monkeypatch):
    net, picture = with_normalisation(), sample("cat")
    for place in targets(net, picture, layer, seed=2, count=2):
        value, pixels = reference(net, net.preprocess(picture), layer, place, method, monkeypatch)
        ours = project(net, picture, layer, place[0], place[1:], method)
        assert ours.value == pytest.approx(value, rel=1e-5)
        assert relative(ours.pixels, pixels) < 1e-5


def test_normalisation_matters_in_that_test(monkeypatch):
    net, picture = with_normalisation(), sample("cat")
    place = targets(net, picture, "conv2", seed=2)[0]
    ours = project(net, picture, "conv2", place[0], place[1:], "gradient").pixels
    with monkeypatch.context() as patched:
        forward = nn.LocalResponseNorm.forward
        patched.setattr(nn.LocalResponseNorm, "forward", lambda self, x: x + (forward(self, x) - x).detach())
        _, without = reference(net, net.preprocess(picture), "conv2", place, "gradient", monkeypatch)
    assert relative(ours, without) > 0.01


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("name", "layer"), [("embedded", "fc6"), ("embedded", "fc8"), ("squeezenet", "pool10")])
def test_units_that_see_the_whole_picture(name, layer, method, monkeypatch):
    net, picture = network(name), sample("cat")
    unit = int(net.trace(picture)[layer].argmax())
    _, pixels = reference(net, net.preprocess(picture), layer, (unit,), method, monkeypatch)
    ours = project(net, picture, layer, unit, method=method)
    assert ours.position is None
    unseen = 1 if name == "squeezenet" else 0  # its windows of 7 every 2 pixels leave one over
    assert ours.box == (0, 0, net.preprocessing.size - unseen, net.preprocessing.size - unseen)
    assert relative(ours.pixels, pixels) < 1e-4


# --- by hand -------------------------------------------------------------------------------------


def by_hand(*layers: nn.Module) -> Network:
    """A network on 5 × 5 pixels whose colours are 0 to 1 and whose first filter takes red as it is."""
    red = nn.Conv2d(3, 1, 1, bias=False)
    red.weight.data[:] = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    chain = nn.Sequential()
    for number, layer in enumerate([red, *layers], start=1):
        chain.add_module(f"stage{number}", layer)
    return as_network(chain, Preprocessing(5, 5, (0, 0, 0), (1, 1, 1)))


def dot(row: int, column: int) -> Picture:
    pixels = np.zeros((5, 5, 3), np.uint8)
    pixels[row, column, 0] = 255
    return Picture(pixels)


def test_a_pixel_that_wins_several_windows_gets_their_sum():
    """3 × 3 windows every 2: the centre wins all four; a filter of ones adds them up: 4.
    Down again: 4 to each of the four windows, and their sum, 16, to the pixel."""
    net = by_hand(nn.MaxPool2d(3, 2), filter_of(torch.ones(2, 2)))
    projection = project(net, dot(2, 2), "stage3", 0)
    assert projection.value == 4
    expected = torch.zeros(3, 5, 5)
    expected[0, 2, 2] = 16
    assert torch.equal(projection.pixels, expected)
    assert torch.equal(project(net, dot(2, 2), "stage3", 0, method="gradient").pixels, expected / 4)


def filter_of(weights: torch.Tensor, bias: float = 0, **geometry) -> nn.Conv2d:
    convolution = nn.Conv2d(1, 1, weights.shape, **geometry)
    convolution.weight.data[0, 0] = weights
    convolution.bias.data.fill_(bias)
    return convolution


def test_the_signal_is_rectified_and_not_the_activation():
    """The last filter, 2 - 1, pulls down at the right pixel. Its ReLU passed something there,
    so the gradient says -1; the deconvnet throws the negative signal away."""
    net = by_hand(nn.ReLU(), filter_of(torch.tensor([[2.0, -1.0], [0, 0]])), nn.ReLU())
    pixels = np.zeros((5, 5, 3), np.uint8)
    pixels[0, :2, 0] = 255
    picture = Picture(pixels)
    value, row = 1.0, {}
    for method in METHODS:
        projection = project(net, picture, "stage4", 0, (0, 0), method)
        assert projection.value == value
        row[method] = projection.pixels[0, 0, :3].tolist()
    assert row == {"deconvnet": [2, 0, 0], "guided": [2, 0, 0], "gradient": [2, -1, 0]}
    dark = dot(0, 4)  # the filter reads 2·0 - 1·0, lifted above zero by a bias alone
    net = by_hand(nn.ReLU(), filter_of(torch.tensor([[2.0, -1.0], [0, 0]]), bias=3), nn.ReLU())
    assert project(net, dark, "stage4", 0, (0, 0)).pixels[0, 0].tolist() == [6, 0, 0, 0, 0]
    assert project(net, dark, "stage4", 0, (0, 0), "guided").pixels.abs().sum() == 0  # no red, no way through


def test_a_bias_goes_up_and_not_down():
    net = by_hand(filter_of(torch.ones(1, 1), bias=0.5))
    projection = project(net, dot(1, 3), "stage2", 0, (1, 3))
    assert projection.value == 1.5
    assert projection.pixels.sum() == 1.5
    assert projection.pixels[0, 1, 3] == 1.5


def test_padding_is_nothing_at_every_layer():
    """A bias lifts every real unit of stage 2 to 1; the padding above it must stay 0."""
    net = by_hand(filter_of(torch.zeros(3, 3), bias=1, padding=1), nn.ReLU(), filter_of(torch.ones(3, 3), padding=1))
    assert project(net, dot(0, 0), "stage4", 0, (0, 0)).value == 4
    assert project(net, dot(0, 0), "stage4", 0, (0, 2)).value == 6
    assert project(net, dot(0, 0), "stage4", 0, (2, 2)).value == 9


def test_a_silent_unit_projects_nothing():
    net = by_hand(filter_of(-torch.ones(1, 1)), nn.ReLU())
    for method in METHODS:
        projection = project(net, dot(2, 2), "stage3", 0, (2, 2), method)
        assert projection.value == 0
        assert projection.pixels.abs().sum() == 0
        assert projection.weight.sum() == 0


# --- no more than needed -----------------------------------------------------------------------------


def test_computes_no_more_than_the_unit_sees(monkeypatch):
    sizes = []
    convolve = F.conv2d
    monkeypatch.setattr(F, "conv2d", lambda x, *rest, **more: sizes.append(x.shape[2]) or convolve(x, *rest, **more))
    net = network("embedded")
    project(net, sample("cat"), "conv5", 0)
    sizes.clear()
    project(net, sample("cat"), "conv5", 0, (6, 6))
    assert sizes == [163, 19, 7, 5, 3, 39]  # the last on the way down
    sizes.clear()
    project(net, sample("cat"), "conv2", 0, (0, 26))
    assert sizes == [51, 5, 11]


def test_a_way_back_only_through_what_is_known():
    with pytest.raises(TypeError, match="Tanh"):
        unfold(nn.Sequential(nn.Conv2d(1, 1, 1), nn.Tanh()))


def test_take_and_give_back_are_transposes_of_each_other():
    """⟨take(x), y⟩ = ⟨x, give_back(y)⟩ for regions anywhere, as it must be for a way back."""
    random = np.random.default_rng(0)
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        side, samples = int(random.integers(2, 9)), 3
        have, want = (
            Region(
                tuple(random.integers(-4, side, samples).tolist()),
                tuple(random.integers(-4, side, samples).tolist()),
                int(random.integers(1, side + 3)),
                side,
            )
            for _ in range(2)
        )
        whole = torch.randn(samples, 2, side, side, generator=generator)
        x = take(whole, Region.whole(samples, side), have)
        y = torch.randn(samples, 2, want.size, want.size, generator=generator)
        there, back = take(x, have, want), give_back(y, have, want)
        assert torch.allclose((there * y).sum(), (x * back).sum(), atol=1e-5)
        padded = F.pad(whole, (9, 9, 9, 9))
        for i in range(samples):
            top, left = want.tops[i] + 9, want.lefts[i] + 9
            expected = padded[i, :, top : top + want.size, left : left + want.size]
            kept = there[i] != 0
            assert torch.equal(there[i][kept], expected[kept])


# --- what comes out -----------------------------------------------------------------------------------


def test_a_batch_equals_one_by_one():
    net = network("embedded")
    pictures = [sample(name) for name in ("cat", "coffee", "rocket")]
    inputs = [net.trace(picture).input for picture in pictures]
    units, positions = [5, 40, 200], [(0, 0), (6, 6), (12, 3)]
    together = project_all(net, inputs, "conv5", units, positions)
    for picture, unit, position, one in zip(pictures, units, positions, together, strict=True):
        alone = project(net, picture, "conv5", unit, position)
        assert one.value == pytest.approx(alone.value, rel=1e-5, abs=1e-6)
        assert torch.allclose(one.pixels, alone.pixels, rtol=1e-4, atol=1e-6 * float(alone.pixels.abs().max() + 1))


def test_the_same_bits_every_time_and_from_every_thread():
    net = network("embedded")
    trace = net.trace(sample("cat"))
    positions = [(row, row) for row in range(9)]

    def run(_=None):
        return torch.stack([p.pixels for p in project_all(net, [trace.input] * 9, "conv5", range(9), positions)])

    first = run()
    assert torch.equal(first, run())
    with ThreadPoolExecutor(3) as threads:
        assert all(torch.allclose(first, again, rtol=1e-5, atol=1e-7) for again in threads.map(run, range(6)))


def test_where_it_fires_most_by_default():
    net, picture = network("embedded"), sample("cat")
    maps = net.trace(picture)["conv4"]
    projection = project(net, picture, "conv4", 17)
    assert maps[17][projection.position] == maps[17].max()
    assert projection.value == pytest.approx(float(maps[17].max()), rel=1e-5)


def test_strongest_are_the_strongest():
    net, picture = network("embedded"), sample("coffee")
    found = strongest(net, picture, "conv5", 9)
    peaks = net.trace(picture)["conv5"].amax((1, 2))
    assert [projection.unit for projection in found] == peaks.topk(9).indices.tolist()
    assert len(strongest(net, picture, "fc8", 3, "gradient")) == 3
    records = peaks.numpy() * np.linspace(1, 3, 256, dtype=np.float32)
    nearest = [projection.unit for projection in strongest(net, picture, "conv5", 4, records=records)]
    assert nearest == [unit for unit in range(256) if peaks[unit] > 0][:4]


def test_box_patch_and_crop_belong_together():
    net, picture = network("embedded"), sample("cat")
    view = net.trace(picture).view
    inside = project(net, picture, "conv3", 1, (6, 6))
    left, top, right, bottom = inside.box
    assert inside.box == net.layer("conv3").window.box(6, 6)
    assert np.array_equal(inside.patch, view[top:bottom, left:right])
    assert np.array_equal(inside.crop, inside.pixels[:, top:bottom, left:right].numpy())
    outside = inside.pixels.clone()
    outside[:, top:bottom, left:right] = 0
    assert outside.abs().sum() == 0
    corner = project(net, picture, "conv3", 1, (0, 0))
    assert corner.box == (-32, -32, 67, 67)
    assert corner.patch.shape == (99, 99, 3)
    assert (corner.patch[:32] == 128).all()
    assert np.array_equal(corner.patch[32:, 32:], view[:67, :67])
    assert (corner.crop[:, :, :32] == 0).all()


def test_weight_is_shared_out():
    projection = project(network("embedded"), sample("cat"), "conv5", 3)
    left = np.zeros((227, 227), bool)
    left[:, :100] = True
    assert projection.weight.sum() == pytest.approx(1)
    assert projection.weight_on(left) + projection.weight_on(~left) == pytest.approx(1)


def test_waypoints_lead_from_one_activation_to_the_pixels():
    projection = project(network("embedded"), sample("cat"), "conv5", 3, waypoints=True)
    way = projection.waypoints
    assert [(point.stage, point.kind) for point in way] == [
        ("conv5", "start"), ("conv5", "rectify"), ("conv5", "filter"),
        ("conv4", "rectify"), ("conv4", "filter"), ("conv3", "rectify"), ("conv3", "filter"),
        ("pool2", "unpool"), ("conv2", "rectify"), ("conv2", "filter"),
        ("pool1", "unpool"), ("conv1", "rectify"), ("conv1", "filter"),
    ]  # fmt: skip
    assert way[0].signal.count_nonzero() == 1
    assert way[0].signal[3, 0, 0] == projection.value
    assert [point.signal.shape[1] for point in way if point.kind == "filter"] == [3, 5, 7, 19, 163]
    for before, point in pairwise(way):
        left, top, right, bottom = point.box
        assert (bottom - top, right - left) == point.signal.shape[1:]
        assert point.reads == before.signal.shape
        if point.kind == "rectify":
            assert torch.equal(point.signal, before.signal.clamp(min=0))
            kept = before.signal.clamp(min=0).sum() / before.signal.abs().sum()
            assert point.lost == pytest.approx(1 - float(kept), abs=1e-6)
        if point.kind == "unpool":
            assert float(point.signal.sum()) == pytest.approx(float(before.signal.sum()), rel=1e-4)
    assert [point.last for point in way] == [False] * 12 + [True]
    assert way[-1].box == projection.box
    assert np.array_equal(way[-1].signal.numpy(), projection.crop)
    assert project(network("embedded"), sample("cat"), "fc7", 3, waypoints=True).waypoints[0].box is None


# --- mistakes, and what is left behind ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "unit", "position", "method", "words"),
    [
        ("conv9", 0, None, "deconvnet", "no layer"),
        ("conv5", 256, None, "deconvnet", "0 to 255"),
        ("conv5", -1, None, "deconvnet", "0 to 255"),
        ("conv5", 0, (13, 0), "deconvnet", "13 rows"),
        ("conv5", 0, (0, -1), "deconvnet", "13 columns"),
        ("fc6", 0, (0, 0), "deconvnet", "whole picture"),
        ("conv5", 0, None, "magic", "deconvnet, guided, gradient"),
    ],
)
def test_what_there_is_not(layer, unit, position, method, words):
    with pytest.raises(NetworkError, match=words):
        project(network("embedded"), sample("cat"), layer, unit, position, method)


def footprint(net: Network) -> list:
    return [
        (
            name,
            module.training,
            *(len(getattr(module, hooks)) for hooks in vars(module) if hooks.endswith("_hooks")),
        )
        for name, module in net.stages.named_modules()
    ] + [(name, value.requires_grad, value.grad, value._version) for name, value in net.stages.named_parameters()]


def test_leaves_nothing_behind(monkeypatch):
    net, picture = network("embedded"), sample("cat")
    before = footprint(net)
    for method in METHODS:
        project(net, picture, "conv5", 3, method=method)
    assert footprint(net) == before

    def failing(*_, **__):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(F, "conv_transpose2d", failing)
    with pytest.raises(RuntimeError, match="out of luck"):
        project(net, picture, "conv5", 3)
    assert footprint(net) == before
    assert torch.is_grad_enabled()
