"""Looking at a page again and again, as the browser does, however slow the machine is."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest


def run_until(app: AppTest, reached: Callable[[], bool], looks: int = 600) -> AppTest:
    """Run the page until something is so; the workshop works meanwhile."""
    for _ in range(looks):
        if reached():
            return app
        app.run()
    raise AssertionError("It never came to that.")
