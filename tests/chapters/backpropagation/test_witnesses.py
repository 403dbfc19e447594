"""Too few examples, and which of them spoke for an answer: what the page says against its own sums."""

import re

import pytest
import torch

from explainer.chapters import chapter
from explainer.chapters.backpropagation import lesson
from explainer.chapters.backpropagation.witnesses import asked_about, gap_words, witnesses, witnesses_html
from explainer.digits import Settings, forward, mistakes, small_digits
from explainer.figures.tiles import LIGHT
from tests.following import run_until
from tests.test_pages import html, opened, sound

WORDS = chapter("backpropagation").words
SETTINGS = Settings(hidden=(20,), epochs=10, rate=0.5, cost="cross-entropy", initial="scaled")


@pytest.fixture(scope="module")
def course():
    (*_, course) = lesson.begin(SETTINGS, small_digits().first(100))
    return course


def test_a_course_keeps_networks_from_the_first_to_the_latest(course):
    positions = [checkpoint.position for checkpoint in course.checkpoints]
    assert positions[0] == 0 and positions[-1] == 10 and positions == sorted(positions) and len(positions) <= 40
    assert torch.equal(course.checkpoints[-1].network.weights[0], course.training.network.weights[0])
    assert not torch.equal(course.checkpoints[0].network.weights[0], course.training.network.weights[0])
    assert all(checkpoint.pace == 0.05 for checkpoint in course.checkpoints)
    (*_, long) = lesson.begin(Settings(hidden=(400,), epochs=8), small_digits().first(200))
    assert 5 <= len(long.checkpoints) <= 12 and long.checkpoints[-1].position == 8


def test_the_loudest_come_first_and_have_the_answers_label(course):
    for index in asked_about(course)[:4]:
        found = witnesses(course, index)
        picture = course.data.test_images[index]
        assert found.answer == int(forward(course.training.network, picture[None])[1][-1].argmax())
        said = [value for _, value in found.speaking_for]
        against = [value for _, value in found.speaking_against]
        assert said == sorted(said, reverse=True) and against == sorted(against)
        assert min(said) > 0 > max(against) and max(said[0], -against[0]) == pytest.approx(1)
        labels = course.data.train_labels
        assert all(labels[number] == found.answer for number, _ in found.speaking_for[:3])
        shown = witnesses_html(found, course, LIGHT, WORDS)
        assert shown.count("<figure>") == len(said) + len(against) and f"For the {found.answer}" in shown


def test_without_the_loudest_the_answer_is_given_less_readily(course):
    """All six that spoke for it left out together, and trained anew."""
    index = asked_about(course)[0]
    found = witnesses(course, index)
    kept = [number for number in range(100) if number not in dict(found.speaking_for)]
    data = course.data
    fewer = type(data)(
        data.train_images[kept], data.train_labels[kept], data.test_images, data.test_labels, data.name, data.source
    )
    (*_, anew) = lesson.begin(SETTINGS, fewer)
    before, after = (
        forward(one.training.network, data.test_images[index][None])[1][-1][0, found.answer].item()
        for one in (course, anew)
    )
    assert after < before


def test_what_is_said_of_the_gap_is_this_trainings(course):
    said = gap_words(course, WORDS)
    seen, unseen, gap, numbers, examples = (
        float(text.replace(",", "")) for text in re.findall(r"\d[\d,]*(?:\.\d+)?", said)[:5]
    )
    network, data = course.training.network, course.data
    right = (forward(network, data.train_images)[1][-1].argmax(1) == data.train_labels).float().mean().item()
    wrong = len(mistakes(network, data.test_images, data.test_labels)) / len(data.test_labels)
    assert seen == pytest.approx(100 * right, abs=0.06) and unseen == pytest.approx(100 * (1 - wrong), abs=0.06)
    assert gap == pytest.approx(100 * (right - 1 + wrong), abs=0.06)
    assert (numbers, examples) == (784 * 20 + 20 + 20 * 10 + 10, 100)
    assert "overfitting" in said and "λ was" not in said
    assert gap_words(None, WORDS) == WORDS["gap_waits"]


def test_too_few_on_the_page():
    app = opened("backpropagation", lesson="train")
    assert "Too few, too many" in sound(app) and WORDS["gap_waits"] in html(app)
    assert "Too few, too many" not in html(opened("backpropagation"))
    app.button(key="start_too few").click().run()
    assert app.select_slider(key="learn_from").value == "100" and app.number_input(key="learn_hidden").value == 100
    app.number_input(key="learn_epochs").set_value(6).run()
    app.button(key="learning_start").click().run()
    run_until(app, lambda: app.session_state["learning_work"].whole)
    run_until(app, lambda: 'class="examples"' in html(app))
    assert "A gap so wide is overfitting." in sound(app)
    assert app.query_params["learn_asked"]
    app.button(key="start_fifteen").click().run()
    assert app.select_slider(key="learn_from").value == "4000"
    sound(app)
