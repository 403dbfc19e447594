"""Oracles of the race: the published figures, torchvision's own counts, F.conv2d, and sums by hand."""

import contextlib
import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from explainer.chapters import history as backend
from explainer.chapters.history import FIVE, KINDS, Problem, Speeds, Way, figures, timing
from explainer.chapters.history.counting import depth_of, structure
from explainer.chapters.history.figures.numbers import plain, span
from explainer.chapters.history.speed import by_loops, by_one_product, by_patches, difference, forward_macs
from explainer.chapters.history.timing import Passes, spread
from explainer.errors import NetworkError
from explainer.figures.tiles import DARK, LIGHT
from explainer.gallery import sample
from explainer.networks import ENTRIES, Guess, shared_network
from explainer.networks.vision import torchvision
from explainer.workshop import Store
from tests.test_pages import html, opened, snippet, sound

PARTS = ["the race", "five networks", "paths", "why graphics chips"]
WEIGHTS = dict(zip(FIVE, ("AlexNet", "VGG16", "GoogLeNet", "ResNet50", "ResNeXt50_32X4D"), strict=True))


def small_problem(groups_of_maps: int = 5) -> Problem:
    torch.manual_seed(0)
    return Problem(torch.randn(3, 6, 7), torch.randn(groups_of_maps, 3, 3, 3))


# --- the race ------------------------------------------------------------------------------------------


def test_every_figure_of_the_race():
    found = {winner.year: winner for winner in backend.race()}
    assert list(found) == list(range(2010, 2018))
    assert {year: winner.error for year, winner in found.items()} == {
        2010: 28.2, 2011: 25.8, 2012: 16.4, 2013: 11.7, 2014: 6.7, 2015: 3.57, 2016: 2.99, 2017: 2.251,
    }  # fmt: skip
    rounded = {2010: "28", 2012: "16", 2013: "12", 2015: "4", 2016: "3", 2017: "2"}
    assert all(f"{found[year].error:.0f}" == text for year, text in rounded.items())
    assert 25 <= found[2011].error <= 26 and f"{found[2015].error:.1f}" == "3.6" and f"{found[2016].error:.1f}" == "3.0"
    assert found[2012].name == "AlexNet" and found[2012].layers == 8 and found[2012].second[1] == 26.2
    assert found[2014].name == "GoogLeNet" and found[2014].layers == 22 and found[2014].second == ("VGG", 7.3)
    assert found[2015].name == "ResNet" and found[2015].layers == 152
    assert [year for year, winner in found.items() if not winner.learned] == [2010, 2011]
    assert backend.person().error == 5.1 and "2015" in backend.person().source
    assert all(winner.url.startswith("https://") and winner.source and winner.idea for winner in found.values())


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("draw", [figures.race_svg, figures.narrow_race_svg])
def test_the_race_is_drawn_to_scale(draw, palette):
    winners = backend.race()
    svg, alt = draw(winners, backend.person(), palette)
    root, space = ET.fromstring(svg), "{http://www.w3.org/2000/svg}"
    groups = [group for group in root.iter(f"{space}g") if group.get("data-pick")]
    assert [group.get("data-pick") for group in groups] == [str(winner.year) for winner in winners]
    along = "height" if draw is figures.race_svg else "width"
    bars = []
    for group, winner in zip(groups, winners, strict=True):
        colour = palette.positive if winner.learned else palette.dim
        bar = next(rect for rect in group.iter(f"{space}rect") if rect.get("fill") == colour)
        bars.append(float(bar.get(along)) / winner.error)
        assert winner.name in group[0].text and f"{winner.error:g}%" in alt
    np.testing.assert_allclose(bars, bars[0], rtol=0.02)


def test_a_years_card_names_its_source():
    for winner in backend.race():
        card = figures.race_card(winner)
        assert str(winner.year) in card and winner.url in card and f"{winner.error:g}% wrong" in card
        assert ("Next best" in card) == (winner.second is not None)


# --- five networks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIVE)
def test_counts_are_the_published_ones(name):
    """torchvision publishes parameters, thousand million operations and accuracy with its weights."""
    meta = getattr(torchvision().models, f"{WEIGHTS[name]}_Weights").IMAGENET1K_V1.meta
    found = backend.count(name)
    assert found.parameters == meta["num_params"]
    assert found.macs / 1e9 == pytest.approx(meta["_ops"], abs=0.001)
    accuracy = meta["_metrics"]["ImageNet-1K"]
    assert (found.top1, found.top5) == (
        pytest.approx(accuracy["acc@1"], abs=0.06),
        pytest.approx(accuracy["acc@5"], abs=0.06),
    )
    assert found.weight_bytes == 4 * meta["num_params"]


def test_layers_in_a_row_are_those_of_the_names():
    assert [backend.count(name).layers for name in FIVE] == [8, 16, 22, 50, 50]


def test_values_of_alexnet_by_hand():
    maps = [(64, 55), (192, 27), (384, 13), (256, 13), (256, 13)]
    by_hand = sum(channels * side * side for channels, side in maps) + 4096 + 4096 + 1000
    assert backend.count("alexnet").neurons == by_hand and backend.count("alexnet").activation_bytes == 4 * by_hand


def test_the_longest_way_counts():
    class Forked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = (torch.nn.Conv2d(3, 3, 1) for _ in range(3))

        def forward(self, x):
            return self.a(x) + self.c(torch.relu(self.b(x)))

    assert depth_of(Forked(), 8) == 2


@pytest.mark.parametrize("name", list(ENTRIES))
def test_the_longest_way_is_the_one_in_the_graph_that_pytorch_traces(name):
    """The oracle traces in this process, where nobody else is running a network."""
    model = structure(name)
    traced, depth = torch.fx.symbolic_trace(model), {}
    for node in traced.graph.nodes:
        weighted = node.op == "call_module" and isinstance(
            traced.get_submodule(node.target), torch.nn.Conv2d | torch.nn.Linear
        )
        depth[node] = max((depth[other] for other in node.all_input_nodes), default=0) + weighted
    assert depth_of(model) == max(depth.values())


def test_counting_leaves_the_way_modules_are_called_alone(monkeypatch):
    usual, called = torch.nn.Module.__call__, []
    monkeypatch.setattr(torch.fx, "symbolic_trace", lambda *_: called.append(1))
    backend.count.__wrapped__("googlenet")
    assert torch.nn.Module.__call__ is usual and not called


def test_counting_takes_no_memory():
    assert all(parameter.is_meta for parameter in structure("vgg16").parameters())


# --- blocks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(KINDS))
def test_weights_of_every_block_are_the_modules(kind):
    stages = dict(backend.counting.entry(KINDS[kind]).cut(structure(KINDS[kind])).named_children())
    for name in backend.block_names(kind):
        found, module = backend.block(kind, name), stages[name]
        weights = sum(m.weight.numel() for m in module.modules() if isinstance(m, torch.nn.Conv2d))
        assert found.weights + (found.shortcut.weights if found.shortcut else 0) == weights
        x = torch.empty(1, found.taken, 14, 14, device="meta")
        assert module(x).shape[1] == found.handed and found.plain > found.weights


def test_blocks_by_hand():
    skip, inception, groups = (backend.block(kind) for kind in KINDS)
    assert (skip.weights, skip.plain) == (1024 * 256 + 9 * 256 * 256 + 256 * 1024, 2 * 9 * 1024 * 1024)
    assert [branch[-1].handed for branch in inception.branches] == [64, 128, 32, 32] and inception.handed == 256
    assert inception.taken == 192 and inception.plain == 9 * 192 * 256
    assert inception.weights == 192 * 64 + 192 * 96 + 9 * 96 * 128 + 192 * 16 + 9 * 16 * 32 + 192 * 32
    middle = groups.steps[1]
    assert middle.groups == 32 and middle.weights * 32 == 9 * 128 * 128
    assert groups.added and not inception.added
    assert backend.block("skip", "conv3_1").shortcut and not backend.block("skip", "conv3_2").shortcut


def test_a_block_that_is_not_there():
    with pytest.raises(NetworkError, match="skip, inception, groups"):
        backend.block("loops")
    with pytest.raises(NetworkError, match="conv2_1"):
        backend.block("skip", "conv9_9")


@pytest.mark.parametrize("kind", list(KINDS))
def test_blocks_are_drawn_to_scale(kind):
    space = "{http://www.w3.org/2000/svg}"
    for name in backend.block_names(kind):
        found = backend.block(kind, name)
        svg, alt = figures.block_svg(found, DARK)
        root = ET.fromstring(svg)
        wide, high = map(float, root.get("viewBox").split()[2:])
        bars = [rect for rect in root.iter(f"{space}rect")]
        assert all(float(r.get("x")) >= 0 and float(r.get("x")) + float(r.get("width")) <= wide for r in bars)
        assert all(0 <= float(r.get("y")) <= high for r in bars)
        assert name in alt and str(found.handed) in alt
        split = [rect for rect in bars if rect.get("fill") == DARK.positive]
        assert len(split) == (32 if kind == "groups" else 0)
        if kind == "skip":
            widths = [float(rect.get("width")) for rect in bars[1:4]]
            steps = [step.handed for step in found.steps]
            assert widths[0] / widths[2] == pytest.approx(steps[0] / steps[2], rel=0.01)


# --- one convolution in many ways ------------------------------------------------------------------------


@pytest.mark.parametrize("work", [by_patches, by_one_product])
def test_ways_by_hand_are_a_convolution(work):
    given = small_problem()
    right = F.conv2d(given.x[None], given.weights, padding=1)[0]
    np.testing.assert_allclose(work(given.padded, given.weights.numpy()), right, atol=1e-5)


def test_loops_are_a_convolution():
    given = small_problem()
    right = F.conv2d(given.x[None], given.weights, padding=1)[0]
    np.testing.assert_allclose(by_loops(given.padded.tolist(), given.weights.tolist(), 6, 7), right, atol=1e-5)
    assert given.macs == 5 * 3 * 9 * 6 * 7


def test_the_problem_is_the_networks_third_layer():
    given = backend.problem(sample("cat"))
    network = shared_network()
    trace, bias = network.trace(sample("cat")), network.stages.plain_state()["conv3.bias"]
    values = F.conv2d(given.x[None], given.weights, bias, padding=given.padding)[0].relu()
    np.testing.assert_allclose(values, trace["conv3"], atol=1e-4 * float(values.max()))
    assert given.macs == network.layer("conv3").macs == 384 * 256 * 9 * 13 * 13


def test_all_ways_give_the_same_numbers():
    *_, found = backend.speeds(backend.problem(sample("coffee")), rounds=1)
    assert torch.get_num_threads() == 1
    every = backend.ways()
    assert found.done == found.total == len(every) and list(found.rates) == [way.name for way in every]
    for way in every:
        assert found.differences[way.name] <= way.tolerance, way.name
        assert len(found.rates[way.name]) == 1 and found.rates[way.name][0] > 0
    assert min(way.tolerance for way in every) == 1e-4 and found.differences["PyTorch, 16 bits"] > 1e-4
    assert found.against("plain loops").median == 1
    words = figures.speed_words(found, every)
    assert "same numbers" in words and "2012" in words
    rows = list(csv.reader(io.StringIO(figures.speeds_csv(every, found).decode())))
    assert [row[0] for row in rows[1:]] == [way.name for way in every] and all(float(row[1]) > 0 for row in rows[1:])


def test_a_wrong_way_is_told():
    right = torch.ones(4, 2, 2)
    assert difference(np.ones((2, 2, 2)), right) == 0
    assert difference(right * 1.5, right) == pytest.approx(0.5)
    ways = [Way("plain loops", "", lambda _: None), Way("wrong", "", lambda _: None)]
    found = Speeds({"plain loops": (1.0,), "wrong": (2.0,)}, {"plain loops": 1e-6, "wrong": 0.5}, "", 2, 2)
    assert "Not the same numbers:</b> wrong" in figures.speed_words(found, ways)


@pytest.mark.parametrize(("days", "said"), [
    (60, "still 10 to 12 times the 5 to 6 days"), (1, "5 to 6 times as fast as the 5 to 6 days"), (5.5, "just the 5"),
])  # fmt: skip
def test_against_2012(days, said):
    rate = backend.training_macs() / (days * 86400)
    ways = [Way("plain loops", "", lambda _: None)]
    found = Speeds({"plain loops": (rate,)}, {"plain loops": 0.0}, "", 1, 1)
    assert said in figures.speed_words(found, ways)
    assert found.seconds("plain loops", backend.training_macs()) == pytest.approx(days * 86400)


def test_the_work_of_2012_by_hand():
    convolutions = [
        (96, 3, 11, 55), (256, 48, 5, 27), (384, 256, 3, 13), (384, 192, 3, 13), (256, 192, 3, 13),
    ]  # fmt: skip
    forward = sum(n * c * k * k * side * side for n, c, k, side in convolutions)
    forward += 9216 * 4096 + 4096 * 4096 + 4096 * 1000
    assert forward_macs() == forward
    assert backend.training_macs() == 90 * 1_200_000 * 3 * forward


def test_medians_and_their_middle_half():
    found = spread([5, 1, 2, 4, 3])
    assert (found.low, found.median, found.high) == tuple(np.percentile([1, 2, 3, 4, 5], [25, 50, 75]))
    assert spread([7.0]).low == spread([7.0]).high == 7
    paired = Speeds({"plain loops": (2.0, 4.0), "other": (20.0, 80.0)}, {}, "", 4, 4)
    assert paired.against("other").median == 15


@pytest.mark.parametrize(("seconds", "said"), [
    (1, "1 second"), (30, "30 seconds"), (7200, "2 hours"), (5.5 * 86400, "5.5 days"),
    (365.25 * 86400 * 840, "840 years"),
])  # fmt: skip
def test_spans(seconds, said):
    assert span(seconds) == said
    assert plain(1234) == "1,200" and plain(2.04) == "2" and plain(99.6) == "100"


# --- one forward pass ------------------------------------------------------------------------------------


def test_networks_are_timed_beside_alexnet(monkeypatch):
    """Measured with the smallest alone; what is kept is what was measured."""
    monkeypatch.setattr(timing, "FIVE", ("alexnet", "googlenet"))
    monkeypatch.setattr(timing, "once", Store(2**20, 2**20).once)
    states = list(timing.passes(rounds=2))
    assert [state.share for state in states] == [0, 1] and [state.doing for state in states] == ["googlenet", ""]
    ratios = states[-1].ratios
    assert len(ratios["googlenet"]) == 2 and min(ratios["googlenet"]) > 0 and ratios["alexnet"] == (1.0,)
    monkeypatch.setattr(timing, "meaningless", lambda _name: pytest.fail("built for another visitor"))
    assert list(timing.passes(rounds=2)) == states


def test_meaningless_weights_keep_numbers_sane():
    model = timing.meaningless("googlenet")
    with torch.inference_mode():
        out = model(torch.full((1, 3, 224, 224), 0.5))
    assert out.isfinite().all() and out.shape == (1, 1000)


def test_cards_and_table_of_the_networks():
    counts = [backend.count(name) for name in FIVE]
    timed = Passes({"alexnet": (1.0,), "vgg16": (12.0, 14.0, 13.0)}, "googlenet", 0.25)
    written = figures.network_cards(counts, timed)
    for count in counts:
        assert f"{count.parameters:,}" in written and f"{100 - count.top5:.1f}%" in written
    assert "13 × <small>12 – 14</small>" in written.replace("12.5", "12").replace("13.5", "14")
    assert written.count("not timed yet") == 2 and ">next<" in written
    assert figures.network_cards(counts, None).count("not timed yet") == 5
    rows = list(csv.reader(io.StringIO(figures.networks_csv(counts, timed).decode())))
    assert rows[2][0] == "VGG-16" and float(rows[2][9]) == 13 and rows[3][9] == ""


def test_answers_come_one_network_at_a_time(monkeypatch):
    class Sure:
        def __init__(self, name):
            self.name = name

        def classify(self, picture):
            return [Guess(1, f"{self.name} & co", 0.75)]

    monkeypatch.setattr(timing, "shared_network", Sure)
    states = list(backend.answers(sample("cat"), ["alexnet", "vgg16"]))
    assert [list(state) for state in states] == [["alexnet"], ["alexnet", "vgg16"]]
    written = figures.answers_html(states[-1])
    assert "vgg16 &amp; co" in written and "75.0%" in written


# --- the page --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_every_part_and_its_code(part):
    app = opened("history", history_part=part)
    sound(app)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet(app), {})
    expected = {"the race": "2012 AlexNet 16.4%", "five networks": "25,557,032", "paths": "1114112",
                "why graphics chips": "PyTorch, one core"}  # fmt: skip
    assert expected[part] in printed.getvalue()


@pytest.mark.parametrize("link", [
    {"race_year": "1999"}, {"race_year": "<b>"}, {"history_part": "nothing"}, {"history_part": "paths", "path": "x"},
    {"history_part": "paths", "skip_block": "inception3a"},
])  # fmt: skip
def test_odd_links_to_the_race(link):
    sound(opened("history", **link))


@pytest.mark.parametrize(
    ("path", "said"), [("skip connections", "18,874,368"), ("inception", "442,368"), ("groups", "4,608")]
)
def test_paths_on_the_page(path, said):
    assert said in sound(opened("history", history_part="paths", path=path))


def test_stepping_through_the_timing():
    app = opened("history", history_part="why graphics chips")
    assert "235 million billion" in sound(app) and "149,520,384" in html(app)
    app.button(key="history_speeds_step").click().run()
    app.button(key="history_speeds_step").click().run()
    assert "1 ×" in sound(app) and "same numbers" in html(app)


def test_none_of_the_five_is_here():
    written = sound(opened("history", history_part="five networks"))
    assert "Not on this machine: AlexNet, VGG-16, GoogLeNet, ResNet-50, ResNeXt-50" in written
    assert "61,100,840" in written


def test_those_of_the_five_that_are_here_are_asked(monkeypatch):
    class Sure:
        def __init__(self, name):
            self.name = name

        def classify(self, picture):
            return [Guess(1, f"a thing, says {self.name}", 0.75)]

    monkeypatch.setattr(timing, "find_weights", lambda name: name in ("googlenet", "resnet50"))
    monkeypatch.setattr(timing, "shared_network", Sure)
    app = opened("history", history_part="five networks")
    assert "Not on this machine: AlexNet, VGG-16, ResNeXt-50" in sound(app)
    app.button(key="history_answers_step").click().run()
    app.button(key="history_answers_step").click().run()
    assert "a thing, says googlenet" in sound(app) and "a thing, says resnet50" in html(app)
