"""A change by a figure, computed from two cited values of one thing; a value itself is never told as a change (C2)."""

from __future__ import annotations

import re
from decimal import Decimal

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim
from tasks.checks.dates import day_of
from tasks.checks.source import Source
from tasks.checks.units import Figure, same_unit
from tasks.checks.words import vocabulary

_UP = r"(?:ris(?:e|es|en|ing)|rose|increas\w+|gain(?:s|ed)?|climb\w*|grow\w*|grew|up)"
_DOWN = r"(?:f[ae]ll\w*|drop\w*|decreas\w+|declin\w+|los[est]\w*|reduc\w+|down)"
_CHANGE = re.compile(
    rf"\b(?:(?P<up>{_UP})|{_DOWN})\s+(?:(?:by|of)\s+)?(?:(?:about|some|around|nearly)\s+)?$", re.IGNORECASE
)
_FROM = re.compile(r"\b(?:from|than)\s*$", re.IGNORECASE)
_TO = re.compile(r"\b(?:to|now|at)\s*$", re.IGNORECASE)
_IS_START = re.compile(r"\b(?:since|from|than)\b(?:(?!\bto\b)[^,;])*$", re.IGNORECASE)
_AMBIGUOUS = {"", "%"}  # by 0.9 %: of the value, or points of it
_MEASURED = (Kind.RESULT, Kind.VITAL)


def is_difference(claim: Claim, figure: Figure) -> bool:
    """Whether a figure is by how much one measured thing changed between the only two values cited of it.

    Both values have its unit, the word before it says the right way, and every date printed is of the newer one,
    but what the change is "since" or "from", which is of the older.
    """
    led = _CHANGE.search(claim.text[: figure.start])
    if led is None:
        return False
    by_title: dict[str, list[Source]] = {}
    for source in claim.cited(*_MEASURED):
        if set(claim.terms) & vocabulary(source.entry.title):
            by_title.setdefault(source.entry.title, []).append(source)
    return any(_is_between(claim, figure, pair, up=led["up"] is not None) for pair in by_title.values())


def is_value_as_change(claim: Claim, figure: Figure) -> bool:
    """Whether a measured value is told as a change by as much: "CEA rose by 14.6 ng/mL"."""
    return (
        _CHANGE.search(claim.text[: figure.start]) is not None
        and any(figure.agrees_with(value) for source in claim.cited(*_MEASURED) for value, _ in source.measured)
        and not is_difference(claim, figure)
    )


def _is_between(claim: Claim, figure: Figure, pair: list[Source], *, up: bool) -> bool:
    if len(pair) != 2 or any(len(source.measured) != 1 or source.entry.when is None for source in pair):  # noqa: PLR2004
        return False
    older, newer = sorted(pair, key=lambda source: source.entry.sort_key)
    (before, unit), (after, other) = older.measured[0], newer.measured[0]
    change: Decimal = after - before if up else before - after
    if figure.unit in _AMBIGUOUS or {unit, other} != {same_unit(figure.unit)} or change != figure.value:
        return False
    if older.entry.sort_key == newer.entry.sort_key or not _leads_rightly(claim, before, after):
        return False
    return all(
        len(date.readings) == 1
        and (when := (older if _IS_START.search(claim.text[: date.start]) else newer).entry.when) is not None
        and date.readings[0].is_said_by(day_of(when))
        for date in claim.dates
    )


def _leads_rightly(claim: Claim, before: Decimal, after: Decimal) -> bool:
    """Whether the figures that the change is told to lead from and to are the older and the newer value."""
    for figure in claim.figures:
        led = claim.text[: figure.start]
        if (_FROM.search(led) and not figure.agrees_with(before)) or (
            _TO.search(led) and not figure.agrees_with(after)
        ):
            return False
    return True
