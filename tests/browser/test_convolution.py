"""The magnifier, the tiny network, the sizes and the kernels in a real browser, against PyTorch."""

import json
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Browser, Page, expect

from explainer.chapters import chapter
from explainer.chapters.convolution.colour import FILTERS as COLOUR_FILTERS
from explainer.chapters.convolution.colour import PICTURES, colour_scan
from explainer.chapters.convolution.drawings import CAT, TEMPLATES, drawings
from explainer.chapters.convolution.filtering import convolve, look_through, parse_kernel, reduced
from explainer.chapters.convolution.tiny_learning import untrained
from explainer.chapters.convolution.tiny_network import held_out, load_tiny
from explainer.gallery import sample
from tests.browser.server import assert_fits, module, open_page, settle

FILTERS = {
    name: np.array(preset["weights"])
    for name, preset in chapter("convolution").presets.items()
    if preset["kind"] == "filter"
}
ADDRESS = "/convolution"


def sums(page: Page) -> np.ndarray:
    """The map as it stands on the page; NaN where it is still empty."""
    values = page.locator(".map .cell").evaluate_all("cells => cells.map(cell => cell.dataset.value)")
    return np.array([float(value) if value else np.nan for value in values]).reshape(7, 7)


def shown_sum(page: Page) -> float:
    return float(page.locator(".sum").get_attribute("data-value"))


def over(page: Page, row: int, column: int) -> tuple[float, float]:
    """Where the pointer must be for the magnifier to lie at (row, column)."""
    box = page.locator(".paper").bounding_box()
    return box["x"] + (column + 2) * box["width"] / 10, box["y"] + (row + 2) * box["height"] / 10


def test_the_magnifier_answers_without_a_word_to_the_server(app: str, page: Page):
    frames: list = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
    open_page(page, app + ADDRESS)
    expect(page.locator(".sum")).to_have_attribute("data-value", "19800")
    while frames:  # until the page has nothing more to say by itself
        frames.clear()
        page.wait_for_timeout(800)
    expected = convolve(CAT, FILTERS["round"])
    np.testing.assert_array_equal(sums(page), expected)
    for row, column in [(0, 3), (3, 6), (6, 0), (2, 2)]:
        page.mouse.move(*over(page, row, column))
        assert shown_sum(page) == expected[row, column]
        products = page.locator(".product b").all_inner_texts()
        weighed = CAT[row : row + 4, column : column + 4] * FILTERS["round"]
        assert [int(text.replace(",", "")) for text in products] == weighed.ravel().tolist()
    page.mouse.click(*over(page, 0, 3))
    page.mouse.move(5, 5)
    assert shown_sum(page) == 0 and "nothing to multiply" in page.locator(".total .verdict").inner_text()
    page.locator(".paper").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    assert shown_sum(page) == 19_800 and page.locator("[data-place]").get_attribute("data-place") == "3,6"
    page.locator(".map .cell").nth(0).hover()
    assert shown_sum(page) == expected[0, 0]
    page.wait_for_timeout(600)
    assert not frames


def test_hovering_redraws_within_a_frame(app: str, page: Page):
    open_page(page, app + ADDRESS)
    expect(page.locator(".sum")).to_have_attribute("data-value", "19800")
    late = page.evaluate(
        """async () => {
            const host = [...document.querySelectorAll("*")].find((each) => each.shadowRoot?.querySelector(".paper"));
            const root = host.shadowRoot;
            const paper = root.querySelector(".paper");
            const box = paper.getBoundingClientRect();
            let late = 0;
            for (const [row, column] of [[0, 3], [3, 6], [6, 0], [3, 0]]) {
                paper.dispatchEvent(new PointerEvent("pointermove", {
                    clientX: box.left + ((column + 2) * box.width) / 10,
                    clientY: box.top + ((row + 2) * box.height) / 10,
                    bubbles: true,
                }));
                await new Promise(requestAnimationFrame);
                late += root.querySelector("[data-place]").dataset.place !== `${row},${column}`;
            }
            return late;
        }"""
    )
    assert late == 0


def test_every_filter_and_a_typed_one(app: str, page: Page):
    open_page(page, app + ADDRESS)
    for name, weights in FILTERS.items():
        page.locator(f"[data-filter='{name}']").click()
        np.testing.assert_allclose(sums(page), convolve(CAT, weights), atol=1e-9)
    field = page.locator(".filter input")
    field.nth(0).fill("-12.5")
    weights = FILTERS["blur"].copy()
    weights[0, 0] = -12.5
    np.testing.assert_allclose(sums(page), convolve(CAT, weights), atol=1e-9)
    field.nth(1).fill("eye")
    expect(page.locator(".complaint")).to_contain_text("A weight is a number")
    np.testing.assert_allclose(sums(page), convolve(CAT, weights), atol=1e-9)
    for i in range(16):
        field.nth(i).fill("0")
    assert not sums(page).any()
    expect(page.locator(".total .verdict")).to_contain_text("All weights are 0")
    page.wait_for_url("**filter=0_0_0_0_0_0_0_0_0_0_0_0_0_0_0_0*")
    page.reload()
    page.locator(".head h1").wait_for()
    expect(page.locator(".total .verdict")).to_contain_text("All weights are 0")


def test_drawing_by_hand_and_by_keys_reaches_the_link(app: str, page: Page):
    open_page(page, app + ADDRESS)
    page.get_by_role("radio", name="draw").click()
    paper = page.locator(".paper")
    box = paper.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.05 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    page.mouse.up()
    drawn = CAT.copy()
    drawn[0, 5] = drawn[1, 5] = 100
    np.testing.assert_array_equal(sums(page), convolve(drawn, FILTERS["round"]))
    page.keyboard.press("ArrowDown")
    page.keyboard.type("37")
    drawn[2, 5] = 37
    np.testing.assert_array_equal(sums(page), convolve(drawn, FILTERS["round"]))
    page.wait_for_url("**drawing=60_*_37_*")
    page.reload()
    page.locator(".head h1").wait_for()
    expect(page.locator(".paper .ink").nth(25)).to_have_text("37")
    np.testing.assert_array_equal(sums(page), convolve(drawn, FILTERS["round"]))
    page.get_by_role("button", name="cat", exact=True).click()
    np.testing.assert_array_equal(sums(page), convolve(CAT, FILTERS["round"]))


def test_clear_step_play_and_all_fill_the_map(app: str, page: Page):
    open_page(page, app + ADDRESS)
    page.get_by_role("button", name="Clear").click()
    assert np.isfinite(sums(page)).sum() == 1
    page.get_by_role("button", name="Step", exact=True).click()
    page.get_by_role("button", name="Step", exact=True).click()
    assert np.isfinite(sums(page)).sum() == 3
    page.get_by_role("button", name="Play").click()
    page.mouse.move(5, 5)
    expect(page.get_by_text("49 of 49 places")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="All", exact=True).click()
    assert np.isfinite(sums(page)).all()


def test_with_motion_the_scan_plays_by_itself(app: str, browser: Browser):
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="no-preference")
    page = context.new_page()
    open_page(page, app + ADDRESS)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_text("49 of 49 places")).to_be_visible()
    expect(page.locator(".sum")).to_have_attribute("data-value", "19800")
    context.close()


@pytest.mark.parametrize("layers", [1, 2])
def test_the_browser_computes_the_network_as_pytorch_does(page: Page, layers: int):
    network = untrained(7, layers) if layers == 2 else load_tiny()
    plain = {
        "filters": network.filters.weight.detach().flatten(1).tolist(),
        "bias": network.filters.bias.tolist(),
        "votes": network.vote.weight.tolist(),
        "vote_bias": network.vote.bias.tolist(),
    }
    if layers == 2:
        plain["second"] = network.second.weight.detach().flatten(1).tolist()
        plain["second_bias"] = network.second.bias.tolist()
    page.goto("data:text/html,<p>")
    for ink in drawings(8, seed=11)[0]:
        found = page.evaluate(
            "async ([address, network, ink]) => (await import(address)).forward(network, ink)",
            [module("ink_pad", "tiny_network"), plain, ink.ravel().tolist()],
        )
        x = torch.tensor(ink / 100, dtype=torch.float32)[None, None]
        maps = F.conv2d(x, network.filters.weight, network.filters.bias).detach()
        pooled = F.max_pool2d(F.relu(maps), 2)
        last = F.relu(F.conv2d(pooled, network.second.weight, network.second.bias)) if layers == 2 else pooled
        votes = F.linear(last.flatten(1), network.vote.weight, network.vote.bias).detach()[0]
        np.testing.assert_allclose(np.reshape(found["maps"], (10, 7, 7)), maps[0], atol=1e-4)
        np.testing.assert_allclose(np.reshape(found["pooled"], (10, 3, 3)), pooled[0], atol=1e-4)
        np.testing.assert_allclose(found["votes"], votes, atol=1e-4)
        np.testing.assert_allclose(found["probabilities"], votes.softmax(0), atol=1e-4)
        parts = np.array(found["said"]).reshape(6, -1).sum(1) + np.array(plain["vote_bias"])
        np.testing.assert_allclose(parts, votes, atol=1e-4)


def test_a_name_comes_out_and_changes_with_the_drawing(app: str, page: Page):
    open_page(page, app + ADDRESS + "?scan=ten+filters")
    network = load_tiny()
    for name in ("cat", "fish", "rabbit"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(".guess b")).to_have_text(name)
        shown = json.loads(page.locator("[data-probabilities]").get_attribute("data-probabilities"))
        np.testing.assert_allclose(shown, network.trace(TEMPLATES[name]).probabilities, atol=1e-4)
    page.get_by_role("radio", name="mouse").click()
    expect(page.locator(".head b").last).to_have_text("says mouse")
    page.locator(".tile.filter").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".note")).to_contain_text("Map 1: filter 1 slid over the picture")
    page.get_by_role("button", name="blank", exact=True).click()
    page.wait_for_url("**drawing=blank*")
    page.get_by_text("one filter", exact=True).click()
    expect(page.locator(".total .verdict")).to_contain_text("Blank paper")


def test_a_second_layer_is_shown_and_taken_away_again(app: str, page: Page):
    open_page(page, app + ADDRESS + "?scan=ten+filters&tiny_from=from+noise&tiny_layers=two+layers")
    expect(page.locator(".tile.second")).to_have_count(10)
    assert_fits(page)
    page.locator(".tile.join").nth(3).click()
    expect(page.locator(".note")).to_contain_text("What filter 3 of the second layer makes of all ten pooled maps")
    shown = json.loads(page.locator("[data-probabilities]").get_attribute("data-probabilities"))
    np.testing.assert_allclose(shown, untrained(0, 2).trace(CAT).probabilities, atol=1e-3)
    page.get_by_text("trained", exact=True).click()
    expect(page.locator(".tile.second")).to_have_count(0)
    expect(page.locator(".tile.map")).to_have_count(10)


def test_a_held_out_drawing_comes_to_the_page_again_and_again(app: str, page: Page):
    open_page(page, app + ADDRESS + "?scan=ten+filters")
    examples = held_out(right=16, wrong=16)
    tiles = page.get_by_role("option")
    for place in (17, 0, 17):
        tiles.nth(place).click()
        first = str(examples[place].ink[5, 5])
        expect(page.locator(".guess b")).to_have_text(examples[place].trace.guess)
        expect(page.locator(".paper .ink").nth(55)).to_have_text(first)
        assert (examples[place].trace.guess == examples[place].animal) == (place < 16)
        settle(page)


def test_a_trained_filter_goes_under_the_magnifier(app: str, page: Page):
    open_page(page, app + ADDRESS + "?scan=ten+filters")
    page.locator(".tile.filter").nth(4).hover()
    page.get_by_role("button", name="Put it under the magnifier").click()
    page.locator(".map .cell").first.wait_for()
    weights = load_tiny().filters.weight.detach()[4, 0].double()
    expected = F.conv2d(torch.tensor(CAT, dtype=torch.float64)[None, None], weights[None, None])[0, 0]
    np.testing.assert_allclose(sums(page), expected, atol=1e-2)
    page.wait_for_url(lambda url: "scan=" not in url and "filter=" in url)


def test_three_sheets_of_colour_make_one_sum(app: str, page: Page, phone: Page):
    open_page(page, app + ADDRESS + "?scan_in=colour&colour_filter=green+spot")
    expected = colour_scan(PICTURES["stoplight"], COLOUR_FILTERS["green spot"])
    root = page.locator("[data-sum]")
    expect(root).to_have_attribute("data-sum", f"{expected.map.max():.0f}")
    page.get_by_role("application").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(root).to_have_attribute("data-sum", f"{expected.map[4, 2]:.0f}")
    parts = page.locator(".part").all_text_contents()
    assert [float(part.replace("−", "-").replace(",", "")) for part in parts] == expected.parts[:, 4, 2].tolist()
    expect(page.locator(".total")).to_contain_text("Row 5, column 3:")
    page.get_by_role("radio", name="ink").click()
    page.locator(".map .cell").first.wait_for()
    assert_fits(page)
    open_page(phone, app + ADDRESS + "?scan_in=colour")
    assert_fits(phone)


def test_sizes_move_and_explain(app: str, page: Page):
    open_page(page, app + ADDRESS + "?scan=sizes")
    expect(page.locator(".formula")).to_have_text("⌊(10 + 2·0 − 4) / 1⌋ + 1 = 7")
    expect(page.locator(".output .cell")).to_have_count(49)
    page.get_by_role("slider", name="stride").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".output .cell")).to_have_count(16)
    page.locator(".input").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".input")).to_have_attribute("aria-label", re.compile("columns 2 to 5"))
    open_page(page, app + ADDRESS + "?scan=sizes&picture_side=5&filter_side=9")
    expect(page.locator(".verdict")).to_contain_text("does not fit on a picture 5 pixels across")
    expect(page.locator(".output .cell")).to_have_count(0)


def test_any_kernel_on_the_picture(app: str, page: Page):
    open_page(page, app + ADDRESS + "?scan=your+picture")
    pixels = reduced(sample("cat").pixels)
    view = page.locator(".frame").first
    view.click()
    page.locator("[data-sum]").wait_for()
    readout = page.locator(".readout").inner_text()
    row, column = (int(part.split()[-1]) for part in readout.split(" add")[0].split(":")[0].split(", "))
    values = look_through(pixels, parse_kernel("-1 0 1; -2 0 2; -1 0 1")).values
    assert float(page.locator("[data-sum]").get_attribute("data-sum")) == pytest.approx(values[row, column], abs=0.05)
    page.locator(".kernel div").nth(4).click()
    expect(page.get_by_label("Or type it")).to_have_value("-1 0 1; -2 1 2; -1 0 1")
    settle(page)
    values = look_through(pixels, parse_kernel("-1 0 1; -2 1 2; -1 0 1")).values
    expect(page.locator("[data-sum]")).to_have_attribute("data-sum", re.compile(r"\d"))
    assert float(page.locator("[data-sum]").get_attribute("data-sum")) == pytest.approx(values[row, column], abs=0.05)
    page.get_by_label("Or type it").fill("nan 1 1; 1 1 1; 1 1 1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is not a weight")).to_be_visible()
    page.reload()
    page.locator(".head h1").wait_for()
    expect(page.get_by_text("is not a weight")).to_be_visible()


@pytest.mark.parametrize("view", ["one+filter", "ten+filters", "sizes", "your+picture"])
def test_nothing_is_cut_off(app: str, page: Page, phone: Page, view: str):
    for visitor in (page, phone):
        open_page(visitor, f"{app}{ADDRESS}?scan={view}")
        assert_fits(visitor)
