"""The keys of a page, presenting and not; and what Back undoes."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.server import open_page, settle


def open_with_keys(page, address):
    """Open a page and wait until it listens to its keys."""
    open_page(page, address)
    page.locator(".opener").wait_for(state="attached")


def test_the_question_mark_lists_the_keys_of_the_page(app, page):
    open_with_keys(page, f"{app}/neuron")
    listed = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(listed).to_be_visible()
    expect(listed.locator("kbd", has_text="R")).to_be_visible()
    expect(listed.locator("kbd", has_text="PageDown")).to_have_count(0)  # nothing is being presented
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    page.get_by_role("button", name="Keys of this page").click()
    expect(listed).to_be_visible()


def test_the_lights_listen_on_the_whole_page(app, page):
    open_with_keys(page, f"{app}/neuron")
    page.locator(".head h1").click()
    page.keyboard.press("r")
    expect(page.locator("[data-lamp]").first).to_have_attribute("aria-checked", "true")
    expect(page).to_have_url(re.compile("lights=101"))


@pytest.mark.parametrize("key, back", [("PageDown", "PageUp"), ("ArrowRight", "ArrowLeft")])
def test_a_remote_turns_the_chapters(app, page, key, back):
    open_with_keys(page, f"{app}/?present=true")
    first = page.locator(".head h1").inner_text()
    page.keyboard.press(key)
    expect(page.locator(".head h1")).not_to_have_text(first)
    settle(page)
    page.keyboard.press(back)
    expect(page.locator(".head h1")).to_have_text(first)


def test_arrows_step_the_stepper_before_they_turn_the_chapter_and_escape_leaves(app, page):
    open_with_keys(page, f"{app}/backpropagation?present=true")
    title = page.locator(".head h1").inner_text()
    chips = page.locator(".chips [role=radio]")
    chosen = page.locator(".chips [aria-checked=true]")
    before = chosen.inner_text()
    page.keyboard.press("ArrowRight")
    expect(chosen).not_to_have_text(before)
    page.keyboard.press("ArrowLeft")
    expect(chosen).to_have_text(before)
    assert chips.count() > 1 and page.locator(".head h1").inner_text() == title
    settle(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("Notes for the teacher")).to_have_count(0)
    settle(page)
    page.keyboard.press("PageDown")
    page.wait_for_timeout(300)
    assert page.locator(".head h1").inner_text() == title


def test_back_undoes_the_last_part_before_it_leaves_the_chapter(app, page):
    open_with_keys(page, f"{app}/history")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Where it stands").click()
    chosen = page.locator(".st-key-standing [aria-checked=true]")
    expect(chosen).to_have_text("shift a digit")
    settle(page)
    page.locator(".st-key-standing [role=radio]", has_text="read a line").click()
    expect(chosen).to_have_text("read a line")
    expect(page).to_have_url(re.compile("standing=read"))
    settle(page)
    page.go_back()
    expect(chosen).to_have_text("shift a digit")
    settle(page)
    page.go_forward()
    expect(chosen).to_have_text("read a line")
    settle(page)
    page.go_back()
    expect(chosen).to_have_text("shift a digit")
    settle(page)
    page.go_back()
    expect(page.locator(".head h1")).to_contain_text("race won")


def test_the_tab_names_the_chapter(app, page):
    open_with_keys(page, f"{app}/neuron")
    expect(page).to_have_title("One neuron · How Machines See")
