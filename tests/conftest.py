"""For all tests."""

import pytest
from streamlit.runtime.pages_manager import PagesManager

from explainer.threads import one_thread_each
from explainer.workshop import workshop
from tests.beside import pass_over_what_is_absent

_init = PagesManager.__init__
one_thread_each()  # as the app does


@pytest.fixture(autouse=True)
def through_the_router(monkeypatch):
    """As ``serve`` does: or the harness takes pages/ for its own kind of menu and runs a page without app.py."""

    def init(self, *arguments, **options) -> None:
        _init(self, *arguments, **options)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", init)


# What a test module has in hand when it opens pages, browsers or processes of their own.
SLOW = {"AppTest", "opened", "subprocess", "served", "serve"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parts or SLOW & set(vars(item.module)):
            item.add_marker(pytest.mark.slow)


def pytest_runtest_setup(item: pytest.Item) -> None:
    pass_over_what_is_absent(item)


@pytest.fixture(autouse=True)
def an_empty_workshop():
    """No jobs or results from other tests, and none left behind."""
    workshop.clear()
    yield
    workshop.clear()
