"""Errors that a person can act on: each carries one plain sentence. And what to say of any other."""

import logging
import secrets


def shortened(text: str, most: int = 60) -> str:
    """What somebody typed, to be quoted in a sentence: on one line, and not endless."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


class ExplainerError(Exception):
    """Something the visitor can mend; ``str(error)`` is the sentence to show."""


class PictureError(ExplainerError):
    """The bytes given are not a picture that can be shown."""


class NetworkError(ExplainerError):
    """There is no such network, layer or unit."""


class WeightsError(ExplainerError):
    """A weights file is missing, damaged, or made for another network."""


class DataError(ExplainerError):
    """A data set or corpus is missing or damaged."""


def sentence_of(error: Exception, what: str) -> str:
    """What to tell a visitor when ``what`` has ended with an error, inside the ``except`` that caught it.

    The error's own sentence; of one that nobody foresaw, the number under which the log tells all.
    """
    if isinstance(error, ExplainerError):
        return str(error)
    ticket = secrets.token_hex(4)
    logging.getLogger("explainer").exception("%s failed, ticket %s", what, ticket)
    return (
        f"{what} failed, and nobody had foreseen how. Try again; if it happens again, tell whoever runs this app "
        f"the number {ticket}."
    )
