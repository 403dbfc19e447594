"""The verdict in a real browser: detectors switched off, a region painted out, both in the link."""

from playwright.sync_api import expect

from tests.browser.server import open_page, settle


def test_switch_the_loudest_off_and_on_again(app, page):
    open_page(page, f"{app}/verdict")
    expect(page.get_by_text("The guesses, nothing changed")).to_be_visible()
    page.get_by_role("button", name="5 loudest for it off").click()
    settle(page)
    expect(page.get_by_text("nothing changed")).to_have_count(0)
    page.wait_for_url("**without=**")
    page.reload()
    settle(page)
    expect(page.get_by_text("nothing changed")).to_have_count(0)
    page.get_by_role("button", name="All on").click()
    settle(page)
    expect(page.get_by_text("The guesses, nothing changed")).to_be_visible()


def test_paint_the_middle_out(app, page):
    open_page(page, f"{app}/verdict?change=picture")
    expect(page.get_by_text("The guesses, nothing changed")).to_be_visible()
    picture = page.get_by_role("application", name="The picture as the network sees it")
    box = picture.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y)
    page.mouse.down()
    page.mouse.move(x + 40, y, steps=8)
    page.mouse.up()
    settle(page)
    expect(page.get_by_text("nothing changed")).to_have_count(0)
    page.wait_for_url("**painted=**")
    page.get_by_role("button", name="clear").click()
    settle(page)
    expect(page.get_by_text("The guesses, nothing changed")).to_be_visible()


def test_why_this_and_not_that(app, page):
    open_page(page, f"{app}/verdict?why=tabby&and_not=lynx")
    expect(page.get_by_text("tabby rather than lynx").first).to_be_visible()


def test_a_list_that_is_none_is_told(app, page):
    open_page(page, f"{app}/verdict?without=17,dog")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("The guesses, nothing changed")).to_be_visible()


def test_nothing_is_cut_off_on_a_phone(app, phone):
    open_page(phone, f"{app}/verdict")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
