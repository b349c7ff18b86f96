"""What each coded date of an entry is, onset, recording, order, start or end, and which verb may be said of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from tasks.checks.bearing import is_compared
from tasks.checks.claim import Claim
from tasks.checks.dates import Day, PrintedDate, day_of, printed_dates
from tasks.checks.source import Source


class Role(Enum):
    """What happened on a date."""

    RECORDED = auto()  # written down; when it began or happened is not known by it
    ORDERED = auto()  # prescribed; that it was taken on that day is not known by it
    STARTED = auto()  # began, or took place
    ENDED = auto()
    TOLD = auto()  # printed in words, or of a kind whose dates need no telling apart


_LABELS = {
    Detail.RECORDED: Role.RECORDED, Detail.STATED: Role.RECORDED, Detail.AUTHORED: Role.ORDERED,
    Detail.ONSET: Role.STARTED, Detail.SINCE: Role.STARTED, Detail.LAST_OCCURRENCE: Role.STARTED,
    Detail.ENDED: Role.ENDED,
}  # fmt: skip
_OWN = {  # what an entry's own date is where no label says so
    Kind.PROBLEM: Role.STARTED, Kind.ALLERGY: Role.STARTED, Kind.MEDICATION: Role.ORDERED,
    Kind.ENCOUNTER: Role.STARTED, Kind.IMMUNIZATION: Role.STARTED,
}  # fmt: skip
_OF_ENTRY = {Kind.PROBLEM, Kind.ALLERGY, Kind.MEDICATION, Kind.ENCOUNTER, Kind.IMMUNIZATION}

_RECORDING = re.compile(
    r"\b(?:record\w*|document\w*|noted|entered|enter|stated|listed|registered|on file|reported)\b", re.IGNORECASE
)
_USING = re.compile(r"\b(?:used|given|taken|took|administered|injected|received|swallowed|dose of)\b", re.IGNORECASE)
_ORDERING = re.compile(r"\b(?:prescribed|ordered|prescription|order)\b", re.IGNORECASE)
_NOT_USED = re.compile(
    r"\bnot\s+(?:yet\s+|been\s+)*(?:given|taken|used|administered|injected|received)\b"
    r"|\b(?:withheld|missed|omitted|skipped|refused|declined)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\b(?:since|from)\s*$", re.IGNORECASE)
_LEAVING = re.compile(
    r"\b(?:discharge[ds]?|expired|died|dies|death|left|went home|ended|ending|finished|completed|closed)\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(r"(?:\b(?:until|till|through|to)|[-–—])\s*$", re.IGNORECASE)
_COMING = re.compile(
    r"\b(?:admitted|admission|arriv\w+|presented|presents|presenting|started|began|begun|brought in|came)\b",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[;.](?=\s|$)|,\s+(?:but|while|and|then)\b|\b(?:but|while|whereas)\b", re.IGNORECASE)


def wrong_role(claim: Claim, date: PrintedDate) -> str:
    """Why the verb beside a date does not fit what the date is in any source that has it; "" where it does."""
    owners = claim.owners(date.start)
    having = [source for source in owners if any(date.readings[0].is_said_by(day) for day in source.days)]
    roles = {role for source in having for day, role in roles_of(source) if date.readings[0].is_said_by(day)}
    before, after = _beside(claim, date)
    if roles == {Role.TOLD}:
        return _wrong_telling(claim, date, having, f"{before} {after}")
    if not roles or Role.TOLD in roles:
        return ""
    if roles == {Role.RECORDED} and not _RECORDING.search(f"{before} {after}"):
        return f"{date.printed} is only when its source was recorded"
    if reason := _wrong_order(date, roles, before):
        return reason
    if Role.ORDERED not in roles and _ORDERING.search(before) and _are(having, Kind.MEDICATION):
        return f"{date.printed} is no date of an order"
    return _wrong_end(date, roles, before, after) if _are(having, Kind.ENCOUNTER) else ""


def _wrong_telling(claim: Claim, date: PrintedDate, having: list[Source], beside: str) -> str:
    """A date that only a text has: what it is compared with there, or that something was not given then."""
    if _is_only_compared(date, having) and not is_compared(claim.text, date):
        return f"{date.printed} is only compared with in its source"
    if _USING.search(beside) and not _NOT_USED.search(beside) and _is_denied(date, having):
        return f"{date.printed} is when it was not given, in its source"
    return ""


def _are(sources: list[Source], kind: Kind) -> bool:
    return all(source.entry.kind is kind for source in sources)


def _wrong_order(date: PrintedDate, roles: set[Role], before: str) -> str:
    """An order says nothing of the day on which its medicine was taken."""
    is_day = date.readings[0].day is not None  # "given in 2022" says no more than that it was prescribed then
    if is_day and roles <= {Role.ORDERED, Role.RECORDED} and _USING.search(before) and not _SINCE.search(before):
        return f"{date.printed} is when its source was ordered, not given"
    return ""


def _wrong_end(date: PrintedDate, roles: set[Role], before: str, after: str) -> str:
    """A stay ends when the patient leaves or dies, and starts when she comes."""
    if Role.ENDED not in roles and _is_said(_LEAVING, _COMING, before, after):
        return f"{date.printed} is the start in its source, not the end"
    if roles == {Role.ENDED} and _is_said(_COMING, _LEAVING, before, after):
        return f"{date.printed} is the end in its source, not the start"
    return ""


def _is_denied(date: PrintedDate, having: list[Source]) -> bool:
    """Whether every sentence that prints the date says that something was not given then."""
    told = [text for text, _ in _printing(date, having)]
    return bool(told) and all(map(_NOT_USED.search, told))


def _is_only_compared(date: PrintedDate, having: list[Source]) -> bool:
    """Whether the date is no source's own, and each text that prints it leads to it by "compared with" or "since"."""
    own = {day for source in having for day in source.own_days}
    told = list(_printing(date, having))
    return (
        bool(told)
        and not any(date.readings[0].is_said_by(day) for day in own)
        and all(is_compared(text, each) for text, each in told)
    )


def _printing(date: PrintedDate, having: list[Source]) -> Iterator[tuple[str, PrintedDate]]:
    """Each text of some sources that prints a date, with the date as it stands there."""
    for source in having:
        for text in (*source.pieces, *source.passage):
            for each in printed_dates(text):
                if any(date.readings[0].is_said_by(day) for day in each.readings):
                    yield text, each


def roles_of(source: Source) -> Iterator[tuple[Day, Role]]:
    """Every date of an entry with what it is."""
    entry = source.entry
    declined = entry.standing is Standing.REFUTED  # what was not given has no other date
    labelled = [
        (reading, Role.TOLD if declined else role)
        for label, text in entry.details
        if (role := _LABELS.get(label)) is not None
        for date in printed_dates(text)
        for reading in date.readings
    ]
    known = {day for day, _ in labelled}
    yield from labelled
    if entry.when is not None and (entry.kind not in _OF_ENTRY or day_of(entry.when) not in known):
        yield day_of(entry.when), _OWN.get(entry.kind, Role.TOLD)
    if entry.until is not None:
        yield day_of(entry.until), Role.ENDED if entry.kind in _OF_ENTRY else Role.TOLD
    worded = [text for label, text in entry.details if label not in _LABELS]
    for text in (entry.title, *worded, entry.passage, *(code.display for code in entry.codes)):
        for date in printed_dates(text):
            yield from ((reading, Role.TOLD) for reading in date.readings)


def _beside(claim: Claim, date: PrintedDate) -> tuple[str, str]:
    """The words of the date's own part of the sentence: from the date before it, and up to the date after it."""
    text = claim.text
    start = max((each.end for each in claim.dates if each.end <= date.start), default=0)
    end = min((each.start for each in claim.dates if each.start >= date.end), default=len(text))
    before, after = text[start : date.start], text[date.end : end]
    breaks = [match.end() for match in _BREAK.finditer(before)]
    stop = _BREAK.search(after)
    return before[breaks[-1] if breaks else 0 :], after[: stop.start() if stop else len(after)]


def _is_said(wanted: re.Pattern[str], other: re.Pattern[str], before: str, after: str) -> bool:
    """Whether the nearest verb is of this sort: the last before the date, else the first after it."""
    last = {sort: max((match.end() for match in sort.finditer(before)), default=0) for sort in (wanted, other)}
    if _UNTIL.search(before) or _SINCE.search(before):
        return wanted is (_LEAVING if _UNTIL.search(before) else _COMING)
    if last[wanted] or last[other]:
        return last[wanted] > last[other]
    first = {sort: next((match.start() for match in sort.finditer(after)), len(after)) for sort in (wanted, other)}
    return first[wanted] < first[other]
