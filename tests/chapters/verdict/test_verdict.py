"""The verdict's oracles: forward passes with hooks, autograd, Captum, and pictures painted by hand."""

import json
import math
from collections import OrderedDict
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from explainer.attribution import evidence, painting
from explainer.chapters.verdict import figures
from explainer.chapters.verdict import switching as backend
from explainer.commands import main
from explainer.errors import NetworkError, PictureError
from explainer.figures.tiles import LIGHT
from explainer.gallery import sample
from explainer.networks import ENTRIES, Network, Preprocessing, load_network
from explainer.networks.alexnet2012 import convolution
from explainer.networks.zoo import imagenet_categories
from explainer.pictures import Picture
from tests.test_pages import opened, sound


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network()


@pytest.fixture(scope="module")
def trace(network):
    return network.trace(sample("cat"))


@cache
def random_network(name: str) -> Network:
    """A network of the zoo with random weights; its batch normalisations have seen something, too."""
    known, generator = ENTRIES[name], torch.Generator().manual_seed(1)
    stages = known.cut(known.build())
    for module in stages.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value, low, high in (
                (module.weight, 0.5, 1),
                (module.bias, -0.2, 0.2),
                (module.running_mean, -0.2, 0.2),
                (module.running_var, 0.5, 1),
            ):
                value.data.uniform_(low, high, generator=generator)
        elif isinstance(module, nn.Conv2d | nn.Linear):
            spread = math.sqrt(2 / module.weight[0].numel())
            module.weight.data.normal_(0, spread, generator=generator)
            if module.bias is not None:
                module.bias.data.normal_(0, 0.1, generator=generator)
    return Network(
        name, known.title, stages, known.preprocessing, imagenet_categories(), "random", f"random-{name}", {}
    )


def forward_zeroed(network: Network, x: torch.Tensor, layer: str, channels: list[int]) -> torch.Tensor:
    """The oracle of switching off: a whole forward pass with a hook that zeroes channels."""

    def zero(_module, _inputs, output):
        output = output.clone()
        output[:, channels] = 0
        return output

    hook = network.stages.get_submodule(layer).register_forward_hook(zero)
    try:
        with torch.no_grad():
            return network.stages(x)[0]
    finally:
        hook.remove()


# --- the decomposition -------------------------------------------------------------------------------


@pytest.mark.parametrize("category", [281, 285, 999, 0])
def test_detectors_and_biases_add_up_to_the_logit(network, trace, category):
    found = evidence.verdict(network, trace, "conv5", category)
    assert found.method == evidence.EXACT
    assert found.total == pytest.approx(trace.logits[category].item(), abs=1e-4)
    assert found.error < 1e-4
    assert found.speaks_for + found.speaks_against + found.bias == pytest.approx(found.total, abs=1e-4)


def test_the_decomposition_is_the_path_sum_worked_out_with_masks_by_hand(network, trace):
    """fc8 · [open₇] fc7 · [open₆] fc6 · pool's switches: multiplied out in NumPy, without autograd."""
    category = trace.top(1)[0].index
    found = evidence.verdict(network, trace, "conv5", category)
    w = {name: value.double().numpy() for name, value in network.stages.plain_state().items()}
    row7 = w["fc8.weight"][category] * (trace["fc7"].numpy() > 0)
    row6 = (row7 @ w["fc7.weight"]) * (trace["fc6"].numpy() > 0)
    pool_gradient = (row6 @ w["fc6.weight"]).reshape(256, 6, 6)
    bias = w["fc8.bias"][category] + row7 @ w["fc7.bias"] + row6 @ w["fc6.bias"]
    maps, expected = trace["conv5"].double().numpy(), np.zeros(256)
    for channel in range(256):
        for row in range(6):
            for column in range(6):
                largest = maps[channel, 2 * row : 2 * row + 3, 2 * column : 2 * column + 3].max()
                expected[channel] += largest * pool_gradient[channel, row, column]
    np.testing.assert_allclose(found.detectors.numpy(), expected, atol=1e-4)
    assert found.bias == pytest.approx(bias, abs=1e-4)


def test_two_categories_compared_is_the_difference_of_two_verdicts(network, trace):
    this, that = (guess.index for guess in trace.top(2))
    between = evidence.verdict(network, trace, "conv5", this, instead_of=that)
    alone = [evidence.verdict(network, trace, "conv5", category) for category in (this, that)]
    torch.testing.assert_close(between.maps, alone[0].maps - alone[1].maps, atol=1e-5, rtol=0)
    assert between.error < 1e-4
    odds = trace.probabilities[this] / trace.probabilities[that]
    assert between.total == pytest.approx(math.log(odds), abs=1e-4)


@pytest.mark.parametrize("layer", ["conv1", "conv3"])
def test_lower_layers_add_up_as_well(network, trace, layer):
    assert evidence.verdict(network, trace, layer, 281).error < 1e-4


@pytest.mark.parametrize("name", ["alexnet", "squeezenet", "googlenet", "resnet50", "resnext50"])
def test_it_adds_up_in_every_structure(name):
    network = random_network(name)
    trace = network.trace(sample("coffee"))
    layer = evidence.evidence_layers(network)[-1]
    found = evidence.verdict(network, trace, layer, 7, instead_of=3)
    scale = max(1.0, found.detectors.abs().sum().item(), abs(found.bias))
    assert found.method == evidence.EXACT
    assert found.error < 1e-4 * scale
    expected = trace.logits[7] - trace.logits[3]
    assert found.total == pytest.approx(expected.item(), abs=1e-3 * scale)


def test_the_last_maps_are_asked_unless_they_are_the_categories():
    last = {name: evidence.evidence_layers(random_network(name))[-1] for name in ("squeezenet", "googlenet", "alexnet")}
    assert last == {"squeezenet": "fire9", "googlenet": "inception5b", "alexnet": "conv5"}


def test_a_network_with_normalisation_gets_conductance_and_says_so():
    torch.manual_seed(0)
    stages = OrderedDict(conv1=convolution(3, 8, kernel_size=5, stride=2), norm1=nn.LocalResponseNorm(5, alpha=1.0))
    stages |= {"conv2": convolution(8, 6, kernel_size=3), "fc3": nn.Sequential(nn.Flatten(), nn.Linear(6 * 12 * 12, 4))}
    model = nn.Sequential(stages)
    network = Network("embedded", "small", model, Preprocessing(31, 31), tuple("abcd"), "none", "small", {})
    trace = network.trace(sample("cat"))
    assert not evidence.piecewise_linear(network, "conv1")
    assert evidence.piecewise_linear(network, "conv2")
    found = evidence.verdict(network, trace, "conv1", 3)
    assert found.method == evidence.CONDUCTANCE
    with torch.no_grad():
        change = model(trace.input[None])[0, 3] - model(torch.zeros(1, 3, 31, 31))[0, 3]
    assert found.detectors.sum().item() == pytest.approx(change.item(), abs=0.02 * abs(change.item()) + 1e-3)
    assert found.error < 0.02 * abs(change.item()) + 1e-3


def test_asking_leaves_no_gradients_behind(network, trace):
    evidence.verdict(network, trace, "conv5", 1)
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in network.stages.parameters())
    assert not trace["conv5"].requires_grad


# --- switching off -----------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [[17], [17, 40], list(range(0, 256, 3)), list(range(256))])
def test_switching_off_equals_a_forward_pass_with_zeroed_channels(network, trace, channels):
    after = backend.without(network, trace, "conv5", channels)
    torch.testing.assert_close(after.logits, forward_zeroed(network, trace.input[None], "conv5", channels))
    assert after["conv5"][channels].abs().max() == 0
    assert trace["conv5"][channels].abs().max() > 0 or len(channels) < 3  # the shared trace is left alone


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_switching_off_in_other_structures(name):
    network = random_network(name)
    trace = network.trace(sample("coffee"))
    layer = evidence.evidence_layers(network)[-2]
    expected = forward_zeroed(network, trace.input[None], layer, [0, 5])
    after = backend.without(network, trace, layer, [5, 0, 5])
    torch.testing.assert_close(after.logits, expected, rtol=1e-4, atol=1e-4)


def test_without_anyone_is_the_same_trace(network, trace):
    assert backend.without(network, trace, "conv5", []) is trace


@pytest.mark.parametrize("text,expected", [("17,40", [17, 40]), (" 40 17, 17", [17, 40]), ("", [])])
def test_lists_of_detectors(text, expected):
    assert backend.parse_detectors(text) == expected


@pytest.mark.parametrize("text", ["a", "1;2", "-3", "1.5", "²"])
def test_what_is_no_list_is_told_in_a_sentence(text):
    with pytest.raises(NetworkError, match="not a list of detectors"):
        backend.parse_detectors(text)


def test_a_detector_that_is_not_there(network, trace):
    with pytest.raises(NetworkError, match="numbered 0 to 255"):
        backend.without(network, trace, "conv5", [256])
    with pytest.raises(NetworkError, match="last layer"):
        evidence.verdict(network, trace, "fc8", 1)


def test_changes_are_sorted_by_what_is_now_and_as_many_as_before(network, trace):
    for off in ((), range(128), range(200)):
        after = backend.without(network, trace, "conv5", off)
        found = backend.changes(trace, after, also=[3])
        assert len(found) == len({change.index for change in found}) == 6
        now = [change.after for change in found]
        assert now == sorted(now, reverse=True)
        assert {3, trace.top(1)[0].index} <= {change.index for change in found}
        others = [change.index for change in found if change.index not in (3, trace.top(1)[0].index)]
        assert others == [g.index for g in after.top(6) if g.index not in (3, trace.top(1)[0].index)][: len(others)]
        shown = figures.change_bars(found, "now", 3)
        assert shown.count("first guess before") == (1 if off else 0) and shown.count("<li") == 6


# --- painting out ------------------------------------------------------------------------------------


def test_a_painted_raster_survives_the_link():
    generator = np.random.default_rng(0)
    for share in (0, 0.02, 0.5, 1):
        cells = generator.random((painting.CELLS, painting.CELLS)) < share
        assert (painting.decode(painting.encode(cells)) == cells).all()
    assert painting.encode(np.zeros((28, 28), bool)) == ""


@pytest.mark.parametrize("word", ["zz", "1-2-3", "-5", "1--5", "§", "0" * 3000, "a-" * 900])
def test_a_word_that_is_not_ours_paints_nothing(word):
    assert not painting.decode(word).any()


def test_only_the_painted_region_changes(network, trace):
    cells = np.zeros((28, 28), bool)
    cells[7:14, 14:28] = True
    for fill in ("grey", "blur", "grass"):
        painted = painting.paint_out(network, trace.view, cells, fill)
        changed = (painted != trace.view).any(axis=2)
        rows, columns = np.nonzero(changed)
        assert rows.min() >= 227 * 7 // 28 and rows.max() <= 227 * 14 / 28
        assert columns.min() >= 227 // 2
        assert painted.dtype == np.uint8
    grey = painting.paint_out(network, trace.view, np.ones((28, 28), bool), "grey")
    assert (grey == [124, 116, 104]).all()
    assert network.preprocessing.normalise(grey).abs().max() < 0.02
    grass = painting.paint_out(network, trace.view, np.ones((28, 28), bool), "grass")
    assert (grass == network.view(sample("grass"))[0]).all()


def test_an_unknown_fill_is_told_in_a_sentence(network, trace):
    with pytest.raises(PictureError, match="gallery"):
        painting.paint_out(network, trace.view, np.ones((28, 28), bool), "no such")


def test_a_painted_picture_runs_through_the_whole_network(network, trace):
    view = painting.paint_out(network, trace.view, np.eye(28, dtype=bool), "grey")
    after = painting.trace_view(network, trace, view)
    with torch.no_grad():
        expected = network.stages(network.preprocessing.normalise(view)[None])[0]
    torch.testing.assert_close(after.logits, expected)
    assert after.probabilities.sum().item() == pytest.approx(1, abs=1e-5)
    assert (after.view == view).all()


def test_pictures_of_one_colour_and_panoramas_have_a_verdict(network):
    for pixels in (np.full((64, 64, 3), 200, np.uint8), np.zeros((30, 300, 3), np.uint8)):
        found = evidence.verdict(network, network.trace(Picture(pixels)), "conv5", 1)
        assert found.error < 1e-4


# --- the command line --------------------------------------------------------------------------------


def answers(capsys, *arguments) -> tuple[int, list[dict], str]:
    code = main(list(arguments))
    output = capsys.readouterr()
    return code, [json.loads(line) for line in output.out.splitlines()], output.err


def test_classify_without_detectors(network, trace, capsys):
    code, (answer,), _ = answers(capsys, "classify", "sample:cat", "--without", "conv5:17,40", "--json", "--top", "3")
    expected = forward_zeroed(network, trace.input[None], "conv5", [17, 40]).softmax(0)
    assert code == 0 and answer["without"] == {"conv5": [17, 40]}
    for guess in answer["top"]:
        assert guess["probability"] == pytest.approx(expected[guess["index"]].item(), abs=2e-6)


def test_classify_without_detectors_of_two_layers(network, trace, capsys):
    code, (answer,), _ = answers(
        capsys, "classify", "sample:cat", "--without", "conv5:1", "--without", "conv1:0,2", "--json"
    )
    first = backend.without(network, trace, "conv1", [0, 2])
    expected = backend.without(network, first, "conv5", [1]).probabilities
    assert code == 0 and answer["without"] == {"conv1": [0, 2], "conv5": [1]}
    assert answer["top"][0]["probability"] == pytest.approx(expected.max().item(), abs=2e-6)


@pytest.mark.parametrize(
    "option,words",
    [
        ("conv5", "LAYER:NUMBERS"),
        ("conv9:1", "no layer"),
        ("conv5:256", "0 to 255"),
        ("conv5:x", "not a list"),
        ("fc8:1", "nothing comes after"),
    ],
)
def test_classify_without_nonsense_says_so(option, words, capsys):
    code, found, error = answers(capsys, "classify", "sample:cat", "--without", option, "--json")
    assert code == 2 and not found and words in error and "Traceback" not in error


def test_classify_as_before_where_nothing_is_switched_off(capsys):
    code, (answer,), _ = answers(capsys, "classify", "sample:cat", "--json")
    assert code == 0 and "without" not in answer


def test_a_control_stands_where_it_works_and_what_it_said_is_kept():
    app = opened("verdict", without="17,40", fill="blur")
    assert "detectors off" in {field.label for field in app.text_input}
    assert "paint with" not in {box.label for box in app.selectbox}
    app.button_group(key="change").set_value("picture").run()
    sound(app)
    assert "detectors off" not in {field.label for field in app.text_input}
    assert app.selectbox(key="fill").value == "blur" and "17,40" in app.query_params["without"]
    app.button_group(key="change").set_value("detectors").run()
    sound(app)
    assert app.text_input(key="without").value == "17,40" and "blur" in app.query_params["fill"]


def test_faces_stand_above_their_own_steps():
    network = load_network()
    found = evidence.verdict(network, network.trace(sample("cat")), "conv5", 285)
    loudest, opponent = found.strongest(1)[0][0], found.strongest(1)[1][0]
    figure, _ = figures.waterfall(found, LIGHT, {loudest: "data:a", opponent: "data:b", -1: "data:c"})
    steps = figure.data[0].x
    assert {steps[int(one.x)]: one.source for one in figure.layout.images} == {
        f"detector {loudest}": "data:a", f"detector {opponent}": "data:b",
    }  # fmt: skip
    assert not figures.waterfall(found, LIGHT, {})[0].layout.images
