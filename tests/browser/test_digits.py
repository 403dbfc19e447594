"""Reading digits in a real browser: the pad against Python's own fitting, the answer against PyTorch."""

import json

import numpy as np
import torch
from playwright.sync_api import Browser, Page, expect

from explainer.digits import fit, load_network, read, small_digits
from explainer.figures.digits import a_digit, sheet_digits
from explainer.ui.digit_reader import packed
from tests.browser.server import assert_fits, module, open_page, settle

READING = "/digits"


def outputs(page: Page) -> np.ndarray:
    return np.array(json.loads(page.locator("[data-outputs]").get_attribute("data-outputs")))


def draw(page: Page, *points: tuple[float, float]) -> None:
    """One stroke on the pad, in shares of its sides."""
    page.locator(".pad").scroll_into_view_if_needed()
    box = page.locator(".pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_the_browser_fits_and_reads_as_python_does(page: Page):
    network, _ = load_network("digits-15")
    generator = np.random.default_rng(0)
    pads = [np.zeros((112, 112), np.float32) for _ in range(8)]
    for pad in pads[:5]:  # blocks of ink of many sizes and greys
        for _ in range(6):
            top, left, height, width = generator.integers([0, 0, 2, 2], [100, 100, 60, 60])
            pad[top : top + height, left : left + width] = generator.uniform(0, 1)
    pads[5][50:53, 60:62] = 1  # a speck
    pads[6][:] = 1  # all ink
    net = {
        "w1": network.weights[0].flatten().tolist(),
        "b1": network.biases[0].tolist(),
        "w2": network.weights[1].flatten().tolist(),
        "b2": network.biases[1].tolist(),
    }
    page.goto("data:text/html,<p>")
    page.evaluate("async ([address, net]) => { window.net = net; window.code = await import(address); }", [
        module("digit_net", "digit_reader"), net,
    ])  # fmt: skip
    for pad in pads:
        found = page.evaluate(
            "text => { const { pixels } = code.fit(code.floats(text), 112);"
            " return [Array.from(pixels), Array.from(code.forward(net, pixels).a2)]; }",
            packed(pad),
        )
        expected = fit(torch.from_numpy(pad)).pixels
        np.testing.assert_allclose(np.reshape(found[0], (28, 28)), expected, atol=2e-5)
        np.testing.assert_allclose(found[1], read(network, expected).outputs, atol=2e-4)


def test_a_digit_from_the_sheet_by_click_keys_number_and_link(app: str, page: Page):
    network, _ = load_network("digits-15")
    data = small_digits()
    chosen = sheet_digits(network, data)
    open_page(page, app + READING)
    for place in (15, 37):
        page.get_by_role("option").nth(place).click()
        index = chosen[place]
        page.wait_for_url(f"**test_digit={index}*")
        settle(page)
        reading = read(network, data.test_images[index])
        expect(page.locator("[data-guess]")).to_have_attribute("data-guess", str(reading.guess))
        np.testing.assert_allclose(outputs(page), reading.outputs, atol=1e-3)
    expect(page.locator(".verdict")).to_contain_text(f"But it is {a_digit(int(data.test_labels[index]))}.")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**test_digit={chosen[36]}*")
    page.reload()
    page.locator(".head h1").wait_for()
    np.testing.assert_allclose(outputs(page), read(network, data.test_images[chosen[36]]).outputs, atol=1e-3)
    page.get_by_role("link", name="One neuron").first.click()
    page.wait_for_url("**/neuron*")
    settle(page)
    page.go_back()
    page.wait_for_url(f"**test_digit={chosen[36]}*")
    expect(page.get_by_label("Test digit, by number")).to_have_value(str(chosen[36]))
    np.testing.assert_allclose(outputs(page), read(network, data.test_images[chosen[36]]).outputs, atol=1e-3)


def test_drawing_is_answered_while_the_pen_moves_and_is_still_there_afterwards(app: str, page: Page):
    open_page(page, app + READING + "?digit_from=draw")
    root = page.locator("[data-verdict]")
    expect(root).to_have_attribute("data-verdict", "blank")
    frames: list = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(frame)))
    draw(page, (0.5, 0.5), (0.5, 0.5))
    expect(root).not_to_have_attribute("data-verdict", "blank")  # a dot is ink, whatever it is read as
    page.get_by_role("button", name="clear").click()
    expect(root).to_have_attribute("data-verdict", "blank")
    draw(page, (0.25, 0.2), (0.72, 0.2), (0.45, 0.85))
    expect(root).not_to_have_attribute("data-verdict", "blank")
    said = outputs(page)
    page.wait_for_timeout(500)
    settle(page)
    page.get_by_text("test digits", exact=True).click()
    settle(page)
    page.get_by_text("draw", exact=True).click()
    settle(page)
    np.testing.assert_allclose(outputs(page), said, atol=5e-3)
    page.locator(".pad").focus()
    for key in ("Delete", " ", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(root).not_to_have_attribute("data-verdict", "blank")
    assert "/digits" in page.url


def test_a_finger_draws(app: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_page(page, app + READING + "?digit_from=draw")
    page.locator(".pad").scroll_into_view_if_needed()
    box = page.locator(".pad").bounding_box()
    devtools = context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    send = lambda kind, points: devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})  # noqa: E731
    send("touchStart", [{"x": x, "y": y}])
    for step in range(1, 9):
        send("touchMove", [{"x": x, "y": y + step * box["height"] / 16}])
    send("touchEnd", [])
    expect(page.locator("[data-verdict]")).not_to_have_attribute("data-verdict", "blank")
    context.close()


def test_a_hidden_neuron_pointed_at_adds_up(app: str, page: Page):
    network, _ = load_network("digits-15")
    open_page(page, app + READING + "?test_digit=7")
    page.locator(".net .neuron").nth(4).hover()
    z = read(network, small_digits().test_images[7]).sums[0][4].item()
    text = f"sum z = {z:+.2f}".replace("-", "−")
    expect(page.locator(".note")).to_contain_text(text)
    page.locator(".net .neuron").nth(4).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".note")).to_contain_text("Hidden 5")


def test_nothing_is_cut_off(app: str, page: Page, phone: Page):
    for visitor in (page, phone):
        open_page(visitor, app + READING)
        for source in ("test digits", "draw", "photograph"):
            visitor.get_by_text(source, exact=True).click()
            settle(visitor)
            assert_fits(visitor, source)
