"""The checks of clinical-safety.md section 3: pure functions over a claim, no model asked. One file per check.

C11 (age and sex) needs no file while no age may be printed: C2 finds none in an entry. C12 (what a summary leaves
out) looks at a whole summary, C16 at several; neither is a check of one statement.
"""

from collections.abc import Callable

from tasks.checks import (
    c1_references,
    c2_numbers,
    c3_units,
    c4_dates,
    c5_status,
    c6_allergies,
    c7_negation,
    c8_sides,
    c9_terms,
    c10_trends,
    c13_identity,
    c14_quotes,
    c15_format,
    c17_relations,
    c18_words,
)
from tasks.checks.claim import Claim
from tasks.summary import CheckResult

CHECKS: tuple[Callable[[Claim], CheckResult], ...] = (
    c1_references.check,
    c2_numbers.check,
    c3_units.check,
    c4_dates.check,
    c5_status.check,
    c6_allergies.check,
    c7_negation.check,
    c8_sides.check,
    c9_terms.check,
    c10_trends.check,
    c13_identity.check,
    c14_quotes.check,
    c15_format.check,
    c17_relations.check,
    c18_words.check,
)
# Those that compare a fact of the sentence with a fact of its sources; one of them must pass for "verified".
FACT_CHECKS = frozenset({"C2", "C3", "C4", "C5", "C6", "C7", "C8", "C10"})


def run_checks(claim: Claim) -> tuple[CheckResult, ...]:
    """Every check once, in the order of their numbers."""
    return tuple(check(claim) for check in CHECKS)
