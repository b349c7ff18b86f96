"""A date is of the very thing that it is told of: a stay, a problem that resolved, a change that a note dates (C4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim
from tasks.checks.dates import Day, PrintedDate, day_of, printed_dates, without_dates
from tasks.checks.source import Source
from tasks.checks.units import figures

_STAY = re.compile(
    r"\b(?:(?:inpatient|hospital|emergency|ambulatory)\s+(?:stay|visit|admission)|stay(?:ed)?|hospitali[sz]\w+"
    r"|admitted|admission|in\s+hospital|inpatient|visit|discharged?)\b",
    re.IGNORECASE,
)
_RESOLVED = re.compile(r"\b(?:resolv\w+|resolution|healed|healing|abated|cleared|recovered|cured)\b", re.IGNORECASE)
_PART = re.compile(r"[;.](?=\s|$)|\b(?:but|while|whereas)\b", re.IGNORECASE)
_LED = re.compile(r"\b(?:since|from|after|compared\s+(?:with|to)|than)\s*(?:about\s+|around\s+)?$", re.IGNORECASE)
_OF_PROBLEM = re.compile(r",|\b(?:and|since|diagnos\w+|known|onset|record\w+|allerg\w+)\b", re.IGNORECASE)
_COUNT = re.compile(
    r"\b(?:twice|thrice|(?:\d+|two|three|four|five|six)\s+(?:times|episodes|falls|attacks))\b", re.IGNORECASE
)
_LASTS = frozenset({Kind.PROBLEM, Kind.ALLERGY})


def wrong_owner(claim: Claim, date: PrintedDate) -> str:
    """Why a date is of another thing than the sentence tells it of; "" where it is not, or nothing tells."""
    before = _PART.split(claim.text[: date.start])[-1]
    said = [(match.end(), pattern) for pattern in (_STAY, _RESOLVED) for match in pattern.finditer(before)]
    of = max(said, key=lambda each: each[0])[1] if said else None
    if of is _STAY and _is_of_another(claim, date, before):
        return f"{date.printed} is of something else than the stay"
    if of is _RESOLVED and _is_no_resolution(claim, date):
        return f"{date.printed} is not when its source resolved"
    return _replaces_start(claim, date) or _leaves_out_another(claim, before, date)


def _is_of_another(claim: Claim, date: PrintedDate, before: str) -> bool:
    """Whether a date told of a stay is of no cited stay, and only of a problem or an allergy: its end, or its onset."""
    stays = claim.cited(Kind.ENCOUNTER)
    if not stays or any(_says(stay, date) for stay in stays):
        return False
    having = [source for source in claim.sources if _says(source, date)]
    if not having or any(source.entry.kind not in _LASTS for source in having):
        return False
    ends = [day_of(source.entry.until) for source in having if source.entry.until is not None]
    is_end = any(date.readings[0].is_said_by(day) for day in ends)
    return is_end or not _OF_PROBLEM.search(before, max(match.end() for match in _STAY.finditer(before)))


def _is_no_resolution(claim: Claim, date: PrintedDate) -> bool:
    """Whether no cited problem ended on the date, and no cited text says that something resolved then."""
    lasting = claim.cited(*_LASTS)
    if not lasting:
        return False
    ends = [day_of(source.entry.until) for source in lasting if source.entry.until is not None]
    told = (text for source in claim.sources for text in (*source.pieces, *source.passage) if _RESOLVED.search(text))
    printed = [day for text in told for each in printed_dates(text) for day in each.readings]
    return not any(date.readings[0].is_said_by(day) for day in (*ends, *printed))


def _replaces_start(claim: Claim, date: PrintedDate) -> str:
    """A change that only a note tells keeps its own start: "5 kg since March" is not since another entry's June."""
    if not _LED.search(claim.text[: date.start]):
        return ""
    part = _PART.split(claim.text[: date.start])[-1]
    start = date.start - len(part)
    mine = [figure for figure in claim.figures if start <= figure.start < date.start]
    measured = [value for source in claim.sources for value, _ in source.measured]
    told = [figure for figure in mine if not any(figure.agrees_with(value) for value in measured)]
    for source in claim.cited(Kind.NOTE, Kind.REPORT):
        for sentence in source.passage:
            theirs = figures(without_dates(sentence))
            same = [one for one in told if any(one.agrees_with(other.value) for other in theirs)]
            starts = list(_starts(source, sentence))
            if same and starts and not any(_may_be(date.readings[0], each) for each in starts):
                return f"{same[0].printed} is since another date in its source than {date.printed}"
    return ""


def _starts(source: Source, sentence: str) -> Iterator[Day]:
    """From when a sentence tells something; a bare month is the last one before the note."""
    when = source.entry.when
    for each in printed_dates(sentence):
        if not _LED.search(sentence[: each.start]):
            continue
        for day in each.readings:
            if day.year is None and day.month is not None and when is not None:
                told = day_of(when)
                earlier = told.month is not None and day.month > told.month
                yield Day((told.year or 0) - earlier, day.month, day.day)
            else:
                yield day


def _leaves_out_another(claim: Claim, before: str, date: PrintedDate) -> str:
    """What a text counts over several dates is not told of one of them: "twice in 2023 & 2024"."""
    counts = {match[0].casefold() for match in _COUNT.finditer(before)}
    mine = [each.readings[0] for each in claim.dates if len(each.readings) == 1]
    for text in (text for source in claim.sources for text in source.passage):
        theirs = [day for each in printed_dates(text) for day in each.readings]
        counted = counts & {match[0].casefold() for match in _COUNT.finditer(text)}
        if counted and date.readings[0] in theirs and any(day not in mine for day in theirs):
            return f"{date.printed} is only one of the dates that its source counts"
    return ""


def _may_be(one: Day, other: Day) -> bool:
    """Whether two dates may be the same day, as far as both say it."""
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)


def _says(source: Source, date: PrintedDate) -> bool:
    return any(date.readings[0].is_said_by(day) for day in source.days)
