"""Nobody writes the page but the app: words from a link or a file name are shown as they are, and fetch nothing.

The visitor's fixture fails where the page asked any other server for anything.
"""

import io
import zipfile
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.server import open_page, settle

BEACON = "http://127.0.0.1:9/beacon.png"
FOUL = (
    f"![i]({BEACON})\n\n# Session expired\n\n[Sign in again](http://127.0.0.1:9/login) <img src={BEACON}> :red[x] $x^2$"
)


def assert_untouched(page) -> None:
    assert page.locator("h1").count() == 1, "a heading came from elsewhere"
    assert page.locator("img[src*='127.0.0.1'], a[href*='127.0.0.1'], .katex").count() == 0


@pytest.mark.parametrize(
    "link",
    [
        "verdict?without={}",
        "dream?category={}",
        "dream?dream=a+detector&unit={}",
        "dream?dream=deepdream&octaves={}",
        "dream?present=true&category={}",
        "translation?street={}",
        "convolution?scan=your+picture&kernel={}",
        "deconvnet?project_part=from+a+name&project_name={}",
        "?network={}&picture={}",
    ],
)
def test_a_link_cannot_write_the_page(app, page, link):
    foul = quote(FOUL)
    open_page(page, f"{app}/{link.format(foul, foul)}")
    assert_untouched(page)


def test_what_the_link_says_is_shown_as_it_is(app, page):
    foul = "`b` :red[x] $x^2$ <i>"
    open_page(page, f"{app}/dream?category={quote(foul)}")
    told = page.locator("[data-testid=stAlert]").first.inner_text().replace("\N{WORD JOINER}", "")
    assert f"“{foul}”" in told


def test_an_archive_cannot_write_the_page(app, page):
    picture, archive = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(picture, "PNG")
    with zipfile.ZipFile(archive, "w") as pack:
        pack.writestr("good.png", picture.getvalue())
        pack.writestr(f"![b]({BEACON}) .jpg", b"not a picture")
        pack.writestr("a\n\n# Heading\n\n![b](//127.0.0.1:9/x.png) .txt", b"not a picture")
    open_page(page, f"{app}/deconvnet?project_part=top+nine&corpus=uploads")
    field = page.locator(".st-key-corpus_files input[type=file]")
    field.set_input_files({"name": f"{BEACON}.zip", "mimeType": "application/zip", "buffer": archive.getvalue()})
    page.get_by_text("looked through 2 of 2 pictures").wait_for()
    settle(page)
    left_out = page.locator("[data-testid=stExpander]", has_text="Left out")
    left_out.locator("summary").click()
    expect(left_out.locator("li").first).to_be_visible()
    settle(page)
    assert "# Heading" in left_out.inner_text().replace("\N{WORD JOINER}", "")
    assert_untouched(page)
