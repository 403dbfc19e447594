"""What the chapter makes of the digit networks: lessons, written-out sums, watched trainings; and its page."""

import re
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapter
from explainer.chapters.backpropagation import figures
from explainer.chapters.backpropagation import lesson as backend
from explainer.chapters.backpropagation.backprop_stepper import place_of
from explainer.digits import (
    PRESETS,
    Settings,
    Training,
    forward,
    load_training,
    one_hot,
    read,
    save_network,
    save_training,
    small_digits,
    tune,
)
from explainer.digits.network import COSTS
from explainer.errors import DataError
from explainer.figures.digits import parameters_table, sheet_digits
from explainer.places import ROOT
from explainer.ui.digit_reader import drawing_of, square_of


@pytest.fixture(scope="module")
def data():
    return small_digits()


@pytest.fixture
def worked(data):
    lesson = backend.first_lesson("worked case", data)
    return lesson, lesson.walk("quadratic", 3.0)


# --- one example --------------------------------------------------------------------------------------


def test_the_worked_case_begins_with_a_7_whose_0_says_08(worked):
    lesson, done = worked
    assert lesson.label == 7 and done.activations[-1][0].item() == pytest.approx(0.8, abs=1e-6)
    assert backend.where_to_look(lesson, done)[0] == 0
    into_zero, into_seven = (done.after.weights[1] - done.before.weights[1])[[0, 7]]
    assert (into_zero < 0).all() and (into_seven > 0).all()
    assert torch.equal(
        into_zero.argsort(), done.activations[1].argsort(descending=True)
    )  # the more, the larger the input


def test_the_stops_are_those_of_the_walk(worked):
    assert len(backend.STOPS) == len(worked[1].steps) == 9


def test_the_trained_case_is_one_that_it_reads_wrong(data):
    lesson = backend.first_lesson("trained", data)
    assert read(lesson.network, lesson.picture).guess != lesson.label


def test_the_next_example_meets_the_network_as_the_last_one_left_it(worked, data):
    lesson, done = worked
    following = lesson.following(done, data)
    assert torch.equal(following.picture, data.train_images[0]) and following.label == int(data.train_labels[0])
    assert following.network.weights[0].dtype == torch.float32
    torch.testing.assert_close(following.network.weights[1].double(), done.after.weights[1], atol=1e-6, rtol=0)


@pytest.mark.parametrize("cost", list(COSTS))
def test_every_number_written_out_is_right(data, cost):
    """The right-hand sides follow from the numbers before them, as autograd has them."""
    lesson = backend.first_lesson("worked case", data)
    done = lesson.walk(cost, 2.0)
    k, j = 3, 6
    network = lesson.network.copy(torch.float64)
    parameters = [*network.weights, *network.biases]
    for parameter in parameters:
        parameter.requires_grad_(True)
    zs, activations = forward(network, lesson.picture[None].double())
    for value in (*zs, *activations[1:]):
        value.retain_grad()
    total = COSTS[cost].value(activations[-1], one_hot(torch.tensor([lesson.label])).double()).sum()
    total.backward()
    i = backend.busiest_pixel(done, j)
    last = {
        0: activations[1][0, j], 1: activations[2][0, k], 3: zs[1].grad[0, k], 4: network.weights[1].grad[k, j],
        5: zs[0].grad[0, j], 6: network.weights[0].grad[j, i],
        7: network.weights[1][k, j] - 2 * network.weights[1].grad[k, j],
    }  # fmt: skip
    for stop, expected in last.items():
        text = backend.written_out(done, cost, stop, k, j)
        assert _last_number(text) == pytest.approx(expected.item(), rel=6e-3), (stop, text)
    assert f"= {total.item():.3f}" in backend.written_out(done, cost, 2, k, j)
    assert backend.cost_parts(done, cost).sum().item() == pytest.approx(total.item())
    assert backend.written_out(done, cost, 8, k, j).count("rightarrow") == 2


def _last_number(latex: str) -> float:
    text = latex.replace(r"\end{aligned}", "").split("=")[-1].strip()
    mantissa, _, exponent = text.partition(r" \cdot 10^")
    return float(mantissa) * 10 ** int(exponent.strip("{}") or 0)


@pytest.mark.parametrize(
    "value, text", [(0, "0.000"), (0.12849, "0.128"), (-0.0123456, "-0.0123"), (0.000031, r"3.1 \cdot 10^{-5}")]
)
def test_numbers_in_latex(value, text):
    assert backend._n(value) == text


def test_tables_and_tiles_of_the_gradient(worked):
    done = worked[1]
    table = figures.gradient_table(done)
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", table)
    assert len(cells) == 16 * 10
    shown = np.array([float(c.replace("−", "-").replace("+", "")) for c in cells]).reshape(16, 10)
    np.testing.assert_allclose(shown[:15], done.nabla_w[1].T, atol=5.1e-4)
    np.testing.assert_allclose(shown[15], done.deltas[1], atol=5.1e-4)
    tiles = figures.gradient_tiles(done)
    assert tiles.shape == (15, 28, 28, 3)
    neutral = tiles[:, done.x.reshape(28, 28).numpy() == 0]
    assert (neutral == neutral[0, 0]).all()  # no ink, nothing to learn


@pytest.mark.parametrize("given", [
    None, 3, {},
    {"version": "b", "stop": 0, "output": 0, "hidden": 0},
    {"version": "a", "stop": 9, "output": 0, "hidden": 0},
    {"version": "a", "stop": 1, "output": -1, "hidden": 0},
    {"version": "a", "stop": "1", "output": 1, "hidden": 0},
])  # fmt: skip
def test_what_the_browser_sends_is_looked_at_twice(given):
    assert place_of(given, "a", 15) is None
    assert place_of({"version": "a", "stop": 8, "output": 9, "hidden": 14}, "a", 15) == (8, 9, 14)
    assert drawing_of(given) is None and square_of(given) is None


# --- the digits' figures ------------------------------------------------------------------------------


def test_the_parameters_are_counted_out(data):
    table = parameters_table(Training.start(Settings()).network)
    for number in ("784 × 15 = 11,760", "15 × 10 = 150", "11,935"):
        assert number in table


def test_the_sheet_has_two_of_each_and_then_those_read_wrong(data):
    network = backend.first_lesson("trained", data).network
    chosen = sheet_digits(network, data)
    assert [int(data.test_labels[i]) for i in chosen[:20]] == [d for d in range(10) for _ in range(2)]
    assert len(set(chosen)) == len(chosen)
    assert all(read(network, data.test_images[i]).guess != data.test_labels[i] for i in chosen[20:])


# --- training -------------------------------------------------------------------------------------------


def test_a_course_gives_what_training_gives(data):
    part = data.first(600)
    settings = Settings(hidden=(6,), epochs=2)
    steps = list(backend.begin(settings, part))
    plain = Training.start(settings)
    for _ in plain.run(part):
        pass
    course = steps[-1]
    for w, expected in zip(course.training.network.weights, plain.network.weights, strict=True):
        torch.testing.assert_close(w, expected)
    assert course.training.finished and course.latest.share == 1
    assert course.history[0].examples == 0 and course.history[-1].examples == 1200
    assert [p.position for p in course.history] == sorted(p.position for p in course.history)
    moved = course.shown(True).weights[0] + Training.start(settings).network.weights[0]
    torch.testing.assert_close(moved, course.shown(False).weights[0])


def test_a_long_course_keeps_its_curve_short(data):
    settings = Settings(hidden=(2,), epochs=1_000)
    following = backend.Course.of(Training.start(settings), data.first(1)).follow()
    courses = [next(following) for _ in range(900)]
    assert max(len(course.history) for course in courses) <= 400
    assert courses[-1].history[0].examples == 0 and courses[-1].history[-1].examples == 899


def test_what_can_change_in_the_middle_changes_and_the_rest_is_named(data):
    following = backend.Course.of(Training.start(Settings(hidden=(4,))), data.first(200)).follow()
    before = next(following)
    wanted = Settings(hidden=(5,), rate=0.5, batch=20, epochs=9, regularisation=1.0, decay=0.9, cost="cross-entropy")
    after = following.send(wanted)
    assert after.training.settings == replace(wanted, hidden=(4,), cost="quadratic")
    assert before.training.settings == Settings(hidden=(4,)), "what was handed on stays as it was"
    wanted = Settings(hidden=(5,), cost="cross-entropy", initial="scaled", seed=3)
    assert backend.needs_new_start(after.training.settings, wanted) == ("hidden", "cost", "initial", "seed")


def test_a_course_handed_on_stays_while_the_training_goes_on(data):
    following = backend.begin(Settings(hidden=(4,), epochs=2), data.first(100))
    first = next(following)
    weights = first.training.network.weights[0].clone()
    assert any(not torch.equal(later.training.network.weights[0], weights) for later in following)
    assert torch.equal(first.training.network.weights[0], weights) and first.training.examples == 0


def test_figures_of_a_training(data):
    part = data.first(400)
    (*_, course) = backend.begin(Settings(hidden=(32,), epochs=1), part)
    _, alt = figures.curves(course.history)
    assert f"{course.latest.accuracy:.1%}" in alt
    rows = figures.curve_rows(course.history)
    assert len(rows) == len(course.history) and rows[-1]["right of test digits, %"] == 100 * course.latest.accuracy
    counts = course.latest.confusion
    cells = re.findall(r"<td[^>]*>(\d*)</td>", figures.confusion_table(course.latest))
    assert [int(cell or 0) for cell in cells] == counts.flatten().tolist()
    picture, words = figures.hidden_sheet(course.training.network)
    assert picture.shape == (2 * 56 + 4, 15 * 56 + 14 * 4, 3) and "first 30 of 32" in words
    wrong = figures.wrong_ones(course.training.network, part)
    assert f"{int(counts.sum() - counts.trace()):,} of 1,000" in wrong and wrong.count("<figure>") == 12
    assert "nothing has been trained" in figures.curves([])[1]


def test_figures_of_a_search(data):
    (*_, trials) = backend.gathered(tune(data, "grid", 4, ("rate", "cost"), Settings(epochs=1), digits=300))
    assert len(trials) == 4
    for over in (("rate", "cost"), ("cost",), ()):
        figure, alt = figures.trials_map(trials, over)
        assert len(figure.data[0].x) == 4 and f"{max(t.accuracy for t in trials):.1%}" in alt
    figure, _ = figures.trials_race(trials)
    assert list(figure.data[1].y) == [100 * t.best_so_far for t in trials]
    rows = figures.trials_rows(trials)
    assert [row["right, %"] for row in rows] == sorted((row["right, %"] for row in rows), reverse=True)
    assert "none has run" in figures.trials_map((), ("rate",))[1]


def test_fetching_says_what_went_wrong(monkeypatch, tmp_path):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path))

    def nobody():
        raise DataError("MNIST could not be fetched.")

    monkeypatch.setattr(backend, "fetch_digits", nobody)
    fetch = backend.DigitsFetch()
    fetch.join(5)
    assert fetch.trouble == "MNIST could not be fetched." and fetch.share == 0
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(bytes(backend.MNIST_BYTES // 2))
    assert fetch.share == pytest.approx(0.5, abs=0.01)


def test_a_fetch_that_fails_in_a_way_nobody_foresaw_says_so_with_a_number(monkeypatch, caplog):
    monkeypatch.setattr(backend, "fetch_digits", lambda: 1 / 0)
    fetch = backend.DigitsFetch()
    fetch.join(60)
    ticket = re.search(r"the number ([0-9a-f]{8})\.", fetch.trouble)[1]
    assert fetch.trouble.startswith("Fetching MNIST failed") and ticket in caplog.text
    assert "ZeroDivisionError" in caplog.text


# --- the page ---------------------------------------------------------------------------------------------


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params.update(link)
    app.run()
    return app.switch_page("pages/backpropagation.py").run()


def sound(app: AppTest) -> AppTest:
    assert not app.exception and not app.error, [e.value for e in (*app.exception, *app.error)]
    return app


@pytest.mark.parametrize("link", [
    {"lesson": "train"}, {"lesson": "tune"}, {"lesson": "nothing"}, {"stop": "99"}, {"stop": "x"}, {"walk_rate": "nan"},
    {"lesson": "train", "learn_hidden": "0"}, {"lesson": "train", "learn_rate": "fast"}, {"closer": "the algorithm"},
    {"lesson": "tune", "tune_method": "bayesian", "tune_budget": "-3"},
    {"walk_case": "trained", "walk_cost": "cross-entropy"},
])  # fmt: skip
def test_every_view_and_odd_links(link):
    sound(opened(**link))


def test_start_pause_another_chapter_and_back():
    app = opened(lesson="train")
    app.button(key="start_74 lines").click().run()
    assert app.number_input(key="learn_hidden").value == 30
    app.button(key="learning_step").click().run()
    app.button(key="learning_step").click().run()
    app.number_input(key="learn_rate").set_value(0.25).run()
    app.button(key="learning_step").click().run()
    course = sound(app).session_state["learning_work"].latest
    examples = course.latest.examples
    assert examples > 0 and course.training.network.sizes == (784, 30, 10)
    assert course.training.settings.rate == 0.25
    app.switch_page("pages/neuron.py").run()
    app.switch_page("pages/backpropagation.py").run()
    sound(app)
    work = app.session_state["learning_work"]
    assert work.latest is course and not work.running and course.latest.examples == examples
    app.segmented_control(key="lesson").set_value("train").run()
    assert app.number_input(key="learn_rate").value == 0.25 and app.number_input(key="learn_hidden").value == 30
    app.number_input(key="learn_hidden").set_value(12).run()
    assert any("A new start is needed for: hidden" in caption.value for caption in app.caption)
    app.button(key="learn_anew").click().run()
    assert "learning_work" not in app.session_state


def test_saved_and_opened_again_it_goes_on(data):
    (*_, course) = backend.begin(Settings(hidden=(20,), epochs=1, rate=2.0, seed=5), data.first(300))
    app = opened(lesson="train")
    content = save_training(course.training)
    app.file_uploader(key="learn_file").upload("digits.safetensors", content, "application/octet-stream").run()
    sound(app)
    assert app.number_input(key="learn_hidden").value == 20 and app.number_input(key="learn_seed").value == 5
    work = app.session_state["learning_work"]
    assert not work.running and torch.equal(work.latest.training.network.weights[0], course.training.network.weights[0])
    app.number_input(key="learn_epochs").set_value(3).run()
    app.button(key="learning_step").click().run()
    assert sound(app).session_state["learning_work"].latest.latest.examples > 300


@pytest.mark.parametrize("content", [b"", b"no network", save_network(Training.start(Settings()).network)[:-40]])
def test_a_bad_file_gets_a_sentence(content):
    app = opened(lesson="train")
    app.file_uploader(key="learn_file").upload("x.safetensors", content, "application/octet-stream").run()
    assert not app.exception
    (told,) = (error.value for error in app.error)
    assert told.endswith(".") and "Traceback" not in told and "learning_work" not in app.session_state


def test_a_training_over_more_digits_than_are_here_is_refused_with_a_way_out():
    training = Training.start(Settings(hidden=4))
    training.begun, training.done = True, 30_000
    app = opened(lesson="train")
    app.file_uploader(key="learn_file").upload("x.safetensors", save_training(training), "application/octet-stream")
    assert not app.run().exception
    (told,) = (error.value for error in app.error)
    assert "Choose all 60,000" in told and "learning_work" not in app.session_state


def test_check_it_and_the_algorithm():
    app = opened(closer="check it")
    app.button(key="check_some").click().run()
    text = "\n".join(element.proto.body for element in sound(app).get("html"))
    largest = float(re.search(r"backpropagation: <b class='number'>(.*?)</b>", text)[1])
    assert 0 < largest < 1e-8
    app.segmented_control(key="closer").set_value("the algorithm").run()
    assert any("def backprop(" in code.value and "class Quadratic" in code.value for code in sound(app).code)


def test_a_search_runs_and_its_best_goes_into_training():
    app = opened(lesson="tune", tune_budget="2", tune_epochs="1")
    for _ in range(2):
        app.button(key="tuning_step").click().run()
    trials = sound(app).session_state["tuning_work"].latest
    assert [trial.number for trial in trials] == [1, 2]
    best = max(trials, key=lambda trial: trial.accuracy)
    app.button(key="take_best").click().run()
    assert sound(app).session_state["lesson"] == "train"
    assert app.number_input(key="learn_hidden").value == best.settings.hidden[0]
    assert app.number_input(key="learn_rate").value == pytest.approx(best.settings.rate)


def test_nothing_to_search_over_gets_a_sentence():
    app = opened(lesson="tune")
    app.pills(key="tune_over").set_value([]).run()
    app.button(key="tuning_start").click().run()
    assert ["varies at least one" in error.value for error in app.error] == [True] and not app.exception


def test_presets_are_the_books(data):
    assert PRESETS["74 lines"] == Settings(hidden=(30,), epochs=30, rate=3.0, batch=10, cost="quadratic", seed=7)
    assert set(backend.CASES) == {"worked case", "untrained", "trained"}
    words = chapter("backpropagation").words
    assert all(f"stop_{i}" in words for i in range(len(backend.STOPS)))


def test_a_training_loads_where_it_was_saved(data):
    (*_, course) = backend.begin(Settings(hidden=(3,), epochs=1), data.first(100))
    again = load_training(save_training(course.training))
    assert again.finished and backend.Course.of(again, data).latest.examples == 100


def test_the_network_trained_here_reads_digits_in_the_chapter_before():
    app = opened(lesson="train")
    app.number_input(key="learn_hidden").set_value(20).run()
    app.button(key="learning_step").click().run()
    app.switch_page("pages/digits.py").run()
    app.segmented_control(key="digit_network").set_value("yours").run()
    written = "\n".join(element.proto.body for element in sound(app).get("html"))
    assert "784-20-10" in written and "11,935" in written  # the words go on about the one in the box
    for panel in ("hidden neurons", "every number"):
        app.segmented_control(key="digit_panel").set_value(panel).run()
        written = "\n".join(element.proto.body for element in sound(app).get("html"))
    assert "784 × 20 = 15,680" in written


def test_all_of_mnist_is_asked_for_and_cannot_come(monkeypatch, tmp_path):
    monkeypatch.delenv("EXPLAINER_DATA", raising=False)
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path))

    def nobody():
        raise DataError("MNIST could not be fetched. Check the network connection.")

    monkeypatch.setattr(backend, "fetch_digits", nobody)
    app = opened(lesson="train", learn_from="60000")
    app.button(key="fetch_mnist").click().run()
    for _ in range(20):
        if app.error:
            break
        app.run()
    assert ["Check the network connection" in error.value for error in app.error] == [True] and not app.exception
    app.button(key="learning_step").click().run()
    assert app.session_state["learning_work"].latest.data.name == "small"  # goes on with what is here


def test_all_of_mnist_where_it_is(monkeypatch, tmp_path, data):
    """Its four files, only shorter."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 60), ("t10k", 20)):
        images = (data.train_images[:count] * 255).round().to(torch.uint8).numpy()
        labels = data.train_labels[:count].to(torch.uint8).numpy()
        header = struct.pack(">IIII", 2051, count, 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 2049, count) + labels.tobytes())
    monkeypatch.setenv("EXPLAINER_DATA", str(tmp_path))
    app = opened(lesson="train", learn_from="60000")
    app.button(key="learning_step").click().run()
    app.button(key="learning_step").click().run()
    course = sound(app).session_state["learning_work"].latest
    assert course.data.name == "full" and len(course.data.train_labels) == 60
    app.select_slider(key="learn_from").set_value("4000").run()
    assert any("A new start is needed for: digits" in caption.value for caption in app.caption)
    (raw / "train-labels-idx1-ubyte").write_bytes(b"torn")
    other = tmp_path / "again"
    (tmp_path / "MNIST").rename(other)
    monkeypatch.setenv("EXPLAINER_DATA", str(other))
    app.select_slider(key="learn_from").set_value("60000").run()
    assert not app.exception and ["damaged or cut short" in error.value for error in app.error] == [True]
