"""Text of a record made safe to show: nothing invisible, nothing that changes direction, no line too long."""

from __future__ import annotations

from fhir_adapters import visible

LINE_LIMIT = 300  # characters of any one element in a line or a detail
PASSAGE_LIMIT = 200_000  # characters of one source's free text


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """`text` on one line, visible characters only, cut with `…` above `limit` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # nearly every text: the hot path
    if len(text) > limit:
        text = text[: limit * 4]  # enough to hold `limit` visible characters of any honest text
    text = visible.one_line(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def passage(text: str) -> str:
    """`text` with its lines kept, visible characters only, runs of empty lines made one."""
    lines = [" ".join(line.split()) for line in visible.seen(text).splitlines()]
    kept = [line for position, line in enumerate(lines) if line or (position and lines[position - 1])]
    return "\n".join(kept).strip()
