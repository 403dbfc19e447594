"""Start here: the picture, what the network sees of it, its five guesses, and the way in."""

import numpy as np
import streamlit as st

from explainer.chapters import chapter, chapters
from explainer.chapters.home.faces_row import faces_row
from explainer.chapters.home.figures import guessed
from explainer.chapters.home.picture_frame import picture_frame
from explainer.figures.shares import in_percent
from explainer.pictures import Picture
from explainer.ui import state
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.fetching import offer_a_better_one
from explainer.ui.guesses import guesses
from explainer.ui.picture_taker import camera, picture_buttons
from explainer.ui.sidebar import gallery_tiles, how_many_names, how_often_right, presenting
from explainer.ui.theme import palette

this = chapter("home")
network, picture, trace = state.current_network(), state.current_picture(), state.current_trace()

with chapter_stage(this) as scene:
    size = network.preprocessing.size
    (blank,) = network.classify(Picture(np.full((size, size, 3), 128, np.uint8)), top=1)
    scene.values.update(
        {
            "size": size,
            "inputs": f"{3 * size * size:,}",
            "layers": sum(layer.kind in ("conv", "fc", "block") for layer in network.layers),
            "parameters": f"{sum(layer.parameters for layer in network.layers):,}",
            "categories": f"{len(network.categories):,}",
            "honesty": f"{network.label}: {how_often_right(network)}. {how_many_names(network)}",
            "blank": blank.category,
            "blank_probability": f"{in_percent(blank.probability)}",
            "network": network.name,
            "picture": st.session_state["picture"],
        }
    )
    with st.container(key="give_a_picture", horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="content"):
            picture_buttons("give_buttons")
        with st.container(key="camera_here", width="content"), st.popover("Photograph", icon=":material/photo_camera:"):
            camera("camera_on_stage")
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        hint = f"The network sees the bright square, as {size} × {size} pixels. Drag it, or its corner."
        picture_frame(picture, trace.crop, hint, key="picture_frame")
    with right:
        guesses(trace.top(5), heading=f"{network.label} guesses")
        with st.container(key="open_it_up", gap="xsmall"):
            for other, label in (("layers", "Which detectors fired on it"), ("deconvnet", "What they look for in it")):
                st.page_link(
                    st.session_state["pages"][other], label=label, icon=":material/arrow_forward:",
                    icon_position="right",
                )  # fmt: skip
    left, right = (right, right) if presenting() else st.columns([1.15, 1], gap="medium")
    with left, st.container(key="gallery_strip"):
        gallery_tiles(state.best_known(), key="gallery_here", columns=7, invitation="or one of these")
    with right, st.container(key="faces_strip"):
        faces_row(network, trace, key="faces_here", words=this.words)
    if not presenting():
        offer_a_better_one()
    colours = palette()
    foot(
        this,
        legends=['<span class="legend">bar = probability, 0 to 100%</span>'],
        values=scene.values,
        download=lambda: guessed(picture, trace, colours),
        title=f"{network.label} guesses: {trace.top(1)[0].category}",
        file_name="guesses.png",
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
