"""How templates write times and counts: one way, everywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

from hooks.wording import moment

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def when(at: datetime | str, zone: tzinfo = UTC) -> str:
    """A time in full, in the hospital's zone: `02-Nov-2026 10:31 UTC`."""
    return moment((datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(zone))


def short(digest: str) -> str:
    """The start of a hash or an id, enough to compare by eye."""
    return digest[:12]


def many(count: int, one: str, several: str = "") -> str:
    """`1 statement`, `2 statements`."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def without_hidden(value: object) -> object:
    """A value on its way into a page, without controls, bidi marks and zero-width characters (T8)."""
    if not isinstance(value, str):
        return value
    return type(value)(_HIDDEN.sub("", value))  # markup stays markup


FILTERS: Final = {"when": when, "short": short, "many": many}
