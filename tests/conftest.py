"""For all tests."""

import pytest

from explainer.threads import one_thread_each
from explainer.ui.streamlit_fixes import through_the_router
from explainer.workshop import workshop
from tests.beside import pass_over_what_is_absent

one_thread_each()  # as the app does


@pytest.fixture(autouse=True)
def routed():
    """As ``serve`` does: or the harness takes pages/ for its own kind of menu and runs a page without app.py."""
    with through_the_router():
        yield


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
