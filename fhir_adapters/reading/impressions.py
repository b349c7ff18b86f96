"""The part of a report that its author meant to be read first."""

from __future__ import annotations

import re
from itertools import takewhile

_HEADING = re.compile(
    r"[#*\[ ]{0,6}(?:impressions?|conclusions?|opinion|summary and impression|assessment(?: (?:and|&) plan)?"
    r"|interpretation)(?P<mark>[\]*: ]{0,5})(?P<rest>.*)",
    re.IGNORECASE,
)
_NEXT_HEADING = re.compile(r"#{1,6} |\[[A-Z][^\]]{2,40}\]$|\*\*|[A-Z][A-Z /&]{3,40}:")
_SHORT = 240  # characters in a line; the whole stands in the passage


def impression_of(text: str) -> str:
    """The impression section of a report's text, on its own lines; empty where it has none."""
    lines = text.split("\n")
    for position, line in enumerate(lines):
        heading = _HEADING.fullmatch(line)
        # Words after the heading without a mark between them are a sentence that begins with the same word.
        if heading is None or (heading["rest"] and not {":", "]"} & set(heading["mark"])):
            continue
        following = takewhile(lambda line: _NEXT_HEADING.match(line) is None, lines[position + 1 :])
        found = "\n".join((heading["rest"], *following)).strip()
        if found:
            return found
    return ""


def shortened(text: str) -> str:
    """`text` on one line of at most 240 characters, cut after a whole sentence where there is one, always marked."""
    flat = " ".join(text.split())
    if len(flat) <= _SHORT:
        return flat
    head = flat[:_SHORT]
    sentence, stop, _ = head.rpartition(". ")
    return f"{sentence}. …" if stop else head.rpartition(" ")[0] + " …"
