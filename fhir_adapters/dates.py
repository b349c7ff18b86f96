"""FHIR dates at the precision they were written with: never sharpened, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

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

    def years_to(self, day: date) -> int:
        """Whole years from the earliest day that this can be to `day`, at least 0: an age, if this is a birth date."""
        first = self.earliest
        return max(day.year - first.year - ((day.month, day.day) < (first.month, first.day)), 0)

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

    def within(self, zone: tzinfo | None) -> PartialDate:
        """The same moment as a clock in `zone` shows it; without a time of day or a zone it is the same."""
        if len(self.text) <= 10 or zone is None:  # noqa: PLR2004
            return self
        try:
            moment = datetime.fromisoformat(self.text)
            return PartialDate(moment.astimezone(zone).isoformat()) if moment.tzinfo else self
        except (ValueError, OverflowError):
            return self

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


# Dates as other programs write them, where they can mean one day only: HL7 v2 (20261120103000-0500), a blank for the T,
# an offset without its colon, slashes or points between year, month and day, a month by its name.
_NUMBERED = re.compile(
    r"(?P<year>[12]\d{3})(?:(?P<gap>[-/.])(?P<month>\d{1,2})(?P=gap)(?P<day>\d{1,2})|(?P<run>\d{4}))(?P<time>.*)",
    re.ASCII,
)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})[ -](?P<name>[A-Za-z]{3,9})\.?[ -](?P<year>[12]\d{3})(?P<time>.*)", re.ASCII)
_MONTH_FIRST = re.compile(r"(?P<name>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>[12]\d{3})(?P<time>.*)", re.ASCII)
_TIME = re.compile(
    r"[Tt\s]*(?P<hour>[01]\d|2[0-3]):?(?P<minute>[0-5]\d)(?::?(?P<second>[0-5]\d)(?:[.,]\d+)?)?"
    r"\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_TIMELIKE = re.compile(r"(?:[Tt\s][\dTtZz:.,+\s-]*)?", re.ASCII)
_LONGEST = 40  # characters; what is longer is prose
_NAMES = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip


def read_date(text: object) -> PartialDate | None:
    """The date that `text` holds, or None where it is absent or cannot be read as one date (lenient in).

    What is no FHIR date is read where it can mean one day only: 2026-11-20T10:00:00+0000, 20261120, 20-Nov-2026. A time
    that cannot be read leaves the day; 01/02/2026 is no date, since nobody knows which month that is.
    """
    if not isinstance(text, str):
        return None
    try:
        return PartialDate(text)
    except ValueError:
        return _rewritten(text.strip()) if len(text) <= _LONGEST else None


def _rewritten(text: str) -> PartialDate | None:
    """A date in another program's spelling, as FHIR spells it."""
    found = next((match for form in (_NUMBERED, _DAY_FIRST, _MONTH_FIRST) if (match := form.fullmatch(text))), None)
    if found is None:
        return _valid(text)
    parts = found.groupdict()
    run = parts.get("run")
    month = int(run[:2]) if run else _month_of(parts.get("name")) or int(parts.get("month") or 0)
    day = int(run[2:]) if run else int(parts["day"])
    written = f"{parts['year']}-{month:02}-{day:02}"
    time = _TIME.fullmatch(parts["time"])
    if time:
        return _valid(f"{written}T{time['hour']}:{time['minute']}:{time['second'] or '00'}{_zone(time['zone'])}")
    return _valid(written) if _TIMELIKE.fullmatch(parts["time"]) else None


def _month_of(name: str | None) -> int:
    """1 to 12 by a name, whole or cut to three letters and more; 0 for none."""
    word = (name or "").lower()
    return next((place for place, one in enumerate(_NAMES, start=1) if word and one.startswith(word)), 0)


def _zone(written: str | None) -> str:
    if written is None:
        return ""
    if not written.startswith(("+", "-")):
        return "Z"
    digits = written.replace(":", "")
    return f"{digits[:3]}:{digits[3:] or '00'}"


def _valid(text: str) -> PartialDate | None:
    try:
        return PartialDate(text)
    except ValueError:
        return None
