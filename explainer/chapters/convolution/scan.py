"""What is played with in *Scanning by hand*: the magnifier, the tiny network, the window of the sizes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from explainer.chapters.convolution import filtering as backend
from explainer.chapters.convolution.drawings import CAT, TEMPLATES
from explainer.chapters.convolution.figures import small_drawings
from explainer.chapters.convolution.tiny_network import Example, TinyNetwork
from explainer.figures.tiles import diverging, magma
from explainer.ui.components import component
from explainer.ui.theme import palette
from explainer.ui.tile_grid import tile_grid

BLANK = np.zeros_like(CAT)
FACES = {**TEMPLATES, "blank": BLANK}
KEPT = "scan_setup"  # in the session, the drawing and filter that every view of the chapter shares


@dataclass(frozen=True)
class Setup:
    """The drawing, ink [10, 10] from 0 to 100, and the filter, weights [4, 4]."""

    ink: np.ndarray
    weights: np.ndarray

    def plain(self) -> dict[str, list[float]]:
        return {"ink": self.ink.ravel().tolist(), "weights": self.weights.ravel().tolist()}


def current_setup(filters: Mapping[str, np.ndarray]) -> Setup:
    """The visitor's drawing and filter: from this session, or else from the link, or the chapter's own."""
    if KEPT not in st.session_state:
        ink = _from_link("drawing", FACES, backend.ink_of)
        weights = _from_link("filter", filters, backend.weights_of)
        st.session_state[KEPT] = Setup(ink, weights)
    return st.session_state[KEPT]


def _from_link(name: str, known: Mapping[str, np.ndarray], read) -> np.ndarray:
    """A drawing or filter named or spelt out in the link; the first known one if neither."""
    given = st.query_params.get(name, "")
    found = known.get(given)
    if found is None:
        found = read(given)
    return next(iter(known.values())) if found is None else found


def keep_in_link(setup: Setup, filters: Mapping[str, np.ndarray]) -> tuple[str, str]:
    """Write drawing and filter into the link, by name where they have one, and return these two words."""
    words = []
    for name, value, known in (("drawing", setup.ink, FACES), ("filter", setup.weights, filters)):
        named = next((word for word, other in known.items() if np.array_equal(value, other)), None)
        words.append(named or "")
        written = named or backend.in_link(value)
        default = next(iter(known))
        if written == default:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != written:
            st.query_params[name] = written
    return words[0], words[1]


def as_code(ink: np.ndarray, named: str) -> str:
    """A drawing as the code under the figures writes it."""
    return f'TEMPLATES["{named}"]' if named in TEMPLATES else f'ink_of("{backend.in_link(ink)}")'


def magnifier(setup: Setup, filters: Mapping[str, np.ndarray], words: Mapping[str, str]) -> None:
    """The scan: drawing, filter, products under the magnifier, map. The first time, it plays by itself."""
    greeted = st.session_state.get("scan_greeted", False)
    st.session_state["scan_greeted"] = True
    named = {name: weights.ravel().tolist() for name, weights in filters.items()}
    _mount("magnifier", setup, words, filters=named, greet=not greeted)


def tiny_network_view(setup: Setup, network: TinyNetwork, animals: tuple[str, ...], words: Mapping[str, str]) -> None:
    """The whole network, from the drawing to the name. One of its filters can be put under the magnifier."""

    def scan_with() -> None:
        chosen = st.session_state["tiny_network"].get("lens")
        if chosen in range(len(plain["filters"])):
            weights = backend.weights_of(plain["filters"][chosen])
            st.session_state[KEPT] = Setup(st.session_state.get(KEPT, setup).ink, weights)
            st.session_state["scan"] = "one filter"

    plain = {
        "filters": _rounded(network.filters.weight.flatten(1)),
        "bias": _rounded(network.filters.bias),
        "votes": _rounded(network.vote.weight),
        "vote_bias": _rounded(network.vote.bias),
        "animals": list(animals),
    }
    if network.second:
        plain |= {"second": _rounded(network.second.weight.flatten(1)), "second_bias": _rounded(network.second.bias)}
    ramps = {"signed": diverging(palette()).tolist(), "magma": magma().tolist()}
    _mount("tiny_network", setup, words, callbacks={"on_lens_change": scan_with}, network=plain, **ramps)


def held_out_grid(examples: Sequence[Example], setup: Setup, words: Mapping[str, str]) -> None:
    """Held-out drawings, each with its name and guess; a click puts one on the page."""

    def take(place: int) -> None:
        st.session_state[KEPT] = Setup(examples[place].ink, setup.weights)

    chosen = next((i for i, each in enumerate(examples) if np.array_equal(each.ink, setup.ink)), None)
    tile_grid(
        small_drawings([each.ink for each in examples], palette()),
        key="held_out",
        labels=[
            f"{'right' if each.right else 'wrong'}: a {each.animal}, called {each.trace.guess} "
            f"with {each.trace.probability:.0%}"
            for each in examples
        ],
        selected=chosen,
        on_select=take,
        alt=words["held_out_alt"],
        columns=8,
        invitation=words["held_out_invitation"],
    )


def _mount(
    name: str, setup: Setup, words: Mapping[str, str], *, callbacks: Mapping[str, Callable] | None = None, **data
) -> None:
    def changed() -> None:
        made = st.session_state[name].get("setup") or {}
        ink, weights = backend.ink_of(made.get("ink")), backend.weights_of(made.get("weights"))
        if ink is not None and weights is not None:
            st.session_state[KEPT] = Setup(ink, weights)

    faces = {face: ink.ravel().tolist() for face, ink in FACES.items()}
    component(name, "ink_pad")(
        key=name,
        data={"setup": setup.plain(), "faces": faces, "words": dict(words), **data},
        on_setup_change=changed,
        **(callbacks or {}),
    )


def _rounded(values) -> list:
    """The weights as they stand in their file, four decimals each."""
    return np.round(values.detach().numpy().astype(float), 4).tolist()


def sizes_view(sizes: backend.Sizes, words: Mapping[str, str]) -> None:
    """A window on a padded grid, its map to the same scale, the formula and what comes of it."""
    values = {"padded": sizes.padded, "positions": sizes.positions, "kernel": sizes.kernel}
    component("sizes")(
        key="sizes",
        data={
            **values,
            "stride": sizes.stride,
            "padding": sizes.padding,
            "looks": sizes.looks.ravel().tolist(),
            "formula": sizes.formula,
            "verdict": sizes.verdict,
            "alt": words["sizes_alt"].format(**values),
            "words": {name: words[f"sizes_{name}"].format(**values) for name in ("rule", "input", "output", "none")},
        },
    )
