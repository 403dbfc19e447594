"""The theme the visitor looks at, and the style sheet Streamlit's own settings can't express."""

import streamlit as st

from explainer.figures.tiles import DARK, LIGHT, Palette
from explainer.places import ASSETS


def palette() -> Palette:
    """The colours of the visitor's theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def apply_styles(presenting: bool) -> None:
    """Add the house's style sheet to the page; larger type while presenting."""
    st.html(ASSETS / "styles" / "app.css")
    if presenting:
        st.html(ASSETS / "styles" / "presenter.css")
