"""The verdict on one sentence: verified, cited, or contradicted, which readers see as withheld."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.checks import FACT_CHECKS
from tasks.checks.c18_words import rests_on_text
from tasks.checks.claim import Claim
from tasks.checks.terms import Place, where_terms_stand
from tasks.summary import CheckOutcome, CheckResult, Verdict

NOTHING_TO_CHECK = "says nothing that can be checked against its sources"


def judge(claim: Claim, results: Sequence[CheckResult]) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict, and the reasons where it is contradicted.

    Verified: a check that compares facts applied, all that applied passed, and every clinical term, and what shows
    each word of clinical meaning (C18), stands in a coded or structured part of a cited entry. Cited: the words stand
    in the sources, but some only in free text, or nothing could be computed. Whatever says nothing of its sources is
    withheld: "doing well" is no statement.
    """
    reasons = tuple(result.reason for result in results if result.outcome is CheckOutcome.FAILED)
    if reasons:
        return Verdict.CONTRADICTED, reasons
    place = where_terms_stand(claim)
    if place is Place.NOWHERE:
        return Verdict.CONTRADICTED, (NOTHING_TO_CHECK,)
    compared = any(result.check in FACT_CHECKS and result.outcome is CheckOutcome.PASSED for result in results)
    shown = compared and place is Place.STRUCTURED and not rests_on_text(claim)
    return (Verdict.VERIFIED if shown else Verdict.CITED), ()
