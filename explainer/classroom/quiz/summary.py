"""A quiz once it is over: each question with the answer given and the right one, on the page and as a file."""

from html import escape

from explainer.chapters import Chapter
from explainer.classroom.quiz.engine import Question, Sitting
from explainer.places import ASSETS
from explainer.teaching.quizzes import words
from explainer.ui.words import inline, place_words


def score(quiz: Sitting) -> str:
    """How many were right, in words."""
    return words()["score"].format(score=quiz.score, count=len(quiz.questions))


def rows(quiz: Sitting) -> str:
    """The questions as an HTML list."""
    asked = zip(quiz.questions, quiz.given, strict=True)
    return f'<ol class="quiz">{"".join(_row(question, given) for question, given in asked)}</ol>'


def _row(question: Question, given: int) -> str:
    said, chosen, right = words(), question.answers[given], question.answers[question.right]
    hit = given == question.right
    told = said["given"].format(text=chosen.text)
    mark = f'<span class="{"hit" if hit else "miss"}">{"✓" if hit else "✗"} {said["right" if hit else "wrong"]}</span>'
    why = "" if hit else f"<p>{inline(chosen.why, {})}</p><p><b>{escape(said['was'].format(text=right.text))}</b></p>"
    return (
        f"<li><p><b>{inline(question.ask, {})}</b></p><p>{mark} {escape(told)}</p>{why}"
        f"<p>{inline(right.why, {})}</p></li>"
    )


def summary(chapter: Chapter, quiz: Sitting) -> str:
    """The whole file, in need of nothing else."""
    style = (ASSETS / "styles" / "handout.css").read_text(encoding="utf-8")
    title = f"{words()['file_title']}: {chapter.title}"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body><section>"
        f'<p class="kicker">How Machines See · {escape(place_words(chapter.name))}</p>'
        f'<h1 class="title">{escape(title)}</h1><h2 class="part">{score(quiz)}</h2>'
        f"{rows(quiz)}</section></body></html>\n"
    )
