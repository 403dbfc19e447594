"""The keys that hold for a whole page, and the list of them that "?" opens."""

from collections.abc import Sequence

from explainer.ui.components import component

EVERYWHERE = (("Tab", "go to the next control; Enter or Space presses it"), ("?", "open and close this list"))
PRESENTING = (
    ("→ ←", "the next step, or chapter; the one before"),
    ("PageDown PageUp", "the next chapter, the one before, as a remote does"),
    ("Esc", "leave presenter mode"),
)


def page_keys(chapter_keys: Sequence[tuple[str, str]], presenting: bool) -> None:
    """Listen for the page's keys and offer the list of them.

    ``chapter_keys``: (keys, parted by spaces; what they do) of the chapter's stage.
    """
    keys = [*chapter_keys, *(PRESENTING if presenting else ()), *EVERYWHERE]
    component("page_keys")(key="page_keys", data={"keys": keys, "presenting": presenting}, height=1)
