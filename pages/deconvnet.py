"""What each detector looks for: projections down to the pixels, the nine best pictures, and what to believe of them."""

from collections.abc import Callable
from functools import partial
from html import escape

import numpy as np
import streamlit as st

from explainer.attribution import METHODS, SIGNED, map_layers, randomisable
from explainer.attribution.comparing import CHECKED, check, compare, compete
from explainer.attribution.deletion import HIDDEN_BY, RANDOM
from explainer.attribution.evidence import evidence_layers
from explainer.chapters import chapter
from explainer.chapters.deconvnet import figures, heat, projected
from explainer.chapters.deconvnet.heat_view import deletion_race, heat_view
from explainer.corpus import Corpus, Index, indexed_layers
from explainer.errors import ExplainerError
from explainer.figures.patches import pair, place_words
from explainer.figures.plate import plate
from explainer.figures.slide import Figure
from explainer.figures.tiles import png
from explainer.gallery import SAMPLES
from explainer.networks.bends import bend_of
from explainer.networks.labels import category_names
from explainer.ui import state
from explainer.ui.atlas import atlas_of
from explainer.ui.card import card_button
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.chart import numbers
from explainer.ui.detector_names import and_name, and_names
from explainer.ui.faces import faces_beside
from explainer.ui.foreign import as_text
from explainer.ui.legends import activation_legend, signed_legend
from explainer.ui.linked import choice, forget, number, of_layer, segments
from explainer.ui.long_work import long_work
from explainer.ui.looking_through import (
    BOX,
    IMAGENETTE,
    KINDS,
    PATTERNS,
    UPLOADS,
    corpus_of,
    growing,
    index_of,
    left_out,
)
from explainer.ui.place_picker import place_picker
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid

PARTS = ["your picture", "opened up", "top nine", "from a name", "look behind", "compared", "random"]
ORDERS = ["the loudest", "nearest their record"]  # some detectors shout at everything
PAGE, VOTERS, PLATE = 48, 8, 580  # PLATE: pixels
NEUTRAL = '<span class="legend">grey: nothing · other colours: what counts</span>'
# In the code to take away.
CALLED = {BOX: "photographs", PATTERNS: "gallery", UPLOADS: "my.zip", IMAGENETTE: "imagenette"}
WEIGHT = "no sign: 0 to the largest"
FOR_OR_AGAINST = "against to for the name"

Download = Callable[[], Figure]

this = chapter("deconvnet")
session = st.session_state
network, picture = state.current_network(), state.current_picture()
layers, usual = indexed_layers(network), evidence_layers(network)[-1]
names = category_names(network)
in_code = {
    "unit": 0,
    "category": 0,
    "method": CHECKED[0],
    "corpus": BOX,
    "cover": HIDDEN_BY[0],
}  # what the code to take away names


# --- settings, all of which stand in the link ---------------------------------------------------------


def choose_unit(unit: int) -> None:
    session["unit"] = unit


def layer_choice() -> str:
    def fresh() -> None:
        forget("unit", "sheet_page")  # a number means another detector in another layer

    return choice("layer", layers, "layer", usual, on_change=fresh, width=110)


def unit_choice(layer: str, default: int = 0) -> int:
    of_layer(layer)
    in_code["unit"] = number("detector", "unit", 0, network.layer(layer).shape[0] - 1, default, width=90)
    card_button(layer, in_code["unit"], "card_of_projected")
    return in_code["unit"]


def first_heard(index: Index, layer: str) -> int:
    """The first detector that fired anywhere so far."""
    return next((unit for unit, record in enumerate(index.records(layer)) if record > 0), 0)


def category_choice() -> int:
    best = state.current_trace().top(1)[0].index
    in_code["category"] = names.index(choice("name", names, "project_name", names[best], width=190))
    return in_code["category"]


# --- one picture: each part draws itself and returns its legends and what to download ------------------


def strongest_and_chosen(layer: str) -> tuple[list, int]:
    """The strongest detectors here, and the one to show: the strongest, until another is chosen."""
    atlas = atlas_of(network)
    page = atlas and atlas.layers.get(layer)
    with controls:
        order = segments("first come", ORDERS, "project_order") if page else ORDERS[0]
        records = page.numbers["quantiles"][:, -1].copy() if page and order != ORDERS[0] else None
        found = projected.strongest_here(network, picture, layer, records)
        return found, unit_choice(layer, found[0].unit if found else 0)


def your_picture(layer: str) -> tuple[list[str], Download | None]:
    found, unit = strongest_and_chosen(layer)
    if not found:
        st.info(f"No detector of {layer} fires in this picture.")
        return [], None
    units = [one.unit for one in found]
    shown_map = state.current_trace()[layer][unit]
    here = network.digest, picture.digest, layer, unit
    asked, at = session.get("projected_at", (None, None))
    shown = projected.projection_at(network, picture, layer, unit, at if asked == here else None)
    scene.values["box"] = figures.box_words(shown)
    left, right = st.columns([1, 1.3], gap="medium")
    with left:
        place_picker(
            shown.view, shown_map.numpy(), network.layer(layer).window, key="projected_from", selected=shown.position,
            on_select=lambda row, column: session.update(projected_at=(here, (row, column))),
            alt=f"The picture and where detector {unit} of {layer} fires in it; the frame is what it sees there",
        )  # fmt: skip
    with right:
        alt = f"Left the patch that detector {unit} sees, right its projection"
        st.image(png(pair(shown)), width="stretch", alt=alt)
        st.html(f'<div class="quiet">{place_words(shown, float(shown_map.max()))}</div>')
    tile_grid(
        figures.pair_tiles(found), key="strongest_pairs", smooth=True, columns=9, narrow_columns=5,
        labels=and_names([f"{one.unit} · fires with {one.value:.2f}" for one in found], layer, units),
        selected=units.index(unit) if unit in units else None, on_select=lambda place: choose_unit(units[place]),
        alt=f"The strongest detectors of {layer} here, strongest first: each patch above its projection",
        invitation="the strongest detectors here, each patch above its projection",
        faces=faces_beside(network, state.current_trace(), layer, units),
    )  # fmt: skip
    return [
        activation_legend(f"on the picture: fires, 0 to {shown_map.max():.1f}"),
        NEUTRAL,
    ], lambda: figures.plate_figure(found)


def opened(layer: str) -> tuple[list[str], Download | None]:
    _, unit = strongest_and_chosen(layer)
    shown = projected.opened_up(network, picture, layer, unit)
    way = shown.waypoints
    at = min(session.get("waypoint", len(way) - 1), len(way) - 1)
    left, right = st.columns([1.35, 1], gap="medium")
    with left:
        tile_grid(
            figures.waypoint_tiles(way), key="waypoints", selected=at,
            columns=4 if len(way) <= 16 else 8, narrow_columns=3,
            labels=[f"{i} · {figures.waypoint_label(point)}" for i, point in enumerate(way)],
            names=[figures.waypoint_label(point) for point in way],
            on_select=lambda place: session.update(waypoint=place),
            alt=f"The signal of detector {unit} after each of {len(way) - 1} steps down to the pixels",
        )  # fmt: skip
    with right:
        label = figures.waypoint_label(way[at])
        st.image(figures.waypoint_tile(way[at], 336), width="stretch", alt=f"The signal after {label}")
        st.html(
            f'<b>{at} · {label}</b> <span class="quiet">{figures.waypoint_size(way[at])}</span>'
            f'<div class="quiet">{figures.waypoint_sentence(way[at], shown.value)}</div>'
        )
    return [activation_legend("signal at a place, 0 to its largest"), NEUTRAL], lambda: figures.way_figure(shown)


# --- many pictures --------------------------------------------------------------------------------------


def shown_nine(corpus: Corpus, index: Index, layer: str, unit: int) -> Download | None:
    """A detector's page as Zeiler and Fergus printed it."""
    found = projected.nine(network, corpus, index, layer, unit)
    if not found:
        st.info(f"Detector {unit} of {layer} has not fired in any picture so far.")
        return None
    drawn = plate([one.projection for one in found])
    with st.container(width=PLATE):
        left, right = st.columns(2, gap="xsmall")
        projections, patches = figures.halves(drawn)
        left.image(projections, width="stretch", alt=f"Projections of detector {unit} of {layer}, strongest first")
        seen_in = ", ".join(one.name for one in found)
        right.image(patches, width="stretch", alt=f"The patches that they belong to, from {seen_in}")
    called = escape(and_name(str(unit), layer, unit))
    st.html(
        f'<div class="quiet">Detector <b>{called}</b> of {layer}: projections, then their patches, strongest '
        f'first. It fires with <span class="number">{found[0].recorded:.2f}</span> down to '
        f'<span class="number">{found[-1].recorded:.2f}</span>.</div>'
    )
    return lambda: figures.plate_figure([one.projection for one in found], [one.name for one in found])


def top_nine(corpus: Corpus, index: Index, layer: str) -> tuple[list[str], Download | None]:
    count = network.layer(layer).shape[0]
    pages = -(-count // PAGE)
    with controls:
        unit = unit_choice(layer, first_heard(index, layer))
        page = 1
        if pages > 1:
            page = number(f"page of {pages}", "sheet_page", 1, pages, unit // PAGE + 1, width=90)
    drawn = shown_nine(corpus, index, layer, unit)
    units = list(range((page - 1) * PAGE, min(page * PAGE, count)))
    records = index.records(layer)
    tile_grid(
        figures.first_patches(network, corpus, index, layer, units), key="detectors", smooth=True,
        labels=and_names(
            [f"{one} · up to {records[one]:.2f}" if records[one] > 0 else f"{one} · silent" for one in units],
            layer, units,
        ),
        selected=units.index(unit) if unit in units else None,
        on_select=lambda place: choose_unit(units[place]), columns=16, narrow_columns=8,
        alt=f"Detectors {units[0]} to {units[-1]} of {layer}, each by the patch that excites it most",
        invitation=f"detectors {units[0]} to {units[-1]}, each by the patch that excites it most",
        faces=faces_beside(network, state.current_trace(), layer, units),
    )  # fmt: skip
    return [NEUTRAL], drawn


def from_a_name(corpus: Corpus, index: Index, layer: str) -> tuple[list[str], Download | None]:
    with controls:
        category = category_choice()
    found = [vote for vote in projected.speakers(network, picture, category, layer)[:VOTERS] if vote.amount > 0]
    if not found:
        st.info(f"No detector of {layer} speaks for {names[category]} in this picture.")
        return [], None
    units = [vote.unit for vote in found]
    unit = session["voter"] if session.get("voter") in units else units[0]
    st.html(
        f'<div class="quiet">What adds most to <b>{names[category]}</b> in your picture, each detector by its nine '
        "patches:</div>"
    )
    tile_grid(
        figures.nine_patches(network, corpus, index, layer, units), key="voters", smooth=True,
        labels=and_names([f"{vote.unit} · adds {vote.amount:+.2f} to the score" for vote in found], layer, units),
        selected=units.index(unit), on_select=lambda place: session.update(voter=units[place]),
        columns=8, narrow_columns=4, faces=faces_beside(network, state.current_trace(), layer, units),
        alt=f"The detectors of {layer} that add most to {names[category]} in this picture, by their nine patches",
    )  # fmt: skip
    return [NEUTRAL], shown_nine(corpus, index, layer, unit)


def looked_behind(corpus: Corpus, index: Index, layer: str) -> tuple[list[str], Download | None]:
    with controls:
        unit = unit_choice(layer, first_heard(index, layer))
    found = [one.projection for one in projected.nine(network, corpus, index, layer, unit)]
    if not found:
        st.info(f"Detector {unit} of {layer} has not fired in any picture so far.")
        return [], None
    answers = projected.behind(network, corpus, index, layer, unit)
    st.html(f'<div class="quiet">{figures.behind_words(answers)}</div>')
    st.html(figures.mask_shelf(found, answers, network.categories, palette()))
    legends = ['<span class="legend">dimmed: behind the object · line: expected</span>']
    return legends, lambda: figures.mask_figure(found, answers)


def with_pictures(part) -> tuple[str, list[str], Download | None]:
    """A part that needs the index: its layer, legends and download."""
    with controls:
        layer = layer_choice()
        kind = in_code["corpus"] = choice("pictures", KINDS, "corpus", BOX, width=140)
    corpus = corpus_of(kind)
    index = index_of(network, corpus, kind, this.words["damaged"]) if corpus else None
    if index is None:
        return layer, [], None
    growing(network, corpus, index)
    scene.values["pictures"] = f"{index.total:,}"
    try:
        drawn = part(corpus, index, layer)
    except ExplainerError as error:
        st.warning(as_text(error), icon=":material/info:")
        drawn = [], None
    left_out(corpus, index)
    legends, download = drawn
    so_far = f'<span class="legend">looked through {index.done:,} of {index.total:,} pictures</span>'
    return layer, [*legends, so_far], download


# --- other methods, and random weights -----------------------------------------------------------------


def compared() -> tuple[list[str], Download | None]:
    """All methods' maps over the picture, and under the stage their race."""
    with controls:
        category = category_choice()
        weighed = map_layers(network)
        cam = choice("Grad-CAM at", weighed, "cam_layer", weighed[-1], width=120)
        by = in_code["cover"] = choice("race: hide by", list(HIDDEN_BY), "race_by", HIDDEN_BY[0], width=120)
    view, name = state.current_trace().view, names[category]
    asked = network.digest, picture.digest, category, cam
    captions = {method: (this.words[f"name_{method}"], this.words[f"method_{method}"]) for method in METHODS}
    captions["gradcam"] = f"{captions['gradcam'][0]} at {cam}", captions["gradcam"][1]

    def show(found) -> None:
        session["methods_found"] = found
        heat_view(
            view, found or (), [captions[one.method] for one in found or ()], key="methods",
            alone=(f"What speaks for {name}?", ""),
        )  # fmt: skip

    long_work(
        "compared", partial(compare, network, picture, category, projected.answered, cam), show, verb="Compare",
        progress=lambda found: (len(found) / len(METHODS), f"{len(found)} of {len(METHODS)} methods"),
        settings=asked, tick=0.5,
    )  # fmt: skip
    with scene.below:
        st.html(f'<div class="quiet">{this.words["heat"]}</div>')
        raced(category, cam, by)
    return [signed_legend(FOR_OR_AGAINST), activation_legend(WEIGHT)], row_of(
        view, session.get("methods_found"), captions
    )


def raced(category: int, cam: str, by: str) -> None:
    """Which map to trust: what each marks is hidden, and the probability watched."""
    called = {method: this.words[f"name_{method}"] for method in (*METHODS, RANDOM)}
    words = {key.removeprefix("race_"): text for key, text in this.words.items() if key.startswith("race_")}
    asked = network.digest, picture.digest, category, cam, by

    def show(run) -> None:
        if run:
            deletion_race(run, called, names[category], words, key="deletion_race")
        if run and run.finished:
            st.html(f'<p class="finding">{heat.finding(run, called, names[category])}</p>')
            with st.container(horizontal=True, gap="medium"):
                numbers(lambda: heat.race_rows(run, called), "race-curves.csv", key="race_curves", called="The curves")
                numbers(lambda: heat.race_table(run, called), "race.csv", key="race_ranking", called="The ranking")

    st.html(f'<h3 class="section">{words["head"]}</h3><div class="quiet">{this.words["race"]}</div>')
    long_work(
        "raced", partial(compete, network, picture, category, by, projected.answered, cam), show, verb="Run the race",
        progress=heat.race_progress, tick=0.5, what=asked,
    )  # fmt: skip


def row_of(view: np.ndarray, answers, captions) -> Download | None:
    """The answers over the picture, side by side, to take away."""
    colours = palette()
    said = [captions[one.method] for one in answers] if isinstance(captions, dict) and answers else captions
    return (lambda: figures.heat_figure(view, answers, said, colours)) if answers else None


def random_weights() -> tuple[list[str], Download | None]:
    with controls:
        category = category_choice()
        method = in_code["method"] = choice(
            "method", list(CHECKED), "checked", CHECKED[0], called=lambda one: this.words[f"name_{one}"], width=130
        )
    count = len(randomisable(network)) + 1
    view = state.current_trace().view

    def show(found) -> None:
        session["checks_found"] = found
        scene.values["random_words"] = figures.random_words(found or [], this.words[f"name_{method}"])
        if found:
            heat_view(view, [one.answer for one in found], figures.check_captions(found), key="checks", small=True)

    st.html(f'<div class="quiet">{this.words["random"]}</div>')
    long_work(
        "randomised", partial(check, network, picture, category, method, projected.answered), show, verb="Check",
        progress=lambda found: (len(found) / count, f"{len(found) - 1} of {count - 1} layers random"),
        settings=(network.digest, picture.digest, category, method), tick=0.5,
    )  # fmt: skip
    checks = session.get("checks_found") or ()
    legend = signed_legend(FOR_OR_AGAINST) if method in SIGNED else activation_legend(WEIGHT)
    return [legend], row_of(view, [one.answer for one in checks], figures.check_captions(checks))


with chapter_stage(this) as scene, st.container(gap="small"):
    scene.values.update(pictures=len(SAMPLES), box=figures.box_words(None), random_words=figures.random_words([], ""))
    part = segments("part", PARTS, "project_part", label_visibility="collapsed", wrap=True)
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    layer = usual
    if part in PARTS[:2]:
        with controls:
            layer = layer_choice()
        legends, download = your_picture(layer) if part == PARTS[0] else opened(layer)
    elif part in PARTS[2:5]:
        drawing = {"top nine": top_nine, "from a name": from_a_name, "look behind": looked_behind}[part]
        layer, legends, download = with_pictures(drawing)
    else:
        legends, download = compared() if part == "compared" else random_weights()
    if smooth := set(filter(None, map(bend_of, network.stages))) - {"ReLU"}:
        st.html(f'<div class="quiet">{this.words["smooth"].format(network=network.label, bend=smooth.pop())}</div>')
    window = network.layer(layer).window.size
    scene.values.update(
        part=part, title=network.title, layer=layer, units=f"{network.layer(layer).shape[0]:,}", network=network.name,
        sees=f"{window} × {window} pixels" if window < network.preprocessing.size else "the whole picture",
        picture=session["picture"], **{**in_code, "corpus": CALLED[in_code["corpus"]]},
    )  # fmt: skip
    scene.values["code"] = this.words[f"code_{part.replace(' ', '_')}"].strip().format(**scene.values)
    name, one = names[in_code["category"]], f"Detector {in_code['unit']} of {layer}"
    titles = {
        "your picture": f"The strongest detectors of {layer} in this picture: what each sees, and what made it fire",
        "opened up": f"{one}: from one activation down to the pixels",
        "top nine": f"{one}: the nine patches that excite it most, and their projections",
        "from a name": f"What adds most to {name}: the loudest detector of {layer}, its nine patches and projections",
        "look behind": f"{one}: on the object, or behind it?",
        "compared": f"What speaks for {name}? {len(METHODS)} answers",
        "random": f"What speaks for {name}? {in_code['method']}, with ever more layers made random",
    }
    foot(
        this, legends=legends, values=scene.values, download=download, title=titles[part],
        file_name=f"{network.name}-{layer}-{part.replace(' ', '-')}.png",
    )  # fmt: skip
