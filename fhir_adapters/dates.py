"""FHIR dates at the precision they were written with: never sharpened, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

# https://hl7.org/fhir/R4/datatypes.html#dateTime; there is no year 0000, and digits are ASCII
_FHIR_DATE = re.compile(
    r"(?P<year>(?!0000)\d{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?P<time>T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?)?)?",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A FHIR date, dateTime or instant as written: `2019`, `2021-03`, `2026-11-02`, `2026-11-02T10:30:00+01:00`.

    Raises ValueError for anything that is not one, a day that does not exist included.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse what is not a FHIR date, so that a value is valid once it exists."""
        if _FHIR_DATE.fullmatch(self.text) is None:
            raise ValueError("not a FHIR date")
        if len(self.text) >= 10:  # noqa: PLR2004 - a full day
            date.fromisoformat(self.text[:10])

    @property
    def earliest(self) -> date:
        """The first day this date can mean: 2021-03 is 01-Mar-2021."""
        parts = self.text[:10].split("-")
        return date(int(parts[0]), int(parts[1]) if len(parts) > 1 else 1, int(parts[2]) if len(parts) > 2 else 1)  # noqa: PLR2004

    @property
    def is_day(self) -> bool:
        """Whether the day is known."""
        return len(self.text) >= 10  # noqa: PLR2004

    @property
    def sort_key(self) -> str:
        """Orders dates in time; a partial date stands before the days it contains, times compare in UTC."""
        if len(self.text) <= 10:  # noqa: PLR2004
            return self.text
        try:
            moment = datetime.fromisoformat(self.text)
            return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
        except (ValueError, OverflowError):  # 25 o'clock; the first or last hours of the calendar in another zone
            return self.text[:10]

    def __str__(self) -> str:
        """Show it for a clinician: 12-Mar-2026, Mar 2026 or 2026 (screens: dates)."""
        parts = self.text[:10].split("-")
        match parts:
            case [year, month, day]:
                return f"{day}-{_MONTHS[int(month) - 1]}-{year}"
            case [year, month]:
                return f"{_MONTHS[int(month) - 1]} {year}"
            case _:
                return parts[0]


def read_date(text: object) -> PartialDate | None:
    """The date that `text` holds, or None where it is absent or no FHIR date (lenient in)."""
    if not isinstance(text, str):
        return None
    try:
        return PartialDate(text)
    except ValueError:
        return None
