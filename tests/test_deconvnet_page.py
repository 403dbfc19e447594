"""The chapter on projections: its figures against the projections themselves, every part's code, and bad luck."""

import contextlib
import io
import tempfile

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from explainer.attribution import look_behind
from explainer.corpus import build, gallery_corpus, imagenette_corpus, open_index, pictures
from explainer.deconvnet import project, strongest
from explainer.errors import DataError
from explainer.figures import deconvnet as figures
from explainer.figures.tiles import LIGHT
from explainer.gallery import sample
from explainer.gate import Gate
from explainer.networks import load_network
from explainer.ui import long_work
from tests.test_pages import html, opened, snippet, sound

PARTS = ["your picture", "opened up", "top nine", "from a name", "look behind", "compared", "random"]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EXPLAINER_WEIGHTS", raising=False)
    monkeypatch.delenv("EXPLAINER_DATA", raising=False)
    monkeypatch.setattr(long_work, "machine", Gate(limit=1))  # nobody from another test in the queue
    yield
    st.cache_resource.clear()


# --- figures ------------------------------------------------------------------------------------------------


def test_the_way_down_lies_where_it_belongs_on_every_map():
    network = load_network()
    unit = int(network.trace(sample("cat"))["conv5"][:, 0, 12].argmax())  # one that fires in the upper right corner
    shown = project(network, sample("cat"), "conv5", unit, (0, 12), waypoints=True)
    for point in shown.waypoints:
        tile = figures.waypoint_tile(point, point.side).astype(int)
        left, top, right, bottom = point.box
        outside = np.ones((point.side, point.side), bool)
        outside[max(0, top) : bottom, max(0, left) : right] = False
        silent = tile[outside]
        assert (silent == silent[:1]).all()
    last = figures.waypoint_tile(shown.waypoints[-1], shown.waypoints[-1].side).astype(int)
    pixels = shown.pixels.numpy().transpose(1, 2, 0)
    strong = np.abs(pixels) > np.abs(pixels).max() / 4
    assert strong.any() and (np.sign(last - figures.SILENT)[strong] == np.sign(pixels)[strong]).all()
    first = figures.waypoint_tile(shown.waypoints[0], 13)
    assert np.argwhere((first != first[12, 0]).any(-1)).tolist() == [[0, 12]]


def test_patches_above_their_projections():
    found = strongest(load_network(), sample("cat"), "conv1", 4)
    tiles = figures.pair_tiles(found)
    side = figures.SIDE
    assert tiles.shape == (4, 2 * side, side, 3)
    for tile, one in zip(tiles, found, strict=True):
        larger = Image.fromarray(one.patch).resize((side, side), Image.Resampling.NEAREST)
        assert np.array_equal(tile[:side], np.asarray(larger))
    large = figures.pair(found[0], 99, 5)
    assert large.shape == (99, 203, 4) and not large[:, 99:104].any() and (large[:, 104:, 3] == 255).all()


def test_what_is_said_of_the_object():
    network = load_network()
    found = [project(network, sample(name), "conv5", 3) for name in ("cat", "coffee")]
    answers = look_behind(network, found)
    words = figures.behind_words(answers)
    assert f"<b>{np.mean([one.share for one in answers]):.0%}</b>" in words
    shelf = figures.mask_shelf(found, answers, network.categories, LIGHT)
    for one in answers:
        assert f"<b>{one.share:.0%}</b> on the object" in shelf and f"width: {one.share:.1%}" in shelf
        assert network.categories[one.category] in shelf


# --- the page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_the_code_of_every_part_runs_as_it_is_shown(part):
    app = opened("deconvnet", project_part=part, project_layer="conv2", project_name="tabby", checked="gradcam")
    assert sound(app) and not app.warning
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(snippet(app), part, "exec"), {"__name__": "notebook"})
    assert printed.getvalue().strip()


def test_odd_links():
    for part in PARTS[:3]:
        sound(opened("deconvnet", project_part=part, projected="1e999", project_layer="conv9", sheet_page="0"))
    sound(opened("deconvnet", project_part="no such", corpus="nobody", project_name="unicorn", checked="magic"))


def test_a_damaged_index_is_refused_and_built_afresh():
    network, corpus = load_network(), gallery_corpus()
    path = open_index(network, corpus).path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no index at all")
    app = opened("deconvnet", project_part="top nine")
    (told,) = (error.value for error in app.error)
    assert "damaged" in told and str(path.parent) not in told and path.read_bytes() == b"no index at all"
    app.button(key="index_afresh").click().run()
    for _ in range(30):
        if f"looked through {len(corpus)} of" in html(app):
            break
        app.run()
    sound(app)
    assert f"looked through {len(corpus)} of {len(corpus)} pictures" in html(app)
    assert open_index(network, corpus).complete


def test_what_was_looked_through_before_is_there_at_once():
    network, corpus = load_network(), gallery_corpus()
    (*_, progress) = build(network, corpus, open_index(network, corpus))
    app = opened("deconvnet", project_part="top nine")
    assert f"looked through {progress.total} of {len(corpus)} pictures" in html(app)
    assert not any(button.key == "index_pause" for button in app.button)


def test_imagenette_without_a_network(monkeypatch):
    def nobody(*_, **__):
        raise OSError("no route")

    monkeypatch.setattr(pictures.torchvision().datasets, "Imagenette", nobody)
    app = opened("deconvnet", project_part="top nine", corpus="imagenette")
    assert "not on this machine" in app.info[0].value
    app.button(key="fetch_imagenette").click().run()
    assert "Check the network connection" in app.warning[0].value and not app.exception
    with pytest.raises(DataError, match="not on this machine"):
        imagenette_corpus()
