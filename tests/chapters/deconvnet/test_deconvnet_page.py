"""The chapter on projections: its figures against the projections themselves, every part's code, and bad luck."""

import contextlib
import io
import tempfile
from time import sleep

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image

from explainer.atlas.store import load as load_atlas
from explainer.attribution import Attribution, look_behind
from explainer.attribution.deletion import RANDOM, Race, Racer, shares
from explainer.chapters.deconvnet import figures, heat
from explainer.corpus import build, gallery_corpus, imagenette_corpus, open_index, pictures
from explainer.deconvnet import project, strongest
from explainer.errors import DataError
from explainer.figures.patches import pair
from explainer.figures.tiles import LIGHT, magma, rgb
from explainer.gallery import sample
from explainer.networks import load_network
from tests.test_pages import html, opened, snippet, sound

PARTS = ["your picture", "opened up", "top nine", "from a name", "look behind", "compared", "random"]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EXPLAINER_WEIGHTS", raising=False)
    monkeypatch.delenv("EXPLAINER_DATA", raising=False)
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
    large = pair(found[0], 99, 5)
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


# --- heat over the photograph, and the race ------------------------------------------------------------------


def answer(method: str, values) -> Attribution:
    return Attribution(method, 0, 1.0, torch.tensor(values, dtype=torch.float32)[None])


def test_heat_lets_the_photograph_through_where_there_is_nothing():
    view = np.full((2, 2, 3), 200, np.uint8)
    signed = answer("integrated", [[2.0, -2.0], [0.0, 1.0]])
    drawn = heat.blended(view, signed, LIGHT, strength=1.0)
    assert (drawn[0, 0] == rgb(LIGHT.positive)).all() and (drawn[0, 1] == rgb(LIGHT.negative)).all()
    assert (drawn[1, 0] == 200).all()
    half = (np.array(rgb(LIGHT.positive)) + 200) / 2
    np.testing.assert_allclose(drawn[1, 1], half, atol=2)
    size = answer("gradient", [[2.0, -2.0], [0.0, 1.0]])
    drawn = heat.blended(view, size, LIGHT, strength=1.0)
    assert (drawn[0, 0] == magma()[255]).all() and (drawn[0, 1] == magma()[255]).all()  # whichever its sign
    assert (heat.blended(view, size, LIGHT, strength=0.0) == 200).all()


def test_what_is_sent_is_what_is_drawn():
    """The layer put over the photograph by Pillow, as the browser does."""
    view = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    one = answer("occlusion", np.random.default_rng(1).normal(size=(4, 4)).tolist())
    layer = Image.open(io.BytesIO(heat.layer_png(one, LIGHT))).convert("RGBA")
    under = Image.fromarray(heat.pale(view)).convert("RGBA")
    together = np.asarray(Image.alpha_composite(under, layer).convert("RGB")).astype(int)
    np.testing.assert_allclose(together, heat.blended(view, one, LIGHT, strength=1.0), atol=2)


def test_when_a_pixel_is_hidden():
    order = np.random.default_rng(2).permutation(100)
    steps = heat.hidden_at(Racer("gradient", order))
    for step, share in enumerate(shares()):
        assert set(np.flatnonzero(steps <= step)) == set(order[: round(float(share) * 100)])


def finished_race(**hidden) -> Race:
    """A race with these curves, each the share's function; uncovered is hidden from its end."""
    curves = {name: tuple(float(curve(share)) for share in shares()) for name, curve in hidden.items()}
    racers = tuple(
        Racer(name, np.arange(4), curve, curve[::-1], tuple(p > 0.4 for p in curve)) for name, curve in curves.items()
    )
    view = np.zeros((2, 2, 3), np.uint8)
    return Race(0, "grey", view, view, racers)


def test_the_finding_is_read_off_the_curves():
    called = {"gradient": "Gradient", "occlusion": "Occlusion", RANDOM: "Random order"}
    run = finished_race(
        gradient=lambda s: 0.8 * (1 - s), occlusion=lambda s: 0.8 * max(0, 1 - 4 * s), random=lambda s: 0.8 * (1 - s**2)
    )
    said = heat.finding(run, called, "<tabby>")
    best = run.ranking[0]
    assert best.method == "occlusion" and "Occlusion finds soonest" in said and "&lt;tabby&gt;" in said
    assert f"With {heat.percent(best.halved)} of the pixels made grey" in said and "half of its 80%" in said
    assert f"in a random order that takes {heat.percent(run.racers[2].halved)}" in said and "No better" not in said
    worse = finished_race(
        gradient=lambda s: 0.8, occlusion=lambda s: 0.8 * max(0, 1 - 4 * s), random=lambda s: 0.8 * (1 - s)
    )
    assert "No better than chance: Gradient." in heat.finding(worse, called, "tabby")
    lost = finished_race(gradient=lambda s: 0.8, occlusion=lambda s: 0.8, random=lambda s: 0.8 * (1 - s))
    assert "no map beats chance" in heat.finding(lost, called, "tabby")
    rows = heat.race_rows(run, called)
    assert len(rows) == len(shares()) and rows[0]["Gradient: hidden"] == 0.8


# --- the page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_the_code_of_every_part_runs_as_it_is_shown(part):
    app = opened("deconvnet", project_part=part, layer="conv2", project_name="tabby", checked="gradcam")
    assert sound(app) and not app.warning
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(snippet(app), part, "exec"), {"__name__": "notebook"})
    assert printed.getvalue().strip()


def test_odd_links():
    for part in PARTS[:3]:
        sound(opened("deconvnet", project_part=part, unit="1e999", layer="conv9", sheet_page="0"))
    sound(opened("deconvnet", project_part="no such", corpus="nobody", project_name="unicorn", checked="magic"))


def test_a_damaged_index_is_refused_and_built_afresh():
    network, corpus = load_network(), gallery_corpus(patterns=False)
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
    network, corpus = load_network(), gallery_corpus(patterns=False)
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
    for _ in range(100):  # it is brought beside the page
        if app.warning:
            break
        sleep(0.1)
        app.run()
    assert "Check the network connection" in app.warning[0].value and not app.exception
    with pytest.raises(DataError, match="not on this machine"):
        imagenette_corpus()


def test_the_race_ends_with_a_finding():
    app = opened("deconvnet", project_part="compared", cam_layer="conv3", race_by="grey")
    for _ in range(60):
        if "6 of 6 methods" in str([bar.proto.text for bar in app.get("progress")]):
            break
        app.run()
    app.button(key="raced_start").click().run()
    for _ in range(120):
        if 'class="finding"' in html(app):
            break
        app.run()
    assert "On this picture" in sound(app)


def test_drawn_patterns_are_looked_through_only_when_asked_for():
    photographs, all_of_it = gallery_corpus(patterns=False), gallery_corpus()
    assert 0 < len(photographs) < len(all_of_it) and "checkerboard" not in photographs.names
    for corpus, chosen in ((photographs, {}), (all_of_it, {"corpus": "with patterns"})):
        list(build(load_network(), corpus, open_index(load_network(), corpus)))
        app = opened("deconvnet", project_part="top nine", **chosen)
        assert f"looked through {len(corpus)} of {len(corpus)} pictures" in html(app)


def test_the_strongest_can_be_ranked_by_how_near_they_are_to_their_record():
    network = load_network()
    trace = network.trace(sample("cat"))
    records = load_atlas(network).layers["conv5"].numbers["quantiles"][:, -1]
    peaks = trace["conv5"].amax((1, 2)).numpy()
    best = int(np.argmax(peaks / np.maximum(np.maximum(records, peaks), 1e-12)))
    app = opened("deconvnet", project_order="nearest their record")
    assert app.number_input(key="unit").value == best != int(peaks.argmax())
