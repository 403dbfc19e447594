"""The quiz at a chapter's end, by keyboard alone, and on a phone."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.server import open_page


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.innerText").strip()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says this."""
    for _ in range(8):
        if words in focused(page):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{focused(page)!r} has the focus, not {words!r}")


def opened(page: Page, address: str) -> None:
    """The quiz of a page, opened with Enter."""
    open_page(page, address)
    expect(page.locator(".st-key-quiz")).to_have_count(0)
    page.locator(".st-key-desk [data-testid=stExpander] summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-quiz .ask")).to_be_visible()


def test_it_is_answered_by_keyboard_to_the_summary(app, page: Page, tmp_path: Path):
    opened(page, f"{app}/neuron")
    for place in range(5):
        expect(page.locator(".st-key-quiz")).to_contain_text(f"Question {place + 1} of 5")
        first = page.locator(f".st-key-quiz_answer_{place}_0 button")
        tab_to(page, first.inner_text()) if place == 0 else first.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".st-key-quiz .told_why")).to_be_visible()
        assert first.evaluate("button => button === document.activeElement")  # so that Tab goes on from there
        tab_to(page, "Next question" if place < 4 else "See how it went")
        page.keyboard.press("Enter")
    expect(page.locator(".st-key-quiz ol.quiz > li")).to_have_count(5)
    expect(page.locator(".st-key-quiz .ask")).to_contain_text("of 5 right")
    with page.expect_download() as download:
        page.get_by_role("button", name="Take it along").press("Enter")
    download.value.save_as(tmp_path / "quiz.html")
    assert "of 5 right" in (tmp_path / "quiz.html").read_text("utf-8")


def test_it_fits_a_phone_and_a_press_leaves_the_page_where_it_is(app, phone: Page):
    opened(phone, f"{app}/layers?picture=cat")
    button = phone.locator(".st-key-quiz_answer_0_1 button")
    button.scroll_into_view_if_needed()
    before = button.bounding_box()["y"]
    button.click()
    expect(phone.locator(".st-key-quiz .told_why")).to_be_visible()
    assert abs(button.bounding_box()["y"] - before) < 3
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(".st-key-quiz").bounding_box()["width"] < 390
