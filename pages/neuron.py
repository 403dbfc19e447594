"""One neuron: a stoplight weighed, added up and decided; what it can learn and what it can't."""

import streamlit as st

from explainer.chapters import chapter
from explainer.chapters.neuron.figures import cube, diagram
from explainer.chapters.neuron.model import LIMIT, Setting, compared, inequality, separable, separable_tables
from explainer.chapters.neuron.stoplight import stoplight
from explainer.ui.chapter import chapter_stage, foot
from explainer.ui.chart import chart
from explainer.ui.legends import signed_legend
from explainer.ui.linked import follows
from explainer.ui.theme import palette

this = chapter("neuron")
state = st.session_state


def take(preset: dict) -> None:
    """Put a preset on the stage; the curve stays the one that was chosen."""
    activation = state["neuron"].neuron.activation
    state["neuron"] = Setting.of({"activation": activation, **preset})
    state["neuron_version"] += 1


follows("neuron", "lights", "weights", "activation", "table", "seed")
if "neuron" not in state:
    state["neuron"] = Setting.from_link(st.query_params.to_dict())
    state["neuron_version"] = state.get("neuron_version", -1) + 1

with chapter_stage(this) as scene:
    setting = state["neuron"] = stoplight(state["neuron"], version=state["neuron_version"])
    st.query_params.update(setting.link())
    neuron, weighing = setting.neuron, setting.weighing
    scene.values.update({
        "threshold": f"{weighing.threshold:g}", "written": neuron.written(setting.lights),
        "compared": compared(weighing), "rule": f"It goes when `{inequality(neuron)}`.",
        "verdict": weighing.verdict, "separable": separable_tables(), "tables": 2**8,
        "weights": neuron.weights, "bias": neuron.bias, "activation": neuron.activation,
    })  # fmt: skip
    scene.values["curve"] = this.words[neuron.activation].format(**scene.values)
    foot(
        this,
        legends=[signed_legend(f"weight, −{LIMIT:g} to +{LIMIT:g}")],
        values=scene.values,
        download=diagram(neuron, setting.lights, palette())[0],
        file_name="neuron.svg",
        title="One neuron: lights, weights, a sum, a decision",
        about=neuron.written(setting.lights),
    )

with scene.below:
    with st.container(horizontal=True):
        for name, preset in this.presets.items():
            st.button(preset["label"], key=f"preset_{name}", on_click=take, args=(preset,))
        if not separable(setting.targets) and st.button(
            this.words["fold"], key="fold", icon=":material/arrow_forward:", icon_position="right", type="primary"
        ):
            st.switch_page(state["pages"]["nonlinearity"], query_params={"bend": "fold"})
        if st.button(this.words["hill"], key="hill", icon=":material/arrow_forward:", icon_position="right"):
            st.switch_page(state["pages"]["backpropagation"], query_params={"lesson": "hill", "hill_of": "one neuron"})
    figure, alt = cube(neuron, setting.lights, setting.targets, palette())
    chart(figure, alt, key="cube")
    st.caption(this.words["cube"])
