"""The terms that stand in italics in the chapters' words, and what they mean."""

import tomllib
from dataclasses import dataclass
from functools import cache

from explainer.chapters import WORDS


@dataclass(frozen=True)
class Term:
    """A term, other forms of it, its meaning, and the chapter that shows it in a state (the link's words)."""

    name: str
    means: str
    chapter: str
    also: tuple[str, ...] = ()
    state: str = ""

    @property
    def link(self) -> str:
        """Where it is shown, as the chapters' words write it: chapter, or chapter?state."""
        return f"{self.chapter}?{self.state}" if self.state else self.chapter


@cache
def _data() -> dict:
    return tomllib.loads((WORDS / "glossary.toml").read_text(encoding="utf-8"))


def words() -> dict[str, str]:
    """What the page says besides the terms."""
    return _data()["words"]


@cache
def glossary() -> tuple[Term, ...]:
    """Every term, by the alphabet."""
    terms = [Term(**{**term, "also": tuple(term.get("also", ()))}) for term in _data()["terms"]]
    return tuple(sorted(terms, key=lambda term: term.name.lower()))


@cache
def _by_form() -> dict[str, Term]:
    return {form.lower(): term for term in glossary() for form in (term.name, *term.also)}


def term(written: str) -> Term | None:
    """The term that is written so, in any of its forms; None if there is none."""
    return _by_form().get(written.strip().lower())
