"""What visitors call detectors, a word or two each: read from links, files and browsers, and written there.

Names stand under a detector's layer and number, as "conv3.17"; the one given last is the last. All of them come from
elsewhere: whoever shows one shows it as text.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote

from explainer.errors import ExplainerError

LONGEST = 24  # letters of a name
MOST = 1000  # names of a network
MOST_IN_LINK, LONGEST_LINK = 40, 1500  # names, and letters of the address that they may take
LARGEST_FILE = 200_000  # bytes
_DETECTOR = re.compile(r"[A-Za-z]\w{0,19}\.(?:0|[1-9]\d{0,4})", re.ASCII)

Names = dict[str, str]


class NamesError(ExplainerError):
    """A file of names that can't be used; the sentence says why."""


def detector(layer: str, unit: int) -> str:
    """Under what a detector's name is kept."""
    return f"{layer}.{unit}"


def tidy(words: object) -> str:
    """Words as a name: on one line, nothing in it that is not seen, no longer than :data:`LONGEST`; else empty.

    >>> tidy("  an\\neye ")
    'an eye'
    """
    if not isinstance(words, str):
        return ""
    line = " ".join(unicodedata.normalize("NFC", words[: 8 * LONGEST]).split())
    return "".join(letter for letter in line if letter.isprintable())[:LONGEST].strip()


def checked(given: object, units: Mapping[str, int] | None = None) -> Names:
    """What of a mapping from elsewhere can be names, tidied, at most :data:`MOST`.

    units: how many detectors each layer has, so that only these are named; None: of a network not at hand.
    """
    found: Names = {}
    for key, words in given.items() if isinstance(given, Mapping) else ():
        if len(found) == MOST:
            break
        if isinstance(key, str) and _DETECTOR.fullmatch(key) and _is_there(key, units) and (name := tidy(words)):
            found[key] = name
    return found


def _is_there(key: str, units: Mapping[str, int] | None) -> bool:
    layer, _, unit = key.partition(".")
    return units is None or int(unit) < units.get(layer, 0)


def together(own: Names, others: Names) -> Names:
    """Both; where a detector has two names, one's own stays. Others' come first, as if they were older."""
    return {**{key: name for key, name in others.items() if key not in own}, **own}


# --- in a link --------------------------------------------------------------------------------------------


def to_link(names: Names) -> str:
    """Names for a link: "conv3.17:eye~conv2.4:stripes"; where not all of them fit, those given last.

    >>> to_link({"conv3.17": "eye", "conv2.4": "50% ~ dots"})
    'conv3.17:eye~conv2.4:50%25 %7E dots'
    """
    parts: list[str] = []
    for key, name in reversed(names.items()):
        part = f"{key}:{name.replace('%', '%25').replace('~', '%7E')}"
        if len(parts) == MOST_IN_LINK or len(quote("~".join([part, *parts]), safe="")) > LONGEST_LINK:
            break
        parts.insert(0, part)
    return "~".join(parts)


def from_link(text: str, units: Mapping[str, int]) -> Names:
    """The names in a link; what is none of a detector that is there is passed over."""
    parts = (part.partition(":") for part in text[: 4 * LONGEST_LINK].split("~")[:MOST_IN_LINK])
    return checked({key: name.replace("%7E", "~").replace("%25", "%") for key, _, name in parts}, units)


# --- in a file --------------------------------------------------------------------------------------------


def to_file(network: str, digest: str, names: Names) -> bytes:
    """Names to take along, as JSON. network, digest: whose detectors they are."""
    about = {"detector names": 1, "network": network, "digest": digest, "names": names}
    return (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()


def from_file(data: bytes, digest: str, units: Mapping[str, int]) -> Names:
    """The names in a file.

    Raises:
        NamesError: it is no such file, too large, or of another network.
    """
    if len(data) > LARGEST_FILE:
        raise NamesError(f"A file of names has at most {LARGEST_FILE // 1000:,} kB; this one has more.")
    try:
        about = json.loads(data)
        whose, given = about["digest"], about["names"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NamesError("This is no file of detectors’ names. A card’s menu “Names” saves one.") from error
    if whose != digest:
        raise NamesError("These are names of another network’s detectors. Choose that network first, then load them.")
    return checked(given, units)
