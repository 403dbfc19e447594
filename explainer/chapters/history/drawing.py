"""A drawing made on the server, of which parts can be pointed at and picked."""

from collections.abc import Callable, Mapping

from explainer.ui.components import mount


def drawing(
    svg: bytes,
    alt: str,
    *,
    key: str,
    narrow: bytes | None = None,
    cards: Mapping[str, str] | None = None,
    picked: str = "",
    on_pick: Callable[[str], None] | None = None,
) -> None:
    """Show an SVG, and below it the card of the part that is picked, or pointed at for as long as it is.

    Args:
        svg: its groups with ``data-pick="NAME"`` can be picked by mouse, finger and arrow keys.
        alt: what it shows, for those who can't see it.
        narrow: the same drawn for a phone.
        cards: HTML by name of part. picked: whose card is shown first.
        on_pick: called with the name of the part picked, before the page runs again.
    """
    cards = dict(cards or {})

    def changed(name) -> None:
        if on_pick and name in cards:
            on_pick(name)

    data = {"svg": svg.decode(), "narrow": (narrow or b"").decode(), "alt": alt, "cards": cards, "picked": picked}
    mount("drawing", key, data, on={"picked": changed})
