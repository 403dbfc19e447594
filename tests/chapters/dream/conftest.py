"""The networks that the tests of dreams share."""

from tests.dream.conftest import network, toy

__all__ = ["network", "toy"]
