"""The part of a report that its author meant to be read first."""

from __future__ import annotations

import re

_HEADING = re.compile(
    r"^[#*\[\s]{0,6}(?P<name>impressions?|conclusions?|opinion|summary and impression|assessment(?: (?:and|&) plan)?"
    r"|interpretation)[\]*\s]{0,4}(?P<colon>:?)[ \t]*(?P<rest>[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_NEXT_HEADING = re.compile(r"^(?:#{1,6} |\[[A-Z][^\]\n]{2,40}\]$|\*\*|[A-Z][A-Z /&]{3,40}:)", re.MULTILINE)
_SHORT = 240  # characters in a line; the whole stands in the passage


def impression_of(text: str) -> str:
    """The impression section of a report's text, on its own lines; empty where it has none."""
    for heading in _HEADING.finditer(text):
        rest = heading["rest"].strip()
        if rest and not heading["colon"]:
            continue  # a sentence that begins with the word
        following = text[heading.end() :]
        end = _NEXT_HEADING.search(following)
        body = following[: end.start()] if end else following
        found = f"{rest}\n{body}".strip()
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
