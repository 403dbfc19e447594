"""An atlas is made piece by piece, goes on where it stood, and is refused when it is another network's."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from explainer.atlas import building
from explainer.atlas.building import build
from explainer.atlas.store import AtlasError, folder_of, load
from explainer.commands import main
from explainer.corpus import gallery_corpus
from explainer.corpus.pictures import Corpus
from explainer.gallery import sample
from explainer.networks import Network, Preprocessing, shared_network
from explainer.pictures import PictureError


def small_network(digest: str = "0" * 16) -> Network:
    torch.manual_seed(1)
    stages = nn.Sequential()
    stages.add_module("conv1", nn.Sequential(nn.Conv2d(3, 5, 5, stride=2), nn.ReLU()))
    stages.add_module("pool1", nn.MaxPool2d(3, 2))
    stages.add_module("conv2", nn.Sequential(nn.Conv2d(5, 20, 3, padding=1), nn.ReLU()))
    stages.add_module("fc", nn.Sequential(nn.Flatten(), nn.Linear(20 * 6 * 6, 8)))
    return Network("small", "the small one", stages, Preprocessing(40, 32), tuple("abcdefgh"), "none", digest, {})


def few(*names: str) -> Corpus:
    def opened(name: str):
        if name == "broken":
            raise PictureError("It is broken.")
        return sample(name)

    return Corpus("few", names, names, opened)


PICTURES = few("cat", "broken", "coffee", "star")


def test_an_atlas_can_be_made_kept_and_read(tmp_path):
    network = small_network()
    states = list(build(network, PICTURES, tmp_path / "work", tmp_path / "atlas", steps=3))
    assert states[-1].done == states[-1].total
    atlas = load(network, tmp_path / "atlas")
    assert atlas.photographs == 3 and list(atlas.layers) == ["conv1", "conv2"]
    page = atlas.layers["conv2"]
    assert not atlas.layers["conv1"].sheet and page.tiles.shape[0] == 20 + page.two.sum()
    for unit in range(20):
        faces = page.faces(unit)
        assert len(faces) == 1 + page.two[unit] and all(face.std() > 1 for face in faces)
    assert atlas.layers["conv2"].numbers["gratings"].shape == (20, 12, 8)
    assert atlas.layers["conv2"].numbers["names_for"].max() < 8


def test_work_that_was_stopped_goes_on_where_it_stood(tmp_path, monkeypatch):
    dreamt = []
    dream = building.dream_faces
    monkeypatch.setattr(building, "dream_faces", lambda *a, **k: dreamt.append(a[2][0]) or dream(*a, **k))
    network, folders = small_network(), (tmp_path / "work", tmp_path / "atlas")
    states = build(network, PICTURES, *folders, steps=3)
    while "16" not in next(states).doing:
        pass
    states.close()
    assert dreamt == [0] and not folders[1].exists()
    list(build(network, PICTURES, *folders, steps=3))
    assert dreamt == [0, 16]
    whole = tmp_path / "whole"
    list(build(network, PICTURES, whole / "work", whole / "atlas", steps=3))
    for file in ("numbers.npz", "faces-conv2.webp"):
        assert (folders[1] / file).read_bytes() == (whole / "atlas" / file).read_bytes()


def test_an_atlas_of_other_weights_is_refused_and_so_is_a_damaged_or_a_missing_one(tmp_path):
    list(build(small_network(), PICTURES, tmp_path / "work", tmp_path / "atlas", ["conv1"], steps=1))
    with pytest.raises(AtlasError, match="other weights"):
        load(small_network("1" * 16), tmp_path / "atlas")
    with pytest.raises(AtlasError, match="no atlas"):
        load(small_network(), tmp_path / "nowhere")
    (tmp_path / "atlas" / "numbers.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(AtlasError, match="damaged"):
        load(small_network(), tmp_path / "atlas")
    (tmp_path / "atlas" / "atlas.json").write_text("[]")
    with pytest.raises(AtlasError, match="damaged"):
        load(small_network(), tmp_path / "atlas")


def test_the_command_makes_an_atlas_and_refuses_nonsense(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    from PIL import Image

    Image.fromarray(sample("cat").pixels).save(pictures / "cat.png")
    asked = ["atlas", str(pictures), "--layer", "conv1", "-o", str(tmp_path / "out")]
    assert main(asked) == 0
    assert json.loads((tmp_path / "out" / "atlas.json").read_text())["photographs"] == 1
    assert main(["atlas", str(pictures), "--layer", "conv9"]) == 2
    assert main(["atlas", str(pictures), "--steps", "0"]) == 2
    assert "1 to 10,000" in capsys.readouterr().err


def test_none_of_the_pictures_can_be_opened(tmp_path):
    with pytest.raises(Exception, match="None of the pictures"):
        list(build(small_network(), few("broken"), tmp_path / "work", tmp_path / "atlas", ["conv1"], steps=1))


def test_the_atlas_that_ships_is_of_the_weights_that_ship_and_small():
    network = shared_network()
    atlas = load(network)
    assert sum(file.stat().st_size for file in folder_of(network).iterdir()) <= 6e6
    assert {name: len(page.numbers["share"]) for name, page in atlas.layers.items()} == {
        name: network.layer(name).shape[0] for name in ("conv1", "conv2", "conv3", "conv4", "conv5")
    }
    assert len(gallery_corpus()) < atlas.photographs
    for page in atlas.layers.values():
        assert all(np.isfinite(values).all() for values in page.numbers.values())
