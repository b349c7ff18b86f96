"""C6: allergies are named from allergy entries, and "no known allergies" only from the entry that says so."""

import re

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.source import Source
from tasks.summary import CheckResult, StatementKind

CHECK = "C6"
# SNOMED CT: no known allergy, drug allergy, food allergy, environmental allergy. An empty list is none of these.
NONE_KNOWN = {"716186003", "409137002", "429625007", "428607008"}
_DENIES = re.compile(
    r"\bNK(?:D?A|FA)\b|\b(?:no|without|denies|nil)\s+(?:\w+\s+){0,3}?(?:allerg\w+|intoleran\w+)"
    r"|\ballerg\w+\s*(?::|are|is)?\s*(?:none|nil|negative|absent)\b|\bnot\s+allergic\b",
    re.IGNORECASE,
)
_SPEAKS = re.compile(r"\ballerg\w+|\bintoleran\w+|\banaphyla\w+", re.IGNORECASE)


def check(claim: Claim) -> CheckResult:
    """Both ways: a denial needs its own entry, a claim needs an allergy entry or a text that speaks of one."""
    if _DENIES.search(claim.text):
        if any(denies_allergies(source) for source in claim.sources):
            return passed(CHECK)
        return failed(CHECK, "denies allergies, which none of its sources does")
    if claim.kind is not StatementKind.ALLERGY and not _SPEAKS.search(claim.text):
        return not_applicable(CHECK)
    entries = [source for source in claim.cited(Kind.ALLERGY) if not denies_allergies(source)]
    if entries:
        return passed(CHECK)
    if any(_SPEAKS.search(text) for source in claim.sources for text in (*source.pieces, *source.passage)):
        return not_applicable(CHECK)  # free text says it: C7 and C9 decide
    return failed(CHECK, "speaks of an allergy, and cites no entry that does")


def denies_allergies(source: Source) -> bool:
    """Whether an entry says that no allergy is known."""
    if any(code.code in NONE_KNOWN for code in source.entry.codes):
        return True
    texts = source.pieces if source.entry.kind is Kind.ALLERGY else source.passage
    return any(_DENIES.search(text) for text in texts)
