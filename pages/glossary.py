"""The glossary: every term in italics, what it means, and the chapter that shows it."""

from html import escape
from itertools import groupby

import streamlit as st

from explainer.chapters import asides
from explainer.teaching.glossary import glossary, words
from explainer.ui.chapter import aside_head
from explainer.ui.words import acting, place_words

said = words()
aside_head(next(aside for aside in asides() if aside.name == "glossary"))
letters = [(letter, list(terms)) for letter, terms in groupby(glossary(), lambda term: term.name[0].upper())]
jumps = " ".join(f'<a href="#term-{letter.lower()}">{letter}</a>' for letter, _ in letters)
entries = "".join(
    f'<h2 id="term-{letter.lower()}">{letter}</h2><dl>'
    + "".join(
        f"<dt>{escape(term.name)}</dt><dd>{escape(term.means)} "
        f"<span>{said['shown']} {acting(escape(place_words(term.chapter)), term.link)}</span></dd>"
        for term in terms
    )
    + "</dl>"
    for letter, terms in letters
)
st.html(f'<nav class="letters" aria-label="{said["letters"]}">{jumps}</nav><div class="glossary">{entries}</div>')
