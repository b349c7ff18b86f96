"""C6: allergies are named from allergy entries, and "no known allergies" only from the entry that says so."""

import re

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.source import Source
from tasks.checks.words import terms
from tasks.summary import CheckResult, StatementKind

CHECK = "C6"
# SNOMED CT: no known allergy, drug allergy, food allergy, environmental allergy. An empty list is none of these.
NONE_KNOWN = {"716186003", "409137002", "429625007", "428607008"}
DENIES = (
    r"\bNK(?:D?A|FA)\b|\b(?:no|without|denies|nil)\s+(?:\w+\s+){0,3}?(?:allerg\w+|intoleran\w+)"
    r"|\ballerg\w+\s*(?::|are|is)?\s*(?:none|nil|negative|absent)\b|\bnot\s+allergic\b"
)
_DENIES = re.compile(DENIES, re.IGNORECASE)
_PARTS = re.compile(r"[.;](?=\s|$)|,\s+(?:but|while|and)\b|\b(?:but|while|whereas|although)\b", re.IGNORECASE)
_OF_USE = re.compile(r"\b(?:tak\w+|us\w+|receiv\w+|stopped|active|prescribed|daily|on(?!\s+\d))\b", re.IGNORECASE)
_SPEAKS = re.compile(r"\ballerg\w+|\bintoleran\w+|\banaphyla\w+|\bhypersensitiv\w+|\breact(?:ion|ed)\w*", re.IGNORECASE)


def check(claim: Claim) -> CheckResult:
    """Both ways: a denial needs its own entry, a claim needs an allergy entry or a text that speaks of one."""
    if _DENIES.search(claim.text):
        if any(denies_allergies(source) for source in claim.sources):
            return passed(CHECK)
        return failed(CHECK, "denies allergies, which none of its sources does")
    if claim.kind is not StatementKind.ALLERGY and not _SPEAKS.search(claim.text):
        return _says_nothing_of_allergy(claim)
    if named := _no_allergy(claim):
        return failed(CHECK, f"speaks of an allergy to “{named}”, which the record has as something else")
    if any(not denies_allergies(source) for source in claim.cited(Kind.ALLERGY)):
        return passed(CHECK)
    told = any(_SPEAKS.search(text) for source in claim.sources for text in (*source.pieces, *source.passage))
    # What free text says of it is for C7 and C9.
    return not_applicable(CHECK) if told else failed(CHECK, "speaks of an allergy, and cites no entry that does")


def _says_nothing_of_allergy(claim: Claim) -> CheckResult:
    """An allergen named bare, among the medicines or the course, reads as if it were taken."""
    for source in claim.cited(Kind.ALLERGY):
        if not _is_named_otherwise(source, claim):
            return failed(CHECK, f"names “{source.entry.title}” without saying that it is an allergy")
    return not_applicable(CHECK)


def _no_allergy(claim: Claim) -> str:
    """A medicine or problem that a part of the sentence about allergy names, and that no cited allergy is called."""
    allergens = {term for source in claim.cited(Kind.ALLERGY) for term in source.words}
    for part in _PARTS.split(claim.text):
        if claim.kind is not StatementKind.ALLERGY and not _SPEAKS.search(part):
            continue
        if claim.kind is StatementKind.ALLERGY and not _SPEAKS.search(part) and _OF_USE.search(part):
            continue
        for source in claim.cited(Kind.MEDICATION):
            title = set(terms(source.entry.title)) & set(terms(part))
            if title and not title & allergens and claim.cited(Kind.ALLERGY):
                return source.entry.title
    return ""


def _is_named_otherwise(source: Source, claim: Claim) -> bool:
    """Whether another cited entry has the allergen's name: ramipril as a medicine, asthma as a problem."""
    named = set(terms(source.entry.title)) & set(claim.terms)
    others = [each for each in claim.sources if each.entry.kind is not Kind.ALLERGY]
    return not named or any(named <= each.words | each.passage_words for each in others)


def denies_allergies(source: Source) -> bool:
    """Whether an entry says that no allergy is known."""
    if any(code.code in NONE_KNOWN for code in source.entry.codes):
        return True
    texts = source.pieces if source.entry.kind is Kind.ALLERGY else source.passage
    return any(_DENIES.search(text) for text in texts)
