"""Loads the browser side of our components from ``assets/components``.

A component NAME is a pair of files, ``NAME.js`` and ``NAME.css``. Its module
exports a default function that Streamlit calls with ``{data, parentElement,
setStateValue, setTriggerValue}`` after the first mount and whenever the data change.
Colours come from the theme's ``--st-…`` custom properties. What all components share
is the pair ``house``, what several share is a pair as well, without the export: a part.
"""

from functools import cache
from pathlib import Path

import streamlit as st

COMPONENTS = Path(__file__).resolve().parents[2] / "assets" / "components"


@cache
def component(name: str, *parts: str):
    """The mounting command of component ``name``, put together with the ``parts`` it shares with others.

    See ``st.components.v2.component``.
    """
    css, js = (
        "\n".join((COMPONENTS / f"{part}.{kind}").read_text(encoding="utf-8") for part in ("house", *parts, name))
        for kind in ("css", "js")
    )
    return st.components.v2.component(name, js=js, css=css)
