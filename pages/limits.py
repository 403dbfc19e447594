"""What a network doesn't understand: turned, shifted and scaled things, parts upside down, things out of place."""

from functools import partial
from html import escape

import numpy as np
import streamlit as st

from explainer.attribution import painting
from explainer.chapters import chapter
from explainer.chapters import limits as backend
from explainer.chapters.limits import figures
from explainer.chapters.limits.box_marker import box_marker
from explainer.chapters.limits.parts import seen
from explainer.chapters.limits.sweep_view import sweep_view
from explainer.figures.shares import in_percent
from explainer.gallery import SAMPLES, titled
from explainer.networks import Network, labels
from explainer.pictures import Picture
from explainer.ui import state
from explainer.ui.awaited import awaited
from explainer.ui.chapter import Scene, chapter_stage, foot
from explainer.ui.chart import numbers, table
from explainer.ui.linked import choice, kept, segments, whole
from explainer.ui.long_work import long_work, work_of
from explainer.ui.region_brush import region_brush
from explainer.ui.theme import palette
from explainer.workshop import once

SIDES = ["sweep", "parts upside down", "context", "nudge"]
NONE = "no other"
AT_ONCE = 55  # thousand million multiplications: a second or two on two cores

this = chapter("limits")
network, picture, trace = state.current_network(), state.current_picture(), state.current_trace()
names = labels.category_names(network)


def control_bar():
    return st.container(horizontal=True, vertical_alignment="bottom", gap="small")


def remembered(key: str, default: str) -> str:
    """A word of a component, from this session or before that from the link."""
    return st.session_state.setdefault(key, st.query_params.get(key, default))


def in_link(key: str, word: str, default: str) -> None:
    if word == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = word


# --- the sweep -----------------------------------------------------------------------------------------


def from_the_start() -> None:
    """A step of one sweep means nothing in another."""
    st.session_state.pop("sweep_at", None)
    st.query_params.pop("sweep_at", None)


def rival_label(name: str) -> str:
    """What the list of networks to compare with calls one."""
    return name if name == NONE else state.network_label(name)


def draw_sweep(scene: Scene) -> None:
    bar = control_bar()
    with bar:
        kind = backend.KINDS[
            choice("change", list(backend.KINDS), "sweep_by", "rotation", width=130, on_change=from_the_start)
        ]
        follow = names.index(choice("follow", names, "follow", names[trace.top(1)[0].index], width=190))
        others = [name for name in state.networks_here() if name != network.name]
        rival = (
            choice(
                "and beside it",
                [NONE, *others],
                "rival",
                NONE,
                called=rival_label,
                width=160,
            )
            if others
            else NONE
        )
    second = None if rival == NONE else state.network_called(rival)
    legends = ['<span class="legend">grey band: first guess holds</span>']
    place = st.container(key="sweep_place")  # as tall while it is waited for as with the sweep in it
    found, waited = None, backend.cost(network, kind) <= AT_ONCE
    if waited:
        with place:
            found = swept(network, picture, kind)
    if found and not second:
        with place:
            show_sweep(found, film_of(found), follow, None)
    elif found or not waited:
        long_work(
            "limits_sweep",
            partial(backend.sweeps, network, second, picture, kind, found),
            lambda reached: show_growing(reached, found, kind, follow, second),
            progress=lambda reached: (reached.share, f"{reached.done} of {reached.total} pictures"),
            verb="Run the sweep" if not second else f"Run {second.label}" if found else "Run both",
            what=(network.digest, second and second.digest, picture.digest, kind.name, found is not None),
        )
        work = work_of("limits_sweep")
        if not found and work and work.latest and work.latest.own.done == len(kind.values):
            found = work.latest.own
        if second:
            legends.append(f'<span class="legend">dashed blue: {escape(second.title)}</span>')
    sheet = partial(figures.sweep_sheet, found, network.label) if found else None
    with bar:
        numbers(
            lambda: found.rows(follow), f"{network.name}-{kind.name}.csv", key="sweep_numbers", disabled=found is None
        )
    if kind.reaches_out:
        st.html(f'<div class="quiet">{this.words["mirror"]}</div>')
    scene.values["code"] = this.words["code_sweep"].format(
        network=network.name, picture=st.session_state["picture"], kind=kind.name
    )
    foot(
        this,
        legends=legends,
        values=scene.values,
        download=sheet,
        title=f"{trace.top(1)[0].category}: {kind.axis}",
        file_name=f"{network.name}-{kind.name}.png",
    )


def swept(network: Network, picture: Picture, kind: backend.Kind) -> backend.Sweep | None:
    """A whole sweep, once it is there."""
    return awaited(
        "limits_swept", (network.digest, picture.digest, kind.name), partial(backend.sweep, network, picture, kind),
        "Changing the picture step by step …",
    )  # fmt: skip


def film_of(found: backend.Sweep) -> bytes:
    """A sweep's pictures side by side, drawn once."""
    return once(("film", network.digest, picture.digest, found.kind.name, found.done), partial(figures.film, found))


def show_growing(reached, ready: backend.Sweep | None, kind: backend.Kind, follow: int, second: Network | None) -> None:
    """What is there so far: this network's sweep, the other's once it is whole."""
    own = reached.own if reached else ready
    if own is None:
        words = f"{len(kind.values)} pictures will run through {network.title}, a large network."
        st.image(np.ascontiguousarray(trace.view), width=236, alt="The picture, unchanged")
        st.html(f'<div class="quiet">{escape(words)}</div>')
        return
    beside = (second.label, reached.beside) if reached and reached.beside else None
    show_sweep(own, film_of(own), follow, beside)


def show_sweep(found: backend.Sweep, sprite: bytes, follow: int, beside) -> None:
    step = kept("sweep_at", whole(0, len(found.values) - 1), found.neutral)

    def rest(place: int) -> None:
        st.session_state["sweep_at"] = str(place)

    in_link("sweep_at", str(step), str(found.neutral))
    sweep_view(
        found, sprite, key=f"sweep_view_{found.kind.name}", title=network.label, follow=follow, step=step, on_step=rest,
        beside=beside,
    )  # fmt: skip


def draw_tolerance() -> None:
    """Under the stage: how far the name holds, one row for each kind of change that has been swept."""
    st.html('<h3 class="section">How far does the name hold?</h3>')
    st.html(f'<div class="quiet">{this.words["all"]}</div>')
    long_work(
        "limits_all",
        partial(backend.every_sweep, network, picture),
        show_tolerance,
        progress=lambda reached: (reached.share, f"{reached.done} of {reached.total} pictures"),
        verb="Run all six",
        what=(network.digest, picture.digest),
    )


def take_sweep(kind: str) -> None:
    """From a row of the table to its sweep on the stage."""
    st.session_state.update(sweep_by=kind, sweep_picked=True)
    from_the_start()


def show_tolerance(reached) -> None:
    if reached is None or not reached.finished:
        return
    swept = list(reached.finished)
    table(
        figures.tolerance_table(reached.finished), "How far each change can go before the first guess is another",
        key="tolerance", on_pick=lambda row: take_sweep(swept[row]), row_height=38,
    )  # fmt: skip
    st.caption("Click a row to see its sweep above.")
    numbers(lambda: figures.tolerance_table(reached.finished), "how-far-the-name-holds.csv", key="tolerance_numbers")
    if st.session_state.pop("sweep_picked", False):
        st.rerun()  # the stage has to hear of it
    if {"shift", "rotation"} <= set(reached.finished):
        words = figures.shift_and_turn_words(reached.finished["shift"], reached.finished["rotation"])
        st.html(f"<p>{words}</p>")


# --- parts upside down ---------------------------------------------------------------------------------


def draw_parts(scene: Scene) -> None:
    shown = st.session_state["picture"]
    preset = this.presets.get(shown, {}).get("boxes", "")
    word = remembered("boxes", preset)
    if st.session_state.get("boxes_on", shown) != shown:  # another picture: its own parts
        word = st.session_state["boxes"] = preset
    st.session_state["boxes_on"] = shown
    in_link("boxes", word, preset)
    boxes = backend.decode_boxes(word)
    places = backend.on_picture(picture, trace.crop, boxes)
    near = st.session_state.get("nearer", st.query_params.get("nearer") != "false")
    looked_at, on_it = backend.closer(picture, places) if near and places else (picture, places)
    found = backend.four_ways(network, looked_at, on_it, count=2)
    scene.values["upside_down"] = figures.upside_down_words(found)
    colours = palette()
    titles = ("as it is", "parts turned", "all turned", "all and parts turned")
    st.html(figures.cards(found.pictures, titles, found.guesses, found.name, wide=135))
    mark, words = st.columns([1, 2.1], gap="medium")
    with mark:
        box_marker(
            figures.reduced(seen(picture, trace.crop), 454), boxes, key="box_marker", on_mark=keep_boxes,
            alt=f"The picture, {len(boxes)} parts marked",
        )  # fmt: skip
    with words:
        st.html(f"<p>{figures.parts_words(found)}</p>")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.toggle("closer", value=True, key="nearer", bind="query-params", help=this.words["closer"])
            for name, ready in this.presets.items():
                if "boxes" in ready:
                    st.button(ready["label"], key=f"parts_of_{name}", on_click=take_preset, args=(name,))
    scene.values["code"] = this.words["code_parts"].format(network=network.name, picture=shown, boxes=word, near=near)
    foot(
        this, legends=[bars_legend()], values=scene.values, file_name="parts-upside-down.png",
        download=lambda: figures.guessed(found.views, titles, found.guesses, figures.parts_words(found), colours),
        title="Parts upside down",
    )  # fmt: skip


def keep_boxes(boxes: list[backend.Box]) -> None:
    st.session_state["boxes"] = backend.encode_boxes(boxes)


def take_preset(name: str) -> None:
    st.session_state.update(picture=name, boxes=this.presets[name]["boxes"], boxes_on=name)


def bars_legend() -> str:
    return '<span class="legend">bar: 0 to 100% · bold: the first guess</span>'


# --- context -------------------------------------------------------------------------------------------


def draw_context(scene: Scene) -> None:
    outline = this.presets.get(st.session_state["picture"], {}).get("thing", "")
    drawn = backend.outlined(outline, picture, trace.crop) if outline else np.zeros(0)
    by_hand = outline != "" and 0.02 < drawn.mean() < 0.98
    default = painting.encode(drawn if by_hand else backend.spoken_for(network, trace))
    word = remembered("thing", default)
    if st.session_state.get("thing_default", default) in ("", word) or not marked_here():
        word = st.session_state["thing"] = default  # another picture, square or network: its own thing
    st.session_state.update(thing_default=default, thing_of=picture.digest)
    in_link("thing", word, default)
    cells = painting.decode(word)
    with control_bar():
        on = choice("put the thing on", [*painting.FILLS, *SAMPLES], "thing_on", "grass", called=titled, width=170)
        hole = choice(
            "fill its place with", [*painting.FILLS, *SAMPLES], "place_filled", "blur", called=titled, width=170
        )
    found = backend.taken_apart(network, trace, cells, on, hole)
    mark, results = st.columns([1, 1.25], gap="medium")
    with mark:
        region_brush(
            trace.view, cells, key="thing_brush", on_paint=keep_thing, invitation="Drag over the thing.",
            said="marked as the thing", alt=f"The picture; {cells.mean():.0%} of it marked as the thing",
        )  # fmt: skip
    with results:
        titles = (f"the thing on: {titled(on)}", f"its place, filled with: {titled(hole)}")
        st.html(figures.cards(found.views[1:], titles, found.guesses[1:], found.name, wide=150))
    with st.container(horizontal=True, gap="small"):
        for name, ready in this.presets.items():
            if "thing" in ready:
                st.button(SAMPLES[name].title, key=f"thing_of_{name}", on_click=st.session_state.update,
                          kwargs={"picture": name})  # fmt: skip
    apart, colours = figures.apart_words(found, cells.mean(), word == default and not by_hand), palette()
    st.html(f"<p>{apart}</p>")
    scene.values["code"] = this.words["code_context"].format(
        network=network.name, picture=st.session_state["picture"], cells=word, on=on, hole=hole
    )
    foot(
        this, legends=[bars_legend()], values=scene.values, file_name="thing-and-place.png",
        download=lambda: figures.guessed(
            found.views, ("the whole picture", *titles), found.guesses, apart, colours
        ),
        title="The thing without its place, the place without the thing",
    )  # fmt: skip


def marked_here() -> bool:
    """Whether what is marked was marked on this picture."""
    return st.session_state.get("thing_of", picture.digest) == picture.digest


def keep_thing(cells: np.ndarray) -> None:
    st.session_state["thing"] = painting.encode(cells) or "none"


# --- a nudge -------------------------------------------------------------------------------------------


def draw_nudge(scene: Scene) -> None:
    st.html(f'<div class="quiet">{this.words["nudge"]}</div>')
    scene.values["code"] = this.words["code_nudge"].format(network=network.name, picture=st.session_state["picture"])
    found = awaited(
        "limits_nudge", (network.digest, picture.digest), partial(backend.nudge, network, trace),
        "Looking for the smallest nudge …",
    )  # fmt: skip
    if found is None:
        foot(this, legends=[], values=scene.values, download=None, file_name="nudged.png")
        return
    scene.values["random"] = figures.random_words(found)
    pictures = figures.nudge_pictures(found, trace.view)
    titles = ("the picture", f"the nudge, ×{figures.TIMES}", "picture + nudge")
    before, after = found.guesses
    st.html(figures.cards(pictures, titles, (before[:3], [], after[:3]), before[0].category, wide=190))
    st.html(f'<p style="margin:0">{figures.nudge_words(found)}</p>')
    colours = palette()
    st.html(f'<div class="quiet">{this.words["honest"]}</div>')
    foot(
        this,
        legends=[
            f'<span class="legend">nudge: mid-grey 0, colours ±{figures.TIMES * (found.stored or 0)} of 255</span>'
        ],
        values=scene.values,
        download=lambda: figures.guessed(
            pictures, titles, (before[:3], [], after[:3]), figures.nudge_words(found), colours
        ),
        title="A nudge too small to see",
        file_name="nudged.png",
    )


# --- the page ------------------------------------------------------------------------------------------

DRAWN = dict(zip(SIDES, (draw_sweep, draw_parts, draw_context, draw_nudge), strict=True))

with chapter_stage(this) as scene:
    first = trace.top(1)[0]
    scene.values.update({
        "name": first.category, "probability": f"{in_percent(first.probability)}", "title": network.title,
        "categories": f"{len(names):,}", "size": network.preprocessing.size,
        "network": network.name, "picture": st.session_state["picture"],
    })  # fmt: skip
    asked = ("shifts", network.digest, picture.digest)
    first_maps, shifted, turned = once(asked, partial(backend.shifted_and_turned, network, picture))
    scene.values.update({
        "stride": figures.stride_words(first_maps), "sooner": figures.sooner_words(shifted, turned),
        "upside_down": figures.upside_down_words(None), "random": figures.random_words(None),
    })  # fmt: skip
    side = scene.values["part"] = segments("What to try", SIDES, "limit", label_visibility="collapsed")
    DRAWN[side](scene)

if side == "sweep":
    with scene.below:
        draw_tolerance()
