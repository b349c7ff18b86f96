"""The hospital's time zone: the one in which a day begins and ends, for briefs, pages and prompts alike."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


def hospital_zone(name: str) -> tzinfo:
    """The zone of an IANA name such as `Europe/Berlin`. Raises ValueError, without the name, for any other.

    UTC needs no time zone data of the machine.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown, no such file, or a folder of zones
        raise ValueError(
            "no time zone of this machine; give an IANA name such as Europe/Berlin, or UTC (system package tzdata)"
        ) from None
