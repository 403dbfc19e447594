"""Oracles of the limits: SciPy and hand arithmetic for the pictures, single forward passes, Captum for the nudge."""

import contextlib
import io
import json
from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage
import torch
from captum.robust import FGSM
from PIL import Image
from torch import nn

from explainer.attribution.painting import CELLS
from explainer.chapters import limits as backend
from explainer.chapters.limits import KINDS, figures
from explainer.chapters.limits.parts import UNITS
from explainer.chapters.limits.sweep import distance
from explainer.chapters.limits.transforms import mirror
from explainer.commands import main
from explainer.figures.tiles import DARK
from explainer.gallery import sample
from explainer.networks import Network, Preprocessing, load_network
from explainer.networks.alexnet2012 import convolution
from explainer.pictures import Crop, Picture
from tests.chapters.verdict.test_verdict import random_network
from tests.test_pages import html, opened, snippet, sound, upload

SIDES = ["sweep", "parts upside down", "context", "nudge"]


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network()


@pytest.fixture(scope="module")
def small() -> Network:
    """Two layers with maps and one that names, for pictures of 31 pixels."""
    torch.manual_seed(0)
    stages = OrderedDict(
        conv1=convolution(3, 8, kernel_size=5, stride=2),
        pool1=nn.MaxPool2d(2),
        conv2=convolution(8, 6, kernel_size=3),
        fc3=nn.Sequential(nn.Flatten(), nn.Linear(6 * 5 * 5, 4)),
    )
    return Network("small", "Small", nn.Sequential(stages), Preprocessing(36, 31), tuple("abcd"), "none", "small", {})


def flat(colour=(90, 120, 30), height=64, width=64) -> Picture:
    return Picture(np.broadcast_to(np.array(colour, np.uint8), (height, width, 3)), "flat")


def busy(height=80, width=100, seed=0) -> Picture:
    rough = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    return Picture(np.asarray(Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)), "busy")


# --- the pictures of a sweep ---------------------------------------------------------------------------


def test_places_are_mirrored_as_numpy_pads():
    for length in (1, 2, 5):
        padded = np.pad(np.arange(length), 13, mode="symmetric")
        np.testing.assert_array_equal(mirror(np.arange(-13, length + 13), length), padded)


@pytest.mark.parametrize("size", [(80, 100), (100, 80), (31, 31), (1, 1), (1, 700), (9, 900), (700, 3)])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_neutral_value_leaves_the_view_as_it_is(kind, size, small):
    picture = busy(*size)
    around = backend.surroundings(small, picture)
    np.testing.assert_array_equal(around.window(around.top, around.left, 31, 31), small.view(picture)[0])
    frames = backend.transformed(around, kind, kind.values)
    assert frames.shape == (len(kind.values), 31, 31, 3) and frames.dtype == np.uint8
    np.testing.assert_array_equal(frames[kind.values.index(kind.neutral)], small.view(picture)[0])


@pytest.mark.parametrize("size", [(80, 100), (100, 80), (31, 31), (9, 900)])
@pytest.mark.parametrize("square", [(0, 0, 1000), (130, 210, 400), (999, 999, 100)])
def test_round_a_square_of_ones_own_lies_the_same_picture(size, square, small):
    picture = busy(*size).framed(*square)
    view, crop = small.view(picture)
    around = backend.surroundings(small, picture)
    window = around.window(around.top, around.left, 31, 31)
    np.testing.assert_allclose(window.astype(int), view, atol=1)  # but for rounding
    step = (crop.right - crop.left) / 31
    down = around.pixels.shape[0] * step
    assert down <= picture.height + 1e-6 and (down > picture.height - 2 * step or len(around.pixels) >= 31 * 3)
    for kind in KINDS.values():
        frames = backend.transformed(around, kind, kind.values)
        np.testing.assert_array_equal(frames[kind.values.index(kind.neutral)], view)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_values_of_a_sweep(kind):
    assert list(kind.values) == sorted(set(kind.values)) and kind.neutral in kind.values
    assert kind.said(kind.neutral) == "unchanged" and "-" not in kind.said(kind.values[0])


def test_seventy_two_angles():
    assert len(KINDS["rotation"].values) == 72 and set(np.diff(KINDS["rotation"].values)) == {5.0}


def test_quarter_and_half_turns_move_pixels_and_change_none(small):
    view = np.random.default_rng(0).integers(0, 256, (31, 31, 3)).astype(np.uint8)
    around = backend.Surroundings(view, 0, 0, view)
    frames = backend.transformed(around, KINDS["rotation"], [90, -180, -90])
    for frame, turns in zip(frames, (1, 2, 3), strict=True):
        np.testing.assert_array_equal(frame, np.rot90(view, turns))


@pytest.mark.parametrize("degrees", [-135, -20, 7, 45])
def test_any_turn_is_scipys(degrees, small):
    around = backend.surroundings(small, busy())
    (frame,) = backend.transformed(around, KINDS["rotation"], [degrees])
    down, across = np.mgrid[:31, :31] - 15.0
    angle = np.deg2rad(degrees)
    rows = across * np.sin(angle) + down * np.cos(angle) + around.top + 15
    columns = across * np.cos(angle) - down * np.sin(angle) + around.left + 15
    for colour in range(3):
        layer = around.pixels[..., colour].astype(float)
        expected = scipy.ndimage.map_coordinates(layer, [rows, columns], order=1, mode="reflect")
        np.testing.assert_allclose(frame[..., colour], expected, atol=0.6)


@pytest.mark.parametrize("by", [-100, -3, 1, 40])
def test_a_shift_to_the_right(by, small):
    around = backend.surroundings(small, busy())
    (frame,) = backend.transformed(around, KINDS["shift"], [by])
    wide = np.pad(around.pixels, ((0, 0), (120, 120), (0, 0)), mode="symmetric")
    left = around.left + 120 - by
    np.testing.assert_array_equal(frame, wide[around.top : around.top + 31, left : left + 31])


@pytest.mark.parametrize("factor", [0.8, 1.25, 2.5])
def test_scaling_stretches_a_ramp(factor):
    """Grey rises by 2 a pixel; twice as large, it rises by 1 a pixel from the same middle."""
    ramp = np.broadcast_to((2 * np.arange(101) + 20).astype(np.uint8)[None, :, None], (101, 101, 3))
    around = backend.Surroundings(ramp, 35, 35, ramp[35:66, 35:66])
    (frame,) = backend.transformed(around, KINDS["scale"], [factor])
    expected = 120 + 2 * (np.arange(31) - 15) / factor
    np.testing.assert_allclose(frame, np.broadcast_to(expected[None, :, None], frame.shape), atol=1.1)


@pytest.mark.parametrize("deviation", [0.4, 2.0, 6.0])
def test_a_blur_is_scipys(deviation, small):
    around = backend.surroundings(small, busy())
    (frame,) = backend.transformed(around, KINDS["blur"], [deviation])
    whole = scipy.ndimage.gaussian_filter(
        around.pixels.astype(float), (deviation, deviation, 0), mode="reflect", truncate=4
    )
    expected = whole[around.top : around.top + 31, around.left : around.left + 31]
    np.testing.assert_allclose(frame, expected, atol=0.6)


def test_light_and_noise_by_hand(small):
    around = backend.surroundings(small, flat((10, 100, 200)))
    frames = backend.transformed(around, KINDS["brightness"], [0.5, 2.0])
    assert frames[0, 3, 3].tolist() == [5, 50, 100] and frames[1, 3, 3].tolist() == [20, 200, 255]
    noisy = backend.transformed(around, KINDS["noise"], [20.0])[0, ..., 1].astype(float)
    assert noisy.mean() == pytest.approx(100, abs=2) and noisy.std() == pytest.approx(20, abs=2)


# --- a sweep ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rotation", "shift"])
def test_a_sweep_is_the_same_pictures_one_by_one(kind, network):
    picture, kind = sample("cat"), KINDS[kind]
    values = [value for value in kind.values if value % 50 == 0]
    found = backend.sweep(network, picture, kind, values)
    original = network.trace(picture)
    frames = backend.transformed(backend.surroundings(network, picture), kind, values)
    assert found.layers == ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
    for step, frame in enumerate(frames):
        x, moved = network.preprocessing.normalise(frame)[None], []
        for name, stage in network.stages.named_children():
            x = stage(x)
            if name in found.layers:
                a, b = x[0].double().numpy().ravel(), original[name].double().numpy().ravel()
                moved.append(np.linalg.norm(a - b) / np.sqrt(a @ a + b @ b))
        np.testing.assert_allclose(found.probabilities[step], x[0].softmax(0), atol=1e-5)
        np.testing.assert_allclose(found.distances[step], moved, atol=1e-4)
        order = np.argsort(-x[0].numpy())
        assert found.ranks(found.first)[step] == 1 + order.tolist().index(found.first)
        assert found.top(step)[0].index == order[0]
    unchanged = values.index(0)
    assert found.ranks(found.first)[unchanged] == 1 and found.distances[unchanged].max() < 1e-4


def test_the_whole_rotation_of_the_network_in_the_box(network):
    found = backend.sweep(network, sample("coffee"), KINDS["rotation"])
    assert found.done == 72 and found.probabilities.shape == (72, 1000) and found.distances.shape == (72, 8)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-4)
    assert found.distances.min() >= 0 and found.distances[:, :-1].max() <= 1.0001  # after ReLU nothing is opposed


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_other_structures(name):
    network = random_network(name)
    found = backend.sweep(network, sample("coffee"), KINDS["scale"], [0.5, 1.0, 2.0])
    assert np.isfinite(found.probabilities).all() and found.distances[1].max() < 1e-3 < found.distances[0].max()


@pytest.mark.parametrize("kind", ["rotation", "scale", "shift", "blur"])
def test_a_picture_of_one_colour_has_nothing_to_lose(kind, small):
    found = backend.sweep(small, flat(), KINDS[kind])
    assert found.distances.max() < 1e-6 and set(found.ranks(found.first)) == {1}
    held = found.tolerance()
    assert (held.low, held.high) == (found.values[0], found.values[-1]) and held.open_low and held.open_high
    assert figures.sweep_data(found, "small", found.first, None)["farthest"] < 1e-6


def test_a_distance_of_silence_is_nothing():
    assert distance(torch.zeros(2, 3, 4), torch.zeros(3, 4)).tolist() == [0, 0]
    a, b = torch.tensor([[3.0, 0.0], [0.0, 5.0]]), torch.tensor([3.0, 0.0])
    assert distance(a, b).tolist() == pytest.approx([0, 1])


def test_a_tolerance_goes_out_from_the_middle(small):
    found = backend.sweep(small, busy(), KINDS["shift"], [-10, -5, 0, 5, 10])
    answers = np.array([0, 1, 1, 1, 0])
    table = replace(found, probabilities=np.eye(4, dtype=np.float32)[answers], first=1)
    assert table.tolerance() == backend.Tolerance(-5, 5, False, False)
    back = replace(table, probabilities=np.eye(4, dtype=np.float32)[[1, 0, 1, 1, 1]])
    assert back.tolerance() == backend.Tolerance(0, 10, False, True)  # a name that comes back does not count


def test_ties_share_a_place():
    assert [backend.rank(np.array([0.2, 0.4, 0.4]), i) for i in range(3)] == [3, 1, 1]


def test_the_numbers_of_a_sweep_are_those_of_its_curves(small):
    found = backend.sweep(small, busy(), KINDS["shift"], [-10, -5, 0, 5, 10])
    rows = found.rows(3)
    assert [row["probability"] for row in rows] == found.probabilities[:, 3].tolist()
    assert [row["place"] for row in rows] == found.ranks(3).tolist()
    layer = found.layers[-1]
    assert [row[f"{layer} moved"] for row in rows] == found.distances[:, -1].tolist()
    assert rows[2]["first guess"] == found.categories[found.first]


def test_a_sweep_grows_batch_by_batch(small):
    parts = list(backend.sweep_steps(small, busy(), KINDS["rotation"]))
    assert [part.done for part in parts] == [24, 48, 72]
    assert np.isnan(parts[0].probabilities[24:]).all() and np.isfinite(parts[0].probabilities[:24]).all()
    both = list(backend.sweeps(small, small, busy(), KINDS["rotation"]))
    assert [reached.done for reached in both] == [24, 48, 72, 96, 120, 144] and both[-1].share == 1
    assert [reached.beside is not None for reached in both] == [False] * 5 + [True]
    ready = list(backend.sweeps(small, small, busy(), KINDS["rotation"], own=parts[-1]))
    assert [reached.share for reached in ready] == pytest.approx([1 / 3, 2 / 3, 1]) and ready[0].own is parts[-1]
    every = list(backend.every_sweep(small, busy()))
    assert list(every[-1].finished) == list(KINDS) and every[-1].share == 1 and not every[0].finished


def test_how_far_a_turn_moves_pixels():
    """Two pixels by two: each lies √½ from the centre, and a half turn moves it twice that."""
    assert backend.mean_movement(2, 180) == pytest.approx(np.sqrt(2))
    assert backend.mean_movement(2, -60) == pytest.approx(np.sqrt(0.5)) and backend.mean_movement(9, 0) == 0


# --- parts upside down -------------------------------------------------------------------------------------


def test_boxes_travel_in_a_link():
    boxes = [backend.Box(1, 22, 333, 4), backend.Box(0, 0, 1000, 1000), backend.Box(5, 5, 0, 0)]
    assert backend.decode_boxes(backend.encode_boxes(boxes)) == boxes and backend.encode_boxes([]) == ""


@pytest.mark.parametrize("word", ["", "x", "1-2-3", "1-2-3-x", "900-0-200-5", "1--2-3", "²-1-1-1", "99999-1-1-1", "_"])
def test_what_is_no_box_is_left_out(word):
    assert backend.decode_boxes(word) == [] and len(backend.decode_boxes(f"{word}_1-2-3-4")) == 1


def test_at_most_a_dozen_boxes():
    assert len(backend.decode_boxes("_".join(["1-1-9-9"] * 50))) == 12


def test_boxes_on_the_picture():
    picture, crop = flat(height=100, width=200), Crop(50, 0, 150, 100)
    places = backend.on_picture(picture, crop, [backend.Box(0, 500, 250, 100), backend.Box(5, 5, 0, 0)])
    assert places == [Crop(50, 50, 75, 60)]


def test_a_part_is_turned_and_nothing_else():
    pixels = busy(60, 60).pixels
    turned = backend.turned_parts(pixels, [Crop(10, 20, 40, 50)])
    outside = np.ones((60, 60), bool)
    outside[20:50, 10:40] = False
    np.testing.assert_array_equal(turned[outside], pixels[outside])
    inside = pixels[20:50, 10:40]
    np.testing.assert_array_equal(turned[20:50, 10:40][7:-7, 7:-7], inside[::-1, ::-1][7:-7, 7:-7])
    inside = inside.astype(float)
    rim = turned[20, 10]  # a sixth of what comes, five sixths of what was there
    np.testing.assert_allclose(rim, inside[-1, -1] / 6 + 5 * inside[0, 0] / 6, atol=0.51)


def test_four_ways_are_four_single_runs(network):
    picture, places = sample("astronaut"), [Crop(200, 80, 260, 120)]
    found = backend.four_ways(network, picture, places)
    trace = network.trace(picture)
    assert found.layer == "fc7" and found.name == trace.top(1)[0].category
    features = []
    for view, probability, best in zip(found.views, found.probabilities, found.guesses, strict=True):
        x = network.preprocessing.normalise(view)[None]
        features.append(network.run(x, stop="fc7")[0].double().numpy())
        expected = network.run(x)[0].softmax(0)
        assert probability == pytest.approx(expected[trace.top(1)[0].index].item(), abs=1e-5)
        assert best[0].index == expected.argmax().item()
    for apart, (a, b) in zip(found.apart, (features[:2], features[2:]), strict=True):
        assert apart == pytest.approx(np.linalg.norm(a - b) / np.sqrt(a @ a + b @ b), abs=1e-4)
    np.testing.assert_array_equal(
        found.views[1], network.view(Picture(backend.turned_parts(picture.pixels, places)))[0]
    )
    np.testing.assert_array_equal(found.views[3], np.rot90(found.views[1], 2))
    np.testing.assert_array_equal(found.pictures[2], np.rot90(found.pictures[0], 2))


def test_nothing_marked_changes_nothing(small):
    found = backend.four_ways(small, busy(), [])
    assert found.apart == (0, 0) and found.probabilities[0] == pytest.approx(found.probabilities[1], abs=1e-6)
    assert "Nothing is marked" in figures.parts_words(found)


@pytest.mark.parametrize("places", [
    [Crop(0, 0, 10, 10)], [Crop(90, 70, 100, 80)], [Crop(0, 0, 100, 80)], [Crop(40, 30, 60, 40), Crop(10, 10, 15, 20)],
])  # fmt: skip
def test_closer_is_a_square_with_everything_marked_in_it(places):
    picture = busy(80, 100)
    cut, moved = backend.closer(picture, places)
    assert cut.width == cut.height <= 80 and len(moved) == len(places)
    for there, here in zip(places, moved, strict=True):
        assert 0 <= here.left < here.right <= cut.width and 0 <= here.top < here.bottom <= cut.height
        if cut.width < 80:
            before = picture.pixels[there.top : there.bottom, there.left : there.right]
            np.testing.assert_array_equal(cut.pixels[here.top : here.bottom, here.left : here.right], before)


# --- thing and place -------------------------------------------------------------------------------------


def test_thing_and_place_are_pasted_by_hand(network):
    trace, cells = network.trace(sample("cat")), np.zeros((CELLS, CELLS), bool)
    cells[:14] = True
    found = backend.taken_apart(network, trace, cells, "grass", "grey")
    grass = network.view(sample("grass"))[0]
    edge = -(-227 // 2)
    np.testing.assert_array_equal(found.views[1][: edge - 1], trace.view[: edge - 1])
    np.testing.assert_array_equal(found.views[1][edge:], grass[edge:])
    np.testing.assert_array_equal(found.views[2][edge:], trace.view[edge:])
    assert set(found.views[2][: edge - 1].reshape(-1, 3).tolist()[0]) and np.ptp(found.views[2][:100, :, 0]) == 0
    for view, probability in zip(found.views, found.probabilities, strict=True):
        expected = network.run(network.preprocessing.normalise(view)[None])[0].softmax(0)
        assert probability == pytest.approx(expected[trace.top(1)[0].index].item(), abs=1e-5)


@pytest.mark.parametrize("share", [0, 1])
def test_all_or_nothing_marked(share, small):
    trace = small.trace(busy())
    found = backend.taken_apart(small, trace, np.full((CELLS, CELLS), bool(share)), "blur", "grey")
    kept = 1 if share else 2
    np.testing.assert_array_equal(found.views[kept], trace.view)
    assert found.probabilities[kept] == pytest.approx(found.probabilities[0], abs=1e-6)
    assert ("Everything" if share else "Nothing") in figures.apart_words(found, share)


def test_the_middle_is_in_the_middle():
    cells = backend.middle()
    assert 0.2 < cells.mean() < 0.6 and cells[14, 14] and not cells[0].any() and not cells[:, 0].any()
    np.testing.assert_array_equal(cells, cells[::-1, ::-1])


# --- a nudge -----------------------------------------------------------------------------------------------


def test_the_nudge_is_captums_fast_gradient_sign(network):
    trace = network.trace(sample("cat"))
    found = backend.nudge(network, trace)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (network.preprocessing.mean, network.preprocessing.std))
    colours = torch.from_numpy(trace.view.copy()).permute(2, 0, 1)[None].float() / 255
    colours.requires_grad_()

    def ask(x):
        return network.stages((x - mean) / std).softmax(1)

    index = trace.top(1)[0].index
    attack = FGSM(ask, lower_bound=0.0, upper_bound=1.0)
    for epsilon, name_changes in ((found.epsilon, True), (found.below, False), (found.stored, True)):
        moved = attack.perturb(colours, epsilon / 255, target=index)
        with torch.no_grad():
            assert (ask(moved).argmax().item() != index) is name_changes
    apart = np.abs(255 * moved[0].detach().permute(1, 2, 0).numpy() - found.view) > 0.01
    assert apart.mean() < 1e-3  # where the gradient is as good as zero, its sign is chance
    assert found.below < found.epsilon <= backend.LARGEST and found.epsilon - found.below <= found.epsilon / 16


def test_a_nudge_fits_into_a_file_and_still_works(network):
    trace = network.trace(sample("coffee"))
    found = backend.nudge(network, trace)
    assert np.abs(found.view.astype(int) - trace.view).max() <= found.stored
    x = network.preprocessing.normalise(found.view)[None]
    assert network.run(x).argmax().item() == found.guesses[1][0].index != found.guesses[0][0].index
    assert 0 <= found.kept <= found.tried == 8
    shown = figures.nudge_pictures(found, trace.view)[1].astype(float)
    assert set(np.abs(shown - 127.5).round().ravel()) <= {
        0.0,
        float(min(20 * found.stored, 128)),
        20 * found.stored + 0.5,
    }


def linear(weight: float, bias: float) -> Network:
    """Two names; the first wins by ``bias``, and by ``weight`` for every pixel's value."""
    layer = nn.Linear(3 * 31 * 31, 2)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[weight], [-weight]]).expand(2, -1))
        layer.bias.copy_(torch.tensor([bias, -bias]))
    stages = nn.Sequential(OrderedDict(fc1=nn.Sequential(nn.Flatten(), layer)))
    plain = Preprocessing(31, 31, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return Network("linear", "Linear", stages, plain, ("one", "other"), "none", f"{weight}{bias}", {})


def test_the_smallest_step_of_a_linear_network_by_hand():
    """The first wins while bias > −weight · Σ pixels: lowering 2,883 pixels of 100/255 by ε changes it at a known ε."""
    count = 3 * 31 * 31
    network = linear(1.0, -count * 90.3 / 255)
    found = backend.nudge(network, network.trace(flat((100, 100, 100))))
    assert found.below < 9.7 < found.epsilon and found.epsilon - found.below == pytest.approx(1 / 8)
    assert found.stored == 10 and found.kept == 8 and (found.view == 90).all() and (found.sign == -1).all()


@pytest.mark.parametrize("weight,said", [(0.0, "no direction"), (1e-6, "no proof of safety")])
def test_what_cannot_be_nudged(weight, said):
    network = linear(weight, 5.0)
    found = backend.nudge(network, network.trace(flat()))
    assert found.stored is None and found.blind is (weight == 0) and said in figures.nudge_words(found)
    np.testing.assert_array_equal(found.view, network.trace(flat()).view)


# --- what is said --------------------------------------------------------------------------------------------


def told(small, shift_holds: float, turn_holds: float, shift_moves: float, turn_moves: float) -> str:
    """The comparison for made-up sweeps whose features move evenly."""
    sweeps = []
    for kind, holds, moves in (("shift", shift_holds, shift_moves), ("rotation", turn_holds, turn_moves)):
        found = backend.sweep(small, busy(), KINDS[kind])
        answers = (np.abs(found.values) > holds).astype(int)
        distances = np.full_like(found.distances, moves)
        sweeps.append(replace(found, probabilities=np.eye(4, dtype=np.float32)[answers], first=0, distances=distances))
    return figures.shift_and_turn_words(*sweeps)


def test_the_sentence_follows_the_curves(small):
    assert "bears a shift better than a turn" in told(small, 50, 5, 0.2, 0.6)
    assert "bears a shift better than a turn" in told(small, 50, 5, 0.4, 0.4)
    assert "<em>better</em> than a shift" in told(small, 5, 175, 0.6, 0.2)
    assert "longer for the shift, the features for the turn" in told(small, 50, 5, 0.6, 0.2)
    assert "longer for the turn, the features for the shift" in told(small, 0, 30, 0.2, 0.6)
    assert "neither is clearly" in told(small, 0, 0, 0.4, 0.4)
    assert "from −50 to 50 pixels" in told(small, 50, 5, 0.2, 0.6) and "from −5° to 5°" in told(small, 50, 5, 0.2, 0.6)


def test_a_row_for_every_sweep(small):
    *_, last = backend.every_sweep(small, busy())
    table = figures.tolerance_table(last.finished)
    assert list(table["change"]) == list(KINDS) and len(table.columns) == 6
    turned = last.finished["rotation"].tolerance()
    assert table["to"][0] == f"{turned.high:g}°" and bool(table["above"][0]) is not turned.open_high


def test_a_sheet_for_slides(small):
    found = backend.sweep(small, busy(), KINDS["noise"])
    for arguments in ((), (DARK,)):
        assert Image.open(io.BytesIO(figures.sweep_sheet(found, "Small", *arguments))).format == "PNG"
    wide = Image.open(io.BytesIO(figures.film(found)))
    assert wide.size == (9 * 31, 4 * 31)


def test_what_the_browser_gets(small):
    first, *_ = backend.sweep_steps(small, busy(), KINDS["rotation"])
    data = json.loads(json.dumps(figures.sweep_data(first, "Small", 2, None), allow_nan=False))
    assert data["done"] == 24 == len(data["probability"]) == len(data["rank"]) == len(data["distances"][0])
    found = backend.sweep(small, busy(), KINDS["rotation"])
    data = json.loads(json.dumps(figures.sweep_data(found, "Small", 2, ("Other", found)), allow_nan=False))
    assert data["beside"]["probability"] == data["probability"] and data["neutral"] == 36
    assert data["ticks"] == [[12 * i, f"{60 * i - 180}".replace("-", "−")] for i in range(6)]
    assert [found.neutral, "0"] in data["ticks"] and max(data["probability"]) <= data["highest"] <= 1


# --- the page ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side,picture", [*((side, "astronaut") for side in SIDES), ("nudge", "ramp")])
def test_every_side_of_the_page_and_its_code(side, picture):
    app = opened("limits", limit=side, picture=picture, sweep_by="blur")
    written = sound(app)
    assert app.session_state["limit"] == side and "first guess" in written
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(snippet(app), side, "exec"), {})
    assert printed.getvalue().strip()


@pytest.mark.parametrize("link", [
    {"sweep_by": "noise", "sweep_at": "30"}, {"sweep_by": "noise", "sweep_at": "999"},
    {"sweep_by": "noise", "sweep_at": "²", "follow": "nobody", "rival": "nobody"},
    {"limit": "parts upside down", "boxes": "1-1-0-0"},
    {"limit": "parts upside down", "boxes": "0-0-1000-1000", "nearer": "false"},
    {"limit": "parts upside down", "boxes": "<script>"}, {"limit": "context", "thing": "none"},
    {"limit": "context", "thing": "0-ls"}, {"limit": "context", "thing_on": "nowhere", "place_filled": "cat"},
])  # fmt: skip
def test_links(link):
    sound(opened("limits", **link))


def test_all_six_on_the_page(monkeypatch, network):
    """The work behind the button is tested above; here two short sweeps stand for it."""

    def two(shown_by, picture):
        finished = {
            name: backend.sweep(shown_by, picture, KINDS[name], [-25.0, 0.0, 25.0]) for name in ("rotation", "shift")
        }
        yield backend.Reached(finished["shift"], None, finished, 6, 6)

    monkeypatch.setattr(backend, "every_sweep", two)
    app = opened("limits", picture="coffee", sweep_by="noise")
    app.button(key="limits_all_start").click().run()
    for _ in range(20):
        if app.dataframe:
            break
        app.run()
    assert len(app.dataframe[0].value) == 2
    assert "stays first from" in html(app) and "A turn moves the pixels too" in html(app)


def test_a_large_network_waits_to_be_started(monkeypatch):
    monkeypatch.setattr(backend, "cost", lambda network, kind: 1000.0)
    app = opened("limits", picture="coffee", sweep_by="blur")
    assert "31 pictures will run through" in sound(app)
    app.button(key="limits_sweep_start").click().run()
    for _ in range(40):
        if app.session_state["limits_sweep_work"].done:
            break
        app.run()
    app.run()
    sound(app)
    assert app.session_state["limits_sweep_work"].latest.done == 31 and "pictures will run" not in html(app)


def test_a_thin_picture_of_ones_own():
    app = opened("limits", sweep_by="shift")
    upload(app, "thin.png", Picture(busy(90, 90).pixels[:2].repeat(20, axis=1)).png())
    for side in SIDES:
        app.segmented_control(key="limit").set_value(side).run()
        sound(app)
    assert app.session_state["picture"] == "own"


def test_the_preset_takes_its_picture():
    app = opened("limits", limit="parts upside down", picture="coffee")
    app.button(key="parts_of_astronaut").click().run()
    assert app.session_state["picture"] == "astronaut" and app.session_state["boxes"].count("_") == 2
    sound(app)
    app.selectbox(key="picture").select("coffee").run()
    assert app.session_state["boxes"] == "" and "Nothing is marked" in sound(app)


# --- the command ---------------------------------------------------------------------------------------------


def test_the_command(tmp_path, capsys, network):
    assert main(["sweep", "sample:cat", "--by", "shift", "--json", "-o", str(tmp_path / "sweep.png")]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["value"] for line in lines] == list(KINDS["shift"].values)
    unchanged = next(line for line in lines if line["value"] == 0)
    best = network.trace(sample("cat")).top(5)
    assert [guess["index"] for guess in unchanged["top"]] == [guess.index for guess in best]
    assert unchanged["probability"] == pytest.approx(best[0].probability, abs=1e-5) and unchanged["rank"] == 1
    assert max(unchanged["moved"].values()) < 1e-4 and next(iter(unchanged["moved"])) == network.first_layer
    assert Image.open(tmp_path / "sweep.png").format == "PNG"


def test_the_command_for_people_and_its_mistakes(capsys):
    assert main(["sweep", "sample:ramp", "--by", "blur"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(KINDS["blur"].values) + 1 and "stays first from" in lines[-1]
    assert main(["sweep", "sample:nobody", "--by", "blur"]) == 2
    with pytest.raises(SystemExit) as stopped:
        main(["sweep", "sample:cat", "--by", "magic"])
    assert stopped.value.code == 2 and UNITS == 1000
