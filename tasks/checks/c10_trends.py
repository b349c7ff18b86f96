"""C10: rising, falling, better, worse and new only where two cited values, or a cited text, show it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from fhir_adapters.history import Standing, Value
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.source import Source
from tasks.checks.steadiness import differ_little, is_steady
from tasks.checks.units import Figure, is_absurd
from tasks.checks.words import stem, terms, tokens, vocabulary
from tasks.summary import CheckResult

CHECK = "C10"
_TRENDS = {
    "up": r"weight gain|gained weight|gain of (?:about )?(?=\d)"
    r"|rise in|rises|rising|rose|risen|increase in|increases|increased|increasing|climb|climbs|climbed"
    r"|climbing|grow|grows|growing|grew|went up|trending up|up from|up(?=\s(?:(?:by|about)\s)*\d)"
    r"|higher than|uptrending|doubled|enlarged|enlarging",
    "down": r"weight loss|lost weight|loss of (?:about )?(?=\d)"
    r"|fall in|drop in|decrease in|decline in|falling|fell|fallen|falls from|decrease|decreases|decreased"
    r"|decreasing|decline|declines|declined(?!\s+by)"
    r"|declining|drop|drops|dropped|dropping|reduced|went down|trending down"
    r"|down from|down(?=\s(?:(?:by|about)\s)*\d)|lower than|downtrending|halved|shrinking",
    "worse": r"worse|worsen|worsens|worsened|worsening|deteriorat\w+|progressed|progressing",
    "better": r"better|improve|improves|improved|improving|improvement",
    "same": r"stable|unchanged|steady|no change|constant",
    "new": r"new|newly",
    "changed": r"changed",
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
_HBA1C = stem("hba1c")
_PART = re.compile(r"[;.]\s|\b(?:but|while|whereas)\b", re.IGNORECASE)
_FROM = re.compile(r"\b(?:from|than)\s*$", re.IGNORECASE)
_TO = re.compile(r"(?:\b(?:to|now|at)|→|->)\s*$", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(?:not|never|without|neither|nor)\s+(?:(?:\w+ly|much|any|been|yet|further)\s+)*$", re.IGNORECASE
)
_PAIR = 2

_REFUSED = re.compile(r"\bdeclin(?:e[ds]?|ing)\b", re.IGNORECASE)  # of a vaccine, where nothing was measured

Series = list[tuple[str, Value]]  # (time, value with its number), oldest first


def check(claim: Claim) -> CheckResult:
    """Each trend word against the cited series that it is said of: all cited values in their order.

    With the figures that it leads from or to, it is said of those: "fell to 2.4 ng/mL and has risen to 14.6 ng/mL".
    """
    every = _series(claim.sources)
    if backwards := _backwards(claim, every):
        return failed(CHECK, backwards)
    refused = any(source.entry.standing is Standing.REFUTED for source in claim.sources) and not every
    text = _REFUSED.sub(lambda match: " " * len(match[0]), claim.text) if refused else claim.text
    said = [(trend, match) for trend, pattern in _WORDS.items() for match in pattern.finditer(text)]
    for trend, match in said:
        if _in_free_text(trend, match, claim):
            continue
        series = _series(claim.owners(match.start()))
        named = {name: each for name, each in series.items() if set(terms(name[0])) & set(claim.terms)} or series
        steps = {name: _steps(each, *_ends(claim, match)) for name, each in named.items() if len(each) > 1}
        if not _all_show(steps, trend):
            return failed(CHECK, f"says “{match[0]}”, which no two of its sources show")
    return passed(CHECK) if said else not_applicable(CHECK)


def _series(sources: Sequence[Source]) -> dict[tuple[str, str], Series]:
    """The dated numbers of some sources, by what was measured: the title, and the part of it."""
    found: dict[tuple[str, str], Series] = defaultdict(list)
    for source in sources:
        for value in source.entry.values:
            if value.number is not None and source.entry.when is not None and not is_absurd(value.number):
                found[source.entry.title, value.label].append((source.entry.sort_key, value))
    return {name: sorted(series, key=lambda each: (each[0], each[1].number)) for name, series in found.items()}


def _ends(claim: Claim, match: re.Match[str]) -> tuple[Figure | None, Figure | None]:
    """The figures that a trend word leads from and to, where its part of the sentence prints them."""
    text = claim.text
    stop = _PART.search(text, match.end())
    ahead = [figure for figure in claim.figures if match.end() <= figure.start < (stop.start() if stop else len(text))]
    start = next((figure for figure in ahead if _FROM.search(text[: figure.start])), None)
    end = next((figure for figure in ahead if _TO.search(text[: figure.start])), None)
    before = [figure for figure in claim.figures if figure.end <= match.start()]
    if start and not end and before and not _PART.search(text, before[-1].end, match.start()):
        end = before[-1]  # "31, down from 44"
    if end and any(_WORDS[trend].search(text, match.end(), end.start) for trend in _WORDS):
        return None, None
    return start, end


def _steps(series: Series, start: Figure | None, end: Figure | None) -> Series:
    """The part of a series that is told: the two figures, what came before the last one, or all."""
    ends = [place for place, (_, value) in enumerate(series) if end and _is(end, value)]
    if not ends:
        return series
    starts = [place for place, (_, value) in enumerate(series[: ends[-1]]) if start and _is(start, value)]
    first = starts[0] if starts else 0 if start else max(ends[-1] - 1, 0)
    return [series[first], series[ends[-1]]]


def _is(figure: Figure, value: Value) -> bool:
    return value.number is not None and figure.agrees_with(value.number)


def _all_show(steps: dict[tuple[str, str], Series], trend: str) -> bool:
    """Whether each thing shows the trend; of a thing with several parts at least one does, and none the contrary."""
    by_title: dict[str, list[int]] = defaultdict(list)
    for (title, label), series in steps.items():
        name = _words(f"{title} {label}")
        if trend in {"same", "changed"}:
            is_same = is_steady(name, [value for _, value in series])
            by_title[title].append(1 if is_same is (trend == "same") else -1)
        else:
            by_title[title].append(_sign(trend, name) * _direction(series, name))
    return bool(by_title) and all(max(each) > 0 and min(each) >= 0 for each in by_title.values())


def _words(name: str) -> frozenset[str]:
    return vocabulary(name) | {stem(word) for word in tokens(name)}


def _sign(trend: str, name: frozenset[str]) -> int:
    """Which way a value goes that shows the trend: 1 up, -1 down, 0 where no rule tells, as for "new"."""
    if trend in {"up", "down"}:
        return 1 if trend == "up" else -1
    if trend not in {"worse", "better"}:
        return 0
    lower = name & _WORSE_WHEN_LOWER and _HBA1C not in name  # haemoglobin A1c is no haemoglobin
    worse = -1 if lower else 1 if name & _WORSE_WHEN_HIGHER else 0
    return worse if trend == "worse" else -worse


def _direction(series: Series, name: frozenset[str]) -> int:
    """1 where the values rise from first to last, -1 where they fall, 0 where they do neither or turn on the way."""
    numbers = [value.number for _, value in series if value.number is not None]
    if len(numbers) < _PAIR or numbers[0] == numbers[-1]:
        return 0
    way = 1 if numbers[-1] > numbers[0] else -1
    turns = [each for each in pairwise(numbers) if (each[1] - each[0]) * way < 0 and not differ_little(name, *each)]
    return 0 if turns else way


def _backwards(claim: Claim, every: dict[tuple[str, str], Series]) -> str:
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


def _out_of_order(claim: Claim, every: dict[tuple[str, str], Series]) -> str:
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
    return [when for when, value in series if _is(figure, value)]


def _in_free_text(trend: str, match: re.Match[str], claim: Claim) -> bool:
    """Whether a cited text says the same trend of a thing that the sentence names, denied as it is here, or not."""
    named = set(claim.terms)
    is_denied = _DENIED.search(claim.text[: match.start()]) is not None
    return any(
        named & set(terms(sentence)) and is_denied == (_DENIED.search(sentence[: theirs.start()]) is not None)
        for source in claim.sources
        for sentence in (*source.pieces, *source.passage)
        for theirs in _WORDS[trend].finditer(sentence)
    )
