"""How the race was won: the winners, five networks side by side, the paths inside, and why graphics chips."""

from functools import partial

import streamlit as st

from explainer.chapters import chapter
from explainer.chapters import history as backend
from explainer.chapters.history import figures
from explainer.chapters.history.drawing import drawing
from explainer.chapters.history.speed import LOOPED
from explainer.chapters.history.timing import ROUNDS
from explainer.ui import state
from explainer.ui.chapter import Scene, chapter_stage, foot
from explainer.ui.guesses import guesses
from explainer.ui.linked import among, choice, kept, segments
from explainer.ui.long_work import long_work, work_of
from explainer.ui.theme import palette

PARTS = ["the race", "five networks", "paths", "why graphics chips"]
PATHS = {"skip connections": "skip", "inception": "inception", "groups": "groups"}
TURN = "2012"

this = chapter("history")
winners, person = backend.race(), backend.person()


def legend(*marks: tuple[str, str], words: str) -> str:
    """What colours, as (look, name), and lengths stand for."""
    shown = "".join(
        f'<i style="width:0.8rem;height:0.8rem;border-radius:2px;{look}"></i><span>{name}</span>'
        for look, name in marks
    )
    return f'<span class="legend" style="flex-wrap:wrap">{shown}<span>{words}</span></span>'


def latest(key: str):
    """What a long work has reached, None if it was not begun."""
    work = work_of(key)
    return work.latest if work else None


# --- the race ------------------------------------------------------------------------------------------


def pick_year(year: str) -> None:
    st.session_state["race_year"] = year


def year_picked(years) -> str:
    """From this session or the link; it stands in the link unless it is the usual one."""
    year = kept("race_year", among(years), TURN)
    if year == TURN:
        st.query_params.pop("race_year", None)
    else:
        st.query_params["race_year"] = year
    return year


def draw_race(scene: Scene) -> None:
    colours = palette()
    cards = {str(winner.year): figures.race_card(winner) for winner in winners}
    svg, alt = figures.race_svg(winners, person, colours)
    drawing(
        svg, alt, key="race_drawing", narrow=figures.narrow_race_svg(winners, person, colours)[0], cards=cards,
        picked=year_picked(cards), on_pick=pick_year,
    )  # fmt: skip
    scene.values["code"] = this.words["code_race"].format()
    foot(
        this,
        legends=[
            legend(
                (f"background:{colours.positive}", "learned"),
                (f"background:{colours.dim}", "by hand"),
                (f"border:1.5px dashed {colours.dim}", "next best"),
                words="· % wrong",
            )
        ],
        values=scene.values, download=lambda: figures.race_svg(winners, person)[0], file_name="imagenet-race.svg",
        title="The winners of ImageNet’s race, and how many pictures they got wrong",
    )  # fmt: skip


def explain_five_guesses() -> None:
    """Under the stage: what the race counted, on the visitor's own picture."""
    network, trace = state.current_network(), state.current_trace()
    st.html('<h3 class="section">What counts as wrong: the top-5 error</h3>')
    told, said = st.columns([1.2, 1], gap="large")
    with told:
        st.markdown(this.words["top5"])
        st.markdown(this.words["vote"].format(**vars(person)))
    with said:
        guesses(trace.top(5), f"{network.label}: its five guesses")


# --- five networks -------------------------------------------------------------------------------------


def draw_five(scene: Scene) -> None:
    counts = [backend.count(name) for name in backend.FIVE]
    long_work(
        "history_passes",
        backend.passes,
        lambda timed: st.html(figures.network_cards(counts, timed)),
        progress=lambda timed: (
            timed.share, f"timing {backend.count(timed.doing).short}" if timed.doing else "all five timed"
        ),
        verb="Time them here",
        what="five",
    )  # fmt: skip
    scene.values["code"] = this.words["code_five"].format()
    foot(
        this,
        legends=[legend(words="bar: against the largest of the five")],
        values=scene.values,
        download=figures.networks_csv(counts, latest("history_passes")),
        file_name="five-networks.csv",
    )


def draw_answers() -> None:
    """Under the stage: what the numbers mean, and what those of the five that are here say to the picture."""
    st.markdown(this.words["five"].format(rounds=ROUNDS))
    st.html('<h3 class="section">What do they say to your picture?</h3>')
    picture, here = state.current_picture(), backend.here()
    missing = [backend.count(name).short for name in backend.FIVE if name not in here]
    if missing:
        st.markdown(this.words["missing"].format(names=", ".join(missing)))
    if here:
        long_work(
            "history_answers",
            partial(backend.answers, picture, here),
            lambda said: st.html(figures.answers_html(said)) if said else None,
            progress=lambda said: (len(said) / len(here), f"{len(said)} of {len(here)} networks"),
            verb="Ask those here",
            what=(picture.digest, *here),
        )


# --- paths ---------------------------------------------------------------------------------------------


def draw_paths(scene: Scene) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = PATHS[segments("path", list(PATHS), "path", label_visibility="collapsed")]
        title = backend.count(backend.KINDS[kind]).short
        usual = backend.block(kind).name
        name = choice(
            f"block of {title}", backend.block_names(kind), f"{kind}_block", usual, width=170,
            label_visibility="collapsed",
        )  # fmt: skip
    found = backend.block(kind, name)
    shape, sums = st.columns([1.3, 1], gap="medium")
    svg, alt = figures.block_svg(found, palette())
    with shape:
        drawing(svg, alt, key="block_drawing")
        st.markdown(this.words[kind])
    with sums:
        st.html(figures.block_table(found, this.words[f"vs_{kind}"]))
    scene.values["code"] = this.words["code_paths"].format(kind=kind, name=name)
    foot(
        this,
        legends=[legend(words=f"{title}, {name} · bar: as long as there are maps")],
        values=scene.values,
        download=lambda: figures.block_svg(found)[0],
        title=f"{title}: the paths inside {name}",
        file_name=f"{found.network}-{name}.svg",
    )


# --- why graphics chips --------------------------------------------------------------------------------


def draw_speed(scene: Scene) -> None:
    picture = state.current_picture()
    given, ways = backend.problem(picture), backend.ways()
    maps, taken = given.weights.shape[:2]
    words = this.words["speed"].format(
        maps=maps, taken=taken, side=given.x.shape[-1], macs=f"{given.macs:,}", looped=LOOPED
    )

    def show(found: backend.Speeds | None) -> None:
        st.html(figures.speed_rows(ways, found))
        if found and found.done:
            st.html(figures.speed_words(found, ways))

    st.html(f'<div class="quiet">{words}</div>')
    long_work(
        "history_speeds",
        partial(backend.speeds, given),
        show,
        progress=lambda found: (found.done / found.total, f"{found.done} of {found.total} timings"),
        verb="Time it here",
        what=picture.digest,
    )
    scene.values["code"] = this.words["code_speed"].format(picture=st.session_state["picture"])
    foot(
        this,
        legends=[legend(words="bar: median · thin line: the middle half")],
        values=scene.values,
        download=figures.speeds_csv(ways, latest("history_speeds")),
        file_name="one-convolution.csv",
    )


def explain_training() -> None:
    """Under the stage: where the last column comes from."""
    st.html('<h3 class="section">Where the years and days come from</h3>')
    work = f"{backend.training_macs() / 1e15:.0f} million billion multiply-adds"
    low, high = backend.DAYS
    training = this.words["training"].format(work=work, days=f"{low} to {high}", **backend.training_settings())
    no_card = "" if any("card" in way.name for way in backend.ways()) else this.words["no_card"]
    st.markdown(f"{training} {no_card}")


# --- the page ------------------------------------------------------------------------------------------

DRAWN = dict(zip(PARTS, (draw_race, draw_five, draw_paths, draw_speed), strict=True))
BELOW = {"the race": explain_five_guesses, "five networks": draw_answers, "why graphics chips": explain_training}

with chapter_stage(this) as scene:
    by_year = {winner.year: winner for winner in winners}
    scene.values.update({
        "first": f"{winners[0].error:.0f}", "last": f"{winners[-1].error:.0f}",
        "years": winners[-1].year - winners[0].year,
        "alexnet": f"{by_year[2012].error:.0f}", "second": f"{by_year[2012].second[1]:.0f}",
        "person": f"{person.error:g}", "person_words": person.words,
        "passed": next(winner.year for winner in winners if winner.error < person.error),
        "vgg_top5": backend.count("vgg16").top5, "resnet_top5": backend.count("resnet50").top5,
    })  # fmt: skip
    part = segments("What to see", PARTS, "history_part", label_visibility="collapsed")
    scene.values["part"] = part
    DRAWN[part](scene)

if part in BELOW:
    with scene.below:
        BELOW[part]()
