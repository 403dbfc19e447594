"""The playground in a real browser: its numbers are Python's, its network is shaped, looked into, kept in the link."""

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explainer.chapters.nonlinearity.learning import Settings, learn
from explainer.chapters.nonlinearity.plane_network import BENDS, FEATURES, new_network
from tests.browser.server import assert_fits, module, open_page, settle

PLAY = "/nonlinearity?bend=playground&play_epochs=20"


def test_the_browser_answers_as_python_does(page: Page):
    page.goto("data:text/html,<p>")
    address = module("plane", "network_drawing", "playground")
    page.evaluate("async address => { window.code = await import(address); }", address)
    places = np.random.default_rng(0).uniform(-6, 6, (5, 2))
    for bend in BENDS:
        network = new_network((5, 3), tuple(FEATURES), bend, seed=2)
        sent = {
            "features": list(network.features), "bend": bend,
            "weights": [w.tolist() for w in network.weights], "biases": [b.tolist() for b in network.biases],
        }  # fmt: skip
        found = page.evaluate("([n, places]) => places.map((p) => code.forward(n, p))", [sent, places.tolist()])
        _, said = network.forward(network.inputs(places))
        for layer, ours in enumerate(said):
            np.testing.assert_allclose([one[layer] for one in found], ours, atol=1e-10)


def test_a_network_is_trained_shaped_and_looked_into(app: str, page: Page):
    open_page(page, app + PLAY)
    root = page.locator("[data-epoch]")
    expect(root).to_have_attribute("data-epoch", "20")
    *_, lap = learn(Settings(epochs=20))
    shown = json.loads(root.get_attribute("data-weights"))
    for ours, theirs in zip(lap.network.weights, shown, strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-5)
    assert float(root.get_attribute("data-unseen")) == pytest.approx(lap.unseen_right)
    page.locator("[data-neuron='2-3']").click()
    expect(page.locator(".numbers")).to_contain_text("Neuron 4 of layer 2")
    page.wait_for_url("**play_neuron=2-3*")
    page.get_by_role("button", name="layer 2: one neuron fewer").click()
    page.wait_for_url("**play_layers=8-7*")
    expect(page.locator("[data-neuron='2-7']")).to_have_count(0)
    page.locator("[data-neuron='0-xy']").click()
    page.wait_for_url("**play_features=x-y-xy*")
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**play_point=1*")
    settle(page)
    page.reload()
    page.locator(".head h1").wait_for()
    expect(page.locator(".numbers")).to_contain_text("Neuron 4 of layer 2")
    expect(root).to_have_attribute("data-epoch", "20")
    page.get_by_role("button", name="close the numbers").click()
    expect(page.locator(".numbers")).to_contain_text("Click a point")


def test_the_playground_is_not_cut_off(app: str, page: Page, phone: Page):
    for visitor in (page, phone):
        open_page(visitor, app + PLAY + "&play_layers=8-8-8-8")
        assert_fits(visitor)
