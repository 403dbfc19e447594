"""One neuron: its decisions, its plane, what it can and cannot do, how it learns, and the browser's twin."""

import json
import math
import re
import shutil
import subprocess
from itertools import product

import numpy as np
import pytest
import torch
from playwright._impl._driver import compute_driver_executable
from scipy.optimize import linprog

from explainer.chapters import parse
from explainer.chapters.neuron.figures import cube, diagram
from explainer.chapters.neuron.model import (
    ACTIVATIONS,
    LESSONS,
    ROWS,
    STOPLIGHT,
    Neuron,
    Setting,
    boundary,
    compared,
    contradiction,
    decimals,
    equation,
    gradient,
    number,
    run,
    separable,
    separable_tables,
    tidy,
    train,
    truth_table,
)
from explainer.chapters.neuron.stoplight import replay, reported
from explainer.places import ASSETS, ROOT

ALL_TABLES = list(product((0, 1), repeat=8))
TORCH = {
    "none": lambda z: z,
    "step": lambda z: torch.heaviside(z, torch.zeros_like(z)),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
}


def some_neurons(count: int, seed: int = 0) -> list[Neuron]:
    """Random neurons with settings that the sliders can give, all activations in turn."""
    draws = np.random.default_rng(seed).integers(-50, 51, (count, 4)) / 10
    names = list(ACTIVATIONS)
    return [Neuron(tuple(map(float, draw[:3])), float(draw[3]), names[i % 5]) for i, draw in enumerate(draws)]


# --- Deciding ---


def test_the_stoplight_goes_on_green_without_red_and_on_nothing_else():
    table = truth_table(STOPLIGHT)
    assert [row.fires for row in table] == [green and not red for red, _, green in ROWS]
    assert sum(row.fires for row in table) == 2
    # By hand: green − red − 0.5.
    assert [row.total for row in table] == [-0.5, 0.5, -0.5, 0.5, -1.5, -0.5, -1.5, -0.5]


def test_products_sum_and_output_of_one_row():
    row = Neuron((-1.0, 0.0, 1.0), -0.5, "sigmoid").weigh((1, 1, 1))
    assert row.products == (-1.0, 0.0, 1.0)
    assert row.total == -0.5
    assert row.output == pytest.approx(1 / (1 + math.exp(0.5)))
    assert (row.threshold, row.fires, row.verdict) == (0.5, False, "wait")


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_decides_as_the_sum_does(name):
    assert ACTIVATIONS[name].threshold == (0.5 if name == "sigmoid" else 0)
    for neuron in some_neurons(200):
        for row in truth_table(Neuron(neuron.weights, neuron.bias, name)):
            assert row.fires == (row.total > 0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_slopes_agree_with_pytorch(name):
    sums = torch.linspace(-6, 6, 98, dtype=torch.float64, requires_grad=True)  # 98: none of them is 0
    outputs = TORCH[name](sums)
    curve = ACTIVATIONS[name]
    np.testing.assert_allclose(curve.function(sums.detach().numpy()), outputs.detach().numpy(), atol=1e-12)
    if name == "step":
        assert not curve.slope(sums.detach().numpy()).any()
    else:
        outputs.sum().backward()
        np.testing.assert_allclose(curve.slope(sums.detach().numpy()), sums.grad.numpy(), atol=1e-12)
    low, high = curve.range
    assert low <= outputs.min() and outputs.max() <= high


def test_decimals_that_do_not_exist_in_binary_do_not_tip_the_verdict():
    neuron = Neuron((0.1, 0.2, 0.0), -0.3, "step")  # 0.1 + 0.2 − 0.3 is 5.6e-17 in floating point
    assert neuron.weigh((1, 1, 0)).total == 0
    assert not neuron.fire((1, 1, 0))


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [(0.25, 1, 0.3), (-0.25, 1, -0.3), (0.04, 1, 0.0), (-0.04, 1, 0.0), (2.345, 1, 2.3)],
)
def test_rounding_goes_away_from_zero(value, digits, rounded):
    assert tidy(value, digits) == rounded
    assert math.copysign(1, tidy(0.0 * value, digits)) == 1  # no −0.0


def test_numbers_for_the_page():
    assert [number(value) for value in (1, -0.5, 0, -0.04)] == ["+1.0", "−0.5", "0.0", "0.0"]
    assert STOPLIGHT.written((0, 0, 1)) == "0 × −1.0 + 0 × 0.0 + 1 × 1.0 − 0.5 = +0.5"
    assert compared(STOPLIGHT.weigh((0, 0, 1))) == "0.62 > 0.5"
    assert compared(Neuron((0, 0, 0), 0.01, "sigmoid").weigh((0, 0, 0))) == "0.502 > 0.5"
    assert compared(Neuron((0, 0, 0), -1, "tanh").weigh((0, 0, 0))) == "−0.76 ≤ 0"
    assert decimals(STOPLIGHT) == 1 and decimals(Neuron((0.25, 0, 0), 0)) == 2


# --- The boundary ---


def test_the_stoplights_plane():
    polygon = boundary(STOPLIGHT)
    # green − red = 0.5 runs from (0, ·, 0.5) to (0.5, ·, 1), along the whole of yellow.
    expected = {(0, 0, 0.5), (0, 1, 0.5), (0.5, 0, 1), (0.5, 1, 1)}
    assert {tuple(point) for point in polygon} == expected
    assert equation(STOPLIGHT) == "green − red − 0.5 = 0"


@pytest.mark.parametrize(
    ("weights", "bias", "corners"),
    [
        ((1, 1, 1), -1.5, 6),  # the hexagon through the middle
        ((1, 1, 1), -0.5, 3),
        ((1, 1, 1), -1, 3),  # exactly through three corners of the cube
        ((1, 0, 0), 0, 4),  # a whole face
        ((1, 1, 0), 0, 2),  # only an edge
        ((1, 1, 1), 0, 1),  # only a corner
        ((1, 1, 1), 1, 0),  # outside
        ((0, 0, 0), 0, 0),
        ((0, 0, 0), 1, 0),
    ],
)
def test_how_many_corners_the_boundary_has(weights, bias, corners):
    assert len(boundary(Neuron(weights, bias))) == corners


def test_the_boundary_is_the_whole_of_the_plane_inside_the_cube():
    generator = np.random.default_rng(1)
    for neuron in some_neurons(60):
        polygon = boundary(neuron)
        weights = np.array(neuron.weights)
        assert np.allclose(polygon @ weights + neuron.bias, 0)
        assert polygon.size == 0 or (polygon.min() > -1e-9 and polygon.max() < 1 + 1e-9)
        # Random points of the cube dropped onto the plane: those still in the cube lie inside the polygon.
        points = generator.random((300, 3))
        points -= ((points @ weights + neuron.bias) / (weights @ weights))[:, None] * weights
        points = points[((points >= 0) & (points <= 1)).all(axis=1)]
        if len(polygon) < 3:
            assert len(points) == 0
            continue
        sides = np.roll(polygon, -1, axis=0) - polygon
        turns = np.cross(sides[:, None], points[None] - polygon[:, None]) @ weights  # [sides, points]
        assert (turns > -1e-9).all() or (turns < 1e-9).all()


# --- What one neuron can do ---


def some_plane_exists(targets) -> bool:
    """Linear programming: weights and bias with sums ≥ 1 where it must go and ≤ 0 where it must wait."""
    rows = np.column_stack([np.array(ROWS), np.ones(8)])
    go = np.array(targets, bool)
    found = linprog(
        np.zeros(4),
        A_ub=np.vstack([-rows[go], rows[~go]]),
        b_ub=np.concatenate([-np.ones(go.sum()), np.zeros((~go).sum())]),
        bounds=[(None, None)] * 4,
    )
    assert found.status in (0, 2)  # solved, or proven infeasible
    return found.status == 0


def test_separable_agrees_with_linear_programming_on_all_256_tables():
    assert [separable(targets) for targets in ALL_TABLES] == [some_plane_exists(t) for t in ALL_TABLES]


def test_104_tables_are_separable():
    assert separable_tables() == 104
    # Independently: count the tables that small whole-number weights give.
    steps = np.array(list(product(range(-2, 3), repeat=3)))
    sums = steps @ np.array(ROWS).T  # [neurons, rows]
    reached = {tuple(row > bias) for row in sums for bias in np.arange(-6.5, 7)}
    assert len(reached) == 104


def test_a_contradiction_is_one():
    for targets in ALL_TABLES:
        found = contradiction(targets)
        if found:
            assert all(targets[row] for row in found.go) and not any(targets[row] for row in found.wait)
            go, wait = (np.array([ROWS[row] for row in pair]).sum(axis=0) for pair in (found.go, found.wait))
            assert (go == wait).all()


def test_why_exclusive_or_is_impossible():
    xor = next(lesson for lesson in LESSONS if lesson.name == "xor")
    sentence = contradiction(xor.targets).sentence
    assert "green alone and red alone must both be above zero" in sentence
    assert "no light and red with green must not" in sentence


# --- Learning ---


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_gradient_by_hand_is_autograds(name):
    generator = np.random.default_rng(2)
    for _ in range(20):
        targets = tuple(generator.integers(0, 2, 8))
        drawn = generator.standard_normal(4)
        parameters = torch.tensor(drawn, requires_grad=True)
        sums = torch.tensor(ROWS, dtype=torch.float64) @ parameters[:3] + parameters[3]
        wanted = torch.tensor(ACTIVATIONS[name].aims, dtype=torch.float64)[list(targets)]
        cost = ((TORCH[name](sums) - wanted) ** 2).mean() / 2
        slope, slope_of_bias, error = gradient(Neuron(tuple(drawn[:3]), drawn[3], name), targets)
        assert error == pytest.approx(cost.item(), abs=1e-12)
        if name == "step":
            assert not slope.any() and slope_of_bias == 0
        else:
            cost.backward()
            np.testing.assert_allclose([*slope, slope_of_bias], parameters.grad.numpy(), atol=1e-12)


def test_one_step_goes_down_the_gradient_by_the_rate():
    before, after = list(train(LESSONS[0].targets, "tanh", rate=0.25, seed=3, steps=1))
    slope, slope_of_bias, _ = gradient(before.neuron, LESSONS[0].targets)
    np.testing.assert_allclose(after.neuron.weights, np.array(before.neuron.weights) - 0.25 * slope, atol=1e-15)
    assert after.neuron.bias == pytest.approx(before.neuron.bias - 0.25 * slope_of_bias)
    assert (before.step, after.step) == (0, 1) and after.error < before.error


def test_training_finds_weights_for_every_separable_table():
    for targets in filter(separable, ALL_TABLES):
        found = run(targets)
        assert found.outcome == "solved", targets
        assert [row.fires for row in truth_table(found.neuron)] == [bool(target) for target in targets]


def test_training_fails_on_every_other_table_and_says_why():
    for targets in [targets for targets in ALL_TABLES if not separable(targets)][::19]:
        found = run(targets)
        assert found.outcome == "impossible" and found.right < 8
        assert contradiction(targets).sentence in found.sentence


def test_a_step_has_no_slope_to_learn_from():
    found = run(LESSONS[0].targets, "step")
    assert found.neuron_after(0) == found.neuron
    assert found.outcome == "flat" and "slope 0" in found.sentence


def test_without_an_activation_training_ends_at_the_worked_example():
    assert run(LESSONS[0].targets, "none").neuron == Neuron(STOPLIGHT.weights, STOPLIGHT.bias, "none")


def test_training_goes_on_from_a_given_neuron_and_repeats_with_its_seed():
    assert next(train(LESSONS[0].targets, start=STOPLIGHT)).neuron.weights == STOPLIGHT.weights
    first, again, other = (list(train(LESSONS[0].targets, seed=seed)) for seed in (5, 5, 6))
    assert first == again != other
    assert first[-1].right == 8 and first[-1].error <= 0.01 < first[-2].error


# --- The setting ---


def test_a_setting_survives_json_and_links():
    setting = Setting(Neuron((-3.39, 0.0, 2.5), -0.25, "relu"), (1, 0, 1), LESSONS[2].targets, 7)
    assert Setting.of(json.loads(json.dumps(setting.plain()))) == setting
    assert Setting.from_link(setting.link()) == setting
    assert Setting.from_link({}) == Setting()


@pytest.mark.parametrize(
    "damaged",
    [
        {"lights": "11", "weights": "a_b_c_d", "activation": "cosine", "table": "2", "seed": "x"},
        {"weights": "1_2"},
        {"lights": "٣٤٥", "weights": "nan_inf_-inf_", "seed": "-0"},
    ],
)
def test_a_damaged_link_falls_back_to_the_default(damaged):
    assert Setting.from_link(damaged) == Setting()


def test_numbers_from_outside_are_bounded_and_rounded():
    setting = Setting.of({"weights": [1e300, -1e300, 0.123456], "bias": "0.5", "seed": -3})
    assert setting.neuron == Neuron((99.0, -99.0, 0.12), 0.5) and setting.seed == 3


def test_what_the_browser_sent_counts_only_for_the_setting_it_was_shown():
    sent = {"neuron": {"version": 1, **Setting(lights=(1, 1, 1)).plain()}}
    assert reported(sent, version=1) == Setting(lights=(1, 1, 1))
    assert reported(sent, version=2) is None
    assert reported(None, version=0) is None and reported({"neuron": None}, version=0) is None


def test_a_run_as_the_browser_replays_it():
    found = run(LESSONS[5].targets)
    sent = json.loads(json.dumps(replay(found)))
    trained = list(train(LESSONS[5].targets))
    assert len(sent["path"]) == len(trained) == found.steps + 1
    for row, progress in zip(sent["path"], trained, strict=True):
        shown = progress.neuron.rounded()
        assert row == [*shown.weights, shown.bias, round(progress.error, 4)]
    assert sent["path"][-1][:4] == [*found.neuron.weights, found.neuron.bias]
    assert len(sent["contradiction"]["go"]) == len(sent["contradiction"]["wait"]) == 2


def test_runs_that_are_kept_take_little_memory():
    """All 256 tables with every activation: what is kept of them stays within a megabyte or so."""
    longest = run(next(targets for targets in ALL_TABLES if not separable(targets)))
    assert longest.steps == 400
    kept = run.cache_parameters()["maxsize"] * (longest.path.nbytes + 1024)
    assert kept < 2 * 2**20


# --- The browser's twin ---

TWIN = """
const source = Buffer.from(require("fs").readFileSync(process.argv[1])).toString("base64");
const input = JSON.parse(require("fs").readFileSync(0));
import("data:text/javascript;base64," + source).then(({ ROWS, weigh, decimals, number, compared }) => {
  const answers = input.map((neuron) => {
    const digits = decimals(neuron);
    return ROWS.map((lights) => {
      const answer = weigh(neuron, lights);
      const words = [number(answer.total, digits), compared(answer)];
      return { lights, ...answer, words };
    });
  });
  process.stdout.write(JSON.stringify(answers));
});
"""


def test_the_browser_computes_what_python_computes():
    neurons = some_neurons(300, seed=4) + [step.neuron.rounded() for step in train(LESSONS[0].targets)]
    sent = [{"weights": n.weights, "bias": n.bias, "activation": n.activation} for n in neurons]
    node = shutil.which("node") or compute_driver_executable()[0]  # Playwright brings its own
    script = ROOT / "explainer" / "chapters" / "neuron" / "stoplight.js"
    ran = subprocess.run(
        [node, "-e", TWIN, str(script)], input=json.dumps(sent), capture_output=True, text=True, check=True
    )
    for neuron, answers in zip(neurons, json.loads(ran.stdout), strict=True):
        for row, answer in zip(truth_table(neuron), answers, strict=True):
            assert tuple(answer["lights"]) == row.lights
            assert tuple(answer["products"]) == row.products and answer["total"] == row.total
            assert answer["output"] == pytest.approx(row.output, abs=1e-14)
            assert (answer["threshold"], answer["fires"]) == (row.threshold, row.fires)
            assert answer["words"] == [number(row.total, decimals(neuron)), compared(row)]


# --- Figures and words ---


def test_the_cube_shows_the_verdicts_and_the_plane():
    figure, alt = cube(STOPLIGHT, lights=(0, 0, 1), targets=[1] * 8)
    traces = {trace.name: trace for trace in figure.data if trace.name}
    assert len(traces["go: sum above 0"].x) == 2 and len(traces["wait: sum 0 or below"].x) == 6
    assert len(traces["not as wanted"].x) == 6
    assert (traces["now"].x[0], traces["now"].y[0], traces["now"].z[0]) == (0, 0, 1)
    assert "green − red − 0.5 = 0 cuts it" in alt and "2 of the 8 corners say go" in alt
    assert "misses" in cube(Neuron((1, 1, 1), 1))[1]
    assert "no plane" in cube(Neuron((0, 0, 0), 1))[1]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_drawing_is_an_svg_of_the_same_numbers(name):
    from xml.etree import ElementTree

    svg, alt = diagram(Neuron((-1.5, 0.0, 2.25), -0.5, name), (0, 1, 1))
    words = " ".join(ElementTree.fromstring(svg).itertext())
    assert "1 × +2.25 = +2.25" in words and "+1.75" in words and "Go" in words
    assert "yellow with green" in alt and "go." in alt


def test_the_chapters_presets_and_words():
    chapter = parse("neuron", (ASSETS / "words" / "en" / "neuron.toml").read_text(encoding="utf-8"))
    for name, preset in chapter.presets.items():
        setting = Setting.of(preset)
        assert all(list(setting.plain()[key]) == preset[key] for key in ("lights", "weights", "targets"))
        right = sum(row.fires == bool(t) for row, t in zip(truth_table(setting.neuron), setting.targets, strict=True))
        assert (right == 8) == separable(setting.targets) == (name != "impossible")
    assert set(ACTIVATIONS) <= set(chapter.words)
    known = {
        "written", "curve", "rule", "compared", "verdict", "separable", "tables", "weights", "bias", "activation",
        "threshold",
    }  # fmt: skip
    texts = [*(text for _, text in chapter.steps), chapter.try_this, chapter.takeaway, chapter.code]
    assert set(re.findall(r"{(\w+)}", " ".join([*texts, *chapter.words.values()]))) == known
