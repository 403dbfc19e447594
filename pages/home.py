"""Start here: the picture, what the network sees of it, its five guesses, and the way in."""

from functools import partial

import numpy as np
import streamlit as st

from explainer.chapters import chapter, chapters
from explainer.figures.pictures import crop_marked
from explainer.figures.tiles import png
from explainer.ui import state
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.guesses import guesses
from explainer.ui.sidebar import how_many_names, how_often_right

this = chapter("home")
network, picture, trace = state.current_network(), state.current_picture(), state.current_trace()

with chapter_stage(this) as scene:
    size = network.preprocessing.size
    scene.values.update(
        {
            "size": size,
            "inputs": f"{3 * size * size:,}",
            "layers": sum(layer.kind in ("conv", "fc", "block") for layer in network.layers),
            "parameters": f"{sum(layer.parameters for layer in network.layers):,}",
            "categories": f"{len(network.categories):,}",
            "honesty": f"{network.label}: {how_often_right(network)}. {how_many_names(network)}",
            "network": network.name,
            "picture": st.session_state["picture"],
        }
    )
    left, right = st.columns([1, 1.15], gap="medium", vertical_alignment="center")
    marked, alt = crop_marked(picture.pixels, trace.crop)
    with left:
        st.image(np.ascontiguousarray(marked), width="stretch", alt=alt)
        st.html(f'<div class="quiet">The network sees the bright square, as {size} × {size} pixels.</div>')
    with right:
        guesses(trace.top(5), heading=f"{network.label} guesses")
    foot(
        this,
        legends=['<span class="legend">bar = probability, 0 to 100%</span>'],
        values=scene.values,
        download=partial(png, trace.view),
        file_name="what-the-network-sees.png",
    )

with scene.below:
    st.html('<h3 class="section">Open it up</h3>')
    with st.container(key="chapter_cards"):
        for other in chapters():
            if other.name != this.name:
                with st.container(border=True):
                    st.page_link(
                        st.session_state["pages"][other.name],
                        label=f"**{other.number} · {other.menu}**",
                    )
                    st.caption(other.teaser)
