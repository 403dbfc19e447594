"""From questions as written to questions as asked: numbers worked out, answers shuffled, none of them twice."""

import random
from dataclasses import dataclass, field

from explainer.classroom.answers import written
from explainer.classroom.quiz.drawn import DRAWN
from explainer.classroom.quiz.stage import Stage
from explainer.teaching.quizzes import Answer, Asked, questions

MOST, LEAST = 4, 3  # answers to choose from
TRIES = 50  # drawings of the numbers until so many answers differ


@dataclass(frozen=True)
class Question:
    """A question as it is asked, all numbers in it. right: the place of the right answer."""

    ask: str
    answers: tuple[Answer, ...]
    right: int


@dataclass
class Sitting:
    """One go through a chapter's quiz.

    given: the places of the answers chosen so far. at: the question on show; looked_at: the answer whose why is shown.
    """

    questions: tuple[Question, ...]
    given: list[int] = field(default_factory=list)
    at: int = 0
    looked_at: int = 0

    @property
    def answered(self) -> bool:
        """Whether the question on show has been answered."""
        return len(self.given) > self.at

    @property
    def over(self) -> bool:
        return self.at >= len(self.questions)

    @property
    def score(self) -> int:
        """How many of the answers so far are right."""
        return sum(given == asked.right for given, asked in zip(self.given, self.questions, strict=False))

    def answer(self, at: int, place: int) -> None:
        """Choose an answer to the question ``at``. The first choice counts; after it, others may be looked at."""
        if at != self.at or not 0 <= place < len(self.questions[at].answers):
            return
        self.looked_at = place
        if not self.answered:
            self.given.append(place)

    def go_on(self) -> None:
        """To the next question, once this one is answered."""
        if self.answered:
            self.at += 1


def sitting(name: str, stage: Stage, seed: int) -> Sitting:
    """A quiz about what stands on the stage of the chapter ``name``; another seed draws other numbers."""
    chance = random.Random(f"{name} {seed}")
    drawn: dict[str, list[Asked]] = {}
    for place, asked in enumerate(questions(name)):
        drawn.setdefault(asked.draw if asked.when else str(place), []).append(asked)
    return Sitting(tuple(_asked(name, cases, stage, chance) for cases in drawn.values()))


def _asked(name: str, cases: list[Asked], stage: Stage, chance: random.Random) -> Question:
    """One question, its numbers drawn again until enough of its answers differ."""
    for _ in range(TRIES):
        values = getattr(DRAWN[name], cases[0].draw)(stage, chance) if cases[0].draw else {}
        (case,) = (each for each in cases if each.when == values.get("when", ""))
        filled = {key: written(value) for key, value in values.items()}
        right, *wrong = (Answer(a.text.format(**filled), a.why.format(**filled)) for a in (case.right, *case.wrong))
        answers = {answer.text: answer for answer in reversed([right, *wrong])}  # of two the same, the first stays
        answers.pop(right.text)
        if len(answers) + 1 >= LEAST:
            break
    different = [answer for answer in wrong if answers.get(answer.text) is answer][: MOST - 1]
    offered = chance.sample([right, *different], len(different) + 1)
    return Question(case.ask.format(**filled), tuple(offered), offered.index(right))
