"""Why the bend matters: a stack that is one matrix, activation functions, a curve approximated neuron by neuron."""

from functools import partial

import streamlit as st

from explainer.chapters import chapter
from explainer.chapters.nonlinearity import bending as backend
from explainer.chapters.nonlinearity import fold, learning
from explainer.chapters.nonlinearity.activation_view import MOST, activation_view
from explainer.chapters.nonlinearity.curve_pad import curve_pad, heights_of
from explainer.chapters.nonlinearity.figures import activations_svg, fit_svg, fit_words, formulas_table, plane_svg
from explainer.chapters.nonlinearity.fold_figure import fold_svg
from explainer.chapters.nonlinearity.fold_view import fold_view
from explainer.chapters.nonlinearity.linear_stack import linear_stack
from explainer.chapters.nonlinearity.plane_network import BENDS
from explainer.chapters.nonlinearity.playground import playground
from explainer.chapters.nonlinearity.playground_figure import network_figure
from explainer.chapters.nonlinearity.points import SETS
from explainer.errors import DataError
from explainer.figures.slide import plain
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.legends import signed_legend, words_legend
from explainer.ui.linked import follows, kept, number, segments, whole, write
from explainer.ui.long_work import long_work, work_of
from explainer.ui.theme import palette
from explainer.ui.visitors import visitor

DEPTHS = ["2", "3", "4"]
BETWEEN = ["nothing", "relu"]
# Where the link has another word than the button.
NAMED = {
    "relu": "ReLU", "linear": "none", "xor": "exclusive or", "moons": "two moons", "sgd": "plain steps", "adam": "Adam",
}  # fmt: skip
DRAWN = "my own"
FITTING = "fitting"
PLAYING = "playing"
FOLDS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid", "linear": "none"}

follows("stack_numbers", "numbers", "stack_depth")
follows("drawn_curve", "drawn")
for place in ("lines", "folded", "play_layers", "play_features", "play_neuron", "play_point"):
    follows(place, place)
this = chapter("nonlinearity")
words = this.words
session = st.session_state


def label_of(name: str) -> str:
    """What a button calls a word of the link's."""
    return NAMED.get(name, name)


def numbers_in_use(depth: int):
    """The stack and its input as the visitor, or the link, has them."""
    sizes = backend.layer_sizes(depth)
    text = session.get("stack_numbers") or st.query_params.get("numbers", "")
    try:
        return backend.read_numbers(text, sizes)
    except DataError:
        return backend.new_stack(sizes, seed=words["first_roll"]), backend.grid()[[150, 75]] * 2


def keep_numbers(stack, x) -> None:
    session["stack_numbers"] = backend.write_numbers(stack, x)


def roll(depth: int, x) -> None:
    """Other numbers, the same input."""
    session["rolled"] = session.get("rolled", words["first_roll"]) + 1
    session["rolls"] = session.get("rolls", 0) + 1
    keep_numbers(backend.new_stack(backend.layer_sizes(depth), seed=session["rolled"]), x)


def one_matrix() -> dict:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        depth = int(
            segments("Layers", DEPTHS, "stack_depth", "3", on_change=lambda: session.pop("stack_numbers", None))
        )
        between = segments("Between them", BETWEEN, "between", called=label_of)
        stack, x = numbers_in_use(depth)
        st.button("Roll other numbers", icon=":material/casino:", on_click=roll, args=(depth, x), key="roll")
    written = backend.write_numbers(stack, x)
    st.query_params["numbers"] = written
    bent = between == "relu"
    linear_stack(
        stack, x, key="linear_stack", version=f"{depth} {session.get('rolls', 0)}", bent=bent,
        words=words, on_edit=keep_numbers,
    )  # fmt: skip
    return {
        "legends": [signed_legend("number: − 0 +")],
        "code": words["code_matrix"].format(numbers=written, depth=depth, activation="relu" if bent else "none"),
        "download": plane_svg(stack, x, "relu" if bent else "none", palette())[0],
        "title": f"{depth} layers {'with ReLU between them' if bent else 'in a row'}: where they take the plane",
        "about": backend.in_words(stack),
        "file_name": f"{depth}-layers{'-bent' if bent else ''}.svg",
    }


def sum_in_use() -> float:
    """Where the activation functions are read off: from this session, or the link."""
    z = kept("z", float, 1.0)
    return max(-MOST, min(MOST, z)) if z == z else 1.0


def activations() -> dict:
    z = sum_in_use()
    activation_view(z, key="activations", words=words, on_move=lambda value: session.update(z=value))
    st.query_params["z"] = f"{z:g}"
    return {
        "legends": [],
        "code": words["code_activations"].format(z=f"{z:g}"),
        "download": activations_svg(palette())[0],
        "title": "Activation functions: the value (bold) and its slope at every sum from −4 to 4",
        "file_name": "activation-functions.svg",
    }


def curve_in_use(name: str):
    """The curve wanted, [201]: a preset, or the one drawn."""
    if name == DRAWN:
        heights = session.get("drawn_curve") or heights_of(st.query_params.get("drawn"))
        if heights:
            session["drawn_curve"] = heights
            st.query_params["drawn"] = "_".join(map(str, heights))
            places = backend.grid()[:: (backend.POINTS - 1) // (len(heights) - 1)].tolist()
            return backend.drawn_target([(x, height / 100) for x, height in zip(places, heights, strict=True)])
        return backend.target("wave")
    return backend.target(name)


def take_curve(heights: list[int]) -> None:
    """The visitor drew: that is the curve from now on, once the whole page hears of it."""
    session.update(drawn_curve=heights, curve_is_new=True)


def approximate() -> dict:
    if session.pop("curve_is_new", False):
        session["target"] = DRAWN
    name = segments("Curve", [*backend.TARGETS, DRAWN], "target", "two waves")
    with st.container(horizontal=True, vertical_alignment="top"):
        activation = segments("Activation", list(backend.ACTIVATIONS), "activation", "relu", called=label_of)
        hidden = st.slider("Hidden neurons", 1, 40, 10, key="hidden_count", bind="query-params")
    y = curve_in_use(name)
    version = f"{name} {session.get('drawn_curve') if name == DRAWN else ''}"

    def show(fit) -> None:
        if session.get("curve_is_new"):
            st.rerun()  # drawn inside the fragment; the whole page has to hear of it
        said = fit_words(y, fit, activation, words) if fit else ""
        curve_pad(
            y, fit, key="curve_pad", version=version, activation=activation,
            words={**words, "verdict": said}, on_draw=take_curve,
        )  # fmt: skip

    long_work(
        FITTING,
        partial(backend.fit_curve, y, hidden, activation),
        show,
        progress=lambda fit: (fit.share, f"step {fit.step:,} of {fit.steps:,} · error {fit.error:.3f}"),
        verb="Train again",
        settings=(version, hidden, activation),
    )
    work = work_of(FITTING)
    fit = work.latest if work else None
    return {
        "legends": [],
        "code": words["code_curve"].format(
            curve=f'target("{name}")' if name in backend.TARGETS else 'target("wave")  # or drawn_target([(x, y), …])',
            hidden=hidden, activation=activation,
        ),
        "download": fit_svg(y, fit, activation, palette())[0],
        "title": f"A curve put together from {'1 neuron' if hidden == 1 else f'{hidden} neurons'}",
        "about": plain(fit_words(y, fit, activation, words)) if fit else "",
        "file_name": f"{name.replace(' ', '-')}-{hidden}-{activation}.svg",
    }  # fmt: skip


def folding() -> dict:
    bend = segments("Bend", list(FOLDS), "fold_bend", "relu", called=FOLDS.get, label_visibility="collapsed")
    lines = kept("lines", fold.lines_of, fold.START)
    folded = kept("folded", whole(0, 100), 100)

    def keep(given, share: int) -> None:
        session.update(lines=given, folded=share)

    fold_view(
        lines, key="fold_view", version=bend, bend=bend, folded=folded, names=fold.NAMES, words=words, on_move=keep
    )  # fmt: skip
    st.query_params.update({"lines": fold.write_lines(lines), "folded": str(folded)})
    corners = fold.hidden(lines, bend, fold.CORNERS)
    gap = fold.widest_gap(corners, fold.WANTED)
    verdict = words["fold_yes" if gap else "fold_no"]
    at = [f"({a:.2f}, {b:.2f})".replace("-", "−") for a, b in corners.tolist()]
    scene.values.update(red_at=at[1], green_at=at[2], fold_verdict=verdict)
    return {
        "legends": [words_legend("orange: go · blue: wait")],
        "code": words["code_fold"].format(lines=fold.write_lines(lines), bend=bend),
        "download": partial(fold_svg, lines, bend, palette()),
        "title": "Exclusive-or: two neurons fold the plane",
        "about": verdict,
        "file_name": "exclusive-or.svg",
    }


def take(preset: dict) -> None:
    """Put the settings of a preset into their places."""
    session.update({key: value for key, value in preset.items() if key.startswith("play_")})


def playing_settings() -> learning.Settings:
    """The controls: the points in a row, the rest behind buttons; layers and features are set in the drawing."""
    first = learning.Settings()
    left, right = st.columns([1.75, 1], vertical_alignment="center")
    with left:
        points = segments(
            "Points", list(SETS), "play_points", first.points, called=label_of, label_visibility="collapsed",
            wrap=True,
        )  # fmt: skip
    with right, st.container(horizontal=True, gap="small"):
        with st.popover("presets", icon=":material/bookmarks:", key="play_presets"):
            for name, preset in this.presets.items():
                st.button(preset["label"], key=f"preset_{name}", on_click=take, args=(preset,), width="stretch")
        more = st.popover("more", icon=":material/tune:", key="play_more")
    with more, st.container(horizontal=True):
        noise = number("noise, 0 to 0.5", "play_noise", 0.0, learning.MOST_NOISE, first.noise, step=0.05)
        share = number(
            "share learned from", "play_share", learning.LEAST_SHARE, learning.MOST_SHARE, first.share, step=0.1
        )
        rate = number("learning rate η", "play_rate", 1e-5, 10.0, first.rate, format="%g")
        batch = number("batch", "play_batch", 1, 500, first.batch)
        strength = number("regularisation λ", "play_strength", 0.0, 10.0, first.strength, format="%g")
        epochs = number("epochs", "play_epochs", 1, 2_000, first.epochs)
        seed = number("seed", "play_seed", 0, 1_000_000, first.seed)
    with more:
        bend = segments("activation", list(BENDS), "play_bend", first.bend, called=label_of)
        method = segments("way down", list(learning.METHODS), "play_method", first.method, called=label_of)
        pull = segments("regularisation", list(learning.PULLS), "play_pull", first.pull)
        start = segments("first weights", ["scaled", "playground"], "play_start", first.start)
        st.caption(words["play_more"])
    hidden = kept("play_layers", learning.read_layers, first.hidden)
    features = kept("play_features", learning.read_features, first.features)
    st.query_params.update({"play_layers": learning.written_layers(hidden), "play_features": "-".join(features)})
    return learning.Settings(
        points, noise, share, features, hidden, bend, method, rate, batch, pull, strength, start, epochs, seed
    )


def playing() -> dict:
    settings = playing_settings()
    session.pop("play_is_new", None)

    def shape(hidden: tuple[int, ...], features: tuple[str, ...]) -> None:
        session.update(play_layers=learning.written_layers(hidden), play_features="-".join(features), play_is_new=True)

    def look(neuron: str, index: int | None) -> None:
        session.update(play_neuron=neuron, play_point=index)
        for key, value in (("play_neuron", neuron), ("play_point", index)):
            write(key, None if value in ("", None) else str(value))

    def show(lap: learning.Lap | None) -> None:
        if session.get("play_is_new"):
            st.rerun()  # another network was asked for inside the fragment; the whole page has to hear of it
        lap = lap or next(learning.learn(settings))
        chosen = kept("play_neuron", str, "")[:5]
        point = kept("play_point", whole(0, len(lap.task.seen) - 1), None)
        playground(
            lap, key="playground", chosen=chosen, point=point, words=words, on_shape=shape,
            on_look=look,
        )  # fmt: skip

    long_work(
        PLAYING, partial(learning.learn, settings), show, verb="Train again", paced=True,
        settings=(settings, visitor()),  # a job of the visitor's own: others would find it at its end
        progress=lambda lap: (lap.share, f"epoch {lap.epoch} of {settings.epochs}"),
    )  # fmt: skip
    work = work_of(PLAYING)
    lap = (work.latest if work else None) or next(learning.learn(settings))
    scene.values.update(numbers=lap.network.parameters, seen_points=len(lap.task.seen))
    return {
        "legends": [signed_legend("says, weights: − 0 +"), words_legend(words["play_legend"])],
        "code": words["code_play"].format(settings=repr(settings)),
        "download": partial(network_figure, lap, palette()),
        "title": f"{label_of(settings.points)}: what each neuron says all over the plane".capitalize(),
        "file_name": f"{settings.points}-{learning.written_layers(settings.hidden)}.png",
    }


VIEWS = {
    "one matrix": one_matrix, "activations": activations, "fold": folding, "playground": playing,
    "approximate": approximate,
}  # fmt: skip

with chapter_stage(this) as scene:
    view = segments("Show", list(VIEWS), "bend", label_visibility="collapsed")
    figure = VIEWS[view]()
    scene.values.update(part=view, code=figure.pop("code").strip(), points=backend.POINTS, curves=len(backend.TARGETS))
    foot(this, values=scene.values, **figure)

if view == "activations":
    with scene.below:
        st.markdown(formulas_table(label_of))
        st.caption(words["formulas"])
