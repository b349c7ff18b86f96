"""C10: rising, falling, better, worse and new only where two cited values, or a cited text, show it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.source import Source
from tasks.checks.units import Figure, is_absurd
from tasks.checks.words import stem, terms, tokens, vocabulary
from tasks.summary import CheckResult

CHECK = "C10"
_TRENDS = {
    "up": r"rise in|rises|rising|rose|risen|increase in|increases|increased|increasing|climb|climbs|climbed"
    r"|climbing|grow|grows|growing|grew|went up|trending up|up from|higher than|uptrending|doubled|enlarged|enlarging",
    "down": r"fall in|drop in|decrease in|decline in|falling|fell|fallen|falls from|decrease|decreases|decreased"
    r"|decreasing|decline|declines|declined(?!\s+by)"
    r"|declining|drop|drops|dropped|dropping|reduced|went down|trending down"
    r"|down from|lower than|downtrending|halved|shrinking",
    "worse": r"worse|worsen|worsens|worsened|worsening|deteriorat\w+|progressed|progressing",
    "better": r"better|improve|improves|improved|improving|improvement",
    "same": r"stable|unchanged|steady|no change|constant",
    "new": r"new|newly",
}
_WORDS = {trend: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE) for trend, words in _TRENDS.items()}
TREND_WORDS = "|".join(_TRENDS.values())
_UP_TO = re.compile(r"\bto\b|→|->", re.IGNORECASE)
_LISTED = re.compile(r"[\s,()]*(?:and|then|,|later|afterwards|to|→|->|now|\s)*[\s,(]*", re.IGNORECASE)
_BACK_FROM = re.compile(r"\bfrom\b", re.IGNORECASE)
# What is worse when it falls. Nothing else is judged better or worse by rule, unless its own limits tell.
_WORSE_WHEN_LOWER = {stem(word) for word in ("egfr", "haemoglobin", "platelets", "albumin", "saturation", "sodium")}
_WORSE_WHEN_HIGHER = {
    stem(word) for word in ("creatinine", "hba1c", "crp", "potassium", "bilirubin", "nt", "ldl", "cea")
}
_STABLE_WITHIN = Decimal("0.1")  # of the first value

Series = list[tuple[str, Decimal]]  # (time, value), oldest first


def check(claim: Claim) -> CheckResult:
    """Each trend word against the cited series that it is said of, first value against last."""
    every = _series(claim.sources)
    if backwards := _backwards(claim, every):
        return failed(CHECK, backwards)
    said = [(trend, match) for trend, pattern in _WORDS.items() for match in pattern.finditer(claim.text)]
    for trend, match in said:
        if _in_free_text(trend, claim):
            continue
        series = _series(claim.owners(match.start()))
        named = {name: each for name, each in series.items() if set(terms(name)) & set(claim.terms)} or series
        if not any(_shows(each, trend, name) for name, each in named.items() if len(each) > 1):
            return failed(CHECK, f"says “{match[0]}”, which no two of its sources show")
    return passed(CHECK) if said else not_applicable(CHECK)


def _series(sources: Sequence[Source]) -> dict[str, Series]:
    """The dated numbers of some sources, by what was measured."""
    found: dict[str, Series] = defaultdict(list)
    for source in sources:
        for value in source.entry.values:
            if value.number is not None and source.entry.when is not None and not is_absurd(value.number):
                name = f"{source.entry.title} {value.label}".strip()
                found[name].append((source.entry.sort_key, value.number))
    return {name: sorted(series) for name, series in found.items()}


def _shows(series: Series, trend: str, name: str) -> bool:
    first, last = series[0][1], series[-1][1]
    words = vocabulary(name) | {stem(word) for word in tokens(name)}
    worse_down, worse_up = bool(words & _WORSE_WHEN_LOWER), bool(words & _WORSE_WHEN_HIGHER)
    match trend:
        case "up":
            return last > first
        case "down":
            return last < first
        case "worse":
            return (worse_down and last < first) or (worse_up and not worse_down and last > first)
        case "better":
            return (worse_down and last > first) or (worse_up and not worse_down and last < first)
        case "same":
            return abs(last - first) <= abs(first) * _STABLE_WITHIN
        case _:
            return False  # "new" needs a source that says so


def _backwards(claim: Claim, every: dict[str, Series]) -> str:
    """Why "from A to B" or "B, up from A" is told the wrong way round; nothing where it is not, or cannot be told."""
    for first, second in pairwise(claim.figures):
        between = claim.text[first.end : second.start]
        onwards, back = _UP_TO.search(between), _BACK_FROM.search(between)
        if bool(onwards) == bool(back):
            continue
        earlier, later = (first, second) if onwards else (second, first)
        if any(_is_older(later, earlier, series) for series in every.values()):
            return f"tells {first.printed} and {second.printed} in the wrong order"
    return _out_of_order(claim, every)


def _out_of_order(claim: Claim, every: dict[str, Series]) -> str:
    """Why a list of undated values of one thing is told in another order than they were measured in."""
    for first, second in pairwise(claim.figures):
        if not _LISTED.fullmatch(claim.text, first.end, second.start):
            continue
        if any(_is_older(second, first, series) for series in every.values()):
            return f"tells {first.printed} and {second.printed} in the wrong order"
    return ""


def _is_older(one: Figure, other: Figure, series: Series) -> bool:
    """Whether every measurement of `one` in the series is older than every one of `other`."""
    when, others = _when(one, series), _when(other, series)
    return bool(when and others) and max(when) < min(others)


def _when(figure: Figure, series: Series) -> list[str]:
    return [when for when, value in series if figure.agrees_with(value)]


def _in_free_text(trend: str, claim: Claim) -> bool:
    """Whether a cited text says the same trend of a thing that the sentence names."""
    named = set(claim.terms)
    return any(
        _WORDS[trend].search(sentence) and named & set(terms(sentence))
        for source in claim.sources
        for sentence in (*source.pieces, *source.passage)
    )
