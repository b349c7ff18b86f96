"""C2: every number of a statement stands in an entry that it cites."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.source import Source
from tasks.checks.units import Figure
from tasks.summary import CheckResult

CHECK = "C2"
_SPEAKS_OF_LIMITS = re.compile(r"\b(?:range|ranges|reference|limits?|normal|upper|lower|above|below)\b", re.IGNORECASE)


def check(claim: Claim) -> CheckResult:
    """Values, printed figures and, where the sentence speaks of limits, reference ranges; nothing may be computed.

    A number printed with fewer decimals passes if its source rounds to it. Dates are C4's.
    """
    if not claim.figures:
        return not_applicable(CHECK)
    limits = _SPEAKS_OF_LIMITS.search(claim.text) is not None
    for figure in claim.figures:
        if not _stands_in(figure, claim.sources, limits=limits):
            return failed(CHECK, f"{figure.printed} stands in none of its sources")
        if not _stands_in(figure, claim.owners(figure.start), limits=limits):
            return failed(CHECK, f"{figure.printed} is of another entry than the sentence says")
    if swapped := _swapped(claim):
        return failed(CHECK, swapped)
    return passed(CHECK)


def _stands_in(figure: Figure, sources: Sequence[Source], *, limits: bool) -> bool:
    return any(
        figure.agrees_with(value)
        for source in sources
        for value in (
            *(value for value, _ in source.measured),
            *(printed.value for printed in source.figures),
            *(limit for limit, _ in (source.limits if limits else ())),
        )
    )


def _swapped(claim: Claim) -> str:
    """Two parts of one measurement printed in the other order: 84/152 mmHg."""
    for first, second in pairwise(claim.figures):
        if claim.text[first.end : second.start].strip() != "/":
            continue
        for source in claim.sources:
            numbers = [number for number, _ in source.measured]
            if numbers != [first.value, second.value] and numbers == [second.value, first.value]:
                return f"{first.printed} and {second.printed} stand in the other order in its source"
    return ""
