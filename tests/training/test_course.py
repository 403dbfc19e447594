import itertools
import json
from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from explainer.errors import WeightsError
from explainer.training import card, checkpoint, command, pace
from explainer.training.average import Average
from explainer.training.course import Course
from explainer.training.lesson import Lesson, Student, loss
from explainer.training.normalised import NormalisedAlexNet
from explainer.training.recipe import Phase, Recipe
from explainer.training.teacher import Opinion, Teacher

from .conftest import SMALL


def walk(course: Course, steps: int) -> Course:
    list(itertools.islice(course.run(), steps))
    return course


@pytest.mark.parametrize("stop", [3, 4])
def test_stopping_and_going_on_gives_the_same_weights(new_course, tmp_path, stop):
    """Bit for bit, stopping within a term or at its end, and across the change of size."""
    through = walk(new_course(), SMALL.steps).state()
    path = tmp_path / "checkpoint.pt"
    checkpoint.save(walk(new_course(), stop), path, json.dumps({"name": "before"}))
    recipe, state = checkpoint.load(path)
    assert recipe == SMALL
    assert json.loads(state["lineage"]) == {"name": "before"}
    resumed = new_course(recipe)
    resumed.restore(state)
    resumed = walk(resumed, SMALL.steps).state()
    assert through["step"] == resumed["step"] == SMALL.steps
    for name, value in through["student"].items():
        assert torch.equal(value, resumed["student"][name]), name
    for name, value in through["average"]["state"].items():
        assert torch.equal(value, resumed["average"]["state"][name]), name


def test_who_goes_on_finds_the_verdicts_in_the_drawer(new_course, tmp_path):
    through = walk(new_course(), 4).state()["student"]
    stopped = walk(new_course(drawer=tmp_path), 3)
    assert len(list(tmp_path.glob("*.pt"))) == SMALL.studies == 2
    state, asked = deepcopy(stopped.state()), []
    resumed = new_course(drawer=tmp_path)
    judge = resumed._judge
    resumed._judge = lambda *arguments: asked.append(1) or judge(*arguments)
    resumed.restore(deepcopy(state))
    for name, value in walk(resumed, 1).state()["student"].items():
        assert torch.equal(value, through[name]), name
    assert not asked
    for path in tmp_path.glob("*.pt"):
        path.write_bytes(b"damaged")
    again = new_course(drawer=tmp_path)
    again.restore(state)
    for name, value in walk(again, 1).state()["student"].items():
        assert torch.equal(value, through[name]), name
    walk(again, 3)
    assert len(list(tmp_path.glob("*.pt"))) == 2, "the oldest make room"


def test_a_course_changes_the_weights_and_lowers_the_loss(new_course):
    course = new_course(replace(SMALL, phases=(Phase(67, 67, (0.9, 1.0), steps=12),), term=4))
    before = course.student.network.conv1.layer.weight.clone()
    losses = [progress.losses["loss"] for progress in course.run()]
    assert not torch.equal(before, course.student.network.conv1.layer.weight)
    assert sum(losses[-4:]) < sum(losses[:4])


def test_the_parts_gradients_add_up_to_the_batch(new_course):
    """Two parts of the same views step as one part does (normalisation measures each part by itself)."""
    course, single = new_course(), new_course(replace(SMALL, parts=1, batch=4, term=4))
    lessons = []
    for each in (course, single):
        make, each.spread = each.lesson, torch.ones(512)
        each.lesson = lambda part, make=make: lessons[0] if lessons else lessons.append(make(part)) or lessons[0]
    walk(single, 1), walk(course, 1)
    for (name, one), other in zip(course.student.named_parameters(), single.student.parameters(), strict=True):
        torch.testing.assert_close(
            one, other, atol=3e-5, rtol=1e-3, msg=lambda message, name=name: f"{name}: {message}"
        )


def test_the_loss_is_its_parts_by_the_textbook():
    torch.manual_seed(0)
    recipe = replace(SMALL, temperature=3.0, label=0.25, maps=0.5)
    student = Student(NormalisedAlexNet(fc6=8, fc7=8)).eval()
    maps = torch.rand(2, 512, 3, 3)
    labels = torch.zeros(2, 1000)
    labels[0, 3] = 0.7
    lesson = Lesson(torch.randn(2, 3, 99, 99), Opinion(torch.randn(2, 1000), maps), labels)
    spread = torch.rand(512) + 0.5
    parts = loss(student, lesson, spread, recipe)
    logits, translated = student(lesson.views)
    p, q = (lesson.opinion.logits / 3).softmax(1), (logits / 3).softmax(1)
    verdict = 9 * (p * (p.log() - q.log())).sum(1).mean()
    label = -0.7 * logits.softmax(1)[0, 3].log() / 2
    wanted = maps / spread.reshape(1, -1, 1, 1)
    distance = ((translated - wanted) ** 2).mean()
    torch.testing.assert_close(parts["verdict"], verdict)
    torch.testing.assert_close(parts["label"], label)
    torch.testing.assert_close(parts["maps"], distance)
    torch.testing.assert_close(parts["loss"], 0.75 * verdict + 0.25 * label + 0.5 * distance)


def test_the_average_by_hand():
    layer = torch.nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(1.0)
    average = Average(layer, decay=0.15)
    layer.weight.data.fill_(2.0)
    average.update(layer)  # decay min(0.15, 2/11) = 0.15: 0.15·1 + 0.85·2
    assert average.state["weight"].item() == pytest.approx(1.85)


def test_the_recipe_knows_its_phases_and_rates():
    recipe = Recipe((Phase(67, 67, (0.5, 1), steps=10), Phase(131, 96, (0.5, 1), steps=30)), rate=0.1, warm_up=4)
    assert [recipe.phase_at(step).size for step in (0, 9, 10, 39, 400)] == [67, 67, 131, 131, 131]
    assert recipe.rate_at(0) == pytest.approx(0.025)
    assert recipe.rate_at(20) == pytest.approx(0.05)
    assert recipe.rate_at(40) == pytest.approx(0)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_a_recipe_fits_the_hours_there_are():
    recipe = Recipe((Phase(67, 67, (0.5, 1), 0.5), Phase(134, 96, (0.5, 1), 0.5)))
    recipe = pace.refitted(recipe, 0, hours=1, seconds=[1.0, 10.0])
    assert [phase.steps for phase in recipe.phases] == [1800, 180]
    # half of the first phase is done: a third of the time that is left goes to its other half
    half = pace.refitted(recipe, step=900, hours=0.375, seconds=[1.0, 10.0])
    assert [phase.steps for phase in half.phases] == [900 + 450, 90]
    late = pace.refitted(recipe, step=1890, hours=0.5, seconds=[1.0, 10.0])
    assert [phase.steps for phase in late.phases] == [1800, 90 + 180]


def test_a_size_not_met_yet_is_judged_by_its_pixels():
    recipe = Recipe((Phase(67, 67, (0.5, 1)), Phase(134, 96, (0.5, 1))))
    assert pace.seconds_of(recipe, {67: 0.5}) == [0.5, 2.0]
    assert pace.seconds_of(recipe, {67: 0.5, 134: 1.5}) == [0.5, 1.5]
    first, second = pace.seconds_of(recipe, {})
    assert second == pytest.approx(4 * first)


def test_a_course_is_refitted_to_the_hours_that_are_left(new_course):
    course = walk(new_course(), 2)
    course.refit(0.0)
    assert course.recipe.phases[0].steps == 2
    list(course.run())
    assert course.step == course.recipe.steps


@pytest.mark.parametrize("done", [0, 2])
def test_hours_that_are_over_end_a_course_soon_after_it_begins_or_goes_on(new_course, tmp_path, monkeypatch, done):
    monkeypatch.setattr(command, "SETTLED", 1)
    long = replace(SMALL, phases=(Phase(67, 67, (0.5, 1.0), steps=500),))
    course = walk(new_course(long), done)
    again = new_course(long)
    again.restore(course.state())
    assert command._train(again, card.Lineage(None), tmp_path / "checkpoint.pt", 1e-9)
    assert again.step == done + 1 == again.recipe.steps
    assert checkpoint.load(tmp_path / "checkpoint.pt")[1]["step"] == done + 1


def test_the_early_layers_learn_from_the_first_part_alone_at_full_strength(new_course):
    course = new_course()
    make, lessons = course.lesson, {}
    course.lesson = lambda part: lessons.setdefault(part, make(part))
    before = {name: value.detach().clone() for name, value in course.student.named_parameters()}
    taken = {}
    step = course.optimiser.step
    course.optimiser.step = lambda: (
        taken.update({name: value.grad.clone() for name, value in course.student.named_parameters()}) or step()
    )
    walk(course, 1)
    twin = new_course()
    twin.student.load_state_dict({**twin.student.state_dict(), **before})
    loss(twin.student.train(), lessons[0], course.spread, SMALL)["loss"].backward()
    for name in ("network.conv1.layer.weight", "network.conv2.norm.bias"):
        own = dict(twin.student.named_parameters())[name].grad
        torch.testing.assert_close(taken[name], own, rtol=1e-3, atol=1e-5)


def test_a_view_is_studied_so_often_on_the_average(new_course):
    recipe = replace(SMALL, phases=(Phase(67, 67, (0.5, 1.0), steps=24),))
    course, judged, studied = new_course(recipe), [], 0
    judge = course._judge
    course._judge = lambda pool, lots, size: judged.append(len(lots.pictures)) or judge(pool, lots, size)
    for _ in course.run():
        studied += recipe.batch
    assert studied / sum(judged) == recipe.studies
    assert len(course.notebook.terms) == recipe.studies


def test_a_file_that_is_no_checkpoint_is_named(tmp_path):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(WeightsError, match=r"checkpoint\.pt"):
        checkpoint.load(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(WeightsError, match=r"checkpoint\.pt"):
        checkpoint.load(path)
    with pytest.raises(WeightsError, match="teacher"):
        Teacher(path, torch.float32)
