"""The network's guesses as bars."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from explainer.figures.shares import in_percent
from explainer.networks import Guess


def guesses(best: Sequence[Guess], heading: str) -> None:
    """A bar for each guess, best first; the whole width is 100%."""
    rows = "".join(
        f'<li><span class="name">{escape(guess.category)}</span>'
        f'<span class="number">{in_percent(guess.probability)}</span>'
        f'<span class="bar"><i style="width:{100 * guess.probability:.2f}%"></i></span></li>'
        for guess in best
    )
    st.html(f'<div class="guesses"><h4>{escape(heading)}</h4><ol>{rows}</ol></div>')
