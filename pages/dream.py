"""Running it backwards: pictures dreamt from noise to a name, a detector's favourite, regularisers, DeepDream."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import streamlit as st

from explainer.chapters import chapter
from explainer.chapters.dream import figures
from explainer.chapters.dream.before_after import before_after
from explainer.chapters.dream.growth import Growth, grown, keepsake
from explainer.chapters.dream.switches import MAX_STRENGTH, SWITCHES, switched, switches_on
from explainer.corpus import indexed_layers
from explainer.dream import RECIPES, DreamError, Frame, class_objective, nearest_categories, read
from explainer.figures.patches import nine
from explainer.gallery import SAMPLES, sample, titled
from explainer.networks import EMBEDDED
from explainer.ui import state
from explainer.ui.card import card_button
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.foreign import as_text
from explainer.ui.guesses import guesses
from explainer.ui.linked import choice, follows, number, of_layer, segments
from explainer.ui.long_work import long_work, pause, work_of
from explainer.ui.looking_through import box_index, looked_through
from explainer.ui.theme import palette
from explainer.workshop import once

PARTS = ["a name", "a detector", "regularisers", "deepdream"]
FROM_NOISE = ["clear", "lucid", "yosinski", "naive"]
FIRST = "strawberry"
NAMES = (FIRST, "zebra", "ladybug", "tarantula", "dumbbell")  # one tap each; the last is the story of 2015
TEACHER = "squeezenet"  # of the network in the box
NO_GUIDE = "none"
PINS = 8
WIDEST = {"a name": 290, "a detector": 300, "regularisers": 290, "deepdream": 640}  # pixels of the picture
TICK = 0.1  # asked for ten times a second: what comes too early waits for its turn

follows("dream_kept", "category", "regularisers")
follows("regularisers", "recipe")
this = chapter("dream")
words = this.words
session = st.session_state
network = state.current_network()
kept = session.setdefault("dream_kept", {})  # settings outlive a visit to another chapter
pins = session.setdefault("dream_pins", [])


# --- settings, all of which stand in the link ---------------------------------------------------------


def start_with(key: str, default) -> object:
    """What a control shows: its own value, the link's, the last visit's, or the default."""
    return session.get(key, st.query_params.get(key, kept.get(key, default)))


def seed() -> int:
    return number("seed", "seed", 0, 9999, 0, width=64, help=words["seed"])


def category() -> str:
    """The category asked for, as typed or chosen."""
    default = FIRST if FIRST in network.categories else network.categories[0]
    given = start_with("category", default)
    names = list(network.categories)
    if "category" not in session:
        session["category"] = given
    if given not in names:
        names.insert(0, given)
    kept["category"] = st.selectbox(
        "category", names, names.index(default), key="category", accept_new_options=True,
        bind="query-params", width=196, help="Type a name: a thing, an animal, a food.",
    )  # fmt: skip
    return kept["category"] or default


def known(name: str) -> str | None:
    """The network's own spelling of a category; else the nearest names are offered."""
    try:
        return class_objective(name, network).terms[0].name
    except DreamError as error:
        st.warning(as_text(error), icon=":material/search:")
        with st.container(horizontal=True, gap="small"):
            for near in nearest_categories(name, network):
                st.button(as_text(near), key=f"near_{near}", on_click=session.update, kwargs={"category": near})
        return None


def recipe_choice() -> str:
    def fresh() -> None:
        if "recipe" in session:  # it is not when a link has just been followed away from here
            session["regularisers"] = switches_on(RECIPES[session["recipe"]])

    return choice("recipe", FROM_NOISE, "recipe", FROM_NOISE[0], width=120, on_change=fresh, help=words["recipes"])


def steps_wanted() -> int:
    return number("steps", "dream_steps", 8, 2000, 256, width=84)


# --- the four parts: each says what to dream and how --------------------------------------------------


def a_name() -> dict | None:
    """From noise to a category."""
    with controls:
        asked, recipe, steps, chance = category(), recipe_choice(), steps_wanted(), seed()
    with st.container(horizontal=True, gap="small", key="dream_names"):
        for one in NAMES:
            if one in network.categories:
                st.button(one, key=f"dream_{one}", type="tertiary", on_click=session.update, kwargs={"category": one})
    name = known(asked)
    return name and {
        "objective": f"class:{name}", "recipe": RECIPES[recipe], "steps": steps, "seed": chance, "wanted": name,
        "thing": name, "about": words["objective_name"],
    }  # fmt: skip


def regularisers() -> dict | None:
    """The same, with every regulariser as a switch."""
    with controls:
        asked, recipe, steps, chance = category(), recipe_choice(), steps_wanted(), seed()
        strength = number("strength", "dream_strength", 0.1, MAX_STRENGTH, 1.0, step=0.5, width=84,
                          help="How long each step is, beside the recipe’s own.")  # fmt: skip
    if "regularisers" not in session and "regularisers" not in st.query_params and "regularisers" in kept:
        session["regularisers"] = kept["regularisers"]
    kept["regularisers"] = st.pills(
        "regularisers", list(SWITCHES), selection_mode="multi", default=switches_on(RECIPES[recipe]),
        key="regularisers", bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    name = known(asked)
    return name and {
        "objective": f"class:{name}", "recipe": switched(RECIPES[recipe], kept["regularisers"], strength),
        "steps": steps, "seed": chance, "wanted": name, "thing": name, "about": words["objective_name"],
    }  # fmt: skip


def a_detector() -> dict:
    """The favourite of a unit or channel of any layer."""
    layers = [layer.name for layer in network.layers]
    of_conv = indexed_layers(network)
    with controls:
        name = choice("layer", layers, "layer", of_conv[min(2, len(of_conv) - 1)], width=124)
        layer = network.layer(name)
        of_layer(name)
        unit = number("detector", "unit", 0, layer.shape[0] - 1, 0, width=96)
        card_button(name, unit, "card_of_dreamt")
        kinds = ["channel", "unit"]
        kind = choice("looked at", kinds, "dream_kind", kinds[0], width=116,
                      help="channel: everywhere in the picture. unit: one place, just what it sees.")  # fmt: skip
        steps, chance = number("steps", "detector_steps", 8, 2000, 128, width=84), seed()
    about = "objective_neuron" if not layer.spatial else f"objective_{kind}"
    side = layer.window.size or network.preprocessing.size
    return {
        "objective": f"{kind}:{name}:{unit}", "recipe": RECIPES["detector" if layer.spatial else "clear"],
        "steps": steps, "seed": chance, "layer": name, "unit": unit, "thing": f"{name} {unit}",
        "window": f"{side} × {side} pixels", "about": words[about],
    }  # fmt: skip


def deepdream() -> dict:
    """The chosen picture, and more of what a layer sees in it."""
    picture = state.current_picture()
    layers = [layer.name for layer in network.layers if layer.spatial]
    of_conv = indexed_layers(network)
    with controls:
        layer = choice("layer", layers, "deep_layer", of_conv[max(0, len(of_conv) - 2)], width=100)
        octaves = number("octaves", "octaves", 1, 6, 4, width=64, help="Sizes the picture is dreamt on at.")
        each = number("steps each", "octave_steps", 1, 40, 10, width=74)
        strength = number("strength", "deep_strength", 0.1, 20.0, 1.5, step=0.5, width=72,
                          help="Mean change of a colour value by a step, of 255.")  # fmt: skip
        guide = choice("guide", [NO_GUIDE, *SAMPLES], "guide", NO_GUIDE, called=titled, width=116,
                       help="A picture whose features are to grow.")  # fmt: skip
        scenes = number("scenes", "scenes", 1, 40, 1, width=62, help="More than one make a film that zooms in.")
        chance = seed()
    recipe = replace(RECIPES["deepdream"], octaves=octaves, iterations=each, rate=strength, scenes=scenes)
    guided = guide != NO_GUIDE
    return {
        "objective": f"layer:{layer}", "recipe": recipe, "steps": recipe.steps, "seed": chance, "start": picture,
        "guide": guide if guided else None, "layer": layer, "thing": "picture",
        "about": words["objective_guide" if guided else "objective_deepdream"],
    }  # fmt: skip


def beginning() -> Callable[[], Iterator[Growth]]:
    """What begins the dream that is asked for."""
    guide = task.get("guide")
    return partial(
        grown, network, task["objective"], task["recipe"], steps=None if deep else task["steps"], seed=task["seed"],
        start=task.get("start"), guide=sample(guide) if guide else None, kept=40 if deep else 80,
    )  # fmt: skip


# --- what stands on the stage ---------------------------------------------------------------------------


def show(growth: Growth | None) -> None:
    """The picture, and beside it what is read in it and how it came so far."""
    if growth is None:
        st.html('<div class="quiet">Press Start.</div>')
        return
    frame, running = growth.frame, work_of(work_key).running
    left, right = st.columns([1.9, 1] if deep else [1.15, 1], gap="medium")
    with left:
        before_after(
            frame.pixels, key=f"{work_key}_picture", alt=figures.said_by(frame), before=growth.before,
            before_alt="The picture before", moving=running, crisp=frame.pixels.shape[0] < 128, widest=WIDEST[part],
        )  # fmt: skip
        curve = figures.objective_curve(growth, palette())
        if part in ("a name", "a detector"):
            st.html(curve)
    with right:
        if part == "a detector":
            best_of_the_box()
            return
        guesses(frame.guesses[: 4 if part == "a name" else 3], f"{network.label} guesses")
        if deep:
            st.html(curve)
        if "wanted" in task:
            st.html(figures.guess_curve(growth, task["wanted"], palette()))
            if not running:
                second_opinion(growth)


def second_opinion(growth: Growth) -> None:
    """What another network reads in the picture; of the one that taught this network, that it did."""
    other = state.second_network()
    if other is None:
        st.html(f'<div class="quiet">{words["no_second"]}</div>')
        return
    asked = ("read", other.digest, work_of(work_key).job.key, growth.frame.step)
    taught = other.name == TEACHER and network.name == EMBEDDED
    best = once(asked, partial(read, other, growth.frame.pixels))
    st.html(figures.read_by(other.label, best, words["teacher"] if taught else ""))


def best_of_the_box() -> None:
    """The nine patches of the gallery in which the detector fires most."""
    if task["layer"] not in indexed_layers(network):
        st.html(f'<div class="quiet">{words["no_nine"]}</div>')
        return
    if not index.complete:
        st.html(f'<div class="quiet">{words["not_yet"].format(pictures=len(corpus))}</div>')
        if work_of(work_key).running or not looked_through(network, corpus, index):
            return
    asked = ("sheet of nine", network.digest, corpus.digest, index.done, task["layer"], task["unit"])
    found = once(asked, partial(nine, network, corpus, index, task["layer"], task["unit"]))
    if found is None:
        st.html(f'<div class="quiet">{words["silent"].format(pictures=len(corpus))}</div>')
        return
    sheet, alt = found
    st.html(f'<div class="quiet">{words["nine"].format(pictures=len(corpus))}</div>')
    st.image(sheet, width=290, alt=alt)


def put_on_shelf(pins: list, frame: Frame) -> None:
    """A picture and its settings, at the end of the shelf; the same one only once."""
    others = [other for other in pins if (other.settings, other.step) != (frame.settings, frame.step)]
    pins[:] = [*others, keepsake(frame)][-PINS:]


def pin() -> None:
    """Put the picture of now on the shelf."""
    work = work_of(work_key)
    if work and work.latest:
        put_on_shelf(pins, work.latest.frame)


def downloads() -> None:
    """The film, and a place on the shelf."""
    work = work_of(work_key)
    nothing = work is None or work.latest is None
    with take_away:
        for kind in ("gif", "mp4"):
            st.download_button(
                kind.upper(), lambda kind=kind: getattr(work.latest.film, kind)(), f"dream.{kind}", key=f"dream_{kind}",
                icon=":material/movie:", on_click="ignore", disabled=nothing,
            )  # fmt: skip
        st.button("Pin", key="dream_pin", icon=":material/keep:", on_click=pin, disabled=nothing)


with chapter_stage(this) as scene, st.container(gap="small"):
    with st.container(horizontal=True, gap="small"):
        part = segments("part", PARTS, "dream", label_visibility="collapsed", wrap=True)
        take_away = st.container(horizontal=True, horizontal_alignment="right", gap="small", key="dream_take")
    deep, work_key = part == "deepdream", f"dream_{PARTS.index(part)}"
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="dream_controls")
    parts = {"a name": a_name, "a detector": a_detector, "regularisers": regularisers, "deepdream": deepdream}
    task = parts[part]()
    for other in range(len(PARTS)):
        work = work_of(f"dream_{other}")
        if work and work.running and f"dream_{other}" != work_key:
            pause(f"dream_{other}")  # the machine is needed for what is in sight
    if part == "a detector":
        corpus, index = box_index(network)
    if task:
        start = task.get("start")
        settings = (
            network.digest, task["objective"], task["recipe"], task["steps"], task["seed"], task.get("guide"),
            start and start.digest,
        )  # fmt: skip
        long_work(
            work_key, beginning(), show, progress=figures.progress, verb="Start again", settings=settings, tick=TICK
        )
        work = work_of(work_key)
        if part == "regularisers" and work.whole and session.get("dream_shelved") != work.watcher:
            session["dream_shelved"] = work.watcher
            put_on_shelf(pins, work.latest.frame)
        downloads()

    recipe = task["recipe"] if task else RECIPES["clear"]
    reached = task and work.latest
    high, wide, _ = reached.frame.pixels.shape if reached else (224, 224, 3)
    values = {
        "thing": session.get("category", FIRST), "layer": "", "unit": 0, "window": "", "guide": None,
        "seed": 0, "steps": 0, "objective": "", "about": words["objective_name"], **(task or {}),
        "network": network.name, "network_title": network.title, "picture": session["picture"],
        "parameters": f"{sum(layer.parameters for layer in network.layers):,}", "pixels": f"{3 * high * wide:,}",
        "shape": f"three for each of {wide} × {high} pixels",
        "at_work": figures.work_words(recipe), "so_far": figures.so_far_words(reached.frame if reached else None),
        "recipe": figures.recipe_code(recipe),
        "guide_import": "from explainer import gallery\n" if task and task.get("guide") else "",
        "guide_code": f'gallery.sample("{task["guide"]}")' if task and task.get("guide") else None,
    }  # fmt: skip
    values["objective_words"] = values["about"].format(**values)
    values["code"] = words["code_deepdream" if deep else "code_name"].strip().format(**values)
    scene.values.update(values, part=part)
    colours = palette()
    if task:
        foot(
            this,
            legends=[f'<span class="legend">{words["legend_name" if "wanted" in task else "legend"]}</span>'],
            values=values,
            download=(
                (lambda: figures.dream_figure(work.latest.frame, colours, work.latest.before if deep else None))
                if reached
                else None
            ),
            title=f"DeepDream: more of what {values['layer']} sees in it" if deep else f"Dreamt: {values['thing']}",
            file_name=f"dream-{values['thing'].replace(' ', '-')}.png",
        )

with scene.below:
    if pins:
        st.html(figures.shelf(pins))
        st.button("Clear the shelf", key="dream_clear", on_click=pins.clear)
    if part == "regularisers":
        if not pins:
            st.html(f'<div class="quiet">{words["shelf"]}</div>')
        st.html(figures.switches_list({name: words[f"switch_{name}"] for name in SWITCHES}))
