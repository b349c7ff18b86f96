"""High, low, normal, above and below: shown by the source's own flag or reference range, never by a range of ours."""

from __future__ import annotations

import re
from enum import StrEnum

from fhir_adapters.history import Value
from tasks.checks.spoken import Spoken
from tasks.checks.units import Figure, is_absurd

_LIMIT_WORDS = r"(?:normal|reference|upper|lower)"
_LIMIT = rf"(?:(?:(?:its|the|their)\s+)?(?:{_LIMIT_WORDS}\s+)*(?:range|ranges|limits?)(?:\s+of\s+normal)?|ref)"
_UP = r"(?:above|over|beyond|exceed\w*|greater\s+than|more\s+than|at\s+least|>=?|≥)"
_DOWN = r"(?:below|under|less\s+than|fewer\s+than|at\s+most|up\s+to|<=?|≤)"

NAMES_LIMIT = re.compile(rf"\b{_LIMIT}\s*(?:of|is|was|are|:|,|\()?\s*$", re.IGNORECASE)
HIGH = rf"{_UP}\s+(?:{_LIMIT}|normal)|(?:flagged\s+(?:as\s+)?)?(?:high|elevated|raised)"
LOW = rf"{_DOWN}\s+(?:{_LIMIT}|normal)|(?:flagged\s+(?:as\s+)?)?low"
NORMAL = r"(?:within|in)\s+(?:the\s+|its\s+)?(?:normal\s+|reference\s+)*(?:range|limits)(?:\s+of\s+normal)?|normal"
ABNORMAL = rf"(?:outside|out\s+of)\s+(?:{_LIMIT})|flagged(?:\s+as)?(?:\s+abnormal)?|abnormal(?:ly)?"
NEGATIVE = r"negative"
NAMES_LEVEL = re.compile(rf"\s*(?:{HIGH}|{LOW}|{NORMAL}|{ABNORMAL})\b", re.IGNORECASE)
COMPARED_WORDS = rf"{_UP}|{_DOWN}"
COMPARED = rf"(?:{_UP}|{_DOWN})\s*(?:{_LIMIT}\s*(?:of|\()?)?\s*(?=\d)"
RANGE = rf"\b{_LIMIT}\s*(?:of|is|was|are|:|,|\()?\s*(?=\d)"
_IS_UP = re.compile(_UP, re.IGNORECASE)
_COMPARATORS = {">": _UP, ">=": _UP, "<": _DOWN, "<=": _DOWN}


class Level(StrEnum):
    """Where a value stands, as its source states it."""

    HIGH = "high"
    LOW = "low"
    NORMAL = "normal"
    ABNORMAL = "abnormal"
    NEGATIVE = "negative"


_FLAGS = {
    "H": Level.HIGH, "HH": Level.HIGH, "HU": Level.HIGH, "HX": Level.HIGH, ">": Level.HIGH,
    "L": Level.LOW, "LL": Level.LOW, "LU": Level.LOW, "LX": Level.LOW, "<": Level.LOW,
    "N": Level.NORMAL, "A": Level.ABNORMAL, "AA": Level.ABNORMAL, "POS": Level.ABNORMAL,
    "NEG": Level.NEGATIVE, "ND": Level.NEGATIVE,
}  # fmt: skip


def level_of(value: Value) -> Level | None:
    """By the flag of the source, else by its range; nothing where it gives neither."""
    if value.flag:
        return _FLAGS.get(value.flag)
    if value.number is None or value.comparator or (value.low is None and value.high is None):
        return None
    if value.low is not None and value.number < value.low:
        return Level.LOW
    if value.high is not None and value.number > value.high:
        return Level.HIGH
    return Level.NORMAL


def is_high(spoken: Spoken) -> bool | None:
    """Every value that it is said of is high."""
    return _all(spoken, {Level.HIGH})


def is_low(spoken: Spoken) -> bool | None:
    """Every value that it is said of is low."""
    return _all(spoken, {Level.LOW})


def is_normal(spoken: Spoken) -> bool | None:
    """Every value that it is said of is normal."""
    return _all(spoken, {Level.NORMAL})


def is_abnormal(spoken: Spoken) -> bool | None:
    """Every value that it is said of is flagged, or outside its range."""
    return _all(spoken, {Level.ABNORMAL, Level.HIGH, Level.LOW})


def is_negative(spoken: Spoken) -> bool | None:
    """Every value that it is said of is flagged negative."""
    return _all(spoken, {Level.NEGATIVE})


def compares(spoken: Spoken) -> bool | None:
    """The value is beyond the limit that is printed, or its source gives it with that very comparator."""
    limit = next((each for each in spoken.claim.figures if each.start >= spoken.match.end()), None)
    if limit is None or limit.start > spoken.match.end():
        return None
    up = _IS_UP.match(spoken.match[0].strip()) is not None
    values = [value for source in spoken.owners for value in source.entry.values if value.number is not None]
    if any(_agrees(limit, value) and _has_comparator(value, spoken.word) for value in values):
        return True
    said = [value for value in spoken.values if not _agrees(limit, value)] if spoken.figure else values
    return True if said and all(_is_beyond(value, limit, up=up) for value in said) else None


def names_range(spoken: Spoken) -> bool | None:
    """A limit named with its figure; that the figure is one is for C2."""
    figure = next((each for each in spoken.claim.figures if each.start >= spoken.match.end()), None)
    limits = [limit for source in spoken.owners for limit, _ in source.limits]
    return True if figure is not None and any(figure.agrees_with(limit) for limit in limits) else None


def _agrees(figure: Figure, value: Value) -> bool:
    return value.number is not None and figure.agrees_with(value.number)


def _has_comparator(value: Value, word: str) -> bool:
    return re.match(_COMPARATORS.get(value.comparator, r"(?!)"), word) is not None


def _is_beyond(value: Value, limit: Figure, *, up: bool) -> bool:
    bound, number = (value.high if up else value.low), value.number
    if bound is None or number is None or is_absurd(number) or is_absurd(bound) or not limit.agrees_with(bound):
        return False
    return number > bound if up else number < bound


def _all(spoken: Spoken, wanted: set[Level]) -> bool | None:
    levels = [level_of(value) for value in (*spoken.values, *_others_of_a_pair(spoken))]
    if not levels or None in levels:
        return None
    return all(level in wanted for level in levels)


def _others_of_a_pair(spoken: Spoken) -> tuple[Value, ...]:
    """The other part of a measurement that is printed as a pair before the word: 144 of "144/72 mmHg is normal"."""
    figure = spoken.figure
    if figure is None:
        return ()
    paired = [
        each
        for each in spoken.claim.figures
        if spoken.claim.text[min(each.end, figure.end) : max(each.start, figure.start)].strip() == "/"
    ]
    return tuple(
        value
        for source in spoken.owners
        if any(_agrees(figure, value) for value in source.entry.values)
        for value in source.entry.values
        if any(_agrees(each, value) for each in paired)
    )
