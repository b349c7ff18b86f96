"""Reach into plain FHIR dicts without trusting their shape: what is not there, or is something else, reads as empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from fhir_adapters.details import Detail
from fhir_adapters.reading.plain_text import LINE_LIMIT, one_line

Element: TypeAlias = Mapping[str, object]
Details: TypeAlias = list[tuple[Detail, str]]

NOTHING: Element = {}
_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})
_NOTE_LIMIT = 2_000


def text_of(element: Element, name: str, limit: int = LINE_LIMIT) -> str:
    """The string at `name`, on one line; empty where there is none."""
    value = element.get(name)
    if not isinstance(value, str):
        return ""
    # The first line of `one_line`, here as well: this is asked thirteen times an entry, and a call costs a third of it.
    if len(value) <= limit and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()
    return one_line(value, limit)


def child(element: Element, name: str) -> Element:
    """The object at `name`, or the first of a list of them; empty where there is none."""
    value = element.get(name)
    if value is None:
        return NOTHING
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return next((item for item in value if isinstance(item, dict)), NOTHING)
    return NOTHING


def children(element: Element, name: str) -> list[Element]:
    """The objects in the list at `name`; a single object where FHIR wants a list counts as one."""
    value = element.get(name)
    if value is None:
        return []
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def texts_of(element: Element, name: str) -> list[str]:
    """The strings in the list at `name`; a single string counts as one."""
    value = element.get(name)
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return []
    return [text for item in value if isinstance(item, str) and (text := one_line(item))]


def flag_at(element: Element, name: str) -> bool | None:
    """The boolean at `name`, also where it is written as text or number; None where there is none or it is unclear."""
    value = element.get(name)
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def is_set(element: Element, *names: str) -> bool:
    """Whether one of these flags stands there and is not plainly false: what is not understood counts as set."""
    return any(element.get(name) not in (None, "", [], {}) and flag_at(element, name) is not False for name in names)


def note_of(element: Element) -> str:
    """The texts of an element's Annotations, without their authors."""
    return " ".join(text for note in children(element, "note") if (text := text_of(note, "text", _NOTE_LIMIT)))


def add(details: Details, label: Detail, text: str) -> None:
    """Append a detail where there is something to say."""
    if text:
        details.append((label, text))
