"""Loads the browser side of our components from ``assets/components``.

A component NAME is a pair of files, ``NAME.js`` and ``NAME.css``. Its module
exports a default function that Streamlit calls with ``{data, parentElement,
setStateValue, setTriggerValue}`` after the first mount and whenever the data change.
Colours come from the theme's ``--st-…`` custom properties and from ``house.css``.
"""

from functools import cache
from pathlib import Path

import streamlit as st

COMPONENTS = Path(__file__).resolve().parents[2] / "assets" / "components"


@cache
def component(name: str):
    """The mounting command of component ``name`` (see ``st.components.v2.component``)."""
    css = (COMPONENTS / "house.css").read_text() + (COMPONENTS / f"{name}.css").read_text()
    return st.components.v2.component(name, js=(COMPONENTS / f"{name}.js").read_text(), css=css)
