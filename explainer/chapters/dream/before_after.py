"""A picture as it changes, with a line to drag between what it was and what it is."""

import numpy as np

from explainer.chapters.dream.figures import live_address
from explainer.ui.components import mount


def before_after(
    now: np.ndarray,
    *,
    key: str,
    alt: str,
    before: np.ndarray | None = None,
    before_alt: str = "",
    moving: bool = False,
    crisp: bool = False,
    widest: int = 420,
) -> None:
    """Show a picture; with ``before``, beside what it was on either side of a line. All in the browser.

    Args:
        now, before: uint8 [H, W, 3], of one shape.
        alt, before_alt: what they show.
        moving: another one is about to follow: packed for speed, not without loss.
        crisp: enlarge pixels as squares.
        widest: pixels it takes up at most.
    """
    height, width = now.shape[:2]
    data = {
        "now": live_address(now, moving),
        "before": None if before is None else live_address(before, True),
        "alt": alt,
        "before_alt": before_alt,
        "aspect": f"{width} / {height}",
        "widest": f"{widest}px",
        "crisp": crisp,
    }
    mount("before_after", key, data)
