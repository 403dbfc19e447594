"""Backpropagation: one example walked through stop by stop, a network trained live, good settings searched for."""

import hashlib
import inspect
from dataclasses import asdict
from functools import partial
from uuid import uuid4

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from explainer.chapters import chapter
from explainer.chapters.backpropagation import lesson as backend
from explainer.chapters.backpropagation.backprop_stepper import backprop_stepper
from explainer.chapters.backpropagation.figures import (
    confusion_table,
    curve_legend,
    curve_rows,
    curves,
    gradient_sheet,
    gradient_table,
    hidden_picture,
    hidden_sheet,
    stop_svg,
    trials_map,
    trials_race,
    trials_rows,
    wrong_ones,
)
from explainer.chapters.backpropagation.hill import STEPS, start_of, walk_down
from explainer.chapters.backpropagation.hill_figures import hill_rows, level_map
from explainer.chapters.backpropagation.hill_view import ANGLES, angles_of, hill_view
from explainer.chapters.backpropagation.hills import (
    HILLS,
    LIGHTS,
    MOMENTA,
    NETWORKS,
    NUMBERS,
    PAIR,
    RATES,
    hill_of,
    told,
)
from explainer.chapters.backpropagation.witnesses import (
    asked_about,
    asked_label,
    gap_words,
    witnesses,
    witnesses_html,
)
from explainer.digits import (
    METHODS,
    PRESETS,
    SPACE,
    Settings,
    Training,
    check_gradient,
    full_digits_folder,
    load_digits,
    load_training,
    parameters_of,
    save_training,
    small_digits,
)
from explainer.digits.network import COSTS, INITIAL_WEIGHTS, Quadratic, backprop
from explainer.errors import ExplainerError
from explainer.figures.digits import a_digit, ink_tiles
from explainer.ui.awaited import awaited
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.chart import chart, csv, numbers, table
from explainer.ui.digit_reader import has_room
from explainer.ui.foreign import as_text
from explainer.ui.legends import activation_legend, count_legend, signed_legend
from explainer.ui.linked import follows, kept, number, segments, several, slide, whole, write
from explainer.ui.long_work import forget, long_work, take_over, work_of
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid

LESSONS = ["walk", "train", "tune", "hill"]
CLOSER = ["every gradient", "check it", "the algorithm"]
LEARNING, TUNING = "learning", "tuning"  # the work in the session
PICTURES = ["what changed", "weights"]
TOO_FEW = Settings(hidden=(100,), epochs=60, rate=0.5, cost="cross-entropy", initial="scaled")
STARTS = {"fifteen": Settings(), **PRESETS, "too few": TOO_FEW}
AMOUNTS = [str(count) for count in (50, 100, 200, 500, 1000, 2000, 4000, 10_000, 20_000, 60_000)]
HERE, FEW = "4000", "100"  # examples: all that come with the app; too few
SEEDS = 1_000_000

follows("walk_at", "stop")
follows("walk_lesson", "walk_case")
follows("hill_turn", "hill_turn")
this = chapter("backpropagation")
words = this.words
session = st.session_state


# --- one example ------------------------------------------------------------------------------------


def walk_through() -> dict:
    with bar:
        case = segments("Case", list(backend.CASES), "walk_case", backend.CASES[0], label_visibility="collapsed")
        with st.popover("settings", icon=":material/tune:", key="walk_settings"):
            cost = segments("cost", list(COSTS), "walk_cost", "quadratic")
            rate = number("learning rate η", "walk_rate", 0.01, 100.0, 3.0)
    lesson = session.get("walk_lesson")
    if lesson is None or lesson.case != case:
        lesson = session["walk_lesson"] = backend.first_lesson(case, small_digits())
        session.pop("walk_at", None)
    done = lesson.walk(cost, rate)
    stop, output, hidden = session.get("walk_at") or (_stop_in_link(), *backend.where_to_look(lesson, done))

    def step(*place: int) -> None:
        session["walk_at"] = place

    def following() -> None:
        session["walk_lesson"] = lesson.following(done, small_digits())
        session.pop("walk_at", None)
        st.query_params.pop("stop", None)

    backprop_stepper(
        done, backend.cost_parts(done, cost), key="stepper", version=f"{case} {lesson.number} {cost} {rate}",
        at=(stop, output, hidden), words=words, on_step=step, on_next=following,
    )  # fmt: skip
    if stop:
        st.query_params["stop"] = str(stop + 1)
    else:
        st.query_params.pop("stop", None)
    with st.container(key="written_out", height=92, border=False):
        st.latex(backend.written_out(done, cost, stop, output, hidden))
    with scene.below:
        closer = segments("Look closer", CLOSER, "closer", CLOSER[0])
        {"every gradient": every_gradient, "check it": check_it, "the algorithm": algorithm}[closer](lesson, done, cost)
    heads = [words["head_pixels"], *(words.get(f"head_{kind}_{stop}", words[f"head_{kind}{more}"])
             for kind, more in (("hidden", ""), ("output", "s")))]  # fmt: skip
    scene.values.update({
        "label": lesson.label, "cost_before": f"{done.cost:.3f}", "cost_after": f"{done.cost_after:.3f}",
    })  # fmt: skip
    return {
        "legends": [signed_legend("forward: the sum, back: the cost"), activation_legend("activation, 0 to 1")],
        "code": words["code_walk"].strip().format(cost=cost, rate=rate),
        "download": partial(stop_svg, done, backend.cost_parts(done, cost), stop, heads, palette()),
        "title": f"One step of learning, {stop + 1} of {len(backend.STOPS)}: {backend.STOPS[stop]}",
        "about": f"A picture of {a_digit(lesson.label)}; the step takes the cost from {done.cost:.3f} to "
        f"{done.cost_after:.3f}.",
        "file_name": f"learning-{stop + 1}-{backend.STOPS[stop].replace(' ', '-')}.svg",
    }


def _stop_in_link() -> int:
    """The stop that the link names, counted from 1 there."""
    return kept("stop", whole(1, len(backend.STOPS)), 1) - 1


def every_gradient(lesson, done, cost) -> None:
    st.html(gradient_table(done, palette()))
    st.caption(words["gradient_table"])
    st.image(gradient_sheet(done, palette()), alt=words["tiles"])
    st.caption(words["tiles"])


def check_it(lesson, done, cost) -> None:
    """Finite differences against backpropagation, for this very example."""
    st.html(f'<p class="quiet">{words["check"]}</p>')
    total = parameters_of(lesson.network)
    with st.container(horizontal=True):
        some = st.button("Nudge every 40th", key="check_some")
        every = st.button(f"Nudge all {total:,}", key="check_all")
    if some or every:
        session["checked"] = (lesson, cost, 1 if every else 40, uuid4().hex)
    asked = session.get("checked")
    if asked and asked[0] is lesson and asked[1] == cost:
        nudged = partial(check_gradient, lesson.network, lesson.picture, lesson.label, COSTS[cost], every=asked[2])
        found = awaited("checking", asked[3], nudged, "Nudging …")
        if found is None:
            return
        where = "bias" if found.column is None else f"weight from {found.column}"
        st.html(
            '<p class="check">'
            + words["checked"].format(
                checked=f"{found.checked:,}", largest=f"{found.largest:.1e}", layer=found.layer + 1, row=found.row,
                where=where, by_backprop=f"{found.by_backprop:.10f}", by_difference=f"{found.by_difference:.10f}",
            )
            + "</p>"
        )  # fmt: skip


def algorithm(lesson, done, cost) -> None:
    """The source of what runs, from the module itself."""
    st.caption(words["algorithm"])
    st.code("\n\n".join(inspect.getsource(part) for part in (backprop, COSTS[cost])), language="python")


# --- training ---------------------------------------------------------------------------------------


def take(settings: Settings) -> None:
    """Put settings into the widgets; and enough examples, or too few."""
    if settings is TOO_FEW:
        session["learn_from"] = FEW
    elif int(session.get("learn_from", HERE)) < int(HERE):
        session["learn_from"] = HERE
    for name, value in asdict(settings).items():
        session[f"learn_{name}"] = value[0] if name == "hidden" else value


def chosen_settings() -> Settings:
    """The widgets in a row, the rarer ones behind a button."""
    first = Settings()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="learn_row"):
        with st.container(width=180):
            session["learn_examples"] = slide(
                "examples to learn from", AMOUNTS, "learn_from", HERE, lambda count: f"{int(count):,}"
            )
        hidden = number("hidden", "learn_hidden", 1, 1_000, first.hidden[0], width=76)
        rate = number("rate η", "learn_rate", 0.001, 100.0, first.rate, width=76)
        batch = number("batch", "learn_batch", 1, 1_000, first.batch, width=76)
        epochs = number("epochs", "learn_epochs", 1, 100, first.epochs, width=76)
        regularisation = number("λ", "learn_regularisation", 0.0, 100.0, first.regularisation, width=76)
    with more:
        cost = segments("cost", list(COSTS), "learn_cost", first.cost)
        initial = segments("initial weights", list(INITIAL_WEIGHTS), "learn_initial", first.initial)
        decay = number("rate × after each epoch", "learn_decay", 0.01, 1.0, first.decay, step=0.05)
        seed = number("seed", "learn_seed", 0, SEEDS, first.seed)
        st.caption(words["more_settings"])
    return Settings((hidden,), epochs, rate, batch, cost, initial, regularisation, decay, seed)


def digits_to_learn():
    """As many as chosen, of all of MNIST where they are here; a panel that brings them where not."""
    count = int(session["learn_examples"])
    if count <= int(HERE):
        return small_digits().first(count)
    if full_digits_folder() is None:
        going_on = bool(_fetches().get("mnist") and _fetches()["mnist"].is_alive())
        st.fragment(fetch_panel, run_every=0.5 if going_on else None)(going_on)
        return small_digits()
    try:
        with st.spinner("Reading MNIST …"):
            return load_digits("full").first(count)
    except ExplainerError as error:
        st.error(f"{as_text(error)} Until then, the 5,000 are learned from.", icon=":material/info:")
        return small_digits()


@st.cache_resource
def _fetches() -> dict[str, backend.DigitsFetch]:
    """Shared by all visitors: nobody fetches what another is fetching."""
    return {}


def fetch_panel(was_going_on: bool) -> None:
    fetch = _fetches().get("mnist")
    if was_going_on and not fetch.is_alive():
        st.rerun()
    if fetch and fetch.is_alive():
        st.progress(fetch.share, f"{fetch.share * backend.MNIST_BYTES / 1e6:.1f} of {backend.MNIST_BYTES / 1e6:.1f} MB")
        return
    if fetch and fetch.trouble:
        st.error(as_text(fetch.trouble), icon=":material/cloud_off:")
    st.caption(words["not_here"])
    if st.button(f"Fetch {backend.MNIST_BYTES / 1e6:.0f} MB", icon=":material/download:", key="fetch_mnist"):
        _fetches()["mnist"] = backend.DigitsFetch()
        st.rerun()


def course_now() -> backend.Course | None:
    work = work_of(LEARNING)
    return work.latest if work else None


def opened() -> None:
    """A file came: put its training there, resting."""
    file = session.get("learn_file")
    session.pop("learn_trouble", None)
    if not isinstance(file, UploadedFile):  # none, or one that is no longer kept for this visitor
        return
    data = session.get("learn_data") or small_digits()
    if len(data.train_labels) < int(HERE):
        data = small_digits()  # as many as the slider is put to
    try:
        training = load_training(file.getvalue(), len(data.train_labels))
    except ExplainerError as error:
        session["learn_trouble"] = str(error)
        return
    take(training.settings)
    course = backend.Course.of(training, data)
    take_over(LEARNING, course.follow, course)


def show_course(course: backend.Course | None) -> None:
    """Curves and confusion side by side, then the hidden neurons and the digits read wrongly."""
    if course is None:
        course = backend.Course.of(Training.start(session["learn_wanted"]), session["learn_data"])
    with st.container(gap="xsmall"):
        draw_course(course)


def draw_course(course: backend.Course) -> None:
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        st.html(curve_legend(palette()))
        figure, alt = curves(course.history, palette())
        chart(figure, alt, key="curves")
    with right:
        st.html(confusion_table(course.latest, palette()))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html('<div class="quiet">the hidden neurons, each a picture</div>', width="stretch")
        pictures = segments("Pictures", PICTURES, "learn_pictures", PICTURES[0], label_visibility="collapsed")
    picture, alt = hidden_sheet(course.shown(pictures == PICTURES[0]), palette())
    st.image(picture, alt=alt, width="stretch")
    st.html(wrong_ones(course.training.network, course.data, palette()))


def train_live() -> dict:
    global more
    with bar:
        with st.container(horizontal=True, gap="xsmall", key="presets", width="content"):
            for name, settings in STARTS.items():
                st.button(name, key=f"start_{name}", on_click=take, args=(settings,), help=words[f"preset_{name}"])
        more = st.popover("more", key="learn_more")
        files = st.popover("file", key="learn_files")
    wanted = chosen_settings()
    data = digits_to_learn()
    session["learn_wanted"], session["learn_data"] = wanted, data
    course = course_now()
    if course:
        work_of(LEARNING).send(wanted)
        waiting = backend.needs_new_start(course.training.settings, wanted)
        waiting += () if backend.same_digits(course.data, data) else ("digits",)
        under_way = not work_of(LEARNING).done or work_of(LEARNING).stopped
        if waiting and under_way:
            with st.container(horizontal=True, vertical_alignment="center", key="learn_changes"):
                st.caption(words["waiting"].format(names=", ".join(waiting)))
                st.button(
                    "Start anew", key="learn_anew", on_click=forget, args=(LEARNING,), icon=":material/restart_alt:"
                )
    with files:
        if course:
            st.download_button(
                "Save the network", lambda: save_training(course.training), "digits.safetensors",
                icon=":material/save:", key="learn_save", on_click="ignore",
            )  # fmt: skip
            numbers(
                lambda: curve_rows(course.history), "training.csv", key="curve_numbers", called="Numbers of the curves"
            )
            if has_room(course.training.network) and st.button(
                "Draw a digit for it", icon=":material/draw:", key="learn_draw"
            ):  # fmt: skip
                session["digit_network"] = "yours"
                st.switch_page(session["pages"]["digits"], query_params={"digit_from": "draw"})
        else:
            st.caption(words["nothing_to_save"])
        st.file_uploader(words["load"], type=["safetensors"], key="learn_file", on_change=opened)
    if session.get("learn_trouble"):
        st.error(as_text(session["learn_trouble"]), icon=":material/info:")
    long_work(
        LEARNING,
        partial(backend.begin, wanted, data),
        show_course,
        progress=lambda course: (course.latest.share, course.words),
        paced=backend.is_short(wanted, data),
    )
    as_changes, colours = session.get("learn_pictures") == PICTURES[0], palette()
    scene.values["gap"] = gap_words(course, words)
    if course and not work_of(LEARNING).running and course.latest.examples:
        with scene.below:
            who_taught_it(course)

    def hidden_neurons() -> bytes:
        return hidden_picture(course.shown(as_changes), colours)

    return {
        "legends": [signed_legend("weight: − 0 +"), count_legend("misread: never to most often")],
        "code": words["code_train"].strip().format(**asdict(wanted)),
        "download": hidden_neurons if course else None,
        "title": "The hidden neurons’ weights" + (": what training changed" if as_changes else ""),
        "file_name": "hidden-neurons.png",
    }


def who_taught_it(course: backend.Course) -> None:
    """A misread digit to choose, and the examples that spoke for and against the answer to it."""
    data, asked = course.data, asked_about(course)
    st.html(f'<h3 class="section">{words["witness_head"]}</h3>')
    index = kept("learn_asked", whole(0, len(data.test_labels) - 1), asked[0])
    index = index if index in asked else asked[0]
    tile_grid(
        ink_tiles(data.test_images[asked], palette()),
        key="learn_asked_sheet",
        labels=[asked_label(course, number, words) for number in asked],
        selected=asked.index(index),
        on_select=lambda place: session.update(learn_asked=asked[place]),
        alt=words["asked_alt"],
        columns=12,
        narrow_columns=6,
    )
    st.query_params["learn_asked"] = str(index)
    digest = hashlib.sha256(course.training.network.weights[0].numpy().tobytes()).hexdigest()
    found = awaited(
        "witnesses", (digest, data.name, len(data.train_labels), index), partial(witnesses, course, index),
        words["witness_waits"],
    )  # fmt: skip
    if found is not None:
        st.html(witnesses_html(found, course, palette(), words))
        st.caption(words["witness_note"])


# --- the search -------------------------------------------------------------------------------------


def pick_trial(point: dict) -> None:
    """From a point of a chart, which carries its trial's number."""
    session["trial_picked"] = point.get("customdata")


def train_with(settings: Settings) -> None:
    """From a search to a training."""
    take(settings)
    forget(LEARNING)
    session["lesson"] = "train"


def named(method: str) -> str:
    """A way to search as its button calls it."""
    return "Bayesian" if method == "bayesian" else method


def search() -> dict:
    with bar:
        method = segments("search", list(METHODS), "tune_method", "random", called=named, label_visibility="collapsed")
    st.caption(words[f"method_{method}"])
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        budget = number("trials", "tune_budget", 1, 60, 12, width=84)
        epochs = number("epochs", "tune_epochs", 1, 10, 2, width=84)
        seed = number("seed", "tune_seed", 0, SEEDS, 0, width=84)
        over = several("search over", list(SPACE), "tune_over", ["rate", "hidden"], wrap=True)
    over = tuple(name for name in SPACE if name in over)

    def show_trials(trials) -> None:
        searched = tuple(trials[0].values) if trials else over
        columns = st.columns([1.25, 1], gap="medium")
        for column, key, (figure, alt) in zip(
            columns, ("trials", "race"),
            (trials_map(trials or (), searched, palette()), trials_race(trials or (), palette())), strict=True,
        ):  # fmt: skip
            with column:
                chart(figure, alt, key=key, on_pick=pick_trial if trials else None)
        if trials:
            ranked = sorted(trials, key=lambda trial: -trial.accuracy)
            picked = next((trial for trial in trials if trial.number == session.get("trial_picked")), ranked[0])
            which = "the best" if picked is ranked[0] else f"trial {picked.number}"
            with st.container(horizontal=True, vertical_alignment="center"):
                if st.button(
                    f"Train with {which}: {picked.accuracy:.1%}", key="take_best", icon=":material/school:",
                    on_click=train_with, args=(picked.settings,),
                ):  # fmt: skip
                    st.rerun()
                st.caption(words["pick_trial"])
            table(
                trials_rows(trials), f"{len(trials)} trials and their settings, the best first", key="trials_table",
                on_pick=lambda row: session.update(trial_picked=ranked[row].number), height=210,
            )  # fmt: skip
        else:
            st.html(f'<p class="quiet">{words["no_trials"]}</p>')

    long_work(
        TUNING, partial(backend.search, method, budget, over, epochs, seed), show_trials, verb="Search",
        progress=lambda trials: (len(trials) / budget, f"trial {len(trials)} of {budget}"),
    )  # fmt: skip
    figure_trials = work_of(TUNING).latest if work_of(TUNING) else ()
    return {
        "legends": [activation_legend("right, 0 to 100%; the line: best so far")],
        "code": words["code_tune"].strip().format(method=method, trials=budget, over=over, epochs=epochs, seed=seed),
        "download": (lambda: csv(trials_rows(figure_trials))) if figure_trials else None,
        "file_name": "trials.csv",
    }


# --- the hill ---------------------------------------------------------------------------------------


def turn_the_hill(angles: tuple[int, int]) -> None:
    session["hill_turn"] = angles
    write("hill_turn", "_".join(map(str, angles)))


def down_the_hill() -> dict:
    with bar:
        which = segments("Hill", list(HILLS), "hill_of", "most curved", label_visibility="collapsed")
    first, second, third, fourth = st.columns([1.5, 1, 1, 0.9], vertical_alignment="bottom")
    with first:
        rate = slide("learning rate η", list(RATES), "hill_rate", "3")
    with second:
        momentum = slide("momentum μ", list(MOMENTA), "hill_momentum", "0")
    with third:
        steps = slide("steps", [str(n) for n in range(1, STEPS + 1)], "hill_steps", str(STEPS))
    with fourth, st.popover("more", icon=":material/tune:", key="hill_more"):
        network = segments("network", list(NETWORKS), "hill_network", "trained")
        pair = (
            number("first number", "hill_first", 1, NUMBERS, PAIR[0]),
            number("second number", "hill_second", 1, NUMBERS, PAIR[1]),
        )
        across = number("start in a, −1 to 1", "hill_a", -1.0, 1.0, -0.8, step=0.1)
        down = number("start in b, −1 to 1", "hill_b", -1.0, 1.0, 0.3, step=0.1)
        st.caption(words["hill_more"])
        lights = segments("of the one neuron", list(LIGHTS), "hill_lights")
    asked = (which, network, {"one neuron": LIGHTS[lights], "two weights": pair}.get(which, PAIR))
    hill = awaited("hill", asked, partial(hill_of, *asked), words["hill_surveying"])
    way = hill and walk_down(hill, start_of(hill, (across, down)), float(rate), float(momentum), int(steps))
    bends = told(hill)
    scene.values["hill_rates"] = words["hill_rates" if bends["leaps"] else "hill_no_rates"].format(**bends)
    said = ""
    if hill:
        taken = len(way.places) - 1
        said = words[f"hill_{way.kind}"].format(
            steps=words["hill_one_step" if taken == 1 else "hill_many_steps"].format(steps=taken),
            before=f"{way.costs[0]:.3f}",
            after=f"{way.costs[-1]:.3f}",
        )
        if (step := way.left(hill)) is not None:
            said += f" {words['hill_gone'].format(step=step)}"
        named_so = {"said": said, "a": hill.axes[0], "b": hill.axes[1]}
        left, right = st.columns(2, gap="small")
        with left:
            hill_view(
                hill, way, key="hill_view", alt=words["hill_surface_alt"].format(**named_so),
                angles=kept("hill_turn", angles_of, ANGLES), words=words, on_turn=turn_the_hill,
            )  # fmt: skip
        with right:
            chart(
                level_map(hill, way, palette()),
                words["hill_map_alt"].format(**named_so),
                key="hill_map",
            )
        st.html(f'<p class="check" role="status">{said}</p>')
    return {
        "legends": [activation_legend("cost: low to high")],
        "code": words["code_hill"]
        .strip()
        .format(which=which, network=network, pair=asked[2], rate=rate, momentum=momentum, start=(across, down)),
        "download": (lambda: csv(hill_rows(way))) if way else None,
        "title": "Down the hill of the cost",
        "about": said,
        "file_name": "way-down.csv",
    }


VIEWS = {"walk": walk_through, "train": train_live, "tune": search, "hill": down_the_hill}

with chapter_stage(this) as scene:
    bar = st.container(horizontal=True, vertical_alignment="center", gap="xsmall")
    with bar:
        lesson_name = segments("Show", LESSONS, "lesson", "walk", label_visibility="collapsed")
        st.space("stretch")
    figure = VIEWS[lesson_name]()
    data = small_digits()
    scene.values.update({
        "part": lesson_name, "digits": f"{len(data.train_labels):,}", "tested": f"{len(data.test_labels):,}",
        "parameters": f"{parameters_of(Training.start(Settings()).network):,}",
        "quadratic": Quadratic.name, "code": figure.pop("code"),
    })  # fmt: skip
    foot(this, values=scene.values, **figure)
