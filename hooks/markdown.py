"""Markdown for a card's detail, in which text of a record, a model or a plugin stays text (T12).

Nothing else makes Markdown: whatever a service joins, the parts that are plain text come out escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Never, Self, final

from fhir_adapters.visible import one_line
from hooks.errors import InvalidCard

# Characters that begin a construct anywhere in a line. Numbers, units and plain punctuation stay readable, because
# some clients show detail as plain text.
_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|~&])")
# What begins a heading, a list, an underline or rule, a numbered list; "-5", "3.09" and "#4" begin none.
_LINE_START: Final = re.compile(r"(#(?=#{0,5}(?:\s|$))|[+\-](?=\s|$)|[=\-](?=[=\-\s]*$)|\d{1,9}(?=[.)](?:\s|$)))")
# GitHub-flavoured renderers turn bare addresses into links, escaped or not: they are named and left out.
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.\-]*:/\S*|www\.\S*|\b(?:mailto|xmpp):\S*|\S+@\S+", re.IGNORECASE)
# What such a renderer does link, though a service joined it from harmless halves. Behind a "_" it links, too, so that
# no boundary of words is asked for.
_LINKED: Final = re.compile(r"[a-z][a-z0-9+.\-]*:/+[^\s/]|www\.\w|[\w.+\-]@\w", re.IGNORECASE)
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])")  # what may begin a tag: "<0.01 ng/mL" does not
_RAW_TAG: Final = re.compile(r"(?<!\\)(?:\\\\)*<")
_RAW_LINK: Final = re.compile(r"(?<!\\)(?:\\\\)*\][(\[:]")

_RECENT: Final = 1024  # sentences: a card says some twenty-five, and says them again at the next hook


@final
class Markdown(str):
    """Markdown with no HTML and no link in it. Made by the functions below, and by nothing else."""

    __slots__ = ()

    def __new__(cls, _source: Never, /) -> Self:
        """Refused: text becomes Markdown by `escape`, and Markdown is joined by the other functions."""
        raise InvalidCard("Markdown is made by escape, strong, bracketed, joined, words, bullets and paragraphs (T12)")


@lru_cache(maxsize=_RECENT)
def plain(text: str) -> str:
    """One line of visible text: no control, bidi or zero-width characters, no addresses, nothing like a tag or link."""
    text = one_line(text)
    if _may_hold_address(text):
        text = _ADDRESS.sub("(address removed)", text)
    if "<" in text or "](" in text:
        text = _TAG.sub("< ", text).replace("](", "] (")
    return " ".join(text.split())


def is_plain(text: str) -> bool:
    """Whether `text` may stand where a client shows plain text: printable, with no tag, link or address in it.

    What `plain` gives always is.
    """
    if not text.isprintable() or "](" in text or ("<" in text and _TAG.search(text)):
        return False
    return not is_linked(text)


def is_linked(text: str) -> bool:
    """Whether a renderer that links bare addresses would find one."""
    return _may_hold_address(text) and _LINKED.search(text) is not None


def is_safe(detail: Markdown) -> bool:
    """Whether the parts of `detail` make no tag, link or address where they meet."""
    if "<" in detail and _RAW_TAG.search(detail):
        return False
    if ("](" in detail or "][" in detail or "]:" in detail) and _RAW_LINK.search(detail):
        return False
    return not is_linked(detail)


@lru_cache(maxsize=_RECENT)
def escape(text: str) -> Markdown:
    """`text` as Markdown that shows exactly `plain(text)`, wherever in a line it stands."""
    escaped = _SPECIAL.sub(r"\\\1", plain(text))
    return _made(_LINE_START.sub(_escape_start, escaped, count=1) if _LINE_START.match(escaped) else escaped)


def strong(text: str) -> Markdown:
    """Bold text; nothing for nothing."""
    escaped = escape(text)
    return _made(f"**{escaped}**") if escaped else escaped


def bracketed(text: str) -> Markdown:
    """Text in brackets, as sources stand; nothing for nothing."""
    escaped = escape(text)
    return _made(f"[{escaped}]") if escaped else escaped


def joined(*parts: str) -> Markdown:
    """Parts of a line with nothing between them. Here and below, a part that is no Markdown is escaped."""
    return _made("".join(_parts(parts)))


def words(*parts: str) -> Markdown:
    """Parts of a line with blanks between them, empty ones left out."""
    return _made(" ".join([part for part in _parts(parts) if part]))


def bullets(items: Iterable[str]) -> Markdown:
    """A list of Markdown items, each one line."""
    return _made("\n".join([f"- {item}" for item in _parts(items)]))


def paragraphs(blocks: Iterable[str]) -> Markdown:
    """Blocks of Markdown, empty ones left out."""
    return _made("\n\n".join([block for block in _parts(blocks) if block]))


def _made(source: str) -> Markdown:
    return str.__new__(Markdown, source)


def _parts(parts: Iterable[str]) -> list[Markdown]:
    return [part if type(part) is Markdown else escape(part) for part in parts]


def _may_hold_address(text: str) -> bool:
    """Whether any branch of _ADDRESS could match: looking for these first costs a tenth of what the expression does."""
    lowered = text.lower()
    # "to:" and "mpp:" for mailto: and xmpp:, because "ı" matches "i" where case is ignored.
    return ":/" in lowered or "@" in lowered or "www." in lowered or "to:" in lowered or "mpp:" in lowered


def _escape_start(match: re.Match[str]) -> str:
    start = match.group(1)
    # A backslash works before punctuation only: in "1." it must stand before the dot.
    return f"{start}\\" if start.isdigit() else f"\\{start}"
