"""The stoplight stage of *One neuron*: drawn and answered in the browser."""

import streamlit as st

from explainer.chapters.neuron.model import ACTIVATIONS, LESSONS, LIMIT, STOPLIGHT, Run, Setting, contradiction
from explainer.ui.components import component


def stoplight(setting: Setting, key: str = "stoplight", version: int = 0) -> Setting:
    """Show the stage and return the setting as the visitor has it now.

    The browser owns the setting while the visitor plays; Python hears of a change
    when it has ended. To put another setting on the stage (a preset), pass it
    with a higher ``version``: only then does the browser take ``setting`` over, and
    what it reported before no longer counts.

    Args:
        setting: shown at first, and whenever ``version`` changes.
        key: the component's key in the session state.
        version: rises whenever the page, not the visitor, changes the setting.
    """
    setting = reported(st.session_state.get(key), version) or setting
    data = {
        "version": version,
        "state": setting.plain(),
        "limit": LIMIT,
        "example": {"weights": STOPLIGHT.weights, "bias": STOPLIGHT.bias},
        "activations": [{"name": each.name, "label": each.label} for each in ACTIVATIONS.values()],
        "lessons": [{"name": each.name, "label": each.label, "targets": each.targets} for each in LESSONS],
        "run": replay(setting.run),
    }
    component("stoplight")(key=key, data=data, on_neuron_change=lambda: None)
    return setting


def reported(state: dict | None, version: int) -> Setting | None:
    """The setting that the browser last sent, if it was sent since ``version`` was put on the stage."""
    neuron = (state or {}).get("neuron")
    return Setting.of(neuron) if neuron and neuron.get("version") == version else None


def replay(run: Run) -> dict:
    """A training run as the browser replays it: [red, yellow, green, bias, error] for every step."""
    clash = contradiction(run.targets)
    return {
        "targets": run.targets,
        "activation": run.activation,
        "seed": run.seed,
        "path": run.path.tolist(),
        "contradiction": {"go": clash.go, "wait": clash.wait} if clash else None,
        "sentence": run.sentence,
    }
