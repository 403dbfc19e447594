"""Convolution by hand: a magnifier over a cat, a network small enough to see whole, any kernel on any picture."""

from functools import partial

import numpy as np
import streamlit as st

from explainer.chapters import chapter
from explainer.chapters.convolution import filtering as backend
from explainer.chapters.convolution.colour import FILTERS as COLOUR_FILTERS
from explainer.chapters.convolution.colour import OWN, PICTURES, as_light, colour_scan, products
from explainer.chapters.convolution.colour_view import colour_figure, colour_view
from explainer.chapters.convolution.drawings import ANIMALS
from explainer.chapters.convolution.figures import kernel_figure, network_figure, scan_figure, sizes_figure
from explainer.chapters.convolution.kernels import kernel_painter, kernel_view
from explainer.chapters.convolution.scan import (
    KEPT,
    as_code,
    current_setup,
    held_out_grid,
    keep_in_link,
    magnifier,
    sizes_view,
    tiny_network_view,
)
from explainer.chapters.convolution.tiny_learning import BATCH, STEPS, TinyLearning, learn_tiny, untrained
from explainer.chapters.convolution.tiny_network import SECOND_SIDE, card, held_out, load_tiny
from explainer.ui import state
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.foreign import as_text
from explainer.ui.legends import activation_legend, ink_legend, signed_legend
from explainer.ui.linked import choice, follows, number, segments
from explainer.ui.long_work import long_work, work_of
from explainer.ui.theme import palette

OWN_KERNEL = "my own"
TRAINED = ["trained", "from noise"]
LAYERS = ["one layer", "two layers"]
SCANNED = ["ink", "colour"]
LEARNING = "tiny_learning"  # the work in the session
SEEDS = 1000

follows(KEPT, "drawing", "filter")
this = chapter("convolution")
words = this.words
filters = {
    name: backend.weights_of(preset["weights"]) for name, preset in this.presets.items() if preset["kind"] == "filter"
}
titles = {name: preset["label"] for name, preset in this.presets.items()}
kernels = {name: preset["kernel"] for name, preset in this.presets.items() if preset["kind"] == "kernel"}


def one_filter() -> dict:
    with bar:
        scanned = segments("Scanned", SCANNED, "scan_in", label_visibility="collapsed")
    if scanned == SCANNED[1]:
        return in_colour()
    setup = current_setup(filters)
    face, named = keep_in_link(setup, filters)
    magnifier(setup, filters, words)
    colours = palette()
    return {
        "legends": [ink_legend(), signed_legend("weight, product, sum: − 0 +")],
        "code": words["code_scan"].format(ink=as_code(setup.ink, face), filter=backend.in_link(setup.weights)),
        "download": lambda: scan_figure(setup.ink, setup.weights, backend.convolve(setup.ink, setup.weights), colours),
        "file_name": f"scan-{named or 'my-filter'}.png",
    }


def in_colour() -> dict:
    """Three sheets of light under three of weights."""
    left, right = st.columns(2)
    with left:
        named = choice("Picture", [*PICTURES, OWN], "colour_picture", next(iter(PICTURES)), called=str.capitalize)
    with right:
        asked = choice("Filter", [*COLOUR_FILTERS], "colour_filter", next(iter(COLOUR_FILTERS)), called=str.capitalize)
    picture = PICTURES[named] if named != OWN else as_light(state.current_picture().pixels)
    scan = colour_scan(picture, COLOUR_FILTERS[asked])
    colour_view(scan, words)
    code = "code_own_colour" if named == OWN else "code_colour"
    return {
        "legends": [signed_legend("weight, sum: − 0 +")],
        "code": words[code].format(picture=st.session_state["picture"] if named == OWN else named, filter=asked),
        "download": lambda: colour_figure(scan, palette()),
        "file_name": "scan-in-colour.png",
    }


def ten_filters() -> dict:
    setup, network = current_setup(filters), load_tiny()
    face, _ = keep_in_link(setup, filters)
    with bar:
        trained = segments("Network", TRAINED, "tiny_from", label_visibility="collapsed")
    if trained == TRAINED[1]:
        return learning_filters(face)
    tiny_network_view(setup, network, ANIMALS, words)
    colours = palette()
    return {
        "legends": [signed_legend("− 0 +"), activation_legend("after ReLU, 0 to most")],
        "code": words["code_network"].format(ink=as_code(setup.ink, face)),
        "download": lambda: network_figure(setup.ink, network, network.trace(setup.ink), ANIMALS, colours),
        "file_name": "tiny-network.png",
    }


def learning_filters(face: str) -> dict:
    """The same network, trained before one's eyes."""
    with bar, st.popover(words["tiny_more"], key="tiny_more", icon=":material/tune:"):
        layers = 1 + LAYERS.index(segments("filters in", LAYERS, "tiny_layers"))
        seed = number("seed of the random numbers", "tiny_seed", 0, SEEDS, 0)
        st.caption(words["tiny_layers"].format(size=SECOND_SIDE))

    def show(state: TinyLearning | None) -> None:
        if st.session_state.get("scan") != "ten filters":
            st.rerun()  # one of the filters was put under the magnifier
        keep_in_link(current_setup(filters), filters)
        tiny_network_view(current_setup(filters), state.network if state else untrained(seed, layers), ANIMALS, words)

    long_work(
        LEARNING, partial(learn_tiny, seed, layers), show, verb="Train", what=(seed, layers), paced=True,
        progress=lambda state: (
            state.share, words["tiny_progress"].format(step=state.step, of=STEPS, right=f"{state.right:.0%}")
        ),
    )  # fmt: skip
    work = work_of(LEARNING)
    learned = work.latest.network if work and work.latest else untrained(seed, layers)
    setup, colours = current_setup(filters), palette()
    return {
        "legends": [signed_legend("− 0 +"), activation_legend("after ReLU, 0 to most")],
        "code": words["code_learning"].format(ink=as_code(setup.ink, face), seed=seed, layers=layers),
        "download": lambda: network_figure(setup.ink, learned, learned.trace(setup.ink), ANIMALS, colours),
        "file_name": "tiny-network-learning.png",
    }


def window_sizes() -> dict:
    columns = st.columns(4, gap="medium")
    asked = [
        columns[0].slider("picture, across", 3, 16, 10, key="picture_side", bind="query-params"),
        columns[1].slider("filter, across", 1, 11, 4, key="filter_side", bind="query-params"),
        columns[2].slider("stride: step", 1, 5, 1, key="stride", bind="query-params"),
        columns[3].slider("padding: zeros", 0, 5, 0, key="padding", bind="query-params"),
    ]
    found = backend.Sizes(*asked)
    sizes_view(found, words)
    return {
        "legends": [ink_legend("windows that see a pixel")],
        "code": words["code_sizes"].format(
            side=found.picture, kernel=found.kernel, stride=found.stride, padding=found.padding
        ),
        "download": partial(sizes_figure, found, palette()),
        "file_name": f"looks-{found.picture}-{found.kernel}-{found.stride}-{found.padding}.png",
    }


def keep_kernel(weights: np.ndarray) -> None:
    st.session_state["kernel"] = backend.write_kernel(weights)


def take_preset() -> None:
    """Another kernel, shown the way that suits it."""
    if text := kernels.get(st.session_state["kernel_preset"]):
        st.session_state["kernel"] = text
        st.session_state["kernel_look"] = backend.natural_look(backend.parse_kernel(text))


def kernel_in_use() -> tuple[np.ndarray, str]:
    """The weights that the text field or the link spells out, and what is wrong with it, if so.

    While something is wrong, the last good kernel stays in use.
    """
    first = next(iter(kernels.values()))
    set_unless_given("kernel", first)
    given = st.session_state.get("kernel", st.query_params.get("kernel"))
    try:
        weights, complaint = backend.parse_kernel(given), ""
        st.session_state["last_kernel"] = given
    except backend.KernelError as error:
        weights, complaint = backend.parse_kernel(st.session_state.get("last_kernel", first)), str(error)
    return weights, complaint


def look_label(look: str) -> str:
    """A look as its button calls it."""
    return look.replace("relu", "ReLU")


def set_unless_given(key: str, default: str) -> None:
    """A widget's first value, where neither this session nor the link has one."""
    if key not in st.session_state and key not in st.query_params:
        st.session_state[key] = default


def your_picture() -> dict:
    weights, complaint = kernel_in_use()
    written = backend.write_kernel(weights)
    st.session_state["kernel_preset"] = next((n for n, text in kernels.items() if text == written), OWN_KERNEL)
    st.session_state["kernel_side"] = len(weights)
    paint, controls = st.columns([1, 2.3], gap="medium")
    with paint:
        kernel_painter(weights, words, on_paint=keep_kernel)
    with controls:
        choose, side = st.columns([3, 1], gap="small")
        choose.selectbox(
            "Kernel", [*kernels, OWN_KERNEL], key="kernel_preset", on_change=take_preset,
            format_func=lambda name: titles.get(name, name.capitalize()),
        )  # fmt: skip
        side.number_input(
            "Side", backend.KERNEL_SIDES.start, backend.KERNEL_SIDES.stop - 1, key="kernel_side",
            on_change=lambda: keep_kernel(backend.resized(weights, st.session_state["kernel_side"])),
        )  # fmt: skip
        st.text_input("Or type it, rows ending with a semicolon", key="kernel", bind="query-params")
        look = segments(
            "Shown as", list(backend.LOOKS), "kernel_look", backend.natural_look(weights), called=look_label
        )
    if complaint:
        st.warning(f"{as_text(complaint)} The last good kernel stays in use.", icon=":material/grid_off:")
    pixels = backend.reduced(state.current_picture().pixels)
    filtered = backend.look_through(pixels, weights)
    colours = palette()
    kernel_view(pixels, weights, filtered, look, words)
    if not weights.any():
        st.caption(words["zero_kernel"])
    elif filtered.values.min() == filtered.values.max():
        st.caption(words["one_colour"])
    legend = {
        "signed map": [signed_legend(f"sum, −{filtered.largest:,.0f} to +{filtered.largest:,.0f} and beyond")],
        "after relu": [activation_legend(f"sum after ReLU, 0 to {filtered.largest:,.0f} and more")],
        "picture": [signed_legend("weight: − 0 +")],
    }
    return {
        "legends": legend[look],
        "code": words["code_kernel"].format(picture=st.session_state["picture"], written=written),
        "download": lambda: kernel_figure(pixels, weights, filtered, look, colours),
        "file_name": "through-a-kernel.png",
    }


VIEWS = {"one filter": one_filter, "ten filters": ten_filters, "sizes": window_sizes, "your picture": your_picture}

with chapter_stage(this) as scene:
    bar = st.container(horizontal=True, vertical_alignment="center")
    with bar:
        view = segments("Show", list(VIEWS), "scan", label_visibility="collapsed", wrap=True)
    figure = VIEWS[view]()
    tested = card()["measured"]["held-out drawings"]
    empty = load_tiny().trace(np.zeros((10, 10)))
    scene.values.update(
        backend.lesson(filters["round"]),
        parameters=load_tiny().parameters_count,
        part=view,
        blank_name=empty.guess,
        blank_share=f"{empty.probability:.0%}",
        steps=f"{card()['steps']:,}",
        colour_products=products(),
        tiny_steps=STEPS,
        tiny_batch=BATCH,
        top1=tested["top1"],
        tested=f"{tested['count']:,}",
        code=figure.pop("code").strip(),
    )
    foot(this, values=scene.values, **figure)

if view == "ten filters":
    with scene.below:
        st.html(f'<h3 class="section">{words["held_out"]}</h3>')
        held_out_grid(held_out(right=16, wrong=16), current_setup(filters), words)
