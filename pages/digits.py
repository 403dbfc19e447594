"""Reading digits: a network of 15 hidden neurons reads a test digit, a drawing, or a piece of a photograph."""

import streamlit as st

from explainer.chapters import chapter
from explainer.digits import Network, accuracy, fit, load_network, parameters_of, read, small_digits, votes
from explainer.digits.drawn import cut_from_photograph, first_cut, pack, unpack
from explainer.figures.digits import (
    a_digit,
    network_svg,
    neuron_tiles,
    parameters_table,
    products_row,
    sheet_digits,
    votes_table,
)
from explainer.ui import state
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.digit_reader import SOURCES, digit_reader, has_room
from explainer.ui.digit_sheet import digit_sheet
from explainer.ui.legends import activation_legend, ink_legend, signed_legend
from explainer.ui.linked import follows, number, segments, write
from explainer.ui.long_work import work_of
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid

WHOSE = ["in the box", "yours"]
LEARNING = "learning"  # the training's name in the next chapter
PANELS = ["votes", "hidden neurons", "every number"]

follows("digit_drawing", "ink")
this = chapter("digits")
words = this.words
session = st.session_state


@st.cache_resource
def shared():
    """The network in the box, its card and how often it is right here."""
    network, card = load_network("digits-15")
    return network, card, accuracy(network, data.test_images, data.test_labels)


def keep(name: str):
    """Remember what the browser reports under ``name``."""
    return lambda value: session.update({name: value})


def test_digit():
    """A digit from the sheet, or by its number."""
    with bar, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"):
        st.html('<div class="quiet">number</div>', width="content")
        index = number(
            "Test digit, by number", "test_digit", 0, len(data.test_labels) - 1, chosen[6],
            width=92, label_visibility="collapsed",
        )  # fmt: skip
    digit_sheet(
        data, chosen, index, key="digit_sheet", on_select=lambda digit: session.update(test_digit=digit),
        alt=words["sheet_alt"], columns=20, narrow_columns=10, invitation=words["sheet_invitation"],
    )  # fmt: skip
    return data.test_images[index], {"label": int(data.test_labels[index])}


def drawing():
    """What the visitor drew, made like MNIST's digits."""
    if "digit_drawing" not in session:
        session["digit_drawing"] = unpack(st.query_params.get("ink", ""))
    ink = session["digit_drawing"]
    write("ink", pack(ink) if ink is not None and ink.any() else None)
    pixels = fit(ink).pixels if ink is not None else data.test_images.new_zeros(28, 28)
    return pixels, {"drawing": ink, "on_draw": keep("digit_drawing")}


def photograph():
    """A square of the picture chosen at the side, its contrast taken for ink."""
    picture = state.current_picture()
    cuts = session.setdefault("digit_cuts", {})
    cut = cuts.get(picture.digest) or first_cut(picture)
    pixels = fit(cut_from_photograph(picture.pixels, *cut)).pixels
    st.html(f'<div class="quiet">{words["photograph_help"]}</div>')
    return pixels, {
        "photograph": picture.pixels,
        "cut": cut,
        "on_cut": lambda square: cuts.update({picture.digest: square}),
    }


def own_network() -> Network | None:
    """What the visitor trained in the next chapter, if there is room for its neurons here."""
    work = work_of(LEARNING)
    network = work.latest.training.network if work and work.latest else None
    return network if network and has_room(network) else None


def counted(network: Network) -> dict[str, object]:
    """A network's numbers, for the words."""
    return {
        "hidden": network.sizes[1],
        "pixels": network.sizes[0],
        "parameters": f"{parameters_of(network):,}",
        "hidden_weights": f"{network.weights[0].numel():,}",
        "output_weights": network.weights[1].numel(),
        "biases": sum(b.numel() for b in network.biases),
    }


data = small_digits()
boxed, card, right = shared()
network, own = boxed, own_network()

with chapter_stage(this) as scene:
    if own is not None:
        whose = st.segmented_control(
            "Network", WHOSE, default=WHOSE[0], required=True, key="digit_network", label_visibility="collapsed"
        )
        if whose == WHOSE[1]:
            network = own
            own_right = accuracy(own, data.test_images, data.test_labels)
            sizes = "-".join(map(str, own.sizes))
            st.html(f'<div class="quiet">{words["own"].format(sizes=sizes, right=f"{100 * own_right:.1f}")}</div>')
    chosen = sheet_digits(network, data)
    bar = st.container(horizontal=True, vertical_alignment="center")
    with bar:
        source = segments("Read", SOURCES, "digit_from", label_visibility="collapsed")
    pixels, more = {"test digits": test_digit, "draw": drawing, "photograph": photograph}[source]()
    digit_reader(network, pixels, key=f"digit_reader_{network.sizes[1]}", source=source, words=words, **more)
    reading = read(network, pixels)
    blank = read(network, data.test_images.new_zeros(28, 28))
    scene.values.update({
        **counted(boxed), "blank_digit": blank.guess, "blank_said": f"{blank.outputs.max().item():.2f}",
        "right": f"{100 * right:.1f}", "tested": f"{len(data.test_labels):,}",
        "right_full": f"{100 * card.facts['accuracy']:.1f}",
    })  # fmt: skip
    scene.values["code"] = (
        words[f"code_{source.replace(' ', '_')}"]
        .strip()
        .format(digit=session.get("test_digit", 0), file="digits-15" if network is boxed else "digits.safetensors")
    )
    foot(
        this,
        legends=[signed_legend("weight × activation: − 0 +"), activation_legend("activation, 0 to 1")],
        values=scene.values,
        download=network_svg(network, pixels, reading, palette())[0],
        file_name=f"digit-read-as-{reading.guess}.svg",
        title=f"784 pixels, {network.sizes[1]} hidden neurons, ten outputs: read as {a_digit(reading.guess)}",
    )

with scene.below:
    panel = segments("Look closer", PANELS, "digit_panel")
    if panel == "votes":
        st.html(votes_table(votes(network, pixels), reading, palette()))
        st.caption(words["votes"])
    elif panel == "hidden neurons":
        neuron = min(session.get("hidden_neuron", 0), network.sizes[1] - 1)
        tile_grid(
            neuron_tiles(network, palette()),
            key="hidden_neurons",
            labels=[f"hidden neuron {i}: says {a:.2f} here" for i, a in enumerate(reading.hidden[0].tolist())],
            selected=neuron,
            on_select=keep("hidden_neuron"),
            alt=words["hidden_alt"].format(hidden=network.sizes[1]),
            columns=8,
            narrow_columns=5,
        )
        row, said = products_row(network, pixels, neuron, palette())
        st.html(row)
        st.caption(f"{said}.")
        st.html(f'<div class="legends">{ink_legend("ink: 0 to 1")}{signed_legend("weight or product: − 0 +")}</div>')
    else:
        st.html(parameters_table(network))
        st.caption(words["every_number"].format(**counted(network)))
