"""What this visitor calls detectors: kept in the session, in the browser and in the link, shown wherever one is shown.

A link adds its names to the visitor's own; where both name a detector, the own name stays.
"""

import re
import time
from collections.abc import Iterable, Sequence

import streamlit as st

from explainer.atlas.called import MOST, Names, checked, detector, from_link, tidy, to_link, together
from explainer.corpus import indexed_layers
from explainer.networks import Network
from explainer.ui import state
from explainer.ui.components import component
from explainer.ui.linked import new_in_link, write
from explainer.ui.visitors import visitor

LINK = "names"
MOST_NETWORKS = 20
_KEPT, _VERSION, _HEARD = "detector_names", "detector_names_of", "detector_names_heard"  # in the session
_HERE, _LINKED = "detector_names_here", "detector_names_linked"  # the latter: (digest, detector) that only a link named


def names_here() -> Names:
    """The names of the current network's detectors."""
    return _all().get(_here(), {}) if _all() else {}


def name_of(layer: str, unit: int) -> str:
    """What a detector is called; empty if nobody has named it. From elsewhere: to be shown as text."""
    return names_here().get(detector(layer, unit), "")


def and_name(said: str, layer: str, unit: int) -> str:
    """What is said of a detector with its name behind its number, "17 · fires" → "17 · eye · fires", as plain text."""
    return and_names([said], layer, [unit])[0]


def and_names(said: Sequence[str], layer: str, units: Sequence[int]) -> list[str]:
    """The same of several detectors of a layer."""
    names = names_here()
    called = (names.get(detector(layer, unit)) for unit in units) if names else (None for _ in units)
    return [
        re.sub(rf"\b{unit}\b", lambda found, name=name: f"{found[0]} · {name}", line, count=1) if name else line
        for line, unit, name in zip(said, units, called, strict=True)
    ]


def call(layer: str, unit: int, words: object) -> None:
    """Give a detector of the current network a name, or with no words none."""
    names = {key: name for key, name in names_here().items() if key != detector(layer, unit)}
    if name := tidy(words):
        names[detector(layer, unit)] = name
    _own([detector(layer, unit)])
    _put(names)


def add(others: Names) -> tuple[int, int]:
    """Add others' names to the visitor's own: how many are new, and how many detectors have another name here."""
    own = names_here()
    differ = sum(own.get(key, name) != name for key, name in others.items())
    before = len(own)
    _own(key for key, name in others.items() if own.get(key, name) == name)
    _put(together(own, others))
    return len(names_here()) - before, differ


def _add_linked(others: Names) -> None:
    """Show what a link calls detectors. These names are not the visitor's: the browser does not keep them."""
    new = {(_here(), key) for key in others if key not in names_here()}
    st.session_state[_LINKED] = st.session_state.get(_LINKED, frozenset()) | new
    _put(together(names_here(), others))


def _own(detectors: Iterable[str], digest: str | None = None) -> None:
    """From now on these names are the visitor's, whoever gave them first."""
    mine = {(digest or _here(), key) for key in detectors}
    st.session_state[_LINKED] = st.session_state.get(_LINKED, frozenset()) - mine


def whose(network: Network) -> str:
    """What names of a network's detectors are kept under: other weights are other detectors."""
    return network.digest[:16]


def units_of(network: Network) -> dict[str, int]:
    """How many detectors can be named in each layer."""
    return {layer: network.layer(layer).shape[0] for layer in indexed_layers(network)}


def keep_names() -> None:
    """Take over the names that the link brings; keep all of them in the link, and the visitor's own in the browser."""
    st.session_state[_HERE] = whose(state.current_network())
    if not state.network_trouble():  # else the link's names are another network's
        if given := new_in_link(LINK):
            _add_linked(from_link(given, units_of(state.current_network())))
        _write_link()
    keep("name_keeper")


def keep(key: str) -> None:
    """Mount what keeps the names in the browser, and hears from it once what it kept."""
    linked = st.session_state.get(_LINKED, frozenset())
    kept = {
        f"{digest} {one}": name
        for digest, names in _all().items()
        for one, name in names.items()
        if (digest, one) not in linked
    }
    version = st.session_state.setdefault(_VERSION, time.time())
    component("name_keeper")(
        key=key, height=1, on_kept_change=lambda: _hear(st.session_state[key].get("kept")),
        data={"session": visitor(), "names": kept, "version": version, "heard": st.session_state.get(_HEARD, False)},
    )  # fmt: skip


def _hear(given: object) -> None:
    """What the browser kept is the visitor's own: it goes before what the link brought. It is heard once in a visit."""
    if st.session_state.get(_HEARD) or not isinstance(given, dict):
        return
    st.session_state[_HEARD] = True
    found: dict[str, dict] = {}
    for key, name in given.items():
        digest, _, one = key.partition(" ")
        if re.fullmatch(r"[0-9a-f]{16}", digest) and (digest in found or len(found) < MOST_NETWORKS):
            found.setdefault(digest, {})[one] = name
    for digest, names in found.items():
        own = checked(names)
        _own(own, digest)
        _put(together(own, _all().get(digest, {})), digest)


def _put(names: Names, digest: str | None = None) -> None:
    digest = digest or _here()
    st.session_state[_KEPT] = {**_all(), digest: dict(list(names.items())[-MOST:])}
    st.session_state[_VERSION] = time.time()
    if digest == _here():
        _write_link()


def _write_link() -> None:
    write(LINK, to_link(names_here()) or None)


def _here() -> str:
    """Whose names this run of the page shows; noted, as to look for the network takes a millisecond each time."""
    return st.session_state.get(_HERE) or whose(state.current_network())


def _all() -> dict[str, Names]:
    return st.session_state.get(_KEPT, {})
