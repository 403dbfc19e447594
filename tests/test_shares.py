"""Probabilities in words."""

import pytest

from explainer.figures.shares import in_percent, signed


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "0.0%"), (0.0004, "<\u00a00.1%"), (0.0006, "0.1%"), (0.1442, "14.4%"), (0.9994, "99.9%"),
        (0.9996, ">\u00a099.9%"), (1.0, "100.0%"),
    ],
)  # fmt: skip
def test_what_is_there_is_never_said_to_be_nothing_or_all(probability, said):
    assert in_percent(probability) == said


def test_a_signed_amount_has_a_minus_sign_that_is_one():
    assert [signed(1.254), signed(-1.254), signed(-0.1234, 3)] == ["+1.25", "−1.25", "−0.123"]
