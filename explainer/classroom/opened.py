"""A chapter's page in a state, opened without a browser: what it says there, and the picture of its stage."""

import logging
import time
from urllib.parse import urlencode

from explainer.chapters import chapters
from explainer.classroom.handout import Sheet
from explainer.errors import ExplainerError
from explainer.places import ROOT
from explainer.ui.going import parted
from explainer.ui.streamlit_fixes import through_the_router
from explainer.ui.told import TOLD, sheet_parts

BEGUN = ("limits_sweep_start",)
PATIENCE = 60.0  # seconds for a stage that is drawn while it works


def sheet_of(link: str, address: str, ask: str = "") -> Sheet:
    """The sheet of a chapter's state, as "chapter?state". ``address``: of the app, for the link on it.

    Raises:
        ExplainerError: there is no such chapter, or its page cannot be drawn in this state.
    """
    from streamlit.testing.v1 import AppTest

    name, state = parted(link)
    if name not in {chapter.name for chapter in chapters()}:
        raise ExplainerError(f"There is no chapter {name}. There are {', '.join(one.name for one in chapters())}.")
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # which misses the browser
    with through_the_router():
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        app.run()
        if name != "home":
            app.switch_page(f"pages/{name}.py")
        app.query_params.update(state)
        app.run()
        _begin(app)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and _works(app):
            time.sleep(0.3)
            app.run()
    if app.exception or app.error or TOLD not in app.session_state:
        raise ExplainerError(f"The page {link} could not be drawn.")
    path = "" if name == "home" else name.replace("_", "-")
    query = f"?{urlencode(state)}" if state else ""
    return Sheet(
        name=name, link=f"{address.rstrip('/')}/{path}{query}", ask=ask, **sheet_parts(app.session_state[TOLD])
    )


def _works(app) -> bool:
    """Whether the page still works on what its stage shows."""
    stopping = {button.label for button in app.button}
    waiting = any(line.icon == ":material/hourglass_top:" for line in app.info)
    return waiting or (
        bool(stopping & {"Pause", "Stop"}) and any(not b.disabled for b in app.button if b.label == "Pause")
    )


def _begin(app) -> None:
    """Press start where the stage has no picture before; a course of training or a long search would take too long."""
    for button in app.button:
        if button.key in BEGUN and not button.disabled:
            button.click().run()
