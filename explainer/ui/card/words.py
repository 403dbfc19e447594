"""What stands on the card."""

import tomllib
from functools import cache

from explainer.chapters import WORDS


def words(name: str, /, **values: object) -> str:
    """One of the card's texts, its names in braces filled in."""
    text = _texts()[name]
    return text.format(**values) if values else text


@cache
def _texts() -> dict[str, str]:
    return tomllib.loads((WORDS / "card.toml").read_text(encoding="utf-8"))
