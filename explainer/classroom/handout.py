"""Handouts: a chapter's state, or a route, as one HTML file that prints in black and white and needs nothing else."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

import segno

from explainer.chapters import WORDS, chapter
from explainer.classroom.answers import answers, worked
from explainer.figures.tiles import address
from explainer.places import ASSETS
from explainer.teaching.lessons import lesson
from explainer.teaching.routes import Route
from explainer.ui.words import inline, place_words

LINES = {1: 2, 2: 3, 3: 4}  # room to write, by an exercise's level


@dataclass(frozen=True)
class Sheet:
    """A chapter in a state, as its page told it.

    name: of the chapter; link: its address; lead, tries, takeaway: HTML; questions: (question, answer), HTML.
    steps: (heading, text), HTML. ask: a route's question here.
    figure: SVG or PNG of the stage in greys, None where there is none; alt: what it shows; about: a sentence on it;
    keys: (what a colour means, its ramp: "signed", "amount" or none).
    """

    name: str
    link: str
    lead: str
    tries: str
    takeaway: str
    questions: Sequence[tuple[str, str]]
    figure: bytes | None = None
    alt: str = ""
    ask: str = ""
    steps: Sequence[tuple[str, str]] = ()
    about: str = ""
    keys: Sequence[tuple[str, str]] = ()


@cache
def words() -> dict[str, str]:
    """What stands on every handout."""
    return tomllib.loads((WORDS / "handout.toml").read_text(encoding="utf-8"))


def handout(sheets: Sequence[Sheet], route: Route | None = None) -> str:
    """The whole file: the route if there is one, a sheet for each state, then all answers."""
    title = route.title if route else chapter(sheets[0].name).title
    first = 2 if route else 1  # the level of a sheet's title: a file has one of the first
    body = [_route(route)] if route else []
    met = [sheet.name in {one.name for one in sheets[:place]} for place, sheet in enumerate(sheets)]
    body += [_sheet(sheet, first, again) for sheet, again in zip(sheets, met, strict=True)]
    told = "".join(_answers(sheet) for sheet in {sheet.name: sheet for sheet in sheets}.values())
    body.append(f'<section class="answers">{_head(2, "title", words()["answers"])}{told}</section>')
    style = (ASSETS / "styles" / "handout.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _head(level: int, kind: str, text: str) -> str:
    """A heading. kind: how it looks; level: what it is under."""
    return f'<h{level} class="{kind}">{text}</h{level}>'


def _route(route: Route) -> str:
    said, blocks = words(), []
    for number, places in enumerate(route.lessons(), start=1):
        rows = "".join(
            f"<tr><td>{route.stops[place].minutes} {said['minutes']}</td>"
            f"<td>{escape(place_words(route.stops[place].link.partition('?')[0]))}</td>"
            f"<td>{escape(route.stops[place].goal)}</td></tr>"
            for place in places
        )
        head = _head(2, "part", said["lesson"].format(number=number)) if route.homework else ""
        home = f"<p><b>{said['homework']}.</b> {escape(route.homework[number - 1])}</p>" if route.homework else ""
        blocks.append(f'<div class="lesson">{head}<table>{rows}</table>{home}</div>')
    return f"<section>{_head(1, 'title', escape(route.title))}<p>{escape(route.about)}</p>{''.join(blocks)}</section>"


def _sheet(sheet: Sheet, level: int, again: bool) -> str:
    """One sheet. level: of its title; a route has its goals in a table. again: its exercises were given before."""
    said, this = words(), chapter(sheet.name)
    goals = "".join(f"<li>{inline(goal, answers(sheet.name))}</li>" for goal in lesson(sheet.name).goals)
    steps = "".join(f"<li><b>{_sentence(heading)}</b> {text}</li>" for heading, text in sheet.steps)
    asked = [f"<li>{question}{_room(2)}</li>" for question, _ in sheet.questions]
    if sheet.ask:
        asked.insert(0, f"<li>{escape(sheet.ask)}{_room(2)}</li>")
    tasks = [f"<li>{inline(task, {})}{_room(LINES[level])}</li>" for level, task, _ in worked(sheet.name)]
    return (
        f'<section><header><div><p class="kicker">How Machines See · {escape(place_words(sheet.name))}</p>'
        f'{_head(level, "title", escape(this.title))}<p class="at">{said["at"]} {escape(sheet.link)}</p></div>'
        f'{_code(sheet.link)}</header><p class="who">{said["name"]} <i></i> {said["date"]} <i></i></p>'
        f"<p>{sheet.lead}</p>{_figure(sheet)}"
        + _list(level + 1, said["goals"], "ul", goals if level == 1 else "")
        + f"{_head(level + 1, 'part', said['try'])}<p>{sheet.tries}</p>"
        + _list(level + 1, said["steps"], "ol", steps, "told")
        + _list(level + 1, said["predict"], "ol", "".join(asked))
        + _list(level + 1, said["exercises"], "ol", "" if again else "".join(tasks))
        + "</section>"
    )


def _list(level: int, heading: str, kind: str, entries: str, of: str = "part") -> str:
    """A heading and its list, for which ``of`` stands in the style; nothing where there are no entries."""
    return f'{_head(level, of, heading)}<{kind} class="{of}-list">{entries}</{kind}>' if entries else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def _answers(sheet: Sheet) -> str:
    said = words()
    predicted = "".join(f'<li><i class="asked">{question}</i> {answer}</li>' for question, answer in sheet.questions)
    solved = "".join(f"<li>{inline(answer, {})}</li>" for _, _, answer in worked(sheet.name))
    return (
        _head(3, "part", escape(place_words(sheet.name)))
        + _list(4, said["predict"], "ol", predicted, "small")
        + _list(4, said["exercises"], "ol", solved, "small")
        + f"<p><b>{said['takeaway']}.</b> {sheet.takeaway}</p>"
    )


def _room(lines: int) -> str:
    return f'<div class="room">{"<div></div>" * lines}</div>'


def _code(link: str) -> str:
    """The address as a QR code for those who have a camera; none for one that is too long, as of a drawing."""
    try:
        picture = segno.make(link, error="l", micro=False).svg_data_uri(scale=2, border=1)
    except segno.DataOverflowError:  # some 2,950 letters
        return ""
    alt = words()["qr"].format(link=link)
    return f'<div class="qr"><img src="{escape(picture)}" alt="{escape(alt)}"></div>'


def _figure(sheet: Sheet) -> str:
    """The stage, under it what it is and what its shades mean: colours are told apart by how dark they print."""
    if sheet.figure is None:
        return ""
    said, kind = words(), "svg+xml" if sheet.figure.lstrip()[:4] in (b"<svg", b"<?xm") else "png"
    keys, ramps = [text for text, _ in sheet.keys], {ramp for _, ramp in sheet.keys}
    if "signed" in ramps:
        keys.append(said["signed"])
    elif re.search(r"\b(orange|blue)\b", " ".join([*keys, *(question for question, _ in sheet.questions)])):
        keys.append(said["colours"])
    if "amount" in ramps:
        keys.append(said["amount"])
    caption = " ".join(_sentence(text) for text in (sheet.about, *keys) if text)
    return (
        f'<figure><img src="{address(sheet.figure, kind)}" alt="{escape(sheet.alt)}">'
        f"<figcaption><b>{escape(_sentence(sheet.alt))}</b> {escape(caption)}</figcaption></figure>"
    )
