"""Errors that a person can act on: each carries one plain sentence."""


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
