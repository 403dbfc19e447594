"""The sheet of faces in *Layer by layer*."""

import base64
import io

import numpy as np
from PIL import Image

from explainer.atlas.store import load
from explainer.gallery import sample
from explainer.networks import load_network
from explainer.ui import faces
from explainer.ui.card.figures import face_tiles
from tests.test_pages import a_fresh_server, html, opened  # noqa: F401


def test_all_faces_of_a_layer_can_be_seen_strongest_first():
    app = opened("layers", contrast="faces", layer="conv4")
    assert not app.exception and "face of one detector" in html(app)
    peaks = load_network().trace(sample("cat"))["conv4"].amax((1, 2))
    assert app.number_input(key="unit").value == int(peaks.argmax())


def test_layers_without_faces_show_their_maps():
    app = opened("layers", contrast="faces", layer="pool2")
    assert not app.exception and "face of one detector" not in html(app)


def test_faces_stand_under_their_own_numbers():
    network = load_network()
    atlas, trace = load(network), network.trace(sample("cat"))
    tiles = face_tiles(network, atlas, trace, "conv3", [5, 300], side=72)
    for tile, unit in zip(tiles, (5, 300), strict=True):
        np.testing.assert_array_equal(tile, atlas.layers["conv3"].faces(unit)[0])


def test_the_faces_beside_a_list_are_its_detectors_own(monkeypatch):
    network = load_network()
    trace, units = network.trace(sample("cat")), [5, 300, 17]
    found = faces.faces_beside(network, trace, "conv3", units)
    side = found.width
    assert (found.count, found.height) == (3, side)
    data = base64.b64decode(found.address.partition(",")[2])
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)
    own = face_tiles(network, load(network), trace, "conv3", range(384), side).astype(float)
    for place, unit in enumerate(units):
        shown = pixels[1 : side + 1, place * (side + 2) + 1 :][:, :side]
        assert np.abs(own - shown).mean((1, 2, 3)).argmin() == unit
    assert set(faces.face_addresses(network, trace, "conv3", units)) == set(units)
    assert faces.faces_beside(network, trace, "pool2", units) is None
    monkeypatch.setattr(faces, "atlas_of", lambda network: None)
    assert faces.faces_beside(network, trace, "conv3", units) is None
    assert faces.face_addresses(network, trace, "conv3", units) == {}
