"""C3: a value has the unit that its source gives it, a dose its frequency, and no abbreviation that kills."""

import re
from decimal import Decimal

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.frequency import frequencies
from tasks.checks.units import Figure
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
_TRAILING_ZERO = re.compile(r"\d\.0+\s?(?:mg|g|mcg|mL|units?|microgram)", re.IGNORECASE)


def check(claim: Claim) -> CheckResult:
    """Value and unit together, equal after simple normalisation; no unit is converted."""
    for pattern, name in _FORBIDDEN:
        if pattern.search(claim.text):
            return failed(CHECK, f"uses {name}")
    if claim.kind is StatementKind.MEDICINE and _TRAILING_ZERO.search(claim.text):
        return failed(CHECK, "prints a dose with a trailing zero")
    if wrong := _wrong_frequency(claim):
        return failed(CHECK, wrong)
    if not claim.figures and not frequencies(claim.text):
        return not_applicable(CHECK)
    for figure in claim.figures:
        if wrong := _wrong_unit(figure, claim):
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


def _units_of(figure: Figure, claim: Claim) -> set[str]:
    """The units that the sources give this very value."""
    pairs: list[tuple[Decimal, str]] = []
    for source in claim.sources:
        pairs += [*source.measured, *source.limits, *((printed.value, printed.unit) for printed in source.figures)]
    return {unit for value, unit in pairs if figure.agrees_with(value)}


def _wrong_frequency(claim: Claim) -> str:
    said = frequencies(claim.text)
    known = {
        frequency
        for source in claim.sources
        for text in (*source.pieces, *source.passage)
        for frequency in frequencies(text)
    }
    return "" if said <= known else "states how often, and none of its sources says so"
