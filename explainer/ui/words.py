"""The chapters' words as HTML: names filled in, terms that explain themselves, links that set the stage."""

import re
from collections.abc import Mapping
from html import escape

from explainer.chapters import chapters
from explainer.teaching.glossary import term

# [label](?state), [label](chapter?state) or [label](chapter)
LINK = re.compile(r"\[([^\[\]]+)\]\((\?[^()]+|[a-z_]+(?:\?[^()]*)?)\)")
ITALIC = re.compile(r"\*(.+?)\*")


def inline(text: str, values: Mapping[str, object], met: set[str] | None = None) -> str:
    """A chapter's text as HTML: names in braces filled in, then marked up.

    Markup: ``**bold**``, ``*term*`` of the glossary, ``_name_`` that stands apart, ```number```, and links.
    met: names of the terms that the page has explained so far; each is explained where it first stands, and added.
    None: no links and nothing to point at, as for text that is itself pressed.
    """
    html = escape(text.strip().format(**values), quote=False)
    html = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html)
    html = LINK.sub(r"\1" if met is None else lambda found: acting(found[1], found[2].replace("&amp;", "&")), html)
    html = ITALIC.sub(lambda found: _term(found[1], met), html)
    html = re.sub(r"`(.+?)`", r'<span class="number">\1</span>', html)
    return re.sub(r"(?<![\w\"])_([^_<>]+)_(?!\w)", r"<i>\1</i>", html)


def acting(label: str, link: str) -> str:
    """A link that sets the stage; opened in a tab of its own, it shows the same."""
    name, _, state = link.partition("?")
    path = "" if not name else "./" if name == "home" else name.replace("_", "-")
    href = f"{path}?{state}" if state else path
    return f'<a class="act" href="{escape(href)}" data-go="{escape(link)}">{label}</a>'


def place_words(name: str) -> str:
    """A chapter as the menu calls it."""
    found = next(chapter for chapter in chapters() if chapter.name == name)
    return f"{found.number} · {found.menu}" if found.number else found.menu


def _term(written: str, met: set[str] | None) -> str:
    """A term that says what it means where it first stands; elsewhere, and what is no term, in italics."""
    found = term(re.sub(r"<[^>]+>", "", written))
    if found is None or met is None or found.name in met:
        return f"<em>{written}</em>"
    met.add(found.name)
    return (
        f'<em class="term" role="button" tabindex="0" data-means="{escape(found.means)}" '
        f'data-go="{escape(found.link)}" data-where="{escape(place_words(found.chapter))}">{written}</em>'
    )
