"""Which pictures to look through, and the index of them: chosen, built in sight, resumed, refused when damaged."""

from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from explainer.corpus import (
    Corpus,
    ImagenetteFetch,
    Index,
    Progress,
    build,
    gallery_corpus,
    imagenette_corpus,
    open_index,
    reasons,
    uploads_corpus,
)
from explainer.corpus.store import path_of
from explainer.errors import DataError
from explainer.networks import Network
from explainer.ui.awaited import awaited
from explainer.ui.foreign import as_text
from explainer.ui.forgetting import STAYS
from explainer.ui.long_work import long_work
from explainer.workshop import once

BOX, PATTERNS, UPLOADS, IMAGENETTE = "the box", "with patterns", "uploads", "imagenette"
KINDS = [BOX, PATTERNS, UPLOADS, IMAGENETTE]
LOOK = 0.5  # seconds from one look at a download to the next
TOLD = 20  # pictures that could not be opened are named one by one up to here


def corpus_of(kind: str) -> Corpus | None:
    """Pictures of one of the :data:`KINDS`; None with a sentence where there are none yet."""
    try:
        return {BOX: box_corpus, PATTERNS: _with_patterns, UPLOADS: _uploads, IMAGENETTE: _imagenette}[kind]()
    except DataError as error:
        st.warning(as_text(error), icon=":material/info:")
    return None


@st.cache_resource(show_spinner=False)
def box_corpus() -> Corpus:
    """The photographs that ship: one object for all visitors. A detector's best patch of a drawing says little."""
    return gallery_corpus(patterns=False)


@st.cache_resource(show_spinner=False)
def _with_patterns() -> Corpus:
    """They and the drawn patterns."""
    return gallery_corpus()


def box_index(network: Network) -> tuple[Corpus, Index]:
    """They and what in them excites each detector, as far as it is known; begun anew where it is damaged."""
    corpus = box_corpus()
    where = path_of(network, corpus)
    return corpus, once(("box index", where), lambda: _opened(network, corpus), for_all=True)


def _opened(network: Network, corpus: Corpus) -> Index:
    try:
        return open_index(network, corpus)
    except DataError:
        return open_index(network, corpus, afresh=True)


def _uploads() -> Corpus | None:
    """What the visitor gave; kept for the session, though the files' own field is emptied by turning the page."""
    files = st.file_uploader(
        "Pictures, or zips of them", accept_multiple_files=True, key="corpus_files",
        help=STAYS,
    )  # fmt: skip
    files = [file for file in files or () if isinstance(file, UploadedFile)]  # others are no longer kept
    known = st.session_state.get("corpus_uploads")
    if files:
        ids = tuple(file.file_id for file in files)
        if known is None or known[0] != ids:
            known = ids, uploads_corpus([(file.name, file.getvalue()) for file in files])
            st.session_state["corpus_uploads"] = known
    if known is None:
        st.info("Add pictures, or a zip of them: their nine best for each detector come up here.")
        return None
    return known[1]


def _imagenette() -> Corpus | None:
    try:
        return _found_imagenette()
    except DataError as error:
        st.info(as_text(error))
    going_on = bool(_fetches().get(IMAGENETTE) and _fetches()[IMAGENETTE].is_alive())
    st.fragment(_fetch_imagenette, run_every=LOOK if going_on else None)(going_on)
    return None


@st.cache_resource(show_spinner=False)
def _fetches() -> dict[str, ImagenetteFetch]:
    """Shared by all visitors: nobody fetches what another is fetching."""
    return {}


def _fetch_imagenette(was_going_on: bool) -> None:
    """A button that brings them while the page stays answerable."""
    fetch = _fetches().get(IMAGENETTE)
    going_on = bool(fetch and fetch.is_alive())
    if was_going_on and not going_on:
        st.rerun()  # they are here, or it is said why not
    if going_on:
        st.info("Fetching Imagenette, 99 MB …", icon=":material/hourglass_top:")
        return
    if fetch and fetch.trouble:
        st.warning(as_text(fetch.trouble), icon=":material/info:")
    if st.button("Fetch 99 MB", icon=":material/download:", key="fetch_imagenette"):
        _fetches()[IMAGENETTE] = ImagenetteFetch()
        st.rerun()


@st.cache_resource(show_spinner=False)
def _found_imagenette() -> Corpus:
    """Its folder is listed once; an error is not remembered."""
    return imagenette_corpus()


def index_of(network: Network, corpus: Corpus, kind: str, damaged: str) -> Index | None:
    """The index as far as it has got; a damaged one is refused with the sentence ``damaged``, and a way out.

    That of a visitor's own pictures is kept in memory alone.
    """
    known = network.digest, corpus.digest
    if st.session_state.get("project_index", (None,))[0] != known:
        try:
            st.session_state["project_index"] = known, open_index(network, corpus, on_disk=kind != UPLOADS)
        except DataError:  # its own sentence names a folder of the server
            st.error(damaged, icon=":material/info:")
            if not st.button("Build afresh", icon=":material/replay:", key="index_afresh"):
                return None
            st.session_state["project_index"] = known, open_index(network, corpus, afresh=True)
            st.rerun()
    return st.session_state["project_index"][1]


def growing(network: Network, corpus: Corpus, index: Index) -> None:
    """The index being built, while the page can be used."""
    if not index.complete:
        long_work(
            "index", partial(build, network, corpus, index), lambda _: None, progress=how_far,
            verb="Look through", settings=(network.digest, corpus.digest, id(index)), tick=0.5,
        )  # fmt: skip
        st.caption("Choose any detector meanwhile: its nine are the best so far.")


def looked_through(network: Network, corpus: Corpus, index: Index) -> bool:
    """Whether all pictures of a small corpus have been looked through; they are, meanwhile."""
    asked = (network.digest, corpus.digest)
    made = awaited("looked_through", asked, partial(build, network, corpus, index), "Looking through the pictures …")
    return made is not None


def how_far(progress: Progress) -> tuple[float, str]:
    """The share looked through, and when the end is expected."""
    seconds = progress.seconds_left
    left = "" if seconds is None else f", {seconds / 60:.0f} min to go" if seconds > 90 else f", {seconds:.0f} s to go"
    words = f"{progress.done:,} of {progress.total:,} pictures{left}"
    return progress.done / max(progress.total, 1), progress.unsaved or words


def left_out(corpus: Corpus, index: Index) -> None:
    """What was left out, and why."""
    told = [
        f"{example} {reason}" + (f", and {count - 1:,} more like it" if count > 1 else "")
        for reason, count, example in reasons(corpus.left_out)
    ]
    told += [f"{corpus.label(number)}: {reason}" for number, reason in list(index.left_out.items())[:TOLD]]
    if told:
        with st.expander(f"Left out: {len(corpus.left_out) + len(index.left_out):,}"):
            st.markdown("\n".join(f"- {as_text(line)}" for line in told))
