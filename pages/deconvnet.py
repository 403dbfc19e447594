"""What each detector looks for: projections down to the pixels, the nine best pictures, and what to believe of them."""

import streamlit as st

from explainer.attribution import METHODS, randomisable
from explainer.chapters import chapter
from explainer.comparing import CHECKED, check, compare
from explainer.corpus import (
    Corpus,
    Index,
    build,
    gallery_corpus,
    imagenette_corpus,
    indexed_layers,
    open_index,
    reasons,
    uploads_corpus,
)  # fmt: skip
from explainer.deconvnet.plate import plate
from explainer.errors import DataError, ExplainerError
from explainer.figures import deconvnet as figures
from explainer.figures.tiles import png
from explainer.ui import projected, state
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.legends import activation_legend
from explainer.ui.long_work import long_work
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid
from explainer.verdict import category_names

PARTS = ["your picture", "opened up", "top nine", "categories", "look behind", "methods", "random"]
BOX, UPLOADS, IMAGENETTE = "the box", "uploads", "imagenette"
PAGE, VOTERS = 64, 8
NEUTRAL = '<span class="legend">grey: nothing · other colours: what counts</span>'
WEIGHT = "weight of a pixel, 0 to the largest"

this = chapter("deconvnet")
session = st.session_state
network, picture = state.current_network(), state.current_picture()
layers = indexed_layers(network)
names = category_names(network)
kept = session.setdefault("deconvnet_kept", {})  # settings outlive a change of part


def option(label: str, options: list[str], key: str, default: str, **arguments) -> str:
    """A choice that stands in the link; one that is not there is the default."""
    given = session.get(key, st.query_params.get(key, kept.get(key)))
    if session.get(key) != given or given not in options:
        session[key] = given if given in options else default
    kept[key] = st.selectbox(label, options, key=key, bind="query-params", **arguments)
    return kept[key]


def number(label: str, key: str, count: int, default: int, least: int = 0) -> int:
    """A number that stands in the link; one that is not there, or too large, is the default."""
    given = session.get(key, st.query_params.get(key, kept.get(key)))
    fits = str(given).isdecimal() and least <= int(given) < count + least
    if session.get(key) != given or not fits:
        session[key] = int(given) if fits else default
    kept[key] = st.number_input(label, least, count + least - 1, key=key, bind="query-params", width=90)
    return kept[key]


def forget_unit() -> None:
    """A number means another detector in another layer."""
    for key in ("projected", "sheet_page"):
        session.pop(key, None)
        kept.pop(key, None)
        st.query_params.pop(key, None)


def choose_unit(unit: int) -> None:
    session["projected"] = kept["projected"] = unit


def layer_choice() -> str:
    return option("layer", layers, "project_layer", layers[-1], on_change=forget_unit, width=118)


def category_choice() -> int:
    best = state.current_trace().top(1)[0].index
    return names.index(option("name", names, "project_name", names[best], width=190))


# --- the pictures to look through ----------------------------------------------------------------------


def corpus_choice() -> Corpus | None:
    """The box's pictures, the visitor's, or Imagenette; None with a sentence where there are none yet."""
    kind = option("pictures", [BOX, UPLOADS, IMAGENETTE], "corpus", BOX, width=130)
    try:
        if kind == BOX:
            return _box()
        if kind == IMAGENETTE:
            return _imagenette()
        files = st.file_uploader("Pictures, or a zip of them", accept_multiple_files=True, key="corpus_files")
        if files:
            key = tuple(file.file_id for file in files)
            if session.get("corpus_uploads", (None, None))[0] != key:
                session["corpus_uploads"] = key, uploads_corpus([(file.name, file.getvalue()) for file in files])
        if "corpus_uploads" in session:
            return session["corpus_uploads"][1]
        st.info("Add pictures, or a zip of them: their nine best for each detector come up here.")
    except DataError as error:
        st.warning(str(error), icon=":material/info:")
    return None


@st.cache_resource(show_spinner=False)
def _box() -> Corpus:
    return gallery_corpus()


def _imagenette() -> Corpus | None:
    try:
        return imagenette_corpus()
    except DataError as error:
        st.info(str(error))
    if st.button("Fetch 99 MB", icon=":material/download:", key="fetch_imagenette"):
        with st.spinner("Fetching Imagenette …"):
            return imagenette_corpus(fetch=True)
    return None


def index_of(corpus: Corpus) -> Index | None:
    """The index as far as it has got; a damaged one is refused, with a way out."""
    known = network.digest, corpus.digest
    if session.get("project_index", (None,))[0] != known:
        try:
            session["project_index"] = known, open_index(network, corpus)
        except DataError:  # its own sentence names a folder of the server
            st.error(this.words["damaged"], icon=":material/info:")
            if not st.button("Build afresh", icon=":material/replay:", key="index_afresh"):
                return None
            session["project_index"] = known, open_index(network, corpus, afresh=True)
            st.rerun()
    return session["project_index"][1]


def index_panel(corpus: Corpus, index: Index) -> None:
    """The index being built, and what was left out."""
    if not index.complete:
        long_work(
            "index", lambda: build(network, corpus, index), lambda _: None, progress=how_far,
            verb="Look through", settings=(network.digest, corpus.digest, id(index)), tick=0.5,
        )  # fmt: skip
        st.caption("Choose any detector meanwhile: its nine are the best so far.")
    else:
        st.caption(f"Looked through {index.done:,} pictures: {corpus.title}.")
    told = [f"{count} × {reason} ({example})" for reason, count, example in reasons(corpus.left_out)]
    told += [f"{corpus.label(number)}: {reason}" for number, reason in list(index.left_out.items())[:20]]
    if told:
        with st.expander(f"Left out: {len(corpus.left_out) + len(index.left_out):,}"):
            st.markdown("\n".join(f"- {line}" for line in told))


def how_far(done) -> tuple[float, str]:
    """The share looked through, and when the end is expected."""
    left = "" if done.seconds_left is None else f", {done.seconds_left:.0f} s to go"
    return done.done / max(done.total, 1), done.unsaved or f"{done.done:,} of {done.total:,} pictures{left}"


# --- the parts: each draws itself and returns its legends and what to download -------------------------


def your_picture(layer: str) -> tuple[list[str], bytes]:
    found = projected.strongest_here(network, picture, layer)
    if not found:
        st.info(f"No detector of {layer} fires in this picture.")
        return [], png(state.current_trace().view)
    units = [one.unit for one in found]
    chosen = units.index(session["projected"]) if session.get("projected") in units else 0
    left, right = st.columns([1, 1.55], gap="medium")
    with left:
        st.image(
            figures.boxes_marked(found, chosen, palette()),
            alt=f"The picture with boxes where nine detectors of {layer} fire; that of {units[chosen]} is marked",
        )
        st.html(f'<div class="quiet">{figures.place_words(found[chosen])}</div>')
    with right:
        tile_grid(
            figures.pair_tiles(found), key="strongest_pairs", selected=chosen, smooth=True,
            labels=[f"{one.unit} · fires with {one.value:.2f}" for one in found],
            on_select=lambda place: choose_unit(units[place]), columns=3, narrow_columns=2,
            alt=f"The strongest detectors of {layer} here, strongest first: patch on the left, projection on the right",
        )  # fmt: skip
    return [NEUTRAL], png(plate(found))


def opened(layer: str) -> tuple[list[str], bytes]:
    first = projected.strongest_here(network, picture, layer)
    with controls:
        unit = number("detector", "projected", network.layer(layer).shape[0], first[0].unit if first else 0)
    shown = projected.opened_up(network, picture, layer, unit)
    way, tiles = shown.waypoints, figures.waypoint_tiles(shown.waypoints)
    at = min(session.get("waypoint", len(way) - 1), len(way) - 1)
    left, right = st.columns([1.55, 1], gap="medium")
    with left:
        tile_grid(
            tiles, key="waypoints", selected=at, labels=[figures.waypoint_label(point) for point in way],
            on_select=lambda place: session.update(waypoint=place), columns=5, narrow_columns=4,
            alt=f"The signal of detector {unit} after each of {len(way) - 1} steps down to the pixels",
        )  # fmt: skip
    with right:
        with st.container(key="waypoint_shown", gap="small"):
            st.image(figures.resized(tiles[at], 336), alt=f"The signal after {figures.waypoint_label(way[at])}")
        st.html(
            f'<b>{at} · {figures.waypoint_label(way[at])}</b><div class="quiet">'
            f"{figures.waypoint_sentence(way[at], shown.value)}</div>"
        )
    legend = activation_legend("signal at a place, 0 to its largest")
    return [legend, NEUTRAL], png(plate([shown]))


def shown_nine(corpus: Corpus, index: Index, layer: str, unit: int) -> bytes | None:
    """A detector's page as Zeiler and Fergus printed it."""
    found = projected.nine(network, corpus, index, layer, unit)
    if not found:
        st.info(f"Detector {unit} of {layer} has not fired in any picture so far.")
        return None
    drawn = plate([one.projection for one in found])
    st.image(drawn, width="stretch", alt=f"Detector {unit} of {layer}: nine projections, then their patches")
    st.html(
        f'<div class="quiet">detector <b>{unit}</b> of {layer}: projections left, patches right, strongest first, '
        f'<span class="number">{found[0].recorded:.2f}</span> to '
        f'<span class="number">{found[-1].recorded:.2f}</span></div>'
    )
    return png(drawn)


def top_nine(corpus: Corpus, index: Index, layer: str) -> tuple[list[str], bytes | None]:
    count = network.layer(layer).shape[0]
    pages = -(-count // PAGE)
    with controls:
        unit = number("detector", "projected", count, 0)
        page = number(f"page of {pages}", "sheet_page", pages, 1, least=1) if pages > 1 else 1
    units = list(range((page - 1) * PAGE, min(page * PAGE, count)))
    left, right = st.columns([1, 1.35], gap="medium")
    with left:
        records = index.records(layer)
        tile_grid(
            figures.first_patches(network, corpus, index, layer, units), key="best_patches", smooth=True,
            labels=[f"{i} · up to {records[i]:.2f}" for i in units],
            selected=units.index(unit) if unit in units else None,
            on_select=lambda place: choose_unit(units[place]), columns=8,
            alt=f"Detectors {units[0]} to {units[-1]} of {layer}, each by the patch that excites it most",
        )  # fmt: skip
    with right:
        return [NEUTRAL], shown_nine(corpus, index, layer, unit)


def by_category(corpus: Corpus, index: Index, layer: str) -> tuple[list[str], bytes | None]:
    with controls:
        category = category_choice()
    found = [vote for vote in projected.speakers(network, picture, category, layer)[:VOTERS] if vote.amount > 0]
    if not found:
        st.info(f"No detector of {layer} speaks for {names[category]} in this picture.")
        return [], None
    units = [vote.unit for vote in found]
    unit = session["projected"] if session.get("projected") in units else units[0]
    left, right = st.columns([1, 1.35], gap="medium")
    with left:
        tile_grid(
            figures.nine_patches(network, corpus, index, layer, units), key="voters", smooth=True,
            labels=[f"{vote.unit} · adds {vote.amount:+.2f} to the sum" for vote in found],
            selected=units.index(unit), on_select=lambda place: choose_unit(units[place]), columns=3,
            alt=f"The detectors of {layer} that add most to {names[category]} in this picture, by their nine patches",
        )  # fmt: skip
    with right:
        return [NEUTRAL], shown_nine(corpus, index, layer, unit)


def looked_behind(corpus: Corpus, index: Index, layer: str) -> tuple[list[str], bytes | None]:
    with controls:
        unit = number("detector", "projected", network.layer(layer).shape[0], 0)
    found = [one.projection for one in projected.nine(network, corpus, index, layer, unit)]
    if not found:
        st.info(f"Detector {unit} of {layer} has not fired in any picture so far.")
        return [], None
    answers = projected.behind(network, corpus, index, layer, unit)
    st.html(f'<div class="quiet">{figures.behind_words(answers)}</div>')
    st.html(figures.mask_shelf(found, answers, network.categories))
    return ['<span class="legend">dimmed: not the object · frame: what the detector sees</span>'], png(plate(found))


def with_pictures(part) -> tuple[list[str], bytes | None]:
    """A part that needs the index."""
    with controls:
        layer = layer_choice()
    with setting:
        corpus = corpus_choice()
        index = index_of(corpus) if corpus else None
    if index is None:
        return layer, [], None
    try:
        drawn = part(corpus, index, layer)
    except ExplainerError as error:
        st.warning(str(error), icon=":material/info:")
        drawn = [], None
    with setting:
        index_panel(corpus, index)
    return layer, *drawn


def methods() -> tuple[list[str], bytes | None]:
    with controls:
        category = category_choice()

    def show(found) -> None:
        session["methods_found"] = found
        if found:
            st.html(figures.method_shelf(found, this.words))

    long_work(
        "compared", lambda: compare(network, picture, category), show, verb="Compare",
        progress=lambda found: (len(found) / len(METHODS), f"{len(found)} of {len(METHODS)} methods"),
        settings=(network.digest, picture.digest, category), tick=0.5,
    )  # fmt: skip
    found = session.get("methods_found")
    return [activation_legend(WEIGHT)], figures.picture_row([figures.heat(one) for one in found]) if found else None


def random_weights() -> tuple[list[str], bytes | None]:
    with controls:
        category = category_choice()
        method = option("method", list(CHECKED), "checked", CHECKED[0], width=130)
    count = len(randomisable(network)) + 1

    def show(found) -> None:
        session["checks_found"] = found
        if found:
            st.html(figures.check_shelf(found))

    long_work(
        "randomised", lambda: check(network, picture, category, method), show, verb="Check",
        progress=lambda found: (len(found) / count, f"{len(found) - 1} of {count - 1} layers random"),
        settings=(network.digest, picture.digest, category, method), tick=0.5,
    )  # fmt: skip
    found = session.get("checks_found")
    st.caption(
        "Likeness: 1 means the pixels keep their order, 0 that nothing is left of it. "
        "A picture that stays the same with random weights shows the photograph, not what was learnt."
    )
    drawn = figures.picture_row([figures.heat(one.answer) for one in found]) if found else None
    return [activation_legend(WEIGHT)], drawn


with chapter_stage(this) as scene:
    part = st.segmented_control(
        "part", PARTS, default=PARTS[0], required=True, key="project_part", bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    controls = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    main, setting = st.container(), st.container(gap="small")
    layer = layers[-1]
    with main:
        if part in PARTS[:2]:
            with controls:
                layer = layer_choice()
            legends, download = your_picture(layer) if part == PARTS[0] else opened(layer)
        elif part in PARTS[2:5]:
            drawing = {"top nine": top_nine, "categories": by_category, "look behind": looked_behind}[part]
            layer, legends, download = with_pictures(drawing)
        else:
            legends, download = methods() if part == "methods" else random_weights()
    window = network.layer(layer).window.size
    scene.values.update(
        title=network.title, layer=layer, units=f"{network.layer(layer).shape[0]:,}", network=network.name,
        sees=f"{window} × {window} pixels" if window < network.preprocessing.size else "the whole picture",
        picture=session["picture"],
    )  # fmt: skip
    foot(
        this, legends=legends, values=scene.values, download=download or png(state.current_trace().view),
        file_name=f"{network.name}-{layer}-{part.replace(' ', '-')}.png",
    )  # fmt: skip
