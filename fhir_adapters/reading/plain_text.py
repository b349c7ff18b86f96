"""Text of a record made safe to show: nothing invisible, nothing that changes direction, no line too long."""

from __future__ import annotations

LINE_LIMIT = 300  # characters of any one element in a line or a detail
PASSAGE_LIMIT = 200_000  # characters of one source's free text

# Zero-width, direction-changing and tag characters let a text read otherwise than it looks; lone surrogates cannot be
# written as UTF-8. https://www.unicode.org/reports/tr36/ and tr9/#Directional_Formatting_Characters
_INVISIBLE_RANGES = (
    (0x00, 0x08),
    (0x0E, 0x1B),
    (0x7F, 0x84),
    (0x86, 0x9F),
    (0xAD, 0xAD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xD800, 0xDFFF),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)
_INVISIBLE = {point: None for first, last in _INVISIBLE_RANGES for point in range(first, last + 1)}


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """`text` on one line, visible characters only, cut with `…` above `limit` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # nearly every text: the hot path
    if len(text) > limit:
        text = text[: limit * 4]  # enough to hold `limit` visible characters of any honest text
    text = " ".join(text.translate(_INVISIBLE).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def passage(text: str) -> str:
    """`text` with its lines kept, visible characters only, runs of empty lines made one."""
    lines = [" ".join(line.split()) for line in text.translate(_INVISIBLE).splitlines()]
    kept = [line for position, line in enumerate(lines) if line or (position and lines[position - 1])]
    return "\n".join(kept).strip()
