"""How templates write times and counts: one way, everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hooks.wording import moment


def when(at: datetime | str) -> str:
    """A time in full: `02-Nov-2026 10:31 UTC`."""
    return moment(datetime.fromisoformat(at) if isinstance(at, str) else at)


def short(digest: str) -> str:
    """The start of a hash or an id, enough to compare by eye."""
    return digest[:12]


def many(count: int, one: str, several: str = "") -> str:
    """`1 statement`, `2 statements`."""
    return f"{count} {one if count == 1 else several or one + 's'}"


FILTERS: Final = {"when": when, "short": short, "many": many}
