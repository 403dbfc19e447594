"""Convolution by hand: hand arithmetic, PyTorch and NumPy as oracles, bad kernels, and the page itself."""

import json
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapter
from explainer.chapters.convolution.drawings import ANIMALS, CAT, SIDE, TEMPLATES, drawings
from explainer.chapters.convolution.figures import (
    ink_tile,
    network_figure,
    result_picture,
    scan_figure,
    sizes_figure,
    small_drawings,
)
from explainer.chapters.convolution.filtering import (
    LOOKS,
    KernelError,
    Sizes,
    convolve,
    in_link,
    ink_of,
    lesson,
    look_through,
    natural_look,
    parse_kernel,
    reduced,
    resized,
    weights_of,
    write_kernel,
)
from explainer.chapters.convolution.scan import as_code
from explainer.chapters.convolution.tiny_network import (
    CARD,
    FILE,
    accuracy,
    as_input,
    card,
    held_out,
    load_tiny,
    train,
)
from explainer.figures.slide import slide
from explainer.figures.tiles import DARK, LIGHT, magma, signed_tiles
from explainer.gallery import sample
from explainer.places import ROOT

THIS = chapter("convolution")
FILTERS = {name: np.array(p["weights"]) for name, p in THIS.presets.items() if p["kind"] == "filter"}
KERNELS = {name: p["kernel"] for name, p in THIS.presets.items() if p["kind"] == "kernel"}
ROUND = FILTERS["round"]


def slid(picture: np.ndarray, weights: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    """The definition, spelt out in NumPy."""
    padded = np.pad(np.asarray(picture, float), padding)
    k = len(weights)
    return np.array([
        [(padded[top : top + k, left : left + k] * weights).sum() for left in range(0, padded.shape[1] - k + 1, stride)]
        for top in range(0, padded.shape[0] - k + 1, stride)
    ])  # fmt: skip


# --- the scan ---


def test_the_round_filter_on_the_eye_by_hand():
    assert sorted(ROUND.ravel()) == [0] * 8 + [30] * 8
    left, right, forehead = CAT[3:7, :4], CAT[3:7, 6:], CAT[:4, 3:7]
    for eye in (left, right):
        under = sorted(eye[ROUND > 0].tolist())
        assert under == [80] * 4 + [85] * 4
        assert (eye * ROUND).sum() == 4 * 85 * 30 + 4 * 80 * 30 == 19_800
    assert not forehead.any()
    sums = convolve(CAT, ROUND)
    assert sums.shape == (7, 7) == (10 - 4 + 1,) * 2
    assert sums[3, 0] == sums[3, 6] == sums.max() == 19_800 and sums[0, 3] == 0
    assert (np.full((4, 4), 100) * ROUND).sum() == 24_000  # a blot of full ink: the lesson's and the route's experiment


def test_the_words_say_what_the_arithmetic_gives():
    said = lesson(ROUND)
    assert said["eye_terms"] == "4·85·30 + 4·80·30" and said["eye_sum"] == "19,800" and said["flat_sum"] == "0"
    assert (said["pixels"], said["weights"], said["map"], said["filters"]) == (100, 16, 7, 10)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("stride, padding", [(1, 0), (2, 1), (3, 0), (1, 3)])
def test_maps_equal_the_definition_and_pytorch(name, stride, padding):
    ours = convolve(CAT, FILTERS[name], stride, padding)
    np.testing.assert_allclose(ours, slid(CAT, FILTERS[name], stride, padding), rtol=0, atol=1e-9)
    theirs = F.conv2d(
        torch.tensor(CAT, dtype=torch.float64)[None, None], torch.tensor(FILTERS[name]).double()[None, None],
        stride=stride, padding=padding,
    )[0, 0]  # fmt: skip
    assert np.array_equal(ours, theirs.numpy())


def test_the_presets_do_what_they_are_called():
    assert np.allclose(convolve(np.full((10, 10), 70), FILTERS["blur"]), 70)  # a mean leaves a plain area alone
    for name in ("edges", "corner"):
        assert not convolve(np.full((10, 10), 70), FILTERS[name]).any()
    step = np.zeros((10, 10))
    step[:, 5:] = 100
    sums = convolve(step, FILTERS["edges"])
    assert (sums.argmax(1) == 3).all() and sums.max() == 8 * 100 * 30
    assert convolve(CAT, FILTERS["corner"])[0].argmax() == 0  # the left ear


def test_drawings_and_filters_from_links():
    assert np.array_equal(ink_of(in_link(CAT)), CAT)
    assert np.array_equal(weights_of(in_link(FILTERS["blur"])), FILTERS["blur"])
    assert ink_of([250.0] * 50 + [-3] * 50).tolist() == [[100] * 10] * 5 + [[0] * 10] * 5
    for broken in (None, "", "cat", "1_2_3", [1] * 99, ["x"] * 100, [float("nan")] * 100, {"a": 1}):
        assert ink_of(broken) is None
    assert weights_of([float("inf")] * 16) is None and weights_of([5000] * 16).max() == 999


# --- sizes ---


def test_sizes_equal_pytorch_for_every_setting_of_the_sliders():
    for picture in range(3, 17):
        for kernel in range(1, 12):
            for stride in range(1, 6):
                for padding in range(6):
                    sizes = Sizes(picture, kernel, stride, padding)
                    if kernel > picture + 2 * padding:
                        assert not sizes.possible and sizes.positions == 0 and not sizes.looks.any()
                        assert f"{kernel} × {kernel} filter does not fit" in sizes.verdict
                        continue
                    weights = torch.ones(1, 1, kernel, kernel)
                    found = F.conv2d(torch.zeros(1, 1, picture, picture), weights, None, stride, padding)
                    assert sizes.positions == found.shape[-1]
                    assert sizes.formula.endswith(f"= {found.shape[-1]}")


@pytest.mark.parametrize("sizes", [Sizes(10, 4), Sizes(10, 4, 4), Sizes(9, 3, 2, 1), Sizes(5, 2, 3), Sizes(3, 1, 1, 5)])
def test_looks_equal_the_gradient_of_the_sum_of_the_map(sizes):
    x = torch.zeros(1, 1, sizes.padded, sizes.padded, requires_grad=True)
    F.conv2d(x, torch.ones(1, 1, sizes.kernel, sizes.kernel), stride=sizes.stride).sum().backward()
    assert np.array_equal(sizes.looks, x.grad[0, 0].numpy())
    reached = np.flatnonzero(sizes.looks.any(axis=0)).max() + 1
    if sizes.stride <= sizes.kernel:
        assert sizes.left_over == sizes.padded - reached


def test_odd_combinations_are_explained():
    assert "never looked at" in Sizes(10, 4, 4).verdict
    assert "jump over" in Sizes(10, 2, 3).verdict
    assert "same" in Sizes(10, 3, 1, 1).verdict
    assert "nothing but zeros" in Sizes(10, 2, 1, 2).verdict
    with pytest.raises(KernelError, match="does not fit on a picture 10 pixels across"):
        convolve(CAT, np.ones((11, 11)))


# --- any kernel on a photograph ---


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_survives_writing_and_equals_the_definition(name):
    weights = parse_kernel(KERNELS[name])
    assert write_kernel(weights) == KERNELS[name]
    pixels = reduced(sample("cat").pixels)[:40, :50]
    filtered = look_through(pixels, weights)
    np.testing.assert_allclose(filtered.values, slid(pixels.mean(-1), weights), rtol=1e-4, atol=0.05)
    for colour in range(3):
        np.testing.assert_allclose(filtered.colours[..., colour], slid(pixels[..., colour], weights), atol=0.05)
    for look in LOOKS:
        shown = result_picture(filtered, look, LIGHT)
        assert shown.shape == (*filtered.values.shape, 3) and shown.dtype == np.uint8


def test_known_kernels_on_known_pictures():
    ramp = np.tile(np.arange(0, 100, 2, dtype=np.uint8)[None, :, None], (20, 1, 3))  # 2 brighter each column
    sobel = look_through(ramp, parse_kernel(KERNELS["sobel across"]))
    assert np.allclose(sobel.values, 2 * 2 * 4)  # the slope over two columns, weighed 1 + 2 + 1
    assert np.allclose(look_through(ramp, parse_kernel(KERNELS["sobel down"])).values, 0)
    blurred = look_through(ramp, parse_kernel(KERNELS["mean of 5 × 5"]))
    np.testing.assert_allclose(blurred.colours, ramp[2:-2, 2:-2], atol=1e-3)
    sharp = look_through(ramp, parse_kernel(KERNELS["sharpen"]))
    np.testing.assert_allclose(sharp.colours, ramp[1:-1, 1:-1], atol=1e-3)
    assert natural_look(parse_kernel(KERNELS["sobel down"])) == "signed map"
    assert natural_look(parse_kernel(KERNELS["sharpen"])) == "picture"


def test_colours_of_a_result():
    filtered = look_through(reduced(sample("coffee").pixels), parse_kernel(KERNELS["sobel across"]))
    signed = result_picture(filtered, "signed map", DARK)
    bright = result_picture(filtered, "after relu", DARK)
    below = filtered.values <= 0
    assert (bright[below] == magma()[0]).all()
    assert np.array_equal(signed, signed_tiles(filtered.values, DARK, filtered.largest))
    assert (np.abs(filtered.values) > filtered.largest).mean() < 0.006


def test_all_zero_one_colour_and_long_pictures():
    for pixels in (sample("cat").pixels, np.full((60, 80, 3), 127, np.uint8)):
        filtered = look_through(reduced(pixels), np.zeros((5, 5)))
        assert not filtered.values.any() and filtered.largest == 0
        for look in LOOKS:
            assert len(np.unique(result_picture(filtered, look, LIGHT).reshape(-1, 3), axis=0)) == 1
    edges = np.full((3, 3), -1 / 9)
    edges[1, 1] = 8 / 9
    assert not look_through(np.full((60, 80, 3), 77, np.uint8), edges).values.any()
    panorama = reduced(np.zeros((200, 2000, 3), np.uint8))
    assert panorama.shape[0] >= 32 and panorama.shape[1] == 10 * panorama.shape[0]
    assert look_through(panorama, np.ones((11, 11))).values.size
    with pytest.raises(KernelError, match="does not fit on it"):
        look_through(np.zeros((5, 900, 3), np.uint8), np.ones((11, 11)))


def test_kernels_as_people_type_them():
    assert np.array_equal(parse_kernel("1,2,3\n4,5,6\n7,8,9"), np.arange(1, 10).reshape(3, 3))
    assert np.array_equal(parse_kernel(" 0 −1 0 ; .5 1/4 -1e0; 0, 0, 0; "), [[0, -1, 0], [0.5, 0.25, -1], [0, 0, 0]])
    assert parse_kernel(write_kernel(np.full((11, 11), 1 / 121))).shape == (11, 11)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "no kernel yet"),
        (" ; ;", "no kernel yet"),
        ("1 2; 3 4", "2 rows of 2 numbers"),
        (";".join([" ".join("1" * 12)] * 12), "12 rows of 12 numbers"),
        ("1 2 3; 4 5; 6 7 8", "Row 2 has 2 numbers"),
        ("nan 1 1; 1 1 1; 1 1 1", "“nan” is not a weight"),
        ("0/0 1 1; 1 1 1; 1 1 1", "“0/0” is not a weight"),
        ("cat 1 1; 1 1 1; 1 1 1", "“cat” is not a weight"),
        ("inf 1 1; 1 1 1; 1 1 1", "too large"),
        ("1e999999999 1 1; 1 1 1; 1 1 1", "too large"),
        ("1 1 1; 1 1000 1; 1 1 1", "too large"),
    ],
)
def test_bad_kernels_get_a_sentence(text, sentence):
    with pytest.raises(KernelError, match=sentence) as caught:
        parse_kernel(text)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_resizing_a_kernel_keeps_its_middle():
    weights = np.arange(9.0).reshape(3, 3)
    assert np.array_equal(resized(weights, 5)[1:4, 1:4], weights) and resized(weights, 5).sum() == weights.sum()
    assert np.array_equal(resized(resized(weights, 7), 3), weights)
    assert resized(weights, 4).shape == (4, 4)


# --- the tiny network ---


def test_every_step_equals_pytorch_and_the_definition():
    network = load_tiny()
    weights = network.filters.weight.detach().numpy()[:, 0].astype(float)
    bias = network.filters.bias.detach().numpy()
    for ink in drawings(12, seed=5)[0]:
        trace = network.trace(ink)
        maps = np.stack([slid(ink / 100, each) + b for each, b in zip(weights, bias, strict=True)])
        np.testing.assert_allclose(trace.maps, maps, atol=1e-5)
        assert torch.equal(trace.rectified, trace.maps.clamp(min=0))
        blocks = maps.clip(0)[:, :6, :6].reshape(10, 3, 2, 3, 2).max(axis=(2, 4))
        np.testing.assert_allclose(trace.pooled, blocks, atol=1e-5)
        assert trace.maps.shape == (10, 7, 7) and trace.pooled.shape == (10, 3, 3)
        assert torch.equal(trace.pooled, F.max_pool2d(F.relu(trace.maps), 2))
        powers = np.exp(trace.votes.double().numpy())
        np.testing.assert_allclose(trace.probabilities, powers / powers.sum(), atol=1e-5)
        assert float(network(as_input(ink[None])).detach().softmax(1).max()) == pytest.approx(
            trace.probability, abs=1e-6
        )


def test_its_card_tells_the_truth():
    network, told = load_tiny(), card()
    assert network.parameters_count == told["parameters"] == 10 * (16 + 1) + 90 * 6 + 6 == 716
    assert tuple(told["categories"]) == ANIMALS
    measured = told["measured"]["held-out drawings"]
    right = accuracy(network, *drawings(measured["count"], measured["seed"]))
    assert round(100 * right, 1) == pytest.approx(measured["top1"], abs=0.1) and right > 0.95
    assert network.trace(CAT).guess == "cat" and network.trace(CAT).probability > 0.8
    for name, ink in TEMPLATES.items():
        assert network.trace(ink).guess == name
    assert FILE.stat().st_size < 10_000 and json.loads(CARD.read_text(encoding="utf-8")) == told


def test_held_out_drawings_are_new():
    measured = card()["measured"]["held-out drawings"]
    seen = {ink.tobytes() for ink in drawings(20_000, seed=0)[0]}
    fresh = drawings(500, measured["seed"])[0]
    assert not any(ink.tobytes() in seen for ink in fresh)
    ink, labels = drawings(600, seed=3)
    assert ink.min() == 0 and ink.max() <= 100 and ink.shape == (600, SIDE, SIDE)
    assert np.bincount(labels).tolist() == [100] * 6
    assert np.array_equal(ink, drawings(600, seed=3)[0])


def test_examples_are_what_they_say():
    network = load_tiny()
    examples = held_out(right=16, wrong=16)
    assert [each.right for each in examples] == [True] * 16 + [False] * 16
    for each in examples:
        votes = network(as_input(each.ink[None])).detach()[0]
        assert (ANIMALS[int(votes.argmax())] == each.animal) == each.right


def test_training_learns():
    network = train(steps=150)
    assert accuracy(network, *drawings(600, seed=99)) > 0.7


# --- the page ---


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()
    for name, value in link.items():
        app.query_params[name] = value
    app.switch_page("pages/convolution.py").run()
    assert not app.exception and not app.error
    return app


def text_of(app: AppTest) -> str:
    return " ".join(block.proto.body for block in app.get("html"))


def test_the_page_says_the_lesson():
    text = text_of(opened())
    assert "19,800" in text and "4·85·30 + 4·80·30" in text and "716" in text
    assert f"{card()['measured']['held-out drawings']['top1']}%" in text
    assert not re.search(r"\{[a-z_]+\}", text)


@pytest.mark.parametrize("view", ["one filter", "ten filters", "sizes", "your picture"])
@pytest.mark.parametrize("filter", ["edges", "0_" * 15 + "0", "nonsense", "nan_" * 15 + "nan"])
def test_every_view_opens_from_its_link(view, filter):
    opened(scan=view, filter=filter, drawing="fish")


def test_impossible_sizes_are_explained_on_the_page():
    app = opened(scan="sizes", picture_side="3", filter_side="11")
    components = [str(block.proto) for block in app.get("bidi_component")]
    assert any("does not fit on a picture 3 pixels across" in component for component in components)


@pytest.mark.parametrize("kernel", ["", "nan 1 1;1 1 1;1 1 1", ";".join([" ".join("1" * 12)] * 12)])
def test_a_bad_kernel_gets_a_sentence_and_the_last_good_one_stays(kernel):
    app = opened(scan="your picture")
    app.text_input(key="kernel").set_value("0 0 0; 0 2 0; 0 0 0").run()
    assert not app.warning
    app.text_input(key="kernel").set_value(kernel).run()
    assert not app.exception and "The last good kernel stays in use." in app.warning[0].value
    app.text_input(key="kernel").set_value("0 0 0; 0 0 0; 0 0 0").run()
    assert not app.warning and any("every sum is 0" in caption.value for caption in app.caption)


def test_choosing_a_kernel_fills_the_field_and_suits_the_look():
    app = opened(scan="your picture")
    app.selectbox(key="kernel_preset").select("sharpen").run()
    assert app.text_input(key="kernel").value == KERNELS["sharpen"]
    assert app.session_state["kernel_look"] == "picture"
    app.number_input(key="kernel_side").set_value(11).run()
    assert parse_kernel(app.text_input(key="kernel").value).shape == (11, 11)
    assert app.selectbox(key="kernel_preset").value == "my own"


def test_downloads_are_pictures():
    network = load_tiny()
    for figure in (
        scan_figure(CAT, ROUND, convolve(CAT, ROUND), LIGHT),
        network_figure(CAT, network, network.trace(CAT), ANIMALS, DARK),
        sizes_figure(Sizes(10, 4, 2, 1), LIGHT),
        sizes_figure(Sizes(3, 11), LIGHT),
    ):
        data = slide("title", figure)
        assert data.startswith(b"\x89PNG") and len(data) < 300_000
    scanned = scan_figure(CAT, ROUND, convolve(CAT, ROUND), LIGHT)
    assert [panel.numbers.shape for panel in scanned.panels] == [(10, 10), (4, 4), (7, 7)]
    small = small_drawings([CAT, CAT.T], LIGHT)
    assert small.shape == (2, 72, 72, 3)
    assert np.array_equal(small[0, 6:-6:6, 6:-6:6], ink_tile(CAT, LIGHT, LIGHT.soft))


def test_the_code_under_the_figures_runs():
    values = {
        "ink": as_code(CAT, "cat"), "filter": in_link(ROUND), "side": 10, "kernel": 4, "stride": 1, "padding": 0,
        "picture": "cat", "written": KERNELS["outline"],
    }  # fmt: skip
    for name in ("code_scan", "code_network", "code_sizes", "code_kernel"):
        exec(THIS.words[name].format(**values), {})
    exec(THIS.words["code_network"].format(ink=as_code(CAT + 1, "")), {})
