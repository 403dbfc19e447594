"""Material that lies beside the repository where it is built and checked: weights, photographs, all of MNIST.

A clone elsewhere passes its tests without it: what is marked :data:`needs_shared` is skipped there.
"""

import pytest

from explainer.places import ROOT

SHARED = ROOT.parent / "shared"
ABSENT = "needs the material beside the repository (../shared)"
needs_shared = pytest.mark.needs_shared


def pass_over_what_is_absent(item: pytest.Item) -> None:
    """Skip a marked test where the material is absent."""
    if item.get_closest_marker("needs_shared") and not SHARED.is_dir():
        pytest.skip(ABSENT)
