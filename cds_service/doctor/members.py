"""Looking into JSON of unknown shape without being surprised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Object = Mapping[str, Any]


def objects(parent: Object, member: str) -> list[Object]:
    """The objects in a list member; what is no object is left to the rule that asks for one."""
    value = parent.get(member)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def obj(parent: Object, member: str) -> Object:
    """An object member; empty where it is none."""
    value = parent.get(member)
    return value if isinstance(value, dict) else {}


def is_text(value: object) -> bool:
    """A string with something in it."""
    return isinstance(value, str) and bool(value.strip())


def is_absolute(value: object) -> bool:
    """An absolute http or https URL."""
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        return parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def missing(parent: Object, *members: str) -> Iterator[str]:
    """The required texts that are not there."""
    return (member for member in members if not is_text(parent.get(member)))


def empty_members(document: object, *, lawful: frozenset[str] = frozenset(), place: str = "") -> Iterator[str]:
    """The places of every null, "", [] and {} (S2); at the top level, a `lawful` list may be empty."""
    pending: list[tuple[str, object]] = [(place, document)]
    while pending:
        where, value = pending.pop()
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, one in inner:
            at = f"{where}.{name}" if where else str(name)
            if one is None or (isinstance(one, str | list | dict) and not one and not (at in lawful and one == [])):
                yield at
            pending.append((at, one))
