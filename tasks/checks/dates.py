"""Dates and times as printed in a sentence or a source, at the precision they are printed with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_adapters.dates import PartialDate

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?!\w)\.?"
)
_YEAR = r"(?P<year>(?:19|20)\d{2})(?!\d)"
_NTH = r"(?:st|nd|rd|th)?"
_NO_QUANTITY = r"(?![.,]?\d)(?!\s*(?:[mkuµ]?g|m?l|mcg|units?|iu|kcal|%|/)(?!\w))"
# The more precise form first: what one form took is not read again.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?<![\d.]){_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)",
        rf"(?<!\d)(?P<day>\d{{1,2}}){_NTH}(?:\s+of)?[\s-]+{_MONTH}[\s,-]+{_YEAR}",
        rf"(?<!\w){_MONTH}\s+(?P<day>\d{{1,2}}){_NTH},?\s+{_YEAR}",
        rf"(?<![\d/.])(?P<first>\d{{1,2}})(?P<mark>[/.])(?P<second>\d{{1,2}})(?P=mark){_YEAR}",
        rf"(?<!\w){_MONTH}[\s,-]+(?:of\s+)?{_YEAR}",
        rf"(?<![\d.]){_YEAR}-(?P<month>0[1-9]|1[0-2])(?![\d-])",
        rf"(?<![\d/])(?P<month>0?[1-9]|1[0-2])/{_YEAR}",
        rf"(?<!\d)(?P<day>\d{{1,2}}){_NTH}[\s-]+(?:of\s+)?{_MONTH}",
        rf"(?<!\w)(?:in|since|until|from|by|last|early|mid|late|between)[\s-]{_MONTH}",
        rf"(?<![\w.,/-]){_YEAR}{_NO_QUANTITY}",
    )
)
# "8-13 November 2022", "1 and 2 March": the first day is of the month and year that the second has.
_TWO_DAYS = re.compile(
    rf"(?<![\d.,/-])(?P<first>\d{{1,2}}){_NTH}\s?(?:[-–]|\s(?:and|to|until|or)\s)\s?"
    rf"(?P<day>\d{{1,2}}){_NTH}[\s-]+(?:of\s+)?{_MONTH}(?:[\s,-]+{_YEAR})?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d)?(?![\d:])")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is said: year, month and day, each None where it is not."""

    year: int | None
    month: int | None = None
    day: int | None = None

    def is_said_by(self, source: Day) -> bool:
        """Whether every part of this date stands in `source`: a partial date bears out no sharper one."""
        parts = ((self.year, source.year), (self.month, source.month), (self.day, source.day))
        return all(mine is None or mine == theirs for mine, theirs in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedDate:
    """A date in a text; two readings where day and month cannot be told apart (03/12/2026)."""

    readings: tuple[Day, ...]
    start: int
    end: int
    printed: str


def printed_dates(text: str) -> tuple[PrintedDate, ...]:
    """The dates of a text in order."""
    found: list[PrintedDate] = list(_first_of_two(text))
    rest = _blanked(text, [(date.start, date.end) for date in found])
    for form in _FORMS:
        for match in form.finditer(rest):
            if readings := _readings(match):
                start = match.start("name") if "name" in form.groupindex and not match.groupdict().get("day") else -1
                start = match.start() if start < 0 else start
                found.append(PrintedDate(readings=readings, start=start, end=match.end(), printed=match[0].strip()))
        rest = _blanked(rest, [(date.start, date.end) for date in found])
    return tuple(sorted(found, key=lambda date: date.start))


def _first_of_two(text: str) -> Iterator[PrintedDate]:
    """The first day of each pair that shares a month."""
    for match in _TWO_DAYS.finditer(text):
        said = match.groupdict()
        month = _NAMES.index(said["name"][:3].casefold()) + 1
        if readings := _valid({Day(int(said["year"]) if said["year"] else None, month, int(said["first"]))}):
            end = match.start("day")  # with what stands between: "8-" would deny what is before it
            yield PrintedDate(readings=readings, start=match.start(), end=end, printed=match[0].strip())


def printed_times(text: str) -> tuple[str, ...]:
    """Times of day, as HH:MM."""
    return tuple(f"{int(match['hour']):02}:{match['minute']}" for match in _CLOCK.finditer(text))


def without_dates(text: str) -> str:
    """The same text with dates and times replaced by spaces, so that their figures are no measurements."""
    blanked = _blanked(text, [(date.start, date.end) for date in printed_dates(text)])
    return _blanked(blanked, [match.span() for match in _CLOCK.finditer(blanked)])


def day_of(date: PartialDate) -> Day:
    """A FHIR date at its own precision."""
    parts = [int(part) for part in date.text[:10].split("-")]
    return Day(*parts)


def _readings(match: re.Match[str]) -> tuple[Day, ...]:
    said = match.groupdict()
    year = int(said["year"]) if said.get("year") else None
    if said.get("first"):
        first, second = int(said["first"]), int(said["second"])
        return _valid({Day(year, second, first), Day(year, first, second)})
    month = _NAMES.index(said["name"][:3].casefold()) + 1 if said.get("name") else said.get("month")
    return _valid({Day(year, int(month) if month else None, int(said["day"]) if said.get("day") else None)})


def _valid(days: Iterable[Day]) -> tuple[Day, ...]:
    return tuple(
        day
        for day in sorted(days, key=repr)
        if (day.month is None or 1 <= day.month <= 12) and (day.day is None or 1 <= day.day <= 31)  # noqa: PLR2004
    )


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    for start, end in spans:
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text
