"""How often a medicine is taken, read from a sentence or a dosage text."""

from __future__ import annotations

import re

_COUNTS = {"once": 1, "one": 1, "a": 1, "twice": 2, "two": 2, "three": 3, "thrice": 3, "four": 4, "five": 5, "six": 6}
_PERIODS = {"d": "day", "daily": "day", "day": "day", "weekly": "week", "week": "week", "monthly": "month"}
_LATIN = {
    latin: (times, "day")
    for times, latins in ((1, ("od",)), (2, ("bid", "bd")), (3, ("tid", "tds")), (4, ("qid", "qds")))
    for latin in latins
}
_COUNTED = re.compile(
    r"\b(?:(?P<word>once|twice|thrice)|(?P<count>\d+|one|two|three|four|five|six)\s*(?:times|x|×))\s*"
    r"(?:a|an|per|every|each|/)?\s*(?:1\s*)?(?P<period>daily|day|d|weekly|week|monthly|month)\b",
    re.IGNORECASE,
)
_EVERY = re.compile(
    r"\b(?:every|each)\s+(?:(?P<count>\d+|two|three|four|six|eight|twelve)\s*)?"
    r"(?P<period>hours?|h|days?|weeks?|months?)\b",
    re.IGNORECASE,
)
_EVERY_HOURS = re.compile(r"\bq\s?(?P<count>\d+)\s?(?P<period>h)(?:rs?|ours?)?\b", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b(?P<latin>od|bid|bd|tid|tds|qid|qds)\b", re.IGNORECASE)
_BARE = re.compile(r"\b(?P<period>daily|weekly|monthly|nightly)\b", re.IGNORECASE)
_NUMBERS = _COUNTS | {"eight": 8, "twelve": 12}
_HOURS_A_DAY = 24
_AS_NEEDED = re.compile(r"\b(?:as|if|when)\s+(?:needed|required|necessary)\b|\bprn\b|\bp\.r\.n\b", re.IGNORECASE)
_PATTERNS = (_COUNTED, _EVERY, _EVERY_HOURS, _ABBREVIATED, _BARE)

Frequency = tuple[int, str]  # times, per period; one that cannot be counted is (0, as printed)
_LONGEST_COUNT = 3  # digits


def frequencies(text: str) -> frozenset[Frequency]:
    """Every frequency that a text states: (2, "day") for "twice daily", "2 times per day", "every 12 hours", BID."""
    return frozenset(frequency for frequency, _ in frequency_marks(text))


def frequency_marks(text: str) -> tuple[tuple[Frequency, int], ...]:
    """The same in order, each with where it stands."""
    found: list[tuple[Frequency, int]] = []
    rest = text
    for pattern in _PATTERNS:
        found += [(_frequency(match), match.start()) for match in pattern.finditer(rest)]
        rest = pattern.sub(lambda match: " " * len(match[0]), rest)
    return tuple(sorted(found, key=lambda mark: mark[1]))


def without_frequencies(text: str) -> str:
    """The same text with frequencies replaced by spaces: the 8 of "every 8 hours" is no dose."""
    for pattern in _PATTERNS:
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def as_needed(text: str) -> bool:
    """Whether a text says that something is taken only when it is needed."""
    return _AS_NEEDED.search(text) is not None


def _frequency(match: re.Match[str]) -> Frequency:
    said = match.groupdict()
    if (said.get("count") or "").isdigit() and len(said["count"]) > _LONGEST_COUNT:
        return 0, match[0].casefold()
    if said.get("latin"):
        return _LATIN[said["latin"].casefold()]
    period = said["period"].casefold()
    if period == "nightly":
        return (1, "day")
    if match.re in {_EVERY, _EVERY_HOURS}:
        count = _number(said["count"] or "1")
        unit = "hour" if period.startswith("h") else period.removesuffix("s")
        if unit == "hour":
            return (_HOURS_A_DAY // count, "day") if count and _HOURS_A_DAY % count == 0 else (0, f"{count} hours")
        return (1, unit) if count == 1 else (1, f"{count} {unit}s")
    count = _number(said.get("word") or said.get("count") or "once")
    return (count, _PERIODS.get(period, period))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.casefold()]
