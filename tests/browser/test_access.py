"""What axe-core finds on every page, light and dark, on a wide screen and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from explainer.chapters import chapters
from tests.browser.conftest import PHONE, WIDE
from tests.browser.server import open_page, settle

GRAVE = ("serious", "critical")
# The menu is Streamlit's own, and nothing of ours can change its list.
WHERE = {"exclude": [["[data-testid='stSidebarNav']"]]}
BESIDES = {"target-size": {"enabled": True}, "label-content-name-mismatch": {"enabled": True}}  # left out by default


def grave(page) -> list[str]:
    """One line for each element with a serious or critical fault of ours."""
    found = Axe().run(page, context=WHERE, options={"rules": BESIDES}).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:150]} | {' '.join(node['failureSummary'].split())[:200]}"
        for fault in found if fault["impact"] in GRAVE for node in fault["nodes"]
    ]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_everybody_can_use_every_page(app, browser: Browser, theme, size):
    context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion="reduce")
    page, faults = context.new_page(), {}
    for chapter in chapters():
        open_page(page, f"{app}/{'' if chapter.name == 'home' else chapter.name.replace('_', '-')}")
        page.locator(".opener").wait_for(state="attached")
        settle(page)
        for _ in range(5):  # what a run is just drawing anew is faded for a moment
            if not (found := grave(page)):
                break
            page.wait_for_timeout(1000)
            settle(page)
        else:
            faults[chapter.name] = found
    context.close()
    assert faults == {}, "\n".join(f"{name}\n  " + "\n  ".join(found) for name, found in faults.items())
