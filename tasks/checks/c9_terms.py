"""C9: every clinical term, drug and code of a statement stands in an entry that it cites."""

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.summary import CheckResult

CHECK = "C9"


def check(claim: Claim) -> CheckResult:
    """Word by word, true synonyms and spellings counted as equal: what no source says is not said."""
    if not claim.terms:
        return not_applicable(CHECK)
    for term in claim.terms:
        if not any(source.says(term) for source in claim.sources):
            return failed(CHECK, f"“{claim.printed(term)}” stands in none of its sources")
    return passed(CHECK)
