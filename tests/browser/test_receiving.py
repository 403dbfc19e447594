"""What a component does when Streamlit's calls overtake one another."""

import base64

from playwright.sync_api import Page

from explainer.ui.components import source

COMPONENT = """
function receive({ data, parentElement }) {
  parentElement.textContent = data;
  return () => parentElement.remove();
}
"""
AS_STREAMLIT_DOES = """async ([address, calls]) => {
  const { default: call } = await import(address);
  const place = document.createElement("p");
  document.body.append(place);
  const leave = {};
  for (const [what, data] of calls) {
    if (what === "call") leave[data] = call({ data, parentElement: place });
    if (what === "undo") leave[data]();
    if (what === "rest") await new Promise((done) => setTimeout(done, 20));
  }
  return place.isConnected ? place.textContent : "gone";
}"""


def shown(page: Page, calls: str) -> str:
    """What stands there after calls with data: "call new, call old, undo old"."""
    page.goto("data:text/html,<p>")
    address = "data:text/javascript;base64," + base64.b64encode((source("house", "js") + COMPONENT).encode()).decode()
    return page.evaluate(AS_STREAMLIT_DOES, [address, [[*call.split(), ""] for call in calls.split(", ")]])


def test_the_newest_data_stay_whatever_order_they_come_in(page: Page):
    assert shown(page, "call new, call old, undo old") == "new"
    assert shown(page, "call old, undo old, call new") == "new"
    assert shown(page, "call first, rest, call new, call old, undo old") == "new"
    assert shown(page, "call first, rest, call old, undo old, call new, rest") == "new"
    assert shown(page, "call first, rest, call new, rest") == "new"
    assert shown(page, "call new, call old, undo old, rest, undo new") == "gone"
