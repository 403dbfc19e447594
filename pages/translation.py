"""Where it stands matters: a digit moved until it is misread, a reader slid along a line, two readers that learn."""

import hashlib
from functools import partial

import streamlit as st

from explainer.chapters import chapter
from explainer.chapters.translation import learn_view
from explainer.chapters.translation import shifting as backend
from explainer.chapters.translation.figures import (
    accuracy_figure,
    accuracy_table,
    comparison_table,
    half_words,
    loss_words,
    strip_figure,
    windows_words,
)
from explainer.chapters.translation.shift_table import shipped_shift_map
from explainer.chapters.translation.shift_view import place_of, shift_view
from explainer.chapters.translation.strip_pad import strip_pad, strip_reader
from explainer.digits import convolutional, lines, load_network, parameters_of, small_digits
from explainer.errors import DataError
from explainer.figures.digits import sheet_digits
from explainer.ui import state
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.digit_sheet import digit_sheet
from explainer.ui.foreign import as_text
from explainer.ui.legends import activation_legend
from explainer.ui.linked import follows, kept, segments, whole
from explainer.ui.long_work import forget, long_work, work_of
from explainer.ui.theme import palette
from explainer.workshop import once

PAPER = ["frame", "sheet"]
HANDS = 1000  # handwritings to choose from
SOURCES = ["street number", "draw", "photograph"]
SHIFTING, READING = "shifting", "reading"
FEW = 20  # digits to choose from

follows("moved_to", "moved")
this = chapter("translation")
words = this.words
session = st.session_state


@st.cache_resource
def shared():
    """The three networks with their cards, the test digits, and which of them stand on the sheet."""
    fifteen, _ = fully = load_network("digits-15")
    data = small_digits()
    return (
        fully,
        (convolutional.load_convolutional(), convolutional.convolutional_card()),
        load_network("digits-windows"),
        data,
        sheet_digits(fifteen, data)[:FEW],
    )


def answers_to(index: int) -> backend.Shifted:
    """Both networks' answers to one test digit at every shift."""
    return once(("every shift", index), lambda: backend.every_shift(fifteen, small, data.test_images[index]))


(fifteen, fifteen_card), (small, small_card), (reader, reader_card), data, chosen = shared()

shipped = shipped_shift_map()


def digit_in_use() -> int:
    """The test digit chosen in this session or by the link."""
    return kept("moved_digit", whole(0, len(data.test_labels) - 1), chosen[4])


def shifts_known():
    """The maps as far as they are worked out here, else those that ship."""
    work = work_of(SHIFTING)
    return work.latest if work and work.latest else shipped


def shift() -> dict:
    with bar:
        paper = segments(
            "Paper around the digit, for the convolutional network", PAPER, "paper", "frame",
            label_visibility="collapsed",
        )  # fmt: skip
    index = digit_in_use()
    at = place_of(session.get("moved_to")) or place_of(st.query_params.get("moved", "").split("_")) or (0, 0)
    digit_sheet(
        data, chosen, index, key="moved_sheet", on_select=lambda digit: session.update(moved_digit=digit),
        alt=words["sheet_alt"], columns=FEW, narrow_columns=FEW // 2,
    )  # fmt: skip
    st.query_params["moved_digit"] = str(index)
    on_sheet = paper == "sheet"

    def show(found) -> None:
        shift_view(
            data.test_images[index], int(data.test_labels[index]), answers_to(index), found or shipped,
            key="shift_view", version="shift", at=at, on_sheet=on_sheet, words=words,
            on_shift=lambda dx, dy: session.update(moved_to=(dx, dy)),
        )  # fmt: skip
        moved = session.get("moved_to", at)
        st.query_params["moved"] = f"{moved[0]}_{moved[1]}"

    long_work(
        SHIFTING,
        partial(backend.shift_map, fifteen, small, data.test_images, data.test_labels),
        show,
        progress=lambda found: (found.share, f"{found.done} of 441 shifts · {found.digits:,} digits each"),
        verb="Work it out here",
        **{"settings" if shipped is None else "what": "all test digits"},
    )
    found = shifts_known()
    dx, dy = session.get("moved_to", at)
    return {
        "legends": [activation_legend("digits read correctly, 0 to 100%")],
        "code": words["code_shift"].format(digit=index, dx=dx, dy=dy),
        "download": partial(accuracy_figure, found, on_sheet, palette()) if found else None,
        "title": "Right at every shift? Two networks",
        "file_name": "accuracy-by-shift.png",
    }


def street_number():
    with bar:
        st.text_input("Number to write", "20245", max_chars=20, key="street", bind="query-params", width=170)
        st.button("Other handwriting", key="other_hand", icon=":material/casino:", on_click=other_hand)
    return lines.write_number(session["street"].strip(), data, seed=hand_in_use())


def hand_in_use() -> int:
    return kept("hand", whole(0, HANDS), 1)


def other_hand() -> None:
    session["hand"] = (hand_in_use() + 1) % HANDS
    st.query_params["hand"] = str(session["hand"])


def drawing():
    ink = session.get("strip_drawing")
    strip_pad(ink, key="strip_pad", words=words, on_draw=lambda drawn: session.update(strip_drawing=drawn))
    return lines.as_strip(ink if ink is not None else data.test_images.new_zeros(112, 640))


def photograph():
    st.html(f'<div class="quiet">{words["photograph_help"]}</div>')
    return lines.strip_of_photograph(state.current_picture().pixels)


def line() -> dict:
    with bar:
        source = segments("Line", SOURCES, "line_from", label_visibility="collapsed")
    try:
        strip = {"street number": street_number, "draw": drawing, "photograph": photograph}[source]()
    except DataError as error:
        st.warning(as_text(error), icon=":material/info:")
        strip = lines.as_strip(data.test_images.new_zeros(112, 640))
    digest = hashlib.sha256(strip.numpy().tobytes()).hexdigest()

    def show(scan) -> None:
        found = lines.find_digits(scan) if scan else []
        strip_reader(strip, scan, found, key="strip_reader", version=digest, words=words)

    if strip.any():
        long_work(
            READING,
            partial(lines.scan_windows, reader, strip),
            show,
            progress=lambda scan: (
                scan.windows / scan.maps[0].numel(),
                f"{scan.windows:,} of {scan.maps[0].numel():,} windows",
            ),
            verb="Read again",
            settings=digest,
        )
    else:
        forget(READING)
        st.html(f'<div class="quiet">{words["nothing_written"]}</div>')
    work = work_of(READING)
    scan = work.latest if work else None
    found = lines.find_digits(scan) if scan else []
    number = session.get("street", "").strip()
    number = number if number.isascii() and number.isdigit() else "20245"
    made = {
        "street number": f'write_number("{number}", small_digits(), seed={hand_in_use()})',
        "draw": 'write_number("20245", small_digits())  # or as_strip(pad), strip_of_photograph(pixels)',
        "photograph": f'strip_of_photograph(sample("{session["picture"]}").pixels)',
    }[source]
    number_read = lines.number_read(found)
    return {
        "legends": [activation_legend("what an output says, 0 to 1")],
        "code": words["code_line_photograph" if source == "photograph" else "code_line"].format(strip=made),
        "download": partial(strip_figure, strip, scan, found, palette()),
        "title": f"A line read as {number_read or 'nothing'}",
        "file_name": f"read-as-{number_read or 'nothing'}.png",
        "strip": strip,
        "digest": digest,
    }


def comparison(strip, digest: str) -> None:
    """The finished scan against the same as one convolution, measured once for each line."""
    work = work_of(READING)
    if not (work and work.whole):
        st.caption(words["comparison_waits"])
        return
    measured = once(("line compared", digest, work.latest.seconds), partial(lines.compared, work.latest, reader, strip))
    st.html(comparison_table(measured))
    st.caption(words["comparison"])


def learn() -> dict:
    counts = parameters_of(fifteen), small_card["parameters"]
    figure, state, said = learn_view.learn(words, bar, data, chosen, digit_in_use(), counts)
    scene.values.update(said)
    return {**figure, "learning": state}


VIEWS = {"shift a digit": shift, "read a line": line, "learn": learn}

with chapter_stage(this) as scene:
    bar = st.container(horizontal=True, vertical_alignment="center")
    with bar:
        view = segments("Show", list(VIEWS), "standing", label_visibility="collapsed")
    figure = VIEWS[view]()
    strip, digest, both = figure.pop("strip", None), figure.pop("digest", ""), figure.pop("learning", None)
    height, width = (48, 150) if strip is None else strip.shape
    shifts = shifts_known()
    scene.values.update({
        "part": view, "code": figure.pop("code").strip(), "tested": f"{len(data.test_labels):,}",
        "fifteen_parameters": f"{parameters_of(fifteen):,}", "small_parameters": f"{small_card['parameters']:,}",
        "line_width": width, "line_height": height, "windows": windows_words(height, width),
        "half": half_words(shifts), "loss": loss_words(shifts),
        "reader_parameters": f"{parameters_of(reader):,}",
        "fifteen_right": f"{100 * fifteen_card.facts['accuracy']:.1f}",
        "small_right": f"{100 * small_card['accuracy']:.1f}",
        "reader_right": f"{100 * reader_card.facts['accuracy']:.1f}",
        "numbers_right": f"{100 * reader_card.facts['numbers_read']:.0f}",
    })  # fmt: skip
    foot(this, values=scene.values, **figure)

with scene.below:
    if view == "shift a digit":
        st.html(f'<h3 class="section">{words["table_head"]}</h3>')
        if shifts:
            st.html(accuracy_table(shifts, session.get("paper") == "sheet"))
        st.caption(words["table_note"].format(**scene.values))
    elif view == "learn":
        learn_view.look_closer(both, words)
    else:
        st.html(f'<h3 class="section">{words["comparison_head"]}</h3>')
        comparison(strip, digest)
        st.caption(words["reader_note"].format(**scene.values))
