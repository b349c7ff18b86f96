"""Bytes to plain dicts, within limits of size and depth; anything else is one clear error (T11)."""

from __future__ import annotations

import codecs

import orjson

from fhir_adapters.errors import UnreadableRecord

DEEPEST = 64  # T11; FHIR's own nesting stays under 20, and orjson cannot write beyond 254 again


def read_object(data: bytes, *, what: str) -> dict[str, object]:
    """The JSON object in `data`, a byte order mark at its start ignored.

    `what` names it in the error. Raises UnreadableRecord, without any of the content.
    """
    try:
        read = orjson.loads(data.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        # `from None`: the decoder's error holds the whole document.
        raise UnreadableRecord(f"{what} is not JSON that can be read.", outcome="malformed JSON") from None
    if not isinstance(read, dict):
        raise UnreadableRecord(f"{what} is JSON, but no object.", outcome="malformed JSON")
    if _is_deeper_than(read, DEEPEST):
        raise UnreadableRecord(f"{what} is nested deeper than {DEEPEST}.", outcome="nested too deeply")
    return read


def _is_deeper_than(value: object, depth: int) -> bool:
    """Walk level by level: recursion on hostile depth would end in Python's own limit."""
    level: list[object] = [value]
    for _ in range(depth):
        level = [
            child
            for container in level
            for child in (container.values() if isinstance(container, dict) else container)  # type: ignore[attr-defined]
            if isinstance(child, (dict, list))
        ]
        if not level:
            return False
    return True
