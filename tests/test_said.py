"""What pages say about this picture and this network is computed: asked for three pictures and two networks.

Every number in a sentence is found again by another way: a whole forward pass with hooks, autograd from the
pixels, NumPy on the maps.
"""

import re
from functools import cache

import numpy as np
import pytest
import torch

from explainer.attribution import evidence
from explainer.attribution.comparing import Check
from explainer.chapters import chapter, limits
from explainer.chapters.convolution.drawings import ANIMALS
from explainer.chapters.convolution.tiny_network import load_tiny
from explainer.chapters.deconvnet import figures as deconvnet_figures
from explainer.chapters.dream import figures as dream_figures
from explainer.chapters.layers import anatomy
from explainer.chapters.layers import figures as layer_figures
from explainer.chapters.limits import figures as limits_figures
from explainer.chapters.limits.transforms import KINDS, surroundings, transformed
from explainer.chapters.neuron import model as neuron
from explainer.chapters.translation import figures as translation_figures
from explainer.chapters.translation import shifting as translation
from explainer.chapters.verdict import figures as verdict_figures
from explainer.chapters.verdict import switching as verdict
from explainer.deconvnet import strongest
from explainer.digits import load_network as load_network_of_digits
from explainer.dream import RECIPES, dream
from explainer.gallery import sample
from explainer.networks import Network, Trace, load_network
from explainer.pictures import Crop
from explainer.ui import state
from tests.beside import needs_shared
from tests.test_pages import SQUEEZENET, html, opened

PICTURES = ("cat", "coffee", "rocket")
SQUEEZENET_HERE = pytest.param("squeezenet", marks=needs_shared)
NETWORKS = ("embedded", SQUEEZENET_HERE)

pictures = pytest.mark.parametrize("picture", PICTURES)
networks = pytest.mark.parametrize("name", NETWORKS)


@cache
def network_called(name: str) -> Network:
    return load_network(name, SQUEEZENET if name == "squeezenet" else None)


@cache
def case(name: str, picture: str) -> tuple[Network, Trace]:
    network = network_called(name)
    return network, network.trace(sample(picture))


def numbers(text: str) -> list[float]:
    """All numbers of a sentence, a minus sign among them, thousands with commas; the middle of "< 0.1%", "> 99.9%"."""
    text = text.replace("<\u00a00.1%", "0.025%").replace(">\u00a099.9%", "99.975%")
    return [float(found.replace(",", "").replace("−", "-")) for found in re.findall(r"[−+]?\d[\d,]*(?:\.\d+)?", text)]


def forward(network: Network, trace: Trace, layer: str = "", change=None) -> tuple[torch.Tensor, torch.Tensor]:
    """(scores, the layer's maps) of a whole forward pass whose maps ``change`` may replace."""
    kept = []

    def hook(_module, _inputs, output):
        output = output if change is None else change(output.clone())
        kept.append(output)
        return output

    handle = network.stages.get_submodule(layer or network.layers[0].name).register_forward_hook(hook)
    try:
        x = trace.input[None]
        for stage in network.stages:
            x = stage(x)
    finally:
        handle.remove()
    return x[0], kept[0]


def loudest(network: Network, trace: Trace, layer: str, weights: dict[int, float], count: int) -> list[int]:
    """The detectors with the largest activation × gradient of a weighted sum of scores."""
    scores, maps = forward(network, trace, layer, lambda maps: maps.detach().requires_grad_())
    (gradient,) = torch.autograd.grad(sum(weight * scores[index] for index, weight in weights.items()), maps)
    adds = (gradient * maps).sum(dim=(0, 2, 3))
    return [i for i in adds.argsort(descending=True).tolist() if adds[i] > 0][:count]


# --- the verdict -----------------------------------------------------------------------------------------


@networks
@pictures
def test_what_is_left_without_the_five_loudest(name, picture):
    network, trace = case(name, picture)
    layer, first = evidence.evidence_layers(network)[-1], trace.top(1)[0]
    off = loudest(network, trace, layer, {first.index: 1.0}, 5)

    def silence(maps):
        maps[:, off] = 0
        return maps

    with torch.no_grad():
        scores, _ = forward(network, trace, layer, silence)
    after = scores.softmax(0)
    found = evidence.verdict(network, trace, layer, first.index)
    text = verdict_figures.silenced_words(
        verdict.silenced(network, trace, found, first.index, 5), network.layer(layer).shape[0]
    )
    count, of, before, now, moved, factor = numbers(text.replace(first.category, ""))[:6]
    assert (count, of) == (len(off), network.layer(layer).shape[0])
    assert before == pytest.approx(100 * first.probability, abs=0.06)
    assert now == pytest.approx(100 * after[first.index].item(), abs=0.06)
    change = (scores - trace.logits)[first.index].item()
    assert moved == pytest.approx(change, abs=0.011) and factor == pytest.approx(np.exp(abs(change)), rel=0.05)
    winner = network.categories[int(after.argmax())]
    assert ("It keeps first place" in text) == (winner == first.category)
    assert winner == first.category or f"loses first place to *{winner}*" in text


@networks
@pictures
def test_what_speaks_for_both_names_cancels_out(name, picture):
    network, trace = case(name, picture)
    layer, (first, second) = evidence.evidence_layers(network)[-1], trace.top(2)
    alone = loudest(network, trace, layer, {first.index: 1.0}, 5)
    against = loudest(network, trace, layer, {first.index: 1.0, second.index: -1.0}, 5)
    both = verdict.cancelled(network, trace, layer, 5)
    assert both == len(set(alone) & set(against))
    text = verdict_figures.cancelled_words(first.category, second.category, both, 5)
    assert text.startswith({0: "No.", 5: "Yes."}.get(both, "Only in part."))
    assert f"*{first.category}*, {both or 'none'} " in text and f"rather than *{second.category}*" in text


def test_a_name_that_was_never_first_and_a_silent_one():
    network, trace = case("embedded", "cat")
    layer, category = evidence.evidence_layers(network)[-1], trace.top(5)[4].index
    found = evidence.verdict(network, trace, layer, category)
    text = verdict_figures.silenced_words(verdict.silenced(network, trace, found, category, 5), 256)
    assert "It was not in first place to begin with" in text
    nobody = verdict.silenced(network, trace, found, category, 0)
    assert "nobody to silence" in verdict_figures.silenced_words(nobody, 256)


def test_a_score_that_falls_while_the_probability_rises_is_explained():
    item = verdict.Change(0, "a", before=0.14, after=0.16, sum_before=5.0, sum_after=4.0)
    assert "rivals fall further" in verdict_figures.region_words(item, 0.2)
    item = verdict.Change(0, "a", before=0.16, after=0.14, sum_before=4.0, sum_after=5.0)
    assert "rivals rise further" in verdict_figures.region_words(item, 0.2)
    item = verdict.Change(0, "a", before=0.16, after=0.14, sum_before=5.0, sum_after=4.0)
    assert "rivals" not in verdict_figures.region_words(item, 0.2)


# --- layer by layer --------------------------------------------------------------------------------------


@networks
@pictures
def test_how_much_of_the_maps_is_awake(name, picture):
    network, trace = case(name, picture)
    names = network.layers[0].name, anatomy.last_maps(network).name
    with torch.no_grad():
        first, last = (forward(network, trace, layer)[1][0].numpy() for layer in names)
    text = layer_figures.awake_words(names[1], *(anatomy.awake(network, trace, layer) for layer in names))
    share, silent, maps = numbers(text.replace(names[1], "x"))
    assert share == pytest.approx(100 * np.mean(last > 0), abs=0.51)
    assert (silent, maps) == (sum(not (each > 0).any() for each in last), len(last))
    assert text.startswith("Less:") == bool(np.mean(last > 0) < np.mean(first > 0))


@pytest.mark.parametrize(
    ("name", "layer", "kept", "borders"),
    [
        ("embedded", "pool1", "strongest answer", True),
        pytest.param("squeezenet", "pool10", "mean", False, marks=needs_shared),
    ],
)
def test_a_pool_keeps_what_it_keeps(name, layer, kept, borders):
    network = network_called(name)
    if layer not in [each.name for each in network.layers]:
        layer = network.layers[-1].name
    text = layer_figures.layer_words(network, network.layer(layer))
    assert "sums up" not in text and f"keeps the {kept}" in text and ("overlap" in text) == borders


def test_the_windows_of_every_layer():
    network = network_called("embedded")
    windows = {layer.name: anatomy.looks_at(network, layer.name) for layer in network.layers}
    assert [windows[f"conv{i}"] for i in range(1, 6)] == ["11", "5", "3", "3", "3"]
    assert windows["pool1"] == "3" and windows["fc8"] == "all"


# --- running it backwards --------------------------------------------------------------------------------


def test_an_objective_as_people_say_it():
    said = {
        "class:zebra": "zebra", "channel:conv5:12": "detector 12 of conv5", "layer:conv4": "all of conv4",
        "unit:conv2:7": "detector 7 of conv2 at one place", "lead:zebra + class:fox": "lead:zebra + class:fox",
    }  # fmt: skip
    assert {objective: dream_figures.objective_words(objective) for objective in said} == said


@pytest.mark.parametrize("recipe", ["clear", "lucid", "yosinski", "naive"])
def test_only_regularisers_at_work_are_said_to_work(recipe):
    settings, text = RECIPES[recipe], dream_figures.work_words(RECIPES[recipe])
    moves = {
        "shifted": settings.jitter > 0, "scaled": settings.scale != (1, 1), "turned": settings.rotate > 0,
        "mirrored": settings.mirror,
    }  # fmt: skip
    assert {word for word, on in moves.items() if on} == {word for word in moves if word in text.lower()}
    assert ("before every look" in text) == any(moves.values())
    assert text.startswith("None is at work") == (recipe == "naive")


@networks
def test_what_is_read_in_the_picture_on_show(name):
    network = network_called(name)
    for recipe in ("clear", "naive"):
        *_, frame = dream(network, "class:zebra", RECIPES[recipe], steps=2, size=64, guess_every=1)
        text = dream_figures.so_far_words(frame)
        assert f"*{recipe}*" in text and f"*{frame.guesses[0].category}*" in text and "after 2 steps" in text
        assert f"{frame.guesses[0].probability:.1%}" in text
    assert dream_figures.so_far_words(None) == ""


# --- what it does not understand ---------------------------------------------------------------------------


@networks
@pictures
def test_a_shift_by_the_stride_moves_the_maps_and_half_of_it_changes_them(name, picture):
    """By hand: the first convolution on pictures cut out of the same resized one, a few pixels apart."""
    network, trace = case(name, picture)
    found = limits.shifted_maps(network, sample(picture))
    stride = network.layers[0].window.step
    assert (found.layer, found.stride, found.half) == (network.layers[0].name, stride, stride // 2)
    pixels, rim = trace.view.astype(np.float32) / 255, network.layers[0].window.size
    mean, std = (np.array(values, np.float32) for values in (network.preprocessing.mean, network.preprocessing.std))
    x = torch.from_numpy(np.moveaxis((pixels - mean) / std, -1, 0))[None]

    def maps(by: int) -> torch.Tensor:
        """Of the same pixels without ``by`` columns at the right, moved to the right by so many."""
        moved = torch.nn.functional.pad(x, (by, 0, 0, 0))[..., : x.shape[-1]]
        with torch.no_grad():
            return network.stages[0](moved)[0]

    skip = -(-rim // stride) + 2  # columns that see what came in from the left

    def apart(a, b):
        return ((a - b).norm() / b.norm()).item()

    moved, still = maps(stride)[:, 2:-2, skip:-2], maps(0)[:, 2:-2, skip - 1 : -3]
    assert apart(moved, still) < 1e-5 and found.moved < 1e-4
    between = apart(maps(found.half)[:, 2:-2, skip:-2], maps(0)[:, 2:-2, skip:-2])
    assert found.between == pytest.approx(between, rel=0.1) and found.between > 0.02
    text = limits_figures.stride_words(found)
    assert f"by {found.between:.0%}" in text and f"({stride} pixels)" in text and "change by 0%" in text


@networks
@pictures
def test_which_costs_the_name_sooner(name, picture):
    network, trace = case(name, picture)
    first = trace.top(1)[0]
    kept, means, said = [], [], []
    sweeps = []
    for kind in ("shift", "rotation"):
        found = limits.sweep(network, sample(picture), KINDS[kind], [-45.0, 0.0, 45.0])
        sweeps.append(found)
        frames = transformed(surroundings(network, sample(picture)), KINDS[kind], [-45.0, 45.0])
        with torch.no_grad():
            rows = [
                network.stages(network.preprocessing.normalise(frame)[None])[0].softmax(0).numpy() for frame in frames
            ]
        kept.append(sum(int(row.argmax()) == first.index for row in rows))
        means.append(np.mean([row[first.index] for row in rows]))
        said += [100 * row[first.index] for row in rows]
    text = limits_figures.sooner_words(*sweeps)
    has, _, left, right, _, one, other, shifts, _, turns, _ = numbers(text.replace(first.category, ""))
    assert has == pytest.approx(100 * first.probability, abs=0.06)
    assert [left, right, one, other] == pytest.approx(said, abs=0.06) and [shifts, turns] == kept
    turn = (kept[0], means[0]) > (kept[1], means[1])
    assert f"the {'turn' if turn else 'shift'} costs more" in text


@networks
@pictures
def test_thing_and_place_are_told_as_they_are(name, picture):
    network, trace = case(name, picture)
    outline = chapter("limits").presets[picture].get("thing", "")
    suggested = limits.spoken_for(network, trace)
    assert 0 < suggested.mean() < 1
    for cells in (limits.outlined(outline, sample(picture), trace.crop) if outline else suggested, suggested):
        found = limits.taken_apart(network, trace, cells, "grass", "blur")
        rows = []
        for view in found.views:
            with torch.no_grad():
                rows.append(network.stages(network.preprocessing.normalise(view)[None])[0].softmax(0))
        first = trace.top(1)[0]
        text = limits_figures.apart_words(found, cells.mean())
        assert numbers(re.sub(r"<b>[^<]*[a-z][^<]*</b>", "", text))[:3] == pytest.approx(
            [100 * row[first.index].item() for row in rows], abs=0.06
        )
        stays = [network.categories[int(row.argmax())] == first.category for row in rows[1:]]
        assert ("Either is enough" in text) == all(stays)
        assert ("keeps its name without" in text) == (stays == [True, False])
        assert ("With the thing gone the name stays" in text) == (stays == [False, True])
        assert "only a suggestion" in limits_figures.apart_words(found, cells.mean(), suggested=True)
        assert "name stays" not in limits_figures.apart_words(found, cells.mean(), suggested=True)


def test_an_outline_follows_its_thing_into_any_square():
    """The rocket stands in the middle of its picture; of a square that is its left half, nothing is left."""
    picture = sample("rocket")
    outline = chapter("limits").presets["rocket"]["thing"]
    network = network_called("embedded")
    cells = limits.outlined(outline, picture, network.trace(picture).crop)
    rows, columns = np.nonzero(cells)
    assert 5 <= rows.min() <= 9 and rows.max() == 27 and columns.min() >= 12 and columns.max() <= 16
    left = limits.outlined(outline, picture, Crop(0, 0, 0.4 * picture.width, picture.height))
    assert not left.any()
    whole = limits.outlined("0-0_1000-0_1000-1000_0-1000", picture, network.trace(picture).crop)
    assert whole.all()


@networks
def test_upside_down_and_random(name):
    network, trace = case(name, "astronaut")
    picture, boxes = sample("astronaut"), limits.decode_boxes(chapter("limits").presets["astronaut"]["boxes"])
    found = limits.four_ways(network, picture, limits.on_picture(picture, trace.crop, boxes))
    text = limits_figures.upside_down_words(found)
    assert f"{found.apart[0]:.2f}" in text and f"{found.apart[1]:.2f}" in text
    assert ("as with people" in text) == (found.apart[1] < 0.8 * found.apart[0])
    nudged = limits.nudge(network, trace)
    text = limits_figures.random_words(nudged)
    assert nudged.stored is None or f"{nudged.kept} of {nudged.tried} tries" in text


def test_grass_is_green():
    grass = sample("grass").pixels.reshape(-1, 3).astype(int)
    assert (grass[:, 1] > grass[:, 0]).all() and (grass[:, 1] > grass[:, 2]).all() and grass[:, 1].std() > 20


# --- where it stands matters, the start page, one neuron ---------------------------------------------------


def shares(middle: float, fall: float) -> torch.Tensor:
    """A map of 21 × 21 shifts that falls by so much with every pixel, along either way."""
    steps = torch.arange(-10.0, 11).abs()
    return (middle - fall * torch.maximum(steps[:, None], steps)).clamp(min=0)


@pytest.mark.parametrize(("middle", "fall", "lost"), [(0.94, 0.1, 5), (0.9, 0.3, 2), (0.99, 0.5, 1)])
def test_how_far_a_digit_may_move(middle, fall, lost):
    found = translation.ShiftMap(shares(middle, fall), shares(0.99, 0.01), shares(0.99, 0.001), 1000, 441)
    by, here, before, at = numbers(translation_figures.half_words(found).replace("none", "0"))
    assert (by, before) == (lost, lost - 1)
    assert here == pytest.approx(100 * max(middle - fall * lost, 0), abs=0.06)
    assert at == pytest.approx(100 * (middle - fall * (lost - 1)), abs=0.06)
    text = translation_figures.loss_words(found)
    assert "99.0% in the middle" in text and "97.0% at 2 pixels" in text and "89.0% at 10" in text and "98.0%" in text


def test_a_map_that_is_not_finished_says_so():
    begun = torch.full((21, 21), torch.nan)
    found = translation.ShiftMap(begun, begun, begun, 1000, 0)
    for words in (translation_figures.half_words, translation_figures.loss_words):
        assert words(found) == words(None) == "Wait until its map is finished, and ask again."
    fine = translation.ShiftMap(shares(0.9, 0), shares(0.9, 0), shares(0.9, 0), 1000, 441)
    assert "It never is" in translation_figures.half_words(fine)


@pytest.mark.parametrize(("height", "width"), [(48, 150), (28, 28), (48, 138)])
def test_how_often_a_window_looks_at_a_pixel(height, width):
    looked = np.zeros((height, width), int)
    count = 0
    for top in range(height - 27):
        for left in range(width - 27):
            looked[top : top + 28, left : left + 28] += 1
            count += 1
    across, down, windows, middle = numbers(translation_figures.windows_words(height, width))
    assert (across * down, windows, middle) == (count, count, looked.max()) and looked[0, 0] == 1


@networks
def test_what_is_said_to_a_plain_grey_picture(name, monkeypatch):
    network = network_called(name)
    monkeypatch.setattr(state, "available", lambda: ["embedded", "squeezenet"])
    monkeypatch.setattr(state, "find_weights", lambda _: SQUEEZENET)
    monkeypatch.setattr(state, "shared_network", lambda name, path=None: network_called(name))
    size = network.preprocessing.size
    grey = network.preprocessing.normalise(np.full((size, size, 3), 128, np.uint8))[None]
    with torch.no_grad():
        row = network.stages(grey)[0].softmax(0)
    said = f"*{network.categories[int(row.argmax())]}*, with {row.max().item():.1%}"
    text = html(opened("home", network=name))
    assert re.sub(r"\*(.+?)\*", r"<i>\1</i>", said) in text


def test_when_a_neuron_goes_as_an_inequality():
    assert neuron.inequality(neuron.Neuron((-1, 0, 1), -0.5)) == "green − red − 0.5 > 0"
    assert neuron.inequality(neuron.Neuron((0, 0, 0), -0.5)) == "−0.5 > 0"
    assert neuron.inequality(neuron.Neuron((0, 2, 0), 0)) == "2 yellow > 0"


# --- the words on the left belong to what is shown ---------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "link", "marked"),
    [
        ("limits", {"limit": "nudge"}, [4]), ("limits", {}, [1, 2, 3]), ("history", {}, [1, 2]),
        ("translation", {"standing": "read a line"}, [3]), ("layers", {}, [1]),
    ],
)  # fmt: skip
def test_the_steps_about_the_part_on_show_are_marked(name, link, marked):
    steps = re.findall(r'<div class="(step[^"]*)">', html(opened(name, **link)))
    assert [number for number, kind in enumerate(steps, start=1) if kind == "step shown"] == marked


# --- what detectors look for; blank paper ------------------------------------------------------------------


@networks
@pictures
def test_how_much_of_its_box_a_projection_lies_on(name, picture):
    network, _ = case(name, picture)
    layer = anatomy.last_maps(network).name
    (shown, *_) = strongest(network, sample(picture), layer, count=1)
    unit, share, across, down = numbers(deconvnet_figures.box_words(shown).split("%", 1)[1])
    size = shown.pixels.abs().sum(0).flatten().sort(descending=True).values.double()
    half = 1 + int((size.cumsum(0) < 0.9 * size.sum()).sum())
    left, top, right, bottom = shown.box
    assert (unit, across, down) == (shown.unit, right - left, bottom - top)
    assert share == pytest.approx(100 * half / (across * down), abs=0.6)


def test_words_without_a_projection_or_a_check():
    assert deconvnet_figures.box_words(None) == "Rarely." and deconvnet_figures.random_words([], "") == "Try *random*."


def test_the_likeness_to_random_weights_is_the_last_one_found():
    found = [Check("fc8", None, 0.9), Check("conv1", None, 0.31)]
    text = deconvnet_figures.random_words(found, "Deconvnet")
    assert "with Deconvnet" in text and "0.31" in text and "conv1" in text


def test_what_blank_paper_makes_the_small_networks_say():
    tiny = load_tiny()
    votes = tiny.vote(torch.nn.functional.max_pool2d(torch.relu(tiny.filters(torch.zeros(1, 1, 10, 10))), 2).flatten())
    share, place = votes.softmax(0).max(0)
    text = html(opened("convolution"))
    assert f"<i>{list(ANIMALS)[int(place)]}</i>, with {share.item():.0%}" in text
    network, _ = load_network_of_digits("digits-15")
    a = torch.sigmoid(network.weights[1] @ torch.sigmoid(network.biases[0].flatten()) + network.biases[1].flatten())
    assert f"the {int(a.argmax())} says most, {a.max().item():.2f}" in html(opened("digits"))
