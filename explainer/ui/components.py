"""Mounts the browser side of components. Their files lie beside the wrappers that mount them.

A component NAME is a pair of files, ``NAME.js`` and ``NAME.css``: here where chapters share
it, else in its chapter's folder. Its function ``receive`` is called with ``{data, parentElement,
setStateValue, setTriggerValue}`` after the first mount and whenever the data change. Colours
come from the theme's ``--st-…`` custom properties. What all components share is the pair
``house``, what several share is a pair as well, without ``receive``: a part.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

PACKAGE = Path(__file__).resolve().parents[1]


@cache
def component(name: str, *parts: str):
    """The mounting command of component ``name``, put together with the ``parts`` it shares with others.

    See ``st.components.v2.component``.
    """
    css, js = ("\n".join(source(part, kind) for part in ("house", *parts, name)) for kind in ("css", "js"))
    return st.components.v2.component(name, js=js, css=css)


def mount(
    name: str,
    key: str,
    data: Mapping[str, object],
    on: Mapping[str, Callable[[Any], None]] | None = None,
    parts: Sequence[str] = (),
) -> None:
    """Put a component on the page.

    on: by the name of a value that its browser side sets, who is called with it before the page runs again.
    Who is called checks the value: it comes from a browser, and is None where another one was set.
    """

    def heard(event: str, called: Callable[[Any], None]) -> Callable[[], None]:
        return lambda: called(st.session_state[key].get(event))

    events = {f"on_{event}_change": heard(event, called) for event, called in (on or {}).items()}
    component(name, *parts)(key=key, data=data, **events)


def source(name: str, kind: str) -> str:
    """A file of the component ``name``: its "js" or its "css"."""
    return _files()[f"{name}.{kind}"].read_text(encoding="utf-8")


@cache
def _files() -> dict[str, Path]:
    """All components' files by name: one name is one component in the whole app, as Streamlit wants it, too."""
    return {path.name: path for kind in ("js", "css") for path in PACKAGE.rglob(f"*.{kind}")}
