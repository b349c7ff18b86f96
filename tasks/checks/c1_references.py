"""C1: every source of a statement is an entry of this history, and one that the model may see."""

from tasks.checks.claim import Claim, failed, passed
from tasks.summary import CheckResult

CHECK = "C1"


def check(claim: Claim) -> CheckResult:
    """Set membership, by content: an entry of another version of the chart does not pass."""
    by_id = claim.history.by_id
    for source in claim.sources:
        entry = source.entry
        if by_id.get(entry.id) != entry:
            return failed(CHECK, f"cites {entry.id}, which is not in this chart")
        if entry.ai_asserted or entry.restricted:
            return failed(CHECK, f"cites {entry.id}, which no summary may use")
    return passed(CHECK) if claim.sources else failed(CHECK, "cites nothing")
