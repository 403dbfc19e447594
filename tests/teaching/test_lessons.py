"""What the chapters have for teaching: complete, and in words that can be marked up."""

import pytest

from explainer.chapters import chapters
from explainer.teaching.lessons import lesson

each = pytest.mark.parametrize("this", chapters(), ids=lambda this: this.name)


@each
def test_every_chapter_but_the_last_leads_on(this):
    bridge = lesson(this.name).bridge
    if this is chapters()[-1]:
        assert bridge == ""
    else:
        assert bridge.endswith((".", "?")) and 20 < len(bridge) < 140
