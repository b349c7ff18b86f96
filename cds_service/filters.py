"""How templates write times and counts: one way, everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

from fhir_adapters.visible import seen
from hooks.wording import many, moment


def when(at: datetime | str, zone: tzinfo = UTC) -> str:
    """A time in full, in the hospital's zone: `02-Nov-2026 10:31 UTC`."""
    return moment((datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(zone))


def short(digest: str) -> str:
    """The start of a hash or an id, enough to compare by eye."""
    return digest[:12]


def without_hidden(value: object) -> object:
    """A value on its way into a page, without controls, bidi marks and zero-width characters (T8)."""
    if not isinstance(value, str):
        return value
    return type(value)(seen(value))  # markup stays markup


FILTERS: Final = {"when": when, "short": short, "many": many}
