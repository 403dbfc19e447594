"""How much results may take: as the environment says, and something sensible where it says nonsense."""

import pytest

from explainer.workshop.memory import LEAST, MEGABYTE, roof


@pytest.mark.parametrize(("said", "megabytes"), [
    ("3000", 2400), ("1500", 900), ("much", 900), ("nan", 900), ("inf", 900), ("", 900), ("10", LEAST / MEGABYTE),
    ("-5", LEAST / MEGABYTE),
])  # fmt: skip
def test_the_roof_is_what_the_environment_leaves_for_results(monkeypatch, said, megabytes):
    monkeypatch.setenv("EXPLAINER_MEMORY", said)
    assert roof() == megabytes * MEGABYTE
