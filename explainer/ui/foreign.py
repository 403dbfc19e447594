"""Words from elsewhere, as text: from a link, a file's name, the contents of an archive.

Streamlit reads what it is given as Markdown, and more: pictures, links, headings, formulas,
icons, colours. Whoever wrote a link must not write the page.
"""

import re

# What a backslash makes plain, wherever it stands; and what makes a list or a heading at the head of a line.
_MARKS = re.compile(r"[\\`*_\[\]<>#|~$&]|^[-+=:]")
_NUMBER = re.compile(r"^(\d+)(?=[.)])")
# What Streamlit looks for in the text that is left, backslashes gone: icons, emoji and colours (:star:, :red[…]),
# addresses (https://…, www.…, somebody@…), arrows and dashes made of two signs (->, --).
_PAIRS = re.compile(r"(?<=:)(?=\S)|(?<=\S)(?=:\S)|(?<=@)|(?<=[wW])(?=[wW])|(?<=[-<>=~])(?=[-<>=~])")
_JOINER = "\N{WORD JOINER}"  # is not seen, and takes no room


def as_text(words: object) -> str:
    """Foreign words for a place that reads Markdown: shown as they are, on one line.

    >>> as_text("![i](elsewhere/i.png)\\n# Heading")
    '!\\\\[i\\\\](elsewhere/i.png) \\\\# Heading'
    """
    line = " ".join(str(words).split())
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return _NUMBER.sub(r"\1\\", _MARKS.sub(r"\\\g<0>", _PAIRS.sub(_JOINER, line)))
