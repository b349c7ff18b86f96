"""C2: every number of a statement stands in an entry that it cites."""

import re

from tasks.checks.claim import Claim, failed, not_applicable, passed
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
        if not any(_stands_in(figure, claim, limits=limits)):
            return failed(CHECK, f"{figure.printed} stands in none of its sources")
    return passed(CHECK)


def _stands_in(figure: Figure, claim: Claim, *, limits: bool) -> list[bool]:
    return [
        figure.agrees_with(value)
        for source in claim.sources
        for value in (
            *(value for value, _ in source.measured),
            *(printed.value for printed in source.figures),
            *(limit for limit, _ in (source.limits if limits else ())),
        )
    ]
