"""Backpropagation in a real browser: the stepper by keys, training that runs, rests and is still there."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explainer.chapters.backpropagation.lesson import STOPS, first_lesson
from explainer.digits import small_digits
from explainer.figures.digits import a_digit
from explainer.workshop import PATIENCE
from tests.browser.server import assert_fits, open_page, settle

ADDRESS = "/backpropagation"


def values(page: Page, column: str) -> list[str]:
    return page.locator(f".{column} .neuron .value").all_inner_texts()


def as_number(text: str) -> float:
    return float(text.replace("−", "-").replace("+", ""))


def stop(page: Page, number: int) -> None:
    expect(page.locator("[data-stop]")).to_have_attribute("data-stop", str(number))


def test_keys_step_through_the_worked_case_with_its_numbers(app: str, page: Page):
    done = first_lesson("worked case", small_digits()).walk("quadratic", 3.0)
    open_page(page, app + ADDRESS)
    stop(page, 0)
    page.locator(".chip").first.click()
    page.keyboard.press("ArrowRight")
    stop(page, 1)
    assert [as_number(v) for v in values(page, "outputs")] == pytest.approx(done.activations[2].tolist(), abs=6e-3)
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    stop(page, 3)
    assert [as_number(v) for v in values(page, "outputs")] == pytest.approx(done.deltas[1].tolist(), abs=6e-4)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    stop(page, 5)
    assert [as_number(v) for v in values(page, "hidden")] == pytest.approx(done.deltas[0].tolist(), abs=6e-5)
    page.wait_for_url("**stop=6*")
    expect(page.locator(".katex").first).to_be_visible()
    page.keyboard.press("ArrowLeft")
    stop(page, 4)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    stop(page, len(STOPS) - 1)
    says = json.loads(page.locator("[data-says]").get_attribute("data-says"))
    np.testing.assert_allclose(says, done.activations_after[2], atol=1e-4)
    page.wait_for_timeout(300)
    settle(page)
    page.keyboard.press("ArrowRight")  # the next example
    stop(page, 0)
    label = int(small_digits().train_labels[0])
    expect(page.locator(".net .caption")).to_have_text(f"it shows {a_digit(label)}")
    assert "/backpropagation" in page.url


def test_a_link_to_a_stop_and_a_neuron_of_ones_own(app: str, page: Page):
    open_page(page, app + ADDRESS + "?stop=4")
    stop(page, 3)
    page.locator(".outputs .neuron").nth(7).click()
    settle(page)
    expect(page.locator(".net + .note")).to_contain_text("The error of output 7")
    expect(page.locator(".katex-mathml").first).to_contain_text("−", use_inner_text=False)
    page.get_by_text("untrained", exact=True).click()
    settle(page)
    page.get_by_role("button", name="settings").click()
    page.get_by_text("cross-entropy", exact=True).click()
    settle(page)
    expect(page).to_have_url(
        re.compile("walk_case=untrained.*walk_cost=cross-entropy|walk_cost=cross-entropy.*walk_case")
    )


def test_presenting_the_stepper_keeps_its_arrow_keys(app: str, page: Page):
    open_page(page, app + ADDRESS + "?present=true")
    page.locator(".chip").first.click()
    page.keyboard.press("ArrowRight")
    stop(page, 1)
    page.wait_for_timeout(500)
    assert "/backpropagation" in page.url
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")  # from anywhere on the page
    stop(page, 2)
    settle(page)
    page.keyboard.press("PageUp")
    page.wait_for_url("**/digits*")


def test_training_runs_rests_and_is_still_there(app: str, page: Page):
    open_page(page, app + ADDRESS + "?lesson=train&learn_epochs=100&learn_batch=1&learn_hidden=200")  # minutes of work
    bar = page.locator(".stProgress")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(bar).to_contain_text(re.compile(r"epoch \d+ of 100"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    settle(page)
    reached = bar.inner_text()
    page.get_by_role("button", name="Continue").click()
    expect(bar).not_to_have_text(reached)
    page.get_by_role("link", name="One neuron").first.click()
    expect(page.locator("h1")).not_to_contain_text("wrong")
    page.wait_for_timeout(1000 * PATIENCE + 2_000)  # longer than a page may be left for a moment
    page.go_back()
    page.get_by_text("train", exact=True).click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    again = bar.inner_text()
    page.wait_for_timeout(1_500)
    assert bar.inner_text() == again and "epoch" in again
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert bar.inner_text() == again
    page.get_by_role("button", name="file").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the network").click()
    assert waiting.value.suggested_filename == "digits.safetensors"


def test_nothing_is_cut_off(app: str, page: Page, phone: Page):
    for visitor in (page, phone):
        open_page(visitor, app + ADDRESS + "?stop=9")
        for lesson in ("walk", "train", "tune"):
            visitor.get_by_text(lesson, exact=True).first.click()
            settle(visitor)
            assert_fits(visitor, lesson)
