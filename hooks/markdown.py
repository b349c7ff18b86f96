"""Markdown for a card's detail, in which text of the record or of a model stays text (T12)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

# Characters that begin a construct anywhere in a line. Numbers, units and plain punctuation stay readable, because
# some clients show detail as plain text.
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~&])")
# What begins a heading, a list, an underline or rule, a numbered list; "-5", "3.09" and "#4" begin none.
_LINE_START: Final = re.compile(r"(#(?=#{0,5}(?:\s|$))|[+\-](?=\s|$)|[=\-](?=[=\-\s]*$)|\d{1,9}(?=[.)](?:\s|$)))")
# GitHub-flavoured renderers turn bare addresses into links, escaped or not: they are named and left out.
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.\-]*:/\S*|\bwww\.\S*|\b(?:mailto|xmpp):\S*|\S+@\S+", re.IGNORECASE)
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})  # controls, bidi and zero-width marks, line ends

_RECENT: Final = 1024  # sentences: a card says some twenty-five, and says them again at the next hook


@lru_cache(maxsize=_RECENT)
def plain(text: str) -> str:
    """One line of visible text: no control, bidi or zero-width characters, no addresses."""
    if not text.isascii() or not text.isprintable():
        text = "".join(" " if char.isspace() else char for char in text if char.isspace() or not _is_hidden(char))
    if _may_hold_address(text):
        text = _ADDRESS.sub("(address removed)", text)
    return " ".join(text.split())


@lru_cache(maxsize=_RECENT)
def escape(text: str) -> str:
    """`text` as Markdown that shows exactly `plain(text)`, wherever in a line it stands."""
    escaped = _SPECIAL.sub(r"\\\1", plain(text))
    return _LINE_START.sub(_escape_start, escaped, count=1) if _LINE_START.match(escaped) else escaped


def strong(text: str) -> str:
    """Bold text; nothing for nothing."""
    escaped = escape(text)
    return f"**{escaped}**" if escaped else ""


def bullets(items: Iterable[str]) -> str:
    """A list of Markdown items, each one line."""
    return "\n".join(f"- {item}" for item in items)


def paragraphs(blocks: Iterable[str]) -> str:
    """Blocks of Markdown, empty ones left out."""
    return "\n\n".join(block for block in blocks if block)


def _may_hold_address(text: str) -> bool:
    """Whether any branch of _ADDRESS could match: looking for these first costs a tenth of what the expression does."""
    lowered = text.lower()
    # "to:" and "mpp:" for mailto: and xmpp:, because "ı" matches "i" where case is ignored.
    return ":/" in lowered or "@" in lowered or "www." in lowered or "to:" in lowered or "mpp:" in lowered


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN


def _escape_start(match: re.Match[str]) -> str:
    start = match.group(1)
    # A backslash works before punctuation only: in "1." it must stand before the dot.
    return f"{start}\\" if start.isdigit() else f"\\{start}"
