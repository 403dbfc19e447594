"""The sheet of faces in *Layer by layer*."""

import numpy as np

from explainer.atlas.store import load
from explainer.gallery import sample
from explainer.networks import load_network
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
