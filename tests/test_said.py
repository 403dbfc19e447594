"""What pages say about this picture and this network is computed: asked for three pictures and two networks.

Every number in a sentence is found again by another way: a whole forward pass with hooks, autograd from the
pixels, NumPy on the maps.
"""

import re
from functools import cache

import numpy as np
import pytest
import torch

from explainer import alexnet, verdict
from explainer.dream import RECIPES, dream
from explainer.figures import alexnet as alexnet_figures
from explainer.figures import dream as dream_figures
from explainer.figures import verdict as verdict_figures
from explainer.gallery import sample
from explainer.networks import Network, Trace, load_network
from tests.test_pages import SQUEEZENET

PICTURES = ("cat", "coffee", "rocket")
NETWORKS = ("embedded", "squeezenet")

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
    """All numbers of a sentence, a minus sign among them, thousands with commas."""
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
    layer, first = verdict.evidence_layers(network)[-1], trace.top(1)[0]
    off = loudest(network, trace, layer, {first.index: 1.0}, 5)

    def silence(maps):
        maps[:, off] = 0
        return maps

    with torch.no_grad():
        scores, _ = forward(network, trace, layer, silence)
    after = scores.softmax(0)
    found = verdict.verdict(network, trace, layer, first.index)
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
    layer, (first, second) = verdict.evidence_layers(network)[-1], trace.top(2)
    alone = loudest(network, trace, layer, {first.index: 1.0}, 5)
    against = loudest(network, trace, layer, {first.index: 1.0, second.index: -1.0}, 5)
    both = verdict.cancelled(network, trace, layer, 5)
    assert both == len(set(alone) & set(against))
    text = verdict_figures.cancelled_words(first.category, second.category, both, 5)
    assert text.startswith({0: "No.", 5: "Yes."}.get(both, "Only in part."))
    assert f"*{first.category}*, {both or 'none'} " in text and f"rather than *{second.category}*" in text


def test_a_name_that_was_never_first_and_a_silent_one():
    network, trace = case("embedded", "cat")
    layer, category = verdict.evidence_layers(network)[-1], trace.top(5)[4].index
    found = verdict.verdict(network, trace, layer, category)
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
    names = network.layers[0].name, alexnet.last_maps(network).name
    with torch.no_grad():
        first, last = (forward(network, trace, layer)[1][0].numpy() for layer in names)
    text = alexnet_figures.awake_words(names[1], *(alexnet.awake(network, trace, layer) for layer in names))
    share, silent, maps = numbers(text.replace(names[1], "x"))
    assert share == pytest.approx(100 * np.mean(last > 0), abs=0.51)
    assert (silent, maps) == (sum(not (each > 0).any() for each in last), len(last))
    assert text.startswith("Less:") == bool(np.mean(last > 0) < np.mean(first > 0))


@pytest.mark.parametrize(
    ("name", "layer", "kept", "borders"),
    [("embedded", "pool1", "strongest answer", True), ("squeezenet", "pool10", "mean", False)],
)
def test_a_pool_keeps_what_it_keeps(name, layer, kept, borders):
    network = network_called(name)
    if layer not in [each.name for each in network.layers]:
        layer = network.layers[-1].name
    text = alexnet_figures.layer_words(network, network.layer(layer))
    assert "sums up" not in text and f"keeps the {kept}" in text and ("overlap" in text) == borders


def test_the_windows_of_every_layer():
    network = network_called("embedded")
    windows = {layer.name: alexnet.looks_at(network, layer.name) for layer in network.layers}
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
