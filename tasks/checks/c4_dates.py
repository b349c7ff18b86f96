"""C4: every date of a statement is a date of an entry that it cites, no sharper than it is there."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.date_owners import wrong_owner
from tasks.checks.date_roles import wrong_role
from tasks.checks.dates import PrintedDate, printed_times
from tasks.checks.source import Source
from tasks.checks.units import Figure
from tasks.summary import CheckResult

CHECK = "C4"
_RELATIVE = re.compile(
    r"\b(?:today|yesterday|tomorrow|tonight|(?<!most )recent(?:ly)?|lately|nowadays"
    r"|last\s+(?:night|week|month|year|visit)"
    r"|this\s+(?:morning|week|month|year)|next\s+(?:week|month|year)"
    r"|last\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
    r"|(?:\d+|an?|two|three|four|five|six|several|few)\s+(?:days?|weeks?|months?|years?|hours?)\s+ago)\b",
    re.IGNORECASE,
)
# A value and its date printed together: "8.1 % (02-Nov-2026)", "8.1 % on 2 Nov 2026", "8.1 % in Nov 2026".
_DATED = re.compile(r"\s*[,(]?\s*(?:on|in|at|from|as of|dated)?\s*", re.IGNORECASE)

_PARTS = re.compile(r"[;.]|\b(?:to|from|and|then|until)\b", re.IGNORECASE)  # what follows is no longer of that date
# Words that lead to the date of something else than the value before them.
_LEADS_AWAY = re.compile(
    r"[;.]\s|\b(?:to|from|and|then|until|since|after|before|than|compared|comparison|versus|vs|between|unlike|but|while"
    r"|whereas|due|planned|next|up|down|started|stopped|ordered|prescribed)\b",
    re.IGNORECASE,
)


def check(claim: Claim) -> CheckResult:
    """Set membership at the printed precision; a value and its date must come from one entry. Nothing relative."""
    times = printed_times(claim.text)
    if relative := _RELATIVE.search(claim.text):
        return failed(CHECK, f"says “{relative[0]}”, which depends on when it is read")
    if not claim.dates and not times:
        return not_applicable(CHECK)
    wrong = next((reason for date in claim.dates if (reason := _wrong_date(date, claim))), "")
    if wrong:
        return failed(CHECK, wrong)
    if not set(times) <= _times(claim):
        return failed(CHECK, "prints a time of day that none of its sources has")
    return _check_pairs(claim)


def _wrong_date(date: PrintedDate, claim: Claim) -> str:
    if len(date.readings) != 1:
        return f"{date.printed} can be read as two dates, or as none"
    if not any(_says(source, date) for source in claim.sources):
        return f"{date.printed} is no date of its sources"
    if not any(_says(source, date) for source in claim.owners(date.start)):
        return f"{date.printed} is of another entry than the sentence says"
    return wrong_role(claim, date) or wrong_owner(claim, date)


def _check_pairs(claim: Claim) -> CheckResult:
    """A value and its date are of one entry: "8.1 % (02-Nov-2026)", and "On 02-Nov-2026 HbA1c was 8.1 %"."""
    for value, date, having in _pairs(claim):
        if wrong := _of_different_entries(claim, value, date, having=having):
            return failed(CHECK, wrong)
    return passed(CHECK)


def _pairs(claim: Claim) -> Iterator[tuple[Figure, PrintedDate, Callable[[Source, Figure], bool]]]:
    """Each value with the date that it is told of, and how a source must have it."""
    marks: list[Figure | PrintedDate] = sorted([*claim.figures, *claim.dates], key=lambda mark: mark.start)
    taken: dict[int, Figure] = {}  # by where a date starts, the value before it that has it
    for one, other in pairwise(marks):
        match one, other:
            case Figure(), PrintedDate() if _DATED.fullmatch(claim.text, one.end, other.start):
                taken[other.start] = one
                yield one, other, _has
            case Figure(), PrintedDate() if not _LEADS_AWAY.search(claim.text, one.end, other.start):
                yield one, other, _measures
            case PrintedDate(), PrintedDate() if one.start in taken and one.end == other.start:
                taken[other.start] = taken[one.start]  # "5.9 mmol/L on 1 and 2 March"
                yield taken[one.start], other, _has
            case PrintedDate(), Figure() if one.start not in taken:
                if not _PARTS.search(claim.text, one.end, other.start):
                    yield other, one, _measures


def _of_different_entries(
    claim: Claim, value: Figure, date: PrintedDate, *, having: Callable[[Source, Figure], bool]
) -> str:
    sources = [source for source in claim.sources if having(source, value)]  # a value that none has is C2's finding
    if not sources or any(_says(source, date) for source in sources):
        return ""
    return f"{value.printed} is of another date than {date.printed}"


def _measures(source: Source, figure: Figure) -> bool:
    return any(figure.agrees_with(value) for value, _ in source.measured)


def _says(source: Source, date: PrintedDate) -> bool:
    return any(date.readings[0].is_said_by(day) for day in source.days)


def _has(source: Source, figure: Figure) -> bool:
    return any(
        figure.agrees_with(value)
        for value in (*(value for value, _ in source.measured), *(printed.value for printed in source.figures))
    )


def _times(claim: Claim) -> frozenset[str]:
    return frozenset(time for source in claim.sources for time in source.times)
