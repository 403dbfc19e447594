"""Handouts: a chapter's state, or a route, as one HTML file that prints in black and white and needs nothing else."""

import io
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

import numpy as np
import segno
from PIL import Image

from explainer.chapters import WORDS, chapter
from explainer.classroom.answers import answers, worked
from explainer.figures.tiles import address
from explainer.places import ASSETS
from explainer.teaching.lessons import lesson
from explainer.teaching.routes import Route
from explainer.ui.words import inline, place_words

WIDTH, GREYS = 1200, 64  # pixels and shades of a figure on paper
LINES = {1: 2, 2: 3, 3: 5}  # room to write, by an exercise's level


@dataclass(frozen=True)
class Sheet:
    """A chapter in a state, as its page told it.

    name: of the chapter; link: its address; lead, tries, takeaway: HTML; questions: (question, answer), HTML.
    figure: SVG or PNG of the stage, None where there is none; alt: what it shows. ask: a route's question here.
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


@cache
def words() -> dict[str, str]:
    """What stands on every handout."""
    return tomllib.loads((WORDS / "handout.toml").read_text(encoding="utf-8"))


def handout(sheets: Sequence[Sheet], route: Route | None = None) -> str:
    """The whole file: the route if there is one, a sheet for each state, then all answers."""
    title = route.title if route else chapter(sheets[0].name).title
    body = [_route(route)] if route else []
    body += [_sheet(sheet) for sheet in sheets]
    told = list({sheet.name: sheet for sheet in sheets}.values())
    body.append(f'<section class="answers"><h1>{words()["answers"]}</h1>{"".join(map(_answers, told))}</section>')
    style = (ASSETS / "styles" / "handout.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _route(route: Route) -> str:
    said, blocks = words(), []
    for number, places in enumerate(route.lessons(), start=1):
        rows = "".join(
            f"<tr><td>{route.stops[place].minutes} {said['minutes']}</td>"
            f"<td>{escape(place_words(route.stops[place].link.partition('?')[0]))}</td>"
            f"<td>{escape(route.stops[place].goal)}</td></tr>"
            for place in places
        )
        head = f"<h2>{said['lesson'].format(number=number)}</h2>" if route.homework else ""
        home = f"<p><b>{said['homework']}.</b> {escape(route.homework[number - 1])}</p>" if route.homework else ""
        blocks.append(f"{head}<table>{rows}</table>{home}")
    return f"<section><h1>{escape(route.title)}</h1><p>{escape(route.about)}</p>{''.join(blocks)}</section>"


def _sheet(sheet: Sheet) -> str:
    said, this = words(), chapter(sheet.name)
    goals = "".join(f"<li>{inline(goal, answers(sheet.name))}</li>" for goal in lesson(sheet.name).goals)
    asked = [f"<li>{question}{_room(2)}</li>" for question, _ in sheet.questions]
    if sheet.ask:
        asked.insert(0, f"<li>{escape(sheet.ask)}{_room(2)}</li>")
    tasks = "".join(f"<li>{inline(task, {})}{_room(LINES[level])}</li>" for level, task, _ in worked(sheet.name))
    return (
        f'<section><header><div><p class="kicker">How Machines See · {escape(place_words(sheet.name))}</p>'
        f"<h1>{escape(this.title)}</h1></div>{_code(sheet.link)}</header>"
        f'<p class="who">{said["name"]} <i></i> {said["date"]} <i></i></p><p>{sheet.lead}</p>{_figure(sheet)}'
        f"<h2>{said['goals']}</h2><ul>{goals}</ul><h2>{said['try']}</h2><p>{sheet.tries}</p>"
        f"<h2>{said['predict']}</h2><ol>{''.join(asked)}</ol><h2>{said['exercises']}</h2><ol>{tasks}</ol></section>"
    )


def _answers(sheet: Sheet) -> str:
    said = words()
    predicted = "".join(f"<li>{question} <b>{answer}</b></li>" for question, answer in sheet.questions)
    solved = "".join(f"<li>{inline(answer, {})}</li>" for _, _, answer in worked(sheet.name))
    return (
        f"<h2>{escape(place_words(sheet.name))}</h2><h3>{said['predict']}</h3><ol>{predicted}</ol>"
        f"<h3>{said['exercises']}</h3><ol>{solved}</ol><p><b>{said['takeaway']}.</b> {sheet.takeaway}</p>"
    )


def _room(lines: int) -> str:
    return f'<div class="room">{"<div></div>" * lines}</div>'


def _code(link: str) -> str:
    """The address as a QR code, and in letters for those who have no camera; longer ones in letters alone."""
    try:
        picture = segno.make(link, error="l", micro=False).svg_data_uri(scale=2, border=1)
    except segno.DataOverflowError:  # some 2,950 letters, as of a drawing
        return f'<div class="qr"><p>{escape(link)}</p></div>'
    alt = words()["qr"].format(link=link)
    return f'<div class="qr"><img src="{escape(picture)}" alt="{escape(alt)}"><p>{escape(link)}</p></div>'


def _figure(sheet: Sheet) -> str:
    if sheet.figure is None:
        return ""
    kind, data = on_paper(sheet.figure)
    return f'<figure><img src="{address(data, kind)}" alt="{escape(sheet.alt)}"></figure>'


def on_paper(figure: bytes) -> tuple[str, bytes]:
    """A figure's kind for its address, and its bytes: drawings as they are, pictures in shades of grey."""
    if figure.lstrip()[:4] in (b"<svg", b"<?xm"):
        return "svg+xml", figure
    picture = Image.open(io.BytesIO(figure)).convert("L")
    if np.asarray(picture).mean() < 80:  # from a dark page: spare the ink
        picture = picture.point(lambda level: 255 - level)
    if picture.width > WIDTH:
        picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.quantize(GREYS).save(file, "PNG", optimize=True)
    return "png", file.getvalue()
