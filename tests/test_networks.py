"""Networks: the published layout and its figures, torchvision's own answers, and traces made once."""

import contextlib
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from threading import Barrier, Event, Thread

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from explainer.errors import NetworkError
from explainer.gallery import sample
from explainer.networks import ENTRIES, NAMES, Network, Preprocessing, load_network
from explainer.networks import network as network_module
from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.layers import describe
from explainer.networks.packed import pack, unpack
from explainer.networks.vision import torchvision
from explainer.networks.zoo import EMBEDDED_FILE, embedded_card, imagenet_categories
from explainer.pictures import Picture, open_picture
from explainer.workshop import Store, size_of
from tests.beside import SHARED, needs_shared

ROOT = Path(__file__).resolve().parents[1]
PHOTOGRAPHS = SHARED / "data" / "nips17.zip"

# torchvision's own names for the same networks and their published weights
THEIRS = {
    "alexnet": ("alexnet", "AlexNet_Weights"),
    "vgg16": ("vgg16", "VGG16_Weights"),
    "googlenet": ("googlenet", "GoogLeNet_Weights"),
    "resnet50": ("resnet50", "ResNet50_Weights"),
    "resnext50": ("resnext50_32x4d", "ResNeXt50_32X4D_Weights"),
    "squeezenet": ("squeezenet1_0", "SqueezeNet1_0_Weights"),
    "mobilenet": ("mobilenet_v3_large", "MobileNet_V3_Large_Weights"),
    "efficientnet": ("efficientnet_b0", "EfficientNet_B0_Weights"),
}
UNRECTIFIED = ("mobilenet", "efficientnet")  # bends that dip below zero, blocks that end without one


def published(name):
    weights = getattr(torchvision().models, THEIRS[name][1])
    return weights.IMAGENET1K_V2 if name == "mobilenet" else weights.IMAGENET1K_V1


def transform_of(name):
    """torchvision's own way to prepare a picture; here every picture is shrunk the same way, bilinear."""
    return partial(published(name).transforms, interpolation=torchvision().transforms.InterpolationMode.BILINEAR)()


@cache
def embedded() -> Network:
    return load_network()


@cache
def photographs(count: int = 6) -> list[Picture]:
    """Real photographs of several shapes."""
    with zipfile.ZipFile(PHOTOGRAPHS) as archive:
        names = sorted(archive.namelist())[:count]
        return [sample("cat"), sample("rocket"), *(open_picture(archive.read(name)) for name in names)]


# --- AlexNet as of 2012 ----------------------------------------------------------------------------


@cache
def layout():
    with torch.device("meta"):
        return {layer.name: layer for layer in describe(AlexNet2012(), 227)}


def test_parameters_and_neurons_of_2012():
    layers = layout().values()
    assert sum(layer.parameters for layer in layers) == 60_965_224
    assert sum(layer.neurons for layer in layers) == 659_272
    by_hand = [
        96 * (11 * 11 * 3 + 1), 256 * (5 * 5 * 48 + 1), 384 * (3 * 3 * 256 + 1), 384 * (3 * 3 * 192 + 1),
        256 * (3 * 3 * 192 + 1), 4096 * (6 * 6 * 256 + 1), 4096 * (4096 + 1), 1000 * (4096 + 1),
    ]  # fmt: skip
    assert [layer.parameters for layer in layers if layer.parameters] == by_hand


def test_shapes_and_multiplications_of_2012():
    layers = layout()
    assert {name: layer.shape for name, layer in layers.items() if layer.kind in ("conv", "pool", "fc")} == {
        "conv1": (96, 55, 55), "pool1": (96, 27, 27), "conv2": (256, 27, 27), "pool2": (256, 13, 13),
        "conv3": (384, 13, 13), "conv4": (384, 13, 13), "conv5": (256, 13, 13), "pool5": (256, 6, 6),
        "fc6": (4096,), "fc7": (4096,), "fc8": (1000,),
    }  # fmt: skip
    assert [layers[name].kind for name in ("norm1", "norm2")] == ["norm", "norm"]
    assert layers["conv1"].macs == 55 * 55 * 96 * 363 == 105_415_200
    assert layers["conv2"].macs == 27 * 27 * 256 * 5 * 5 * 48  # only its own half of the maps
    assert layers["fc8"].macs == 4096 * 1000
    assert layers["pool1"].macs == layers["norm1"].macs == layers["pool1"].neurons == 0


def test_groups_see_their_own_half_only():
    stages = AlexNet2012(fc6=8, fc7=8)
    for name, sees in (("conv2", 48), ("conv3", 256), ("conv4", 192), ("conv5", 192)):
        conv = stages.get_submodule(name).conv
        x = torch.zeros(1, conv.in_channels, 5, 5)
        x[:, : conv.in_channels // 2] = 1  # nothing but the first card's maps
        changed = (conv(x) - conv(torch.zeros_like(x))).abs().sum((0, 2, 3)) > 0
        half = len(changed) // 2
        assert conv.weight.shape[1] == sees
        assert changed[:half].all() and changed[half:].any() == (name == "conv3")


def test_local_response_normalisation_by_hand():
    stages = AlexNet2012(fc6=8, fc7=8)
    x = torch.rand(1, 96, 2, 2) * 300
    a, total = x.numpy()[0], np.zeros((96, 2, 2))
    for i in range(96):
        total[i] = (a[max(0, i - 2) : i + 3] ** 2).sum(0)  # five neighbouring maps
    expected = a / (2 + 1e-4 / 5 * total) ** 0.75
    np.testing.assert_allclose(stages.norm1(x)[0].numpy(), expected, rtol=1e-5)
    assert not any(isinstance(m, nn.LocalResponseNorm) for m in AlexNet2012(8, 8, normalisation=False).modules())


def test_plain_names_there_and_back():
    torch.manual_seed(0)
    one, other = AlexNet2012(16, 12, 10), AlexNet2012(16, 12, 10)
    other.load_plain_state(one.plain_state())
    x = torch.rand(1, 3, 227, 227)
    assert torch.equal(one.eval()(x), other.eval()(x))
    assert list(one.plain_state())[:2] == ["conv1.weight", "conv1.bias"] and len(one.plain_state()) == 16
    with pytest.raises(RuntimeError, match="conv1"):
        other.load_plain_state({name: v for name, v in one.plain_state().items() if name != "conv1.bias"})


def test_dropout_works_in_training_only():
    stages = AlexNet2012(64, 64, 10).eval()
    x = torch.rand(1, 3, 227, 227)
    assert torch.equal(stages(x), stages(x))
    stages.train()
    assert not torch.equal(stages(x), stages(x))


# --- the network in the box --------------------------------------------------------------------------


def test_the_network_in_the_box():
    network, card = embedded(), embedded_card()
    assert network.name == "embedded" and network.weights == EMBEDDED_FILE.name == card["file"]["name"]
    assert EMBEDDED_FILE.stat().st_size == card["file"]["bytes"]
    first = network.layers[0]
    assert (first.name, first.shape, first.window.size, first.window.step) == ("conv1", (96, 55, 55), 11, 4)
    state = {name: value.numel() for name, value in network.stages.plain_state().items()}
    assert sum(layer.parameters for layer in network.layers) == sum(state.values())
    assert network.categories == imagenet_categories()
    assert network.preprocessing == Preprocessing(
        card["input"]["resize_short_side"],
        card["input"]["size"],
        tuple(card["input"]["mean"]),
        tuple(card["input"]["std"]),
    )


def test_every_layer_is_what_pytorch_computes():
    network, picture = embedded(), sample("coffee")
    trace, plain = network.trace(picture), network.stages.plain_state()
    groups = {"conv2": 2, "conv4": 2, "conv5": 2}
    padding = {"conv2": 2, "conv3": 1, "conv4": 1, "conv5": 1}
    x = network.preprocess(picture)
    for layer in network.layers:
        if layer.kind == "conv":
            stride = 4 if layer.name == "conv1" else 1
            x = F.conv2d(
                x, plain[f"{layer.name}.weight"], plain[f"{layer.name}.bias"], stride,
                padding.get(layer.name, 0), groups=groups.get(layer.name, 1),
            ).clamp(min=0)  # fmt: skip
        elif layer.kind == "pool":
            x = F.max_pool2d(x, 3, 2)
        else:
            x = x.flatten(1) @ plain[f"{layer.name}.weight"].T + plain[f"{layer.name}.bias"]
            x = x if layer.name == "fc8" else x.clamp(min=0)
        assert trace[layer.name].shape == layer.shape
        torch.testing.assert_close(trace[layer.name], x[0], rtol=1e-4, atol=1e-4)


def test_packing_loses_half_a_step_at_most():
    torch.manual_seed(0)
    state = {"conv1.weight": torch.randn(4, 3, 2, 2), "conv1.bias": torch.randn(4), "fc6.weight": torch.randn(5, 7)}
    state["fc6.weight"][2] = 0  # a row of nothing has no scale to divide by
    packed = pack(state)
    assert packed["fc6.weight"].dtype == torch.int8 and packed["conv1.weight"].dtype == torch.float16
    found = unpack(packed)
    assert found.keys() == state.keys() and all(value.dtype == torch.float32 for value in found.values())
    step = state["fc6.weight"].abs().amax(1, keepdim=True) / 127
    assert ((found["fc6.weight"] - state["fc6.weight"]).abs() <= step / 2 + 1e-6).all()
    torch.testing.assert_close(found["conv1.weight"], state["conv1.weight"], rtol=1e-3, atol=1e-6)
    assert torch.equal(found["conv1.bias"], state["conv1.bias"])


# --- the zoo ---------------------------------------------------------------------------------------


def test_categories_are_imagenets():
    assert list(imagenet_categories()) == published("alexnet").meta["categories"]
    assert list(NAMES) == ["embedded", *THEIRS]


@pytest.mark.parametrize("name", THEIRS)
def test_the_register_says_what_torchvision_publishes(name):
    known, weights = ENTRIES[name], published(name)
    assert known.url == weights.url and known.parameters == weights.meta["num_params"]
    assert known.size == pytest.approx(weights.meta["_file_size"] * 2**20, abs=1100)
    accuracy = weights.meta["_metrics"]["ImageNet-1K"]
    assert (known.top1, known.top5) == (round(accuracy["acc@1"], 1), round(accuracy["acc@5"], 1))


def scramble(model: nn.Module) -> None:
    """Random weights under which numbers neither vanish nor explode, and normalisations that do something."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            weight, several = module.weight, 10007  # a prime: no two rows of a matrix get the same numbers
            numbers = torch.rand(several) * 2 - 1
            with torch.no_grad():
                weight.copy_(numbers.repeat(weight.numel() // several + 1)[: weight.numel()].view_as(weight))
                weight.mul_((6 / weight[0].numel()) ** 0.5)
            if module.bias is not None:
                nn.init.uniform_(module.bias, -0.1, 0.1)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.4, 0.8)
            nn.init.uniform_(module.bias, -0.1, 0.1)
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.5, 1.5)


@needs_shared
@pytest.mark.parametrize("name", THEIRS)
def test_the_zoo_answers_as_torchvision_does(name, tmp_path):
    """From a file like the published one, through our stages, against the model's own forward pass."""
    torch.manual_seed(1)
    extra = {"transform_input": True, "init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        theirs = getattr(torchvision().models, THEIRS[name][0])(**extra)
    theirs.to_empty(device="cpu")
    scramble(theirs.eval())
    torch.save(
        {key: value.half() if value.ndim > 1 else value for key, value in theirs.state_dict().items()},
        tmp_path / "w.pt",
    )
    theirs.load_state_dict(torch.load(tmp_path / "w.pt"))  # both from the same halves
    ours = load_network(name, tmp_path / "w.pt")
    os.remove(tmp_path / "w.pt")

    transform = transform_of(name)
    for picture in photographs()[: 1 if name == "vgg16" else 3]:
        image = Image.fromarray(picture.pixels)
        with torch.no_grad():
            expected = theirs(transform(image)[None])[0]
        trace = ours.trace(picture)
        difference = (trace.logits - expected).abs().max() / expected.std()
        assert expected.std() > 1e-3 and difference < 1e-3
        assert trace.logits.argmax() == expected.argmax()

    layers = ours.layers
    assert sum(layer.parameters for layer in layers) == ENTRIES[name].parameters == published(name).meta["num_params"]
    assert len({layer.name for layer in layers}) == len(layers) and layers[-1].shape == (1000,)
    for layer in layers:
        assert trace[layer.name].shape == layer.shape
        if layer is not layers[-1] and name not in UNRECTIFIED:
            assert trace[layer.name].min() >= 0, layer.name  # handed on after ReLU
    assert not any(getattr(module, "inplace", False) for module in ours.stages.modules())
    assert not any(parameter.requires_grad for parameter in ours.stages.parameters())


@needs_shared
@pytest.mark.parametrize("name", THEIRS)
def test_pictures_are_prepared_as_torchvision_prepares_them(name):
    preprocessing, transform = ENTRIES[name].preprocessing, transform_of(name)
    network = Network(name, name, nn.Sequential(nn.Identity()), preprocessing, (), "", "", {})
    for picture in photographs():
        expected = transform(Image.fromarray(picture.pixels))
        if name == "googlenet":  # the model itself undoes the usual normalisation: (x·std + mean − 0.5) / 0.5
            mean, std = (torch.tensor(v).view(3, 1, 1) for v in (transform.mean, transform.std))
            expected = (expected * std + mean - 0.5) / 0.5
        x = network.preprocess(picture)
        assert x.shape == (1, 3, 224, 224)
        torch.testing.assert_close(x[0], expected, rtol=0, atol=1e-6)
        view, crop = network.view(picture)
        torch.testing.assert_close(
            preprocessing.restore(x)[0] * 255, torch.from_numpy(view).permute(2, 0, 1).float(), rtol=0, atol=1e-3
        )
        assert crop.right - crop.left == pytest.approx(crop.bottom - crop.top, rel=0.02)


# --- a trace, made once -----------------------------------------------------------------------------


def a_network(width: int = 4, size: int = 16) -> Network:
    torch.manual_seed(0)
    stages = nn.Sequential()
    stages.add_module("conv1", nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU(inplace=True)))
    stages.add_module("fc", nn.Sequential(nn.Flatten(), nn.Linear(width * (size - 2) ** 2, 3)))
    return Network("tiny", "Tiny", stages, Preprocessing(size, size), ("a", "b", "c"), "tiny.pth", "0", {})


def pictures(count: int) -> list[Picture]:
    return [Picture(np.full((20, 30, 3), value, np.uint8)) for value in range(count)]


@contextlib.contextmanager
def counting(network: Network):
    """Passes of real pictures: describing layers copies these hooks along, and runs no numbers."""
    passes = []

    def note(_stage, _inputs, output):
        if not output.is_meta:
            passes.append(1)

    hooks = [stage.register_forward_hook(note) for stage in network.stages]
    yield passes
    for hook in hooks:
        hook.remove()


def test_one_forward_pass_for_a_network_and_a_picture():
    network, (one, other) = a_network(), pictures(2)
    with counting(network) as passes:
        first = network.trace(one)
        assert len(passes) == len(network.stages)
        assert network.trace(Picture(one.pixels.copy(), "the same under another name")) is first
        assert network.classify(one) == network.classify(one) == first.top()
        assert len(passes) == len(network.stages)
        network.trace(other)
        assert len(passes) == 2 * len(network.stages)


def test_describing_layers_runs_no_picture():
    network = a_network()
    assert [(layer.name, layer.shape, layer.neurons, layer.macs) for layer in network.layers] == [
        ("conv1", (4, 14, 14), 4 * 14 * 14, 4 * 14 * 14 * 27), ("fc", (3,), 3, 3 * 784)
    ]  # fmt: skip
    assert network.layers is network.layers and not any(stage._forward_hooks for stage in network.stages.modules())


def test_old_traces_make_room(monkeypatch):
    several = pictures(6)
    each = a_network().trace(several[0]).nbytes
    assert each == 4 * (4 * 14 * 14 + 3) + 4 * 3 * 16 * 16 + 3 * 16 * 16  # activations, input, view
    each = size_of(a_network().trace(several[0]))
    monkeypatch.setattr(network_module, "once", Store(int(3.5 * each), share=10 * each).once)
    network = a_network()
    traces = [network.trace(picture) for picture in several[:3]]
    assert network.trace(several[0]) is traces[0]  # used again, so not the oldest
    network.trace(several[3])
    with counting(network) as passes:
        assert network.trace(several[0]) is traces[0] and network.trace(several[2]) is traces[2] and not passes
        assert network.trace(several[1]) is not traces[1] and passes


def test_visitors_at_once_share_one_pass_and_one_count():
    """Eight threads ask for the layers and for the same trace at the same moment."""
    for _ in range(5):
        network, picture, start, found = a_network(), pictures(1)[0], Barrier(8), []

        def visit(network=network, picture=picture, start=start, found=found):
            start.wait()
            found.append((describe(network.stages, 16), network.trace(picture)))

        threads = [Thread(target=visit) for _ in range(8)]
        with counting(network) as passes:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(passes) == len(network.stages)
        assert len({id(trace) for _, trace in found}) == 1 and len(found) == 8
        assert {tuple(layer.neurons for layer in layers) for layers, _ in found} == {(784, 3)}


class Slow(nn.Module):
    """Holds up one pass until it is let go, and counts how often it was begun."""

    def __init__(self):
        super().__init__()
        self.begun, self.go, self.passes = Event(), Event(), 0

    def forward(self, x):
        self.passes += 1
        self.begun.set()
        assert self.go.wait(60)
        return x

    def __deepcopy__(self, _memo):
        return nn.Identity()


def test_a_remembered_trace_does_not_wait_for_a_strangers_pass():
    network, slow, (one, other) = a_network(), Slow(), pictures(2)
    network.stages.add_module("slow", slow)
    slow.go.set()
    first = network.trace(one)
    slow.begun.clear(), slow.go.clear()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(network.trace, other) for _ in range(4)]
        assert slow.begun.wait(60)
        assert pool.submit(network.trace, one).result(60) is first
        assert not any(each.done() for each in asked)
        slow.go.set()
        assert len({id(each.result(60)) for each in asked}) == 1 and slow.passes == 2


def test_probabilities():
    trace = embedded().trace(sample("cat"))
    logits = trace.logits.double().numpy()
    expected = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    order = np.argsort(-expected)
    assert [guess.index for guess in trace.top(5)] == order[:5].tolist()
    assert [guess.category for guess in trace.top(2)] == [imagenet_categories()[i] for i in order[:2]]
    assert [guess.probability for guess in trace.top(5)] == pytest.approx(expected[order[:5]], rel=1e-4)
    assert len(trace.top(5000)) == 1000
    assert float(trace.probabilities.sum()) == pytest.approx(1, abs=1e-5)


def test_running_a_part_of_the_network():
    network, picture = embedded(), sample("cat")
    trace = network.trace(picture)
    x = network.preprocess(picture)
    torch.testing.assert_close(network.run(x, stop="conv2")[0], trace["conv2"])
    torch.testing.assert_close(network.run(trace["conv2"][None], start="pool2")[0], trace.logits)
    x.requires_grad_(True)
    network.run(x, stop="conv1")[0, 3, 10, 10].backward()
    assert x.grad.abs().sum() > 0
    with pytest.raises(NetworkError, match="comes before"):
        network.run(x, start="conv2", stop="conv1")


def test_there_is_no_such_thing():
    with pytest.raises(NetworkError, match=r"no network “lenet”; there are embedded, alexnet, .*efficientnet\."):
        load_network("lenet")
    for ask in (embedded().layer, embedded().trace(sample("cat")).__getitem__, lambda name: embedded().run(None, name)):
        with pytest.raises(NetworkError, match=r"“conv9”.*conv1, pool1, .*fc8\.$"):
            ask("conv9")


# --- torchvision beside any build -------------------------------------------------------------------

FAKE = """
import torch
{trouble}
loaded = True
"""
NEEDS_OPERATORS = """
try:
    torch.ops.torchvision.nms, torch.ops.torchvision.qnms
except AttributeError:
    raise RuntimeError("operator torchvision::nms does not exist")
"""


@pytest.mark.parametrize(
    ("trouble", "declared", "ends"),
    [("", 0, "True"), (NEEDS_OPERATORS, 1, "True"), ("raise RuntimeError('broken disk')", 0, "broken disk")],
    ids=["loads by itself", "misses its operators", "something else"],
)
def test_torchvision_is_helped_only_where_it_needs_help(trouble, declared, ends, tmp_path):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(FAKE.format(trouble=trouble))
    script = (
        "from explainer.networks import vision\n"
        "try: end = vision.torchvision().loaded\n"
        "except RuntimeError as error: end = error\n"
        "print(len(vision._declarations), end)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == f"{declared} {ends}", done.stderr


@needs_shared
def test_a_jpeg_is_seen_as_torchvision_would_see_the_file():
    """The whole way from a file's bytes to the input, with nothing of ours in between."""
    with zipfile.ZipFile(PHOTOGRAPHS) as archive:
        data = archive.read(sorted(archive.namelist())[7])
    expected = published("squeezenet").transforms()(Image.open(BytesIO(data)).convert("RGB"))
    preprocessing = ENTRIES["squeezenet"].preprocessing
    network = Network("n", "n", nn.Sequential(nn.Identity()), preprocessing, (), "", "", {})
    torch.testing.assert_close(network.preprocess(open_picture(data))[0], expected, rtol=0, atol=1e-6)
