"""Saving and loading; and that what ships is as good as its card says."""

import json
import struct

import pytest
import torch
from safetensors.torch import save

from explainer.digits.files import SHIPPED, load_network, load_training, save_network, save_training
from explainer.digits.network import Network, new_network, parameters_of
from explainer.digits.reading import accuracy
from explainer.digits.training import Settings, Training
from explainer.errors import WeightsError
from explainer.places import NETWORKS


def test_a_network_comes_back_as_it_was(tmp_path):
    network, settings = new_network((784, 7, 5, 10)), Settings(hidden=(7, 5), rate=0.5)
    content = save_network(network, "mine", settings, accuracy=0.5)
    (tmp_path / "mine.safetensors").write_bytes(content)
    for source in (content, tmp_path / "mine.safetensors", str(tmp_path / "mine.safetensors")):
        again, card = load_network(source)
        assert again.sizes == network.sizes
        assert all(torch.equal(a, b) for a, b in zip(again.weights, network.weights, strict=True))
        assert all(torch.equal(a, b) for a, b in zip(again.biases, network.biases, strict=True))
        assert card.name == "mine" and card.settings == settings and card.facts == {"accuracy": 0.5}


def test_a_training_comes_back_as_it_was(small):
    training = Training.start(Settings(hidden=4, epochs=2))
    run = training.run(small.first(200))
    next(run), next(run), next(run)
    again = load_training(save_training(training))
    assert (again.settings, again.epoch, again.done, again.step, again.examples, again.seconds) == (
        training.settings,
        training.epoch,
        training.done,
        training.step,
        training.examples,
        training.seconds,
    )
    plain = load_training(save_network(new_network((784, 6, 10))))
    assert plain.settings.hidden == (6,) and plain.examples == 0


def tensors(sizes=(784, 4, 10)):
    network = new_network(sizes)
    return {f"weights.{i}": w for i, w in enumerate(network.weights)} | {
        f"biases.{i}": b for i, b in enumerate(network.biases)
    }


def about(**changes):
    return {
        "format": "how-machines-see digits 1",
        "about": json.dumps({"name": "x", "settings": None, "facts": {}} | changes),
    }


good = save(tensors(), about())
broken = {
    "empty": b"",
    "short": good[:5],
    "cut": good[:-10],
    "text": b"not a network at all, but a letter",
    "pickle": b"\x80\x04\x95" + bytes(60),
    "huge header": struct.pack("<Q", 2**60) + b"{}",
    "no metadata": save(tensors()),
    "other format": save(tensors(), {"format": "pt", "about": "{}"}),
    "metadata not json": save(tensors(), {"format": "how-machines-see digits 1", "about": "{"}),
    "settings of nothing": save(tensors(), about(settings={"hidden": [0]})),
    "facts are a list": save(tensors(), about(facts=3)),
    "one tensor less": save({k: v for k, v in tensors().items() if k != "biases.1"}, about()),
    "one tensor more": save(tensors() | {"extra": torch.zeros(1)}, about()),
    "other names": save({f"x{k}": v for k, v in tensors().items()}, about()),
    "nothing in it": save({}, about()),
    "other inputs": save(tensors((100, 4, 10)), about()),
    "other outputs": save(tensors((784, 4, 9)), about()),
    "layers apart": save(tensors() | {"weights.1": torch.zeros(10, 5)}, about()),
    "whole numbers": save({k: v.long() for k, v in tensors().items()}, about()),
    "not numbers": save(tensors() | {"biases.0": torch.tensor([1.0, float("nan"), 0.0, 0.0])}, about()),
    "a vector for a matrix": save(tensors() | {"weights.0": torch.zeros(784 * 4)}, about()),
}


@pytest.mark.parametrize("content", broken.values(), ids=broken)
def test_what_is_no_network_is_refused(content):
    load_network(good)
    for load in (load_network, load_training):
        with pytest.raises(WeightsError) as error:
            load(content)
        assert str(error.value).endswith(".") and "Traceback" not in str(error.value)


def test_settings_of_another_network_are_refused():
    content = save_network(new_network((784, 4, 10)), "x", Settings(hidden=5))
    with pytest.raises(WeightsError, match="another network"):
        load_training(content)
    with pytest.raises(WeightsError, match="impossible"):
        load_training(save_network(new_network((784, 4, 10)), "x", epoch=-1))


def saved(sizes=(784, 4, 10), settings=None, facts=None, scale=1.0):
    chosen = {"hidden": list(sizes[1:-1]), "epochs": 3, **(settings or {})}
    content = {name: tensor * scale for name, tensor in tensors(sizes).items()}
    return save(content, about(settings=chosen, facts=facts or {}))


foul = {
    "a seed of thirty digits": saved(settings={"seed": 10**30}),
    "a seed below 0": saved(settings={"seed": -1}),
    "a seed that is a word": saved(settings={"seed": "0"}),
    "a rate of true": saved(settings={"rate": True}),
    "a rate that is no number": saved(settings={"rate": float("nan")}),
    "half an epoch": saved(settings={"epochs": 1.5}),
    "a batch of true": saved(settings={"batch": True}),
    "a hidden layer of true": saved((784, 1, 10), {"hidden": [True]}),
    "no hidden layer": saved((784, 10)),
    "endless examples": saved(facts={"examples": float("inf")}),
    "examples without number": saved(facts={"examples": float("nan")}),
    "an epoch of 1e300": saved(facts={"epoch": 1e300}),
    "a thousand million epochs": saved(facts={"epoch": 10**9}),
    "true epochs": saved(facts={"epoch": True}),
    "a step of thirty digits": saved(facts={"step": 10**30}),
    "half a digit": saved(facts={"done": 0.5}),
    "seconds without end": saved(facts={"seconds": float("inf")}),
    "seconds in words": saved(facts={"seconds": "3"}),
    "weights of 3e38": saved(scale=3e37),
    "facts a thousand deep": save(
        tensors(), {"format": "how-machines-see digits 1", "about": '{"name": ' + "[" * 10**5 + "]" * 10**5 + "}"}
    ),
}


@pytest.mark.parametrize("content", foul.values(), ids=foul)
def test_a_training_that_cannot_have_been_is_refused(content):
    load_training(saved(facts={"epoch": 3, "done": 30, "step": 5, "examples": 430, "seconds": 1.5, "begun": True}))
    with pytest.raises(WeightsError) as error:
        load_training(content)
    assert str(error.value).endswith(".") and len(str(error.value)) < 250


def test_a_training_over_more_digits_than_are_here_is_refused_and_says_what_to_do():
    content = saved(facts={"epoch": 1, "done": 30_000, "examples": 90_000, "begun": True})
    assert load_training(content, 60_000).done == 30_000
    with pytest.raises(WeightsError, match=r"30,000 digits of an epoch, and only 4,000 .* Choose all 60,000"):
        load_training(content, 4_000)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"gone\.safetensors"):
        load_network(tmp_path / "gone.safetensors")
    with pytest.raises(WeightsError):
        load_network(tmp_path)


def test_what_ships_is_as_good_as_its_card_says(small, full):
    for name in SHIPPED:
        network, _ = load_network(name)
        card = json.loads((NETWORKS / f"{name}.json").read_text("utf-8"))
        assert card["parameters"] == parameters_of(network)
        assert card["layers"] == "-".join(map(str, network.sizes))
        assert accuracy(network, small.test_images, small.test_labels) == pytest.approx(
            card["accuracy_small"], abs=0.002
        )
        assert accuracy(network, full.test_images, full.test_labels) == pytest.approx(card["accuracy"], abs=0.001)
    fifteen, card = load_network("digits-15")
    assert isinstance(fifteen, Network) and parameters_of(fifteen) == 11935 and card.settings.hidden == (15,)
    assert accuracy(fifteen, full.test_images, full.test_labels) > 0.93
