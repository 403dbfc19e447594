"""Attributions against Captum, finite differences and their own axioms; nothing left behind."""

import threading

import numpy as np
import pytest
import torch
from captum.attr import Deconvolution, GuidedBackprop, LayerAttribution, LayerGradCam, Saliency
from scipy.stats import spearmanr
from torch import nn

from explainer.attribution import (
    METHODS,
    SIGNED,
    attribute,
    last_maps,
    likeness,
    look_behind,
    map_layers,
    randomisable,
    randomised,
    votes,
)
from explainer.deconvnet import project, strongest
from explainer.errors import NetworkError
from explainer.gallery import sample
from explainer.networks import Network, Preprocessing, load_network
from explainer.networks.private import private_copy
from explainer.pictures import Picture


def toy() -> Network:
    """Quick enough to be asked hundreds of times."""
    torch.manual_seed(2)
    chain = nn.Sequential()
    chain.add_module("conv1", nn.Sequential(nn.Conv2d(3, 6, 5, stride=2), nn.ReLU()))
    chain.add_module("pool1", nn.MaxPool2d(2, 2))
    chain.add_module("conv2", nn.Sequential(nn.Conv2d(6, 8, 3, padding=1), nn.ReLU()))
    chain.add_module("fc3", nn.Sequential(nn.Flatten(), nn.Linear(8 * 36, 10), nn.ReLU()))
    chain.add_module("fc4", nn.Sequential(nn.Linear(10, 5)))
    return Network("toy", "a toy", chain, Preprocessing(28, 28), tuple("abcde"), "", "toy", {})


def picture(seed: int = 0) -> Picture:
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 7, 3), np.uint8)
    return Picture(coarse.repeat(4, 0).repeat(4, 1))


def footprint(network: Network) -> list:
    return [
        (
            name,
            module.training,
            *(len(getattr(module, hooks)) for hooks in vars(module) if hooks.endswith("_hooks")),
        )
        for name, module in network.stages.named_modules()
    ] + [(name, value.requires_grad, value.grad, value._version) for name, value in network.stages.named_parameters()]


# --- each method ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "reference"),
    [("deconvnet", Deconvolution), ("guided", GuidedBackprop), ("gradient", Saliency)],
)
def test_walks_equal_captum_for_a_category(method, reference):
    network, other = load_network(), load_network()
    ours = attribute(network, sample("cat"), method=method)
    options = {"abs": False} if method == "gradient" else {}
    theirs = reference(other.stages).attribute(network.preprocess(sample("cat")), target=ours.category, **options)
    theirs = theirs.detach()[0]
    assert float((ours.values - theirs).norm() / theirs.norm()) < 1e-5
    assert ours.logit == float(network.trace(sample("cat")).logits.max())


def test_the_gradient_is_what_a_small_change_does():
    network = toy()
    ours = attribute(network, picture(), 3, "gradient")
    x = network.preprocess(picture())
    random = np.random.default_rng(0)
    for colour, row, column in zip(*(random.integers(0, side, 20) for side in (3, 28, 28)), strict=True):
        nudged = x.repeat(2, 1, 1, 1)
        nudged[0, colour, row, column] += 1e-2
        nudged[1, colour, row, column] -= 1e-2
        with torch.no_grad():
            up, down = network.run(nudged.contiguous())[:, 3].tolist()
        assert (up - down) / 2e-2 == pytest.approx(float(ours.values[colour, row, column]), abs=2e-3)


def test_integrated_gradients_add_up():
    """Their sum is the logit minus a grey picture's, but for what is said to be unexplained."""
    network = load_network()
    ours = attribute(network, sample("coffee"), method="integrated")
    with torch.no_grad():
        grey = float(network.run(torch.zeros(1, 3, 227, 227))[0, ours.category])
    assert float(ours.values.sum()) == pytest.approx(ours.logit - grey + ours.unexplained, abs=1e-2)
    assert abs(ours.unexplained) < 0.05 * abs(ours.logit - grey)


def test_occlusion_is_how_much_the_logit_falls():
    """By hand: each window made grey, and each pixel the mean over the windows that cover it."""
    network = toy()
    ours = attribute(network, picture(), 1, "occlusion")
    x = network.preprocess(picture())
    fall, cover = np.zeros((28, 28)), np.zeros((28, 28))
    with torch.no_grad():
        before = float(network.run(x)[0, 1])
        for top in range(0, 25, 2):
            for left in range(0, 25, 2):
                covered = x.clone()
                covered[:, :, top : top + 4, left : left + 4] = 0
                fall[top : top + 4, left : left + 4] += before - float(network.run(covered)[0, 1])
                cover[top : top + 4, left : left + 4] += 1
    np.testing.assert_allclose(ours.values[0].numpy(), fall / cover, atol=1e-5)


def test_gradcam_by_its_formula():
    network = toy()
    ours = attribute(network, picture(), 2, "gradcam")
    maps = network.trace(picture())["conv2"][None].clone().requires_grad_()
    network.run(maps, start="fc3")[0, 2].backward()
    heat = (maps.grad.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)
    heat = nn.functional.interpolate(heat, (28, 28), mode="bilinear").detach()
    assert torch.allclose(ours.values[None], heat, atol=1e-6)
    assert last_maps(network) == "conv2" and map_layers(network) == ["conv1", "conv2"]
    assert (heat < 0).any()  # and what speaks against the name has no weight
    assert ((ours.weight == 0) == (heat[0, 0].numpy() <= 0)).all()


def test_gradcam_of_another_layer():
    """Captum's, with its own ReLU left out, at the layer that was asked for."""
    network, other = load_network(), load_network()
    ours = attribute(network, sample("coffee"), 504, "gradcam", layer="conv3")
    theirs = LayerGradCam(other.stages, other.stages.conv3).attribute(network.preprocess(sample("coffee")), target=504)
    theirs = LayerAttribution.interpolate(theirs, (227, 227), "bilinear").detach()[0]
    assert float((ours.values - theirs).norm() / theirs.norm()) < 1e-5
    with pytest.raises(NetworkError, match="conv1, conv2"):
        attribute(network, sample("coffee"), 504, "gradcam", layer="fc6")


def test_heat_has_a_sign_where_the_method_has_one():
    network = toy()
    for method in METHODS:
        ours = attribute(network, picture(), 1, method)
        expected = ours.values.sum(0) if method in SIGNED else ours.values.abs().sum(0)
        np.testing.assert_array_equal(ours.heat, expected.numpy())
        assert (ours.heat.min() < 0) == (method in SIGNED)
        falling = ours.heat.ravel()[ours.order()]
        assert (np.diff(falling) <= 0).all()


def test_shapes_and_weights():
    network = toy()
    for method in METHODS:
        ours = attribute(network, picture(), 4, method)
        assert ours.values.shape == (1 if method in ("occlusion", "gradcam") else 3, 28, 28)
        assert ours.weight.shape == (28, 28)
        assert ours.weight.sum() == pytest.approx(1, abs=1e-5) or not ours.values.any()
        assert ours.category == 4


def test_what_there_is_not():
    with pytest.raises(NetworkError, match="0 to 4"):
        attribute(toy(), picture(), 5)
    with pytest.raises(NetworkError, match="occlusion"):
        attribute(toy(), picture(), 0, "magic")
    with pytest.raises(NetworkError, match="no maps"):
        votes(toy(), picture(), 0, "fc3")
    with pytest.raises(NetworkError, match="0 to 4"):
        votes(toy(), picture(), -1)


# --- nothing left behind -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_leaves_nothing_behind(method, monkeypatch):
    network = toy()
    before = footprint(network)
    attribute(network, picture(), 0, method)
    assert footprint(network) == before

    def failing(*_, **__):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(nn.functional, "linear", failing)
    with pytest.raises(RuntimeError, match="out of luck"):
        attribute(network, picture(), 0, method)  # its trace is remembered, so that it fails inside
    assert footprint(network) == before
    assert torch.is_grad_enabled()


def test_others_can_use_the_network_meanwhile():
    """Threads explain different pictures with one network; each gets what it gets alone."""
    network = toy()
    expected = {seed: attribute(network, picture(seed), 1, "gradcam").values for seed in range(4)}
    wrong = []

    def work(seed):
        for _ in range(10):
            if not torch.allclose(attribute(network, picture(seed), 1, "gradcam").values, expected[seed], atol=1e-6):
                wrong.append(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_private_copy_has_the_same_weights_in_other_modules():
    network = toy()
    copied = private_copy(network.stages)
    for ours, theirs in zip(network.stages.parameters(), copied.parameters(), strict=True):
        assert ours is theirs
    assert not set(map(id, network.stages.modules())) & set(map(id, copied.modules()))


# --- detectors that speak for a category -----------------------------------------------------------------


def test_votes_and_biases_make_up_the_logit():
    """Above conv5 of the shipped network: amounts + each bias times its derivative = logit."""
    network, cat = load_network(), sample("cat")
    category = int(network.trace(cat).logits.argmax())
    found = votes(network, cat, category)
    assert sorted(vote.unit for vote in found) == list(range(256))
    amounts = [vote.amount for vote in found]
    assert amounts == sorted(amounts, reverse=True)
    biases, fresh = 0.0, load_network()  # its parameters may be touched
    linear = {name: fresh.stages.get_submodule(name)[-2 if name != "fc8" else -1] for name in ("fc6", "fc7", "fc8")}
    for layer in linear.values():
        assert isinstance(layer, nn.Linear)
        layer.bias.requires_grad_()
    fresh.run(network.trace(cat)["conv5"][None], start="pool5")[0, category].backward()
    biases = sum(float((layer.bias.detach() * layer.bias.grad).sum()) for layer in linear.values())
    assert sum(amounts) + biases == pytest.approx(float(network.trace(cat).logits[category]), rel=1e-4)
    row, column = found[0].position
    assert network.trace(cat)["conv5"][found[0].unit, row, column] > 0


# --- object or background -------------------------------------------------------------------------------


def test_look_behind():
    network = load_network()
    projections = strongest(network, sample("cat"), "conv5", 3) + strongest(network, sample("rocket"), "conv2", 2)
    found = look_behind(network, projections)
    assert len(found) == 5
    for projection, one in zip(projections, found, strict=True):
        name = "cat" if projection in projections[:3] else "rocket"
        heat = attribute(network, sample(name), one.category, "gradcam").values[0].numpy()
        assert one.category == int(network.trace(sample(name)).logits.argmax())
        mask = heat >= heat.max() / 2
        assert (mask != one.mask).mean() < 0.001  # values right at the half may round either way
        assert one.share == pytest.approx(float(projection.weight[one.mask].sum()))
        assert 0 <= one.area <= 1
    assert look_behind(network, []) == []


# --- is it the network? ---------------------------------------------------------------------------------


def test_randomised_from_the_top():
    network = toy()
    before = {name: value.clone() for name, value in network.stages.state_dict().items()}
    assert randomisable(network) == ["fc4", "fc3", "conv2", "conv1"]
    two, three = randomised(network, "fc3"), randomised(network, "conv2")
    for name, value in two.stages.state_dict().items():
        assert torch.equal(value, before[name]) == (not name.startswith(("fc3", "fc4"))), name
        if name.startswith(("fc3", "fc4")):
            assert torch.equal(value, three.stages.state_dict()[name])
    weights = three.stages.get_parameter("fc3.1.weight"), before["fc3.1.weight"]
    assert float(weights[0].std()) == pytest.approx(float(weights[1].std()), rel=0.1)
    assert all(torch.equal(value, before[name]) for name, value in network.stages.state_dict().items())
    assert len({network.digest, two.digest, three.digest, randomised(network, "fc3", 1).digest}) == 4
    assert torch.equal(
        next(randomised(network, "fc4", 7).stages.fc4.parameters()),
        next(randomised(network, "fc4", 7).stages.fc4.parameters()),
    )
    assert not any(parameter.requires_grad for parameter in three.stages.parameters())
    with pytest.raises(NetworkError, match="fc4, fc3, conv2, conv1"):
        randomised(network, "pool1")


def test_the_gradient_depends_on_the_top_and_projections_of_conv2_do_not():
    network, cat = load_network(), sample("cat")
    category = int(network.trace(cat).logits.argmax())
    random = randomised(network, "fc6")
    learned, guessed = (attribute(which, cat, category, "gradient") for which in (network, random))
    assert likeness(learned.weight, learned.weight) == pytest.approx(1)
    assert likeness(learned.weight, guessed.weight) < 0.9
    below = [project(which, cat, "conv2", 5).pixels for which in (network, random)]
    assert torch.equal(*below)


def test_likeness_is_spearmans():
    random = np.random.default_rng(1)
    for _ in range(20):
        one, other = random.integers(0, 9, (2, 8, 8)).astype(float)
        assert likeness(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic, abs=1e-9)
    assert likeness(np.zeros((4, 4)), random.random((4, 4))) == 0
