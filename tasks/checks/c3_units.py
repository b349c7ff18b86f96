"""C3: a value has the unit that its source gives it, a dose its frequency, and no abbreviation that kills."""

import re
from decimal import Decimal

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind
from tasks.checks.c2_numbers import is_limit
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.dates import without_dates
from tasks.checks.frequency import as_needed, frequencies, frequency_marks, without_frequencies
from tasks.checks.source import Source
from tasks.checks.units import Figure, figures
from tasks.summary import CheckResult, StatementKind

CHECK = "C3"
# Error-prone abbreviations (ISMP list, [M] in screens.md): U for units, ug, trailing zeros, naked decimals, qd, cc.
_FORBIDDEN = (
    (re.compile(r"\d\s?U(?![\w/])"), "U for units"),
    (re.compile(r"\d\s?(?:ug|µg|μg)(?![\w/])"), "µg or ug for micrograms"),
    (re.compile(r"(?<![\d.])\.\d"), "a decimal without its leading zero"),
    (re.compile(r"\b(?:QD|QOD|q\.d\.|q\.o\.d\.|MSO4|MgSO4)\b", re.IGNORECASE), "an error-prone abbreviation"),
    (re.compile(r"\d\s?cc\b", re.IGNORECASE), "cc for mL"),
)
_AT_MOST = re.compile(r"\b(?:up to|at most|no more than|not more than|max(?:imum|\.)?(?: of)?)(?!\w)", re.IGNORECASE)
_DATED_LIST = re.compile(r"(?:[\s,;()]|\b(?:in|on|at|and|then|to|from)\b)*", re.IGNORECASE)
_TRAILING_ZERO = re.compile(r"\d\.0+\s?(?:mg|g|mcg|mL|units?|microgram)", re.IGNORECASE)


def check(claim: Claim) -> CheckResult:
    """Value and unit together, equal after simple normalisation; no unit is converted."""
    for pattern, name in _FORBIDDEN:
        if pattern.search(claim.text):
            return failed(CHECK, f"uses {name}")
    if claim.kind is StatementKind.MEDICINE and _TRAILING_ZERO.search(claim.text):
        return failed(CHECK, "prints a dose with a trailing zero")
    if wrong := _wrong_frequency(claim) or _loses_most(claim):
        return failed(CHECK, wrong)
    if not claim.figures and not frequencies(claim.text):
        return not_applicable(CHECK)
    for place, figure in enumerate(claim.figures):
        if not _shares_unit(claim, place) and (wrong := _wrong_unit(figure, claim)):
            return failed(CHECK, wrong)
    return passed(CHECK)


def _wrong_unit(figure: Figure, claim: Claim) -> str:
    """Why the figure's unit is wrong, or nothing. A value that no source has is C2's finding, not this one's."""
    units = _units_of(figure, claim)
    if not units or figure.unit in units:
        return ""
    if not figure.unit:
        return f"{figure.printed} is printed without its unit"
    return f"{figure.printed} stands in none of its sources with that unit"


def _shares_unit(claim: Claim, place: int) -> bool:
    """Whether a figure without a unit has that of the value beside it: "5.4 mmol/L (ref 3.5-5.1)".

    A limit has that of its value before it; a value that only its date parts from the next one of the same thing has
    the unit of that: "7.2 in 2024 and 8.1 %".
    """
    figure = claim.figures[place]
    if figure.unit:
        return False
    units = _units_of(figure, claim)
    if is_limit(claim, place):
        return any(each.unit in units for each in claim.figures[:place])
    following = next((each for each in claim.figures[place + 1 :] if each.unit), None)
    if following is None or following.unit not in units:
        return False
    text = without_dates(claim.text)
    for each in claim.figures[place + 1 :]:
        if each.start < following.start:
            text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
    titles = {source.entry.title for source in claim.sources if _measures(source, figure)}
    return _DATED_LIST.fullmatch(text, figure.end, following.start) is not None and any(
        source.entry.title in titles for source in claim.sources if _measures(source, following)
    )


def _measures(source: Source, figure: Figure) -> bool:
    return any(figure.agrees_with(value) for value, _ in source.measured)


def _units_of(figure: Figure, claim: Claim) -> set[str]:
    """The units that the sources give this very value."""
    pairs: list[tuple[Decimal, str]] = []
    for source in claim.sources:
        pairs += [*source.measured, *source.limits, *((printed.value, printed.unit) for printed in source.figures)]
    return {unit for value, unit in pairs if figure.agrees_with(value)}


def _wrong_frequency(claim: Claim) -> str:
    """How often is said of the medicine that is named, and "as needed" is not left out where the record has it."""
    for said, start in frequency_marks(claim.text):
        owners = claim.owners(start)
        known = {each for source in owners for text in (*source.pieces, *source.passage) for each in frequencies(text)}
        if said not in known:
            return "states how often, and none of its sources says so"
        medicines = [source for source in owners if source.entry.kind is Kind.MEDICATION]
        if medicines and all(map(is_as_needed, medicines)) and not as_needed(claim.text):
            return "leaves out that it is taken only as needed"
    return ""


def _loses_most(claim: Claim) -> str:
    """Why a dose or frequency that its source gives only as the most is told as if it were always so."""
    if _AT_MOST.search(claim.text):
        return ""
    marks = [start for _, start in frequency_marks(claim.text)]
    for start in (*marks, *(figure.start for figure in claim.figures)):
        medicines = [source for source in claim.owners(start) if source.entry.kind is Kind.MEDICATION]
        limits = [limit for source in medicines if (limit := _most(source, claim, start))]
        if medicines and len(limits) == len(medicines):
            return f"leaves out “{limits[0]}”, which its source says of it"
    return ""


def _most(source: Source, claim: Claim, start: int) -> str:
    """The words "up to" that a dosage has before the figure or frequency that stands here in the sentence."""
    said = {frequency for frequency, at in frequency_marks(claim.text) if at == start}
    value = next((figure for figure in claim.figures if figure.start == start), None)
    for text in source.details:
        limit = _AT_MOST.search(text)
        if limit is None:
            continue
        after = text[limit.end() :]
        if said & frequencies(after) or (value and any(value.agrees_with(each.value) for each in _doses(after))):
            return limit[0]
    return ""


def _doses(text: str) -> tuple[Figure, ...]:
    return figures(without_frequencies(without_dates(text)))


def is_as_needed(source: Source) -> bool:
    """Whether the record says that a medicine is taken only when it is needed."""
    return source.entry.detail.get(Detail.AS_NEEDED) == "yes" or any(as_needed(text) for text in source.pieces)
