"""What of a text a reader can see: the one answer, for the record, the model, the card and the page alike (T8)."""

from __future__ import annotations

import unicodedata
from typing import Final

UNREADABLE: Final = "\ufffd"  # stands where a character has no shape that everybody sees: something was written there

# Zero-width, direction-changing and tag characters let a text read otherwise than it looks; lone surrogates cannot be
# written as UTF-8. https://www.unicode.org/reports/tr36/ and tr9/#Directional_Formatting_Characters
_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs"})
# Those of other categories that are drawn as nothing: Default_Ignorable_Code_Point of
# https://www.unicode.org/Public/14.0.0/ucd/DerivedCoreProperties.txt, and the noncharacters in the Arabic block.
_DRAWN_AS_NOTHING: Final = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x3164, 0x3164),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)
_LAST_TWO: Final = 0xFFFE  # of every plane: noncharacters


def is_hidden(char: str) -> bool:
    """Whether a character is drawn as nothing, or turns the text around it. White space of any sort is not hidden."""
    if char.isspace() or " " <= char <= "~":
        return False
    point = ord(char)
    if unicodedata.category(char) in _CATEGORIES or point & _LAST_TWO == _LAST_TWO:
        return True
    return any(first <= point <= last for first, last in _DRAWN_AS_NOTHING)


class _Shown(dict[int, str | None]):
    """What each character met so far is shown as; None for nothing."""

    def __missing__(self, point: int) -> str | None:
        char = chr(point)
        # A private or unassigned character may be a sign of weight in some font ("≤" of Symbol): never silence.
        shown = UNREADABLE if unicodedata.category(char) in {"Co", "Cn"} else char
        self[point] = None if is_hidden(char) else shown
        return self[point]


_SHOWN: Final = _Shown()


def seen(text: str) -> str:
    """`text` without what is hidden, white space and line ends as they stand; a character of no known shape is `�`."""
    return text.translate(_SHOWN)


def one_line(text: str) -> str:
    """`text` as it is seen, on one line: every run of white space is one blank. Printable, and the same once more."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # nearly every text: the hot path
    return " ".join(text.translate(_SHOWN).split())
