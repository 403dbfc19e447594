"""Why the bend matters in a real browser: the stack's numbers against PyTorch, slopes, a curve drawn and learned."""

import json
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from explainer.chapters.nonlinearity.bending import ACTIVATIONS, layer_sizes, new_stack, read_numbers
from tests.browser.server import assert_fits, module, open_page, settle

BEND = "/nonlinearity"


def test_the_browser_multiplies_as_python_does(page: Page):
    page.goto("data:text/html,<p>")
    page.evaluate("async address => { window.code = await import(address); }", module("linear_stack"))
    for depth in (1, 2, 3, 4):
        for seed in range(3):
            stack = new_stack(layer_sizes(depth), seed)
            numbers = {"weights": [w.tolist() for w in stack.weights], "biases": [b.tolist() for b in stack.biases]}
            x = torch.tensor([0.7, -1.3], dtype=torch.float64)
            for bent in (False, True):
                found = page.evaluate("([s, x, bent]) => code.through(s, x, bent).at(-1)", [numbers, x.tolist(), bent])
                np.testing.assert_allclose(found, stack.through(x, "relu" if bent else "none")[-1], atol=1e-12)
            one = page.evaluate("s => code.collapsed(s)", numbers)
            matrix, bias = stack.collapsed()
            np.testing.assert_allclose(one["weights"][0], matrix, atol=1e-12)
            np.testing.assert_allclose(one["biases"][0], bias, atol=1e-12)


def test_a_stack_edited_bent_and_reloaded(app: str, page: Page):
    open_page(page, app + BEND)
    root = page.locator("[data-verdict]")
    expect(root).to_have_attribute("data-verdict", "same")
    cell = page.get_by_label("layer 1, neuron 2, weight 1")
    cell.fill("-1.25")
    page.wait_for_url("**numbers=*-1.25*")
    expect(root).to_have_attribute("data-verdict", "same")
    page.locator("svg.input").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**numbers=1.1_*")
    assert "/nonlinearity" in page.url
    page.get_by_role("radio", name="ReLU").click()
    settle(page)
    page.reload()
    page.locator(".head h1").wait_for()
    expect(root).to_have_attribute("data-stack", re.compile(r"\["))
    stack, x = read_numbers(re.search(r"numbers=([^&]*)", page.url)[1], layer_sizes(3))
    assert stack.weights[0][1, 0] == -1.25 and x[0] == 1.1
    bent = json.loads(root.get_attribute("data-stack"))
    np.testing.assert_allclose(bent, stack.through(x, "relu")[-1], atol=1e-9)
    np.testing.assert_allclose(json.loads(root.get_attribute("data-one")), stack.through(x)[-1], atol=1e-9)
    cell.fill("nonsense")
    page.get_by_role("button", name="Roll other numbers").click()
    settle(page)
    assert cell.input_value() != "nonsense"


def test_values_and_slopes_at_the_pointer(app: str, page: Page):
    open_page(page, app + BEND + "?bend=activations&z=-2")
    slider = page.get_by_label("the sum z =")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    z = torch.tensor(-2.05, dtype=torch.float64)
    for name, activation in ACTIVATIONS.items():
        cell = page.locator(f"[data-name={name}]")
        assert float(cell.get_attribute("data-value")) == pytest.approx(activation.value(z).item(), abs=1e-4)
        assert float(cell.get_attribute("data-slope")) == pytest.approx(activation.slope(z).item(), abs=1e-4)
    page.wait_for_url("**z=-2.05*")


def test_a_curve_is_drawn_and_learned(app: str, page: Page):
    open_page(page, app + BEND + "?bend=approximate&activation=tanh&hidden_count=6")
    pad = page.locator(".pad")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.8 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.2 * box["height"], steps=6)
    page.mouse.up()
    page.wait_for_url("**target=my+own*")
    page.wait_for_url("**drawn=*")
    expect(page.get_by_text("step 2,000 of 2,000")).to_be_visible(timeout=120_000)
    settle(page)
    expect(page.locator(".tile")).to_have_count(6)
    assert float(page.locator("[data-error]").get_attribute("data-error")) < 0.15
    page.get_by_role("radio", name="none").click()
    expect(page.locator(".verdict")).to_contain_text("can only make a straight line", timeout=120_000)
    pad.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-drawn]")).to_have_attribute("data-drawn", "true")
    assert "/nonlinearity" in page.url


@pytest.mark.parametrize("view", ["one+matrix", "activations", "approximate"])
def test_nothing_is_cut_off(app: str, page: Page, phone: Page, view: str):
    for visitor in (page, phone):
        open_page(visitor, f"{app}{BEND}?bend={view}")
        assert_fits(visitor)
