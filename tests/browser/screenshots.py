"""``make screenshots``: every chapter as a visitor sees it, wide and narrow, light and dark.

Writes screenshots/CHAPTER-WIDTH-THEME.png, and with ``--readme`` the pictures of the README,
the sheet of ten dreams among them (to be drawn anew whenever the network in the box gets other weights).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.dream import read_by_others
from explainer.chapters import chapters
from explainer.places import ROOT
from tests.browser.find_chromium import chromium
from tests.browser.server import FLAGS, open_page, serve

# Width and height of the window; the tall ones show a whole page, which scrolls inside the window.
SIZES = {"wide": (1440, 900), "whole": (1440, 2400), "phone": (390, 844), "phone-whole": (390, 3600)}
README = dict.fromkeys(("home", "neuron", "digits", "first_layer", "deconvnet"), "wide")


@contextmanager
def visitor(browser: Browser, size: str, theme: str) -> Iterator:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def main() -> None:
    """Serve the app, visit every chapter, save what there is to see."""
    for_readme = "--readme" in sys.argv
    folder = ROOT / ("assets/readme" if for_readme else "screenshots")
    folder.mkdir(exist_ok=True)
    with serve() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for size in SIZES:
            for theme in ("light", "dark"):
                for chapter in chapters():
                    if for_readme and (theme, size) != ("light", README.get(chapter.name)):
                        continue
                    with visitor(browser, size, theme) as page:
                        path = "" if chapter.name == "home" else chapter.name.replace("_", "-")
                        open_page(page, f"{address}/{path}?picture=")  # the first one
                        page.wait_for_timeout(700)
                        save(
                            page,
                            folder / (f"{chapter.name}.png" if for_readme else f"{chapter.name}-{size}-{theme}.png"),
                        )
        browser.close()
    if for_readme:
        read_by_others(sheet=folder / "ten-dreams.png")


def save(page, path: Path) -> None:
    page.screenshot(path=path)
    print(path.relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
