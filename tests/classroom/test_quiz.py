"""The quiz: one right answer and no two alike, whatever is on the stage; it stays as it began; page and summary."""

import re
from dataclasses import replace
from random import Random

import pytest
import torch
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapter, chapters
from explainer.chapters.backpropagation.lesson import first_lesson
from explainer.chapters.neuron.model import Neuron, Setting
from explainer.classroom.quiz.drawn import DRAWN
from explainer.classroom.quiz.engine import LEAST, MOST, sitting
from explainer.classroom.quiz.fold import SITTINGS
from explainer.classroom.quiz.stage import Stage
from explainer.classroom.quiz.summary import summary
from explainer.digits import Network, small_digits
from explainer.gallery import sample
from explainer.networks import load_network
from explainer.places import ROOT
from explainer.teaching.quizzes import questions
from tests.test_eight_threads import random_network

NAMES = [this.name for this in chapters()]
PICTURES = ("cat", "noise", "rocket")
ODD = {  # what controls or a link may hold
    "neuron": Setting(Neuron((0.0, 0.0, 0.0), 0.0, "step"), (0, 0, 0)), "z": 0.0, "test_digit": "x",
}  # fmt: skip


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    networks = load_network(), random_network("squeezenet", 96)
    shown = {}, {}, ODD
    return [
        Stage(network, sample(name), held)
        for network in networks
        for name, held in zip(PICTURES, shown, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_question_can_be_answered_in_one_way(name, stages):
    for seed, stage in enumerate(stages * 3):
        quiz = sitting(name, stage, seed)
        assert len(quiz.questions) == 5
        for question in quiz.questions:
            texts = [answer.text for answer in question.answers]
            assert LEAST <= len(texts) <= MOST and len({*texts}) == len(texts), (question.ask, texts)
            assert 0 <= question.right < len(texts)
            for text in (question.ask, *texts, *(answer.why for answer in question.answers)):
                assert text.strip() == text and not re.search(r"[{}]|\bnan\b|\binf\b", text), text


@pytest.mark.parametrize("name", NAMES)
def test_the_right_answer_stands_anywhere_and_another_seed_asks_anew(name, stages):
    many = [sitting(name, stages[0], seed) for seed in range(40)]
    assert len({question.right for quiz in many for question in quiz.questions}) >= LEAST
    asked = [{(one.ask, *sorted(answer.text for answer in one.answers)) for one in quiz.questions} for quiz in many]
    assert len({*map(frozenset, asked)}) > 5
    assert sitting(name, stages[0], 3) == sitting(name, stages[0], 3)


@pytest.mark.parametrize("name", NAMES)
def test_at_least_two_questions_are_worked_out(name):
    drawn = {asked.draw for asked in questions(name) if asked.draw}
    assert len(drawn) >= 2 and all(hasattr(DRAWN[name], draw) for draw in drawn)
    for asked in questions(name):
        plain = [answer.text for answer in (asked.right, *asked.wrong)]
        assert not [text for text in plain if re.search(r"[*_`\[\]]", re.sub(r"{\w+}", "", text))]


def test_the_first_choice_counts_and_others_can_be_looked_at(stages):
    quiz = sitting("home", stages[0], 0)
    right = quiz.questions[0].right
    quiz.go_on()
    assert quiz.at == 0  # not before an answer
    quiz.answer(0, right)
    quiz.answer(0, (right + 1) % 3)
    quiz.answer(0, 9)
    quiz.answer(3, 0)
    assert quiz.given == [right] and quiz.looked_at == (right + 1) % 3 and quiz.score == 1
    for at in range(1, 5):
        quiz.go_on()
        quiz.answer(at, (quiz.questions[at].right + 1) % 3)
    quiz.go_on()
    quiz.go_on()
    assert quiz.over and quiz.score == 1
    html = summary(chapter("home"), quiz)
    style = (ROOT / "assets" / "styles" / "handout.css").read_text(encoding="utf-8")
    assert all(f".{kind}" in style for kind in re.findall(r'<h\d class="(\w+)"', html)) and "<h1>" not in html
    assert "1 of 5 right" in html and html.count("<li>") == 5 and "http" not in html.split("</style>")[1]
    assert all(question.answers[question.right].why[:20] in html for question in quiz.questions)


def test_hidden_neurons_that_all_say_the_same_are_not_asked_about(stages):
    lesson = first_lesson("trained", small_digits())
    biases = [torch.full_like(lesson.network.biases[0], 99), lesson.network.biases[1]]
    alike = replace(lesson, network=Network(lesson.network.weights, biases))
    stage = Stage(stages[0].network, stages[0].picture, {"walk_lesson": alike})
    said = DRAWN["backpropagation"].blame(stage, Random(0))
    assert len({said[key] for key in ("loud_says", "one_says", "two_says", "three_says")}) == 4


def test_what_is_said_to_be_too_many_or_too_few_rows_is(stages):
    ends, stage = set(), Stage(stages[0].network, stages[0].picture, ODD)  # so that a neuron is drawn
    for seed in range(120):
        (question,) = (one for one in sitting("neuron", stage, seed).questions if "eight rows" in one.ask)
        goes = int(question.answers[question.right].text)
        ends |= {goes} & {0, 8}
        for answer in question.answers:
            assert not answer.why.startswith("Too many") or int(answer.text) > goes
            assert not answer.why.startswith("Too few") or int(answer.text) < goes
    assert ends == {0, 8}, "where none is too few, or none too many"


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params["picture"] = "cat"
    return app.run()


def test_it_is_played_to_its_end_on_the_page():
    app = opened()
    assert SITTINGS not in app.session_state  # costs nothing until it is opened
    app.session_state["quiz_home"] = True
    app.run()
    quiz = app.session_state[SITTINGS]["home"]
    asked = quiz.questions
    app.selectbox(key="picture").select("coffee").run()
    assert app.session_state[SITTINGS]["home"].questions == asked  # about what it began with
    for at, question in enumerate(asked):
        assert f"Question {at + 1} of 5" in said(app)
        app.button(key=f"quiz_answer_{at}_{question.right if at else (question.right + 1) % 3}").click().run()
        assert ("Right." in said(app)) == (at > 0)
        app.button(key=f"quiz_next_{at}").click().run()
    assert "4 of 5 right" in said(app) and not app.exception
    app.button(key="quiz_again").click().run()
    again = app.session_state[SITTINGS]["home"]
    assert again.questions != asked and again.given == [] and "Question 1 of 5" in said(app)


def said(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))
