"""Weights files: what is refused and how it is said, what is accepted, and that no file runs code."""

import os
import pickle
import struct
import time
from functools import cache
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save, save_file

from explainer.errors import WeightsError
from explainer.gallery import sample
from explainer.networks import available, find_weights, load_network
from explainer.networks.weights import read_state
from explainer.networks.zoo import EMBEDDED_FILE, ENTRIES
from tests.beside import SHARED, needs_shared

SQUEEZENET = SHARED / "weights" / "squeezenet1_0-deep-compression.pth"
FIRST = "features.0.weight"


@cache
def good() -> dict[str, torch.Tensor]:
    return torch.load(SQUEEZENET, weights_only=True)


@cache
def shipped() -> dict[str, torch.Tensor]:
    return load_file(EMBEDDED_FILE)


def sentence(network: str, path: Path) -> str:
    """What is said when a file is refused."""
    with pytest.raises(WeightsError) as caught:
        load_network(network, path)
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 250 and path.name in said
    return said


# --- not a weights file, or no longer ---------------------------------------------------------------


@pytest.mark.parametrize("network", ["squeezenet", "embedded"])
def test_missing_files(network, tmp_path):
    assert sentence(network, tmp_path / "none.pth") == f"There is no weights file {tmp_path / 'none.pth'}."
    assert sentence(network, tmp_path) == f"There is no weights file {tmp_path}."


@needs_shared
@pytest.mark.parametrize("network", ["squeezenet", "embedded"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize(
    "kind", ["empty", "text", "truncated", "beginning only", "flipped", "zip", "json", "huge header"]
)
def test_damaged_files(network, suffix, kind, tmp_path):
    whole = SQUEEZENET.read_bytes() if suffix == ".pth" else save({"a": torch.zeros(1000)})
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(
        {
            "empty": b"",
            "text": b"These are not the weights you are looking for.\n",
            "truncated": whole[:-300],
            "beginning only": whole[:30],
            "flipped": whole[:1000].replace(b"f", b"\xff") + whole[1001:],
            "zip": b"PK\x03\x04 but no more",
            "json": b'{"features.0.weight": [1, 2]}',
            "huge header": struct.pack("<Q", 2**62) + whole[8:],
        }[kind]
    )
    assert "damaged" in sentence(network, path)


class Code:
    """Unpickled, it would write a file."""

    def __init__(self, target: Path):
        self.target = target

    def __reduce__(self):
        return Path.write_text, (self.target, "this ran")


@needs_shared
@pytest.mark.parametrize("form", ["bare pickle", "zip", "legacy"])
def test_no_file_runs_code(form, tmp_path):
    path, target = tmp_path / "weights.pth", tmp_path / "ran"
    state = {**good(), "extra": Code(target)}
    if form == "bare pickle":
        path.write_bytes(pickle.dumps({"extra": Code(target)}, protocol=2))
    else:
        torch.save(state, path, _use_new_zipfile_serialization=form == "zip")
    assert "holds more than weights" in sentence("squeezenet", path)
    assert not target.exists()
    pickle.loads(pickle.dumps(Code(target)))  # the trap itself works
    assert target.exists()


# --- the wrong contents -----------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w * float("nan"), "values in features.0.weight that are not numbers"),
        (lambda w: w * float("inf"), "values in features.0.weight that are not numbers"),
        (lambda w: w.to("meta"), "form that is not understood"),
        (lambda w: w.to_sparse(), "form that is not understood"),
        (lambda w: w.to(torch.complex64), "form that is not understood"),
        (lambda w: w[:, :, :5, :5].clone(), "features.0.weight is [96, 3, 5, 5], not [96, 3, 7, 7]"),
        (lambda w: torch.tensor(1.0), "features.0.weight is [], not [96, 3, 7, 7]"),
    ],
    ids=["NaN", "infinite", "meta", "sparse", "complex", "another size", "one number"],
)
def test_tensors_that_are_no_weights(change, said, tmp_path):
    path = tmp_path / "weights.pth"
    torch.save({**good(), FIRST: change(good()[FIRST])}, path)
    assert said in sentence("squeezenet", path)


@pytest.mark.parametrize("contents", [[1, 2], None, torch.zeros(3), {}, {"epoch": 3}], ids=repr)
def test_files_of_something_else(contents, tmp_path):
    path = tmp_path / "weights.pth"
    torch.save(contents, path)
    assert "holds no state dict" in sentence("squeezenet", path)


@needs_shared
def test_another_networks_weights(tmp_path):
    assert "was not made for the one-card AlexNet: " in sentence("alexnet", SQUEEZENET)
    assert "was not made for AlexNet's 2012 layout" in sentence("embedded", SQUEEZENET)
    assert "was not made for SqueezeNet 1.0: " in sentence("squeezenet", EMBEDDED_FILE)
    path = tmp_path / "more.pth"
    torch.save({**good(), "head.weight": torch.zeros(1)}, path)
    assert "SqueezeNet 1.0: head.weight is unknown to it" in sentence("squeezenet", path)
    torch.save({name: value for name, value in good().items() if name != FIRST}, path)
    assert f"SqueezeNet 1.0: {FIRST} is missing" in sentence("squeezenet", path)


@needs_shared
def test_weights_that_overflow(tmp_path):
    path = tmp_path / "huge.safetensors"
    save_file({**good(), FIRST: good()[FIRST].sign() * 3e38}, path)
    with pytest.raises(WeightsError, match=r"SqueezeNet 1\.0 grow beyond all bounds.*huge\.safetensors"):
        load_network("squeezenet", path).classify(sample("cat"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fc6.scale": None}, "no scale for each row of fc6.weight"),
        ({"fc6.scale": torch.ones(3)}, "no scale for each row of fc6.weight"),
        ({"fc6.weight": torch.tensor(1.0)}, "no scale for each row of fc6.weight"),
        ({"fc7.scale": torch.tensor(float("nan"))}, "values in fc7.scale that are not numbers"),
        ({"conv1.bias": None}, "conv1.conv.bias is missing"),
        ({"fc8.weight": None, "fc8.scale": None}, "2012 layout with 1,000 categories"),
        ({"fc8.weight": torch.zeros(10, 4), "fc8.scale": None}, "2012 layout with 1,000 categories"),
        ({"fc7.weight": torch.zeros(4), "fc7.scale": None}, "2012 layout with 1,000 categories"),
        ({"surplus.weight": torch.zeros(2)}, "surplus.weight is unknown to it"),
    ],
)
def test_damage_to_the_compact_file(change, said, tmp_path):
    path = tmp_path / "weights.safetensors"
    state = {**shipped(), **change}
    save_file({name: value for name, value in state.items() if value is not None}, path)
    with pytest.raises(WeightsError) as caught:
        load_network("embedded", path)
    assert said in str(caught.value)


# --- what is accepted -------------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize("form", ["plain", "wrapped", "parallel", "legacy", "safetensors", "half"])
def test_forms_of_a_good_file(form, tmp_path):
    path = tmp_path / ("weights.safetensors" if form == "safetensors" else "weights.pth")
    if form == "safetensors":
        save_file(good(), path)
    elif form == "wrapped":
        torch.save({"state_dict": good(), "epoch": 90}, path)
    elif form == "parallel":
        torch.save({f"module.{name}": value for name, value in good().items()}, path)
    elif form == "half":
        torch.save({name: value.half() for name, value in good().items()}, path)
    else:
        torch.save(good(), path, _use_new_zipfile_serialization=form == "plain")
    network = load_network("squeezenet", path)
    reference = load_network("squeezenet", SQUEEZENET)
    ours, expected = (n.trace(sample("cat")).logits for n in (network, reference))
    torch.testing.assert_close(ours, expected, rtol=0, atol=0.05 if form == "half" else 1e-4)
    assert network.weights == path.name and network.card["trained_by"] == "the owner of the file"


def test_weights_of_ones_own_for_the_layout_of_2012(tmp_path):
    """A plain float state dict, wider than the one in the box."""
    torch.manual_seed(0)
    plain = load_network().stages.plain_state()
    plain["fc6.weight"], plain["fc6.bias"] = torch.randn(40, 9216) / 96, torch.zeros(40)
    plain["fc7.weight"], plain["fc7.bias"] = torch.randn(50, 40) / 6, torch.zeros(50)
    plain["fc8.weight"] = torch.randn(1000, 50) / 7
    path = tmp_path / "mine.pth"
    torch.save(plain, path)
    network = load_network("embedded", path)
    assert [network.layer(name).shape for name in ("fc6", "fc7", "fc8")] == [(40,), (50,), (1000,)]
    assert network.card == {"trained_by": "the owner of the file", "file": "mine.pth"} and "mine.pth" in network.title
    six = network.trace(sample("cat"))["pool5"].flatten() @ plain["fc6.weight"].T
    torch.testing.assert_close(network.trace(sample("cat"))["fc6"], six.clamp(min=0), rtol=1e-4, atol=1e-4)


def test_plain_reading(tmp_path):
    path = tmp_path / "two.safetensors"
    save_file({"a": torch.arange(3.0), "n": torch.tensor(7)}, path)
    state = read_state(path)
    assert state["a"].tolist() == [0, 1, 2] and state["n"].item() == 7


# --- where they are looked for ---------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """(the visitor's folder, the cache's), both empty."""
    own, cache_folder = tmp_path / "own", tmp_path / "cache" / "weights"
    own.mkdir()
    cache_folder.mkdir(parents=True)
    monkeypatch.setenv("EXPLAINER_WEIGHTS", str(own))
    monkeypatch.setenv("EXPLAINER_CACHE", str(cache_folder.parent))
    return own, cache_folder


def test_only_what_is_here_can_be_chosen(folders):
    own, kept = folders
    assert available() == ["embedded"] and find_weights("vgg16") is None
    with pytest.raises(WeightsError, match=r"VGG-16 are not on this machine.*\(553 MB\).*weights fetch vgg16"):
        load_network("vgg16")
    (kept / ENTRIES["vgg16"].file).touch()
    (own / "resnext50-mine.safetensors").touch()
    (own / "resnet50.pth").mkdir()
    (own / "alexnet.txt").touch()
    (own / "squeezenet1_1.pt").touch()
    assert available() == ["embedded", "vgg16", "resnext50", "squeezenet"]
    (own / "vgg16.pth").touch()
    assert find_weights("vgg16") == own / "vgg16.pth"  # one's own before the published one


def test_the_folder_is_listed_again_only_when_it_has_changed(folders, monkeypatch):
    own, _ = folders
    (own / "vgg16.pth").touch()
    long_ago = time.time() - 100
    os.utime(own, (long_ago, long_ago))
    assert available() == ["embedded", "vgg16"]
    usual, listed = Path.iterdir, []
    monkeypatch.setattr(Path, "iterdir", lambda folder: listed.append(folder) or usual(folder))
    assert available() == ["embedded", "vgg16"] and find_weights("vgg16") and not listed
    (own / "squeezenet.pth").touch()
    assert available() == ["embedded", "vgg16", "squeezenet"] and listed
    (own / "vgg16.pth").unlink()  # twice within the same tick of the clock, for all that is known
    assert available() == ["embedded", "squeezenet"]


def test_a_folder_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLAINER_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "none either"))
    assert available() == ["embedded"]


@needs_shared
def test_a_damaged_file_in_the_cache(folders):
    _, kept = folders
    path = kept / ENTRIES["squeezenet"].file
    path.write_bytes(SQUEEZENET.read_bytes())  # good weights, but not the published bytes
    with pytest.raises(WeightsError, match=r"SHA-256.*weights fetch squeezenet”\.$"):
        load_network("squeezenet")


@needs_shared
def test_ones_own_file_answers(folders):
    own, _ = folders
    (own / "squeezenet-mine.pth").write_bytes(SQUEEZENET.read_bytes())
    network = load_network("squeezenet")
    assert network.weights == "squeezenet-mine.pth"
    assert network.classify(sample("cat"), 1)[0].category in ("Egyptian cat", "tabby", "tiger cat")
