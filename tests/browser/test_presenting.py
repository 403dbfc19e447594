"""Presenting: each chapter's stage is whole on the wall, and its type can be read from the back row."""

import pytest
from playwright.sync_api import Browser

from explainer.chapters import chapters
from tests.browser.server import open_page, settle

LEAST = 14  # pixels, of the smallest type on a stage
SMALL = """least => {
  const found = [];
  const look = (root) => root.querySelectorAll("*").forEach((element) => {
    if (element.shadowRoot) look(element.shadowRoot);
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    const words = [...element.childNodes].some((node) => node.nodeType === 3 && /[A-Za-z0-9]/.test(node.textContent));
    const hidden = box.width < 2 || box.height < 2 || style.visibility === "hidden" || style.clipPath !== "none";
    if (!words || hidden || /Material|KaTeX/.test(style.fontFamily)) return;
    const drawn = element.ownerSVGElement && element.getScreenCTM();
    const size = parseFloat(style.fontSize) * (drawn ? Math.hypot(drawn.a, drawn.b) : element.currentCSSZoom);
    if (size < least - 0.1) found.push(`${element.textContent.trim().slice(0, 30)}: ${size}`);
  });
  look(document.querySelector(".st-key-stage"));
  return found;
}"""


# The parts of chapters beside their first views.
PARTS = (
    "nonlinearity?stack_depth=4", "nonlinearity?bend=activations", "nonlinearity?bend=approximate",
    "digits?digit_from=draw", "digits?digit_from=photograph", "backpropagation?lesson=train",
    "backpropagation?lesson=tune", "convolution?scan=ten+filters", "convolution?scan=sizes",
    "convolution?scan=ten+filters&tiny_from=from+noise&tiny_layers=two+layers", "convolution?scan_in=colour",
    "convolution?scan=your+picture", "first-layer?sheet=maps", "translation?paper=sheet",
    "translation?standing=read+a+line", "deconvnet?project_part=opened+up", "deconvnet?project_part=top+nine",
    "deconvnet?project_part=from+a+name", "deconvnet?project_part=look+behind", "deconvnet?project_part=compared",
    "verdict?change=picture", "dream?dream=a+detector", "dream?dream=deepdream", "limits?limit=parts+upside+down",
    "limits?limit=context", "limits?limit=nudge", "history?history_part=five+networks", "history?history_part=paths",
)  # fmt: skip


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)], ids=str)
def test_the_stage_is_whole_and_legible(app, browser: Browser, size):
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    page, below, small = context.new_page(), {}, {}
    views = ["" if chapter.name == "home" else chapter.name.replace("_", "-") for chapter in chapters()]
    for path in views + (list(PARTS) if size[1] == 720 else []):  # the wall has the same shape
        open_page(page, f"{app}/{path}{'&' if '?' in path else '?'}present=true")
        page.locator(".opener").wait_for(state="attached")
        settle(page)
        page.wait_for_timeout(300)
        end = page.locator(".st-key-stage").evaluate("stage => stage.getBoundingClientRect().bottom")
        if end > size[1] + 1:
            below[path] = end
        if found := page.evaluate(SMALL, LEAST):
            small[path] = found[:5]
    context.close()
    assert (below, small) == ({}, {})
