"""Too few, too many: how far what was learned reaches, and which examples spoke for an answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from explainer.chapters.backpropagation.lesson import Course
from explainer.digits import mistakes, parameters_of, read
from explainer.digits.influence import influence
from explainer.digits.network import COSTS
from explainer.figures.digits import a_digit, ink_tiles
from explainer.figures.shares import signed
from explainer.figures.tiles import Palette, address

MOST_ASKED = 12  # misread digits to ask about
EACH = 6  # examples on each side
WIDE_GAP, NARROW_GAP = 0.08, 0.03  # shares between which nothing is said of the gap

Words = Mapping[str, str]


@dataclass(frozen=True)
class Witnesses:
    """Examples that spoke for an answer and against it, the loudest first: (number, by how much they lowered its cost).

    As shares of the loudest of all: which speak louder is estimated better than how loud they are.

    ``index``: the test digit asked about. ``answer``: what it is read as.
    """

    index: int
    answer: int
    speaking_for: tuple[tuple[int, float], ...]
    speaking_against: tuple[tuple[int, float], ...]


def asked_about(course: Course) -> list[int]:
    """Numbers of test digits to ask about: those misread with most conviction; the first where none is misread."""
    data = course.data
    wrong = mistakes(course.training.network, data.test_images, data.test_labels, MOST_ASKED)
    return [mistake.index for mistake in wrong] or [0]


def witnesses(course: Course, index: int) -> Witnesses:
    """Whose learning made the answer to a test digit likelier, and whose less likely, in this training."""
    data, picture = course.data, course.data.test_images[index]
    answer = read(course.training.network, picture).guess
    cost = COSTS[course.training.settings.cost]
    values = influence(course.checkpoints, data.train_images, data.train_labels, picture, answer, cost)
    order = values.argsort(descending=True).tolist()
    values = values / values.abs().max().clamp(min=1e-12)
    speaking_for = [(i, values[i].item()) for i in order[:EACH] if values[i] > 0]
    against = [(i, values[i].item()) for i in order[: -EACH - 1 : -1] if values[i] < 0]
    return Witnesses(index, answer, tuple(speaking_for), tuple(against))


def witnesses_html(found: Witnesses, course: Course, palette: Palette, words: Words) -> str:
    """Both rows of examples beside the digit asked about, as HTML."""
    rows = "".join(
        f'<div class="row"><p class="quiet">{words[f"speaking_{side}"].format(answer=found.answer)}</p>'
        f'<div class="tiles">{_tiles(given, course, palette) or words["nobody"]}</div></div>'
        for side, given in (("for", found.speaking_for), ("against", found.speaking_against))
    )
    return (
        "<style>.examples .tiles { display: grid; grid-template-columns: repeat(6, minmax(40px, 76px)); gap: 8px; } "
        ".examples figure { margin: 0; } .examples img { width: 100%; image-rendering: pixelated; border-radius: 4px; }"
        ".examples figcaption { font: 0.78rem var(--mono); color: var(--dim); letter-spacing: -0.04em; } "
        ".examples b { color: var(--ink); } .examples p { margin: 0.5rem 0 0.2rem; }</style>"
        f'<div class="examples">{rows}</div>'
    )


def _tiles(given: tuple[tuple[int, float], ...], course: Course, palette: Palette) -> str:
    if not given:
        return ""
    numbers = [number for number, _ in given]
    tiles = ink_tiles(course.data.train_images[numbers], palette)
    return "".join(
        f'<figure><img src="{address(tile)}" alt="example {number}, {a_digit(label)}: {signed(value)}">'
        f"<figcaption><b>{label}</b> {signed(value)}</figcaption></figure>"
        for (number, value), tile, label in zip(given, tiles, course.data.train_labels[numbers].tolist(), strict=True)
    )


def asked_label(course: Course, index: int, words: Words) -> str:
    """What a misread digit is called."""
    data = course.data
    guess = read(course.training.network, data.test_images[index]).guess
    return words["asked"].format(number=index, digit=a_digit(int(data.test_labels[index])), guess=a_digit(guess))


def gap_words(course: Course | None, words: Words) -> str:
    """How far what was learned reaches, in sentences with this training's numbers."""
    if course is None or course.latest.examples == 0:
        return words["gap_waits"]
    latest, settings = course.latest, course.training.settings
    gap = latest.train_accuracy - latest.accuracy
    said = words["gap"].format(
        seen=f"{latest.train_accuracy:.1%}", unseen=f"{latest.accuracy:.1%}", gap=f"{100 * gap:.1f}".replace("-", "−"),
        parameters=f"{parameters_of(course.training.network):,}", examples=f"{len(course.data.train_labels):,}",
    )  # fmt: skip
    kind = "wide" if gap > WIDE_GAP else "narrow" if gap < NARROW_GAP else ""
    more = [words[f"gap_{kind}"]] if kind else []
    if settings.regularisation:
        more.append(words["gap_regularised"].format(regularisation=f"{settings.regularisation:g}"))
    return " ".join([said, *more])
