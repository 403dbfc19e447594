"""The part of *Where it stands matters* in which two readers learn: its controls, its stage, and what lies below."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from explainer.chapters.translation import learned, learning
from explainer.chapters.translation.blame import blame
from explainer.chapters.translation.learning import Learning, Plan
from explainer.chapters.translation.shifting import shifted
from explainer.chapters.translation.strip_pad import strip_pad
from explainer.digits import Digits, fit
from explainer.digits.drawn import PAD, pack, unpack
from explainer.figures.digits import a_digit
from explainer.ui.chart import chart, numbers
from explainer.ui.digit_sheet import digit_sheet
from explainer.ui.legends import activation_legend, signed_legend
from explainer.ui.linked import follows, number, segments, slide, write
from explainer.ui.long_work import long_work, work_of
from explainer.ui.theme import palette

LEARNING = "both_learning"  # the work in the session
AMOUNTS = [str(count) for count in learning.AMOUNTS]
PAPER = ["frame", "sheet"]
WHOSE = ["test digit", "draw"]
STANDS = {"in the middle": (0, 0), "upper left": (-4, -4), "lower right": (4, 4)}
INSIDE = ["maps", "gradients"]
SEEDS = 1000

session = st.session_state


def learn(
    words: Mapping[str, str], bar: DeltaGenerator, data: Digits, chosen: Sequence[int], index: int,
    counts: tuple[int, int],
) -> tuple[dict, Learning | None, dict[str, str]]:  # fmt: skip
    """Draw the stage; what its foot needs, the training's latest state, and what became of the predictions.

    Args:
        bar: the row of the page's controls. chosen: test digits on the sheet. index: the one in use.
        counts: how many numbers both networks learn.
    """
    follows("digit_drawing", "ink")
    plan, (picture, label) = _plan(bar), _digit(words, bar, data, chosen, index)
    long_work(
        LEARNING, partial(learning.learn_both, plan, data),
        partial(_show, words=words, picture=picture, label=label, counts=counts), verb="Train both", what=plan,
        progress=lambda state: (
            state.share, words["learn_progress"].format(passes=f"{state.latest.passes:.1f}", of=state.plan.passes)
        ),
    )  # fmt: skip
    work = work_of(LEARNING)
    state = work.latest if work else None
    if state and state.finished:
        session.setdefault("both_learned", {})[plan] = state.latest
    gradients, colours = session.get("taught_inside") == "gradients", palette()

    def filters() -> object:
        found = blame(state.convolutional, picture, label, plan.sheet)
        return learned.figure_to_keep(state, found, colours, words, gradients)

    figure = {
        "legends": [signed_legend("weight or gradient: − 0 +"), activation_legend("map: 0 to the largest of all")],
        "code": words["code_learn"].format(examples=plan.examples, where=plan.where, sheet=plan.sheet, seed=plan.seed),
        "download": filters if state else None,
        "title": "Eight filters and their " + ("gradients" if gradients else "maps"),
        "file_name": "filters-learned.png",
    }
    return figure, state, learned.learned_words(state, words)


def look_closer(state: Learning | None, words: Mapping[str, str]) -> None:
    """Under the stage: what the other reader looks for, where sevens are read, all trainings so far."""
    if state:
        st.html(f'<h3 class="section">{words["hidden_head"]}</h3>{learned.hidden_row(state.fully, palette(), words)}')
        st.caption(words["hidden_note"])
    if state and state.sevens:
        st.html(f'<h3 class="section">{words["sevens_head"]}</h3>{learned.sevens_maps(state.sevens, palette(), words)}')
        st.caption(words["sevens_note"])
    runs, plan = session.get("both_learned", {}), Plan() if state is None else state.plan
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f'<h3 class="section">{words["runs_head"]}</h3>', width="stretch")
        numbers(lambda: learned.runs_rows(runs), "two-readers.csv", key="runs_numbers", disabled=not runs)
    chart(*learned.runs_chart(runs, plan, palette(), words), key="runs")
    st.caption(words["runs_note"])


def _plan(bar: DeltaGenerator) -> Plan:
    with bar:
        paper = segments("Paper around each digit", PAPER, "paper", "frame", label_visibility="collapsed")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        where = segments("digits stand", list(learning.PLACES), "taught_where", learning.ANYWHERE)
        examples = slide("examples", AMOUNTS, "examples", "2000", lambda count: f"{int(count):,}", width=210)
    with bar, st.popover("seed", key="taught_more"):
        seed = number("seed of the random numbers", "taught_seed", 0, SEEDS, 0)
    return Plan(int(examples), where, paper == "sheet", seed)


def _digit(
    words: Mapping[str, str], bar: DeltaGenerator, data: Digits, chosen: Sequence[int], index: int
) -> tuple[Tensor, int]:
    """A test digit or a drawing, standing where it is to stand, [28, 28], and which digit it is."""
    with bar, st.popover("your digit", key="taught_digit"):
        whose = segments("Digit", WHOSE, "taught_from", label_visibility="collapsed")
        if whose == "draw":
            picture = _drawing(words)
            label = number("it is to be a", "taught_label", 0, 9, 7, width=84)
        else:
            digit_sheet(
                data, chosen, index, key="taught_sheet", on_select=lambda digit: session.update(moved_digit=digit),
                alt=words["sheet_alt"], columns=10, narrow_columns=5,
            )  # fmt: skip
            st.query_params["moved_digit"] = str(index)
            picture, label = data.test_images[index].view(28, 28), int(data.test_labels[index])
        stands = segments("stands", list(STANDS), "taught_at")
    return shifted(picture, *STANDS[stands]), label


def _drawing(words: Mapping[str, str]) -> Tensor:
    """What is drawn here, or was in *Reading digits*, made like MNIST's digits."""
    if "digit_drawing" not in session:
        session["digit_drawing"] = unpack(st.query_params.get("ink", ""))
    ink = session["digit_drawing"]
    with st.container(width=220):
        strip_pad(
            ink, key="taught_pad", words={**words, "pad_head": "", "pad": words["small_pad"]}, width=PAD,
            on_draw=lambda drawn: session.update(digit_drawing=drawn),
        )  # fmt: skip
    write("ink", pack(ink) if ink is not None and ink.any() else None)
    return fit(ink).pixels if ink is not None else fit([[0]]).pixels


def _show(
    state: Learning | None, *, words: Mapping[str, str], picture: Tensor, label: int, counts: tuple[int, int]
) -> None:
    """Curves beside the numbers, and below them the filters with their maps or gradients."""
    found = blame(state.convolutional, picture, label, state.plan.sheet) if state else None
    st.html(learned.curves_legend(palette(), words))
    left, right = st.columns(2, gap="medium")
    with left:
        chart(*learned.curves(state, palette(), words), key="both_curves")
    with right:
        reads = (learning.reads_fully(state.fully, picture[None]).item(), found.guess) if state else None
        st.html(learned.standings(state, reads, counts, words))
    if state is None:
        st.html(f'<p class="quiet">{words["learn_empty"]}</p>')
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(
            learned.digit_picture(picture, palette()), width=46, alt=words["digit_alt"].format(digit=a_digit(label))
        )
        inside = segments("Inside", INSIDE, "taught_inside", label_visibility="collapsed")
        st.html(f'<div class="quiet">{words[f"inside_{inside}"].format(label=label)}</div>', width="stretch")
    st.html(learned.filters_and_maps(found, palette(), words, inside == "gradients"))
