"""C9: every clinical term, drug and code of a statement stands in an entry that it cites."""

import re

from fhir_adapters.history import Kind
from tasks.checks.aims import sets_target
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.level_names import is_named_level, names_level_of
from tasks.checks.source import Source
from tasks.checks.words import stem, tokens, vocabulary
from tasks.summary import CheckResult

CHECK = "C9"
# An entry of these kinds is cited for what it is called; a figure of one that is not named could be anybody's.
_NAMED = (Kind.PROBLEM, Kind.ALLERGY, Kind.MEDICATION, Kind.RESULT, Kind.VITAL, Kind.IMMUNIZATION)
_OF_VACCINE = re.compile(
    r"\b(?:vaccin|immuni[sz]|booster|dose|shot|jab|inoculat|inject|given|giv|receiv|administer|declin|refus)",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"[A-Z].*[A-Z]|\d")
_DENIALS = frozenset(map(stem, ("no", "not", "none", "never", "negative", "absent", "neg", "non-reactive")))


def check(claim: Claim) -> CheckResult:
    """Word by word, true synonyms and spellings counted as equal; and what is cited by name is named."""
    if not claim.terms:
        return not_applicable(CHECK)
    if wrong := _wrongly_named(claim):
        return failed(CHECK, wrong)
    for term in needing_source(claim):
        if not any(source.says(term) for source in claim.sources) and not is_named_level(term, claim):
            return failed(CHECK, f"“{claim.printed(term)}” stands in none of its sources")
    return passed(CHECK)


def _wrongly_named(claim: Claim) -> str:
    """Why the names of what is cited are not told as the record has them, or nothing."""
    named = set(claim.terms)
    for source in claim.cited(*_NAMED):
        title = source.entry.title
        if not (named & vocabulary(title) or names_level_of(source, claim) or sets_target(source, claim)):
            return f"cites “{title}”, which the sentence does not name"
        if source.entry.kind is Kind.IMMUNIZATION and _is_told_as_disease(source, claim):
            return f"names “{title}” without saying that it is a vaccine"
    for source in claim.cited(Kind.SOCIAL, Kind.RESULT, Kind.VITAL):
        if _leaves_out_value(source, claim):
            return f"names “{source.entry.title}” and leaves out what the record says of it"
    return ""


def _is_told_as_disease(source: Source, claim: Claim) -> bool:
    """Whether a vaccine is named bare, by a word that is no abbreviation of vaccines: "Hepatitis B.", "Influenza."."""
    if _OF_VACCINE.search(claim.text):
        return False
    named = [term for term in claim.terms if term in vocabulary(source.entry.title)]
    others = [each for each in claim.sources if each.entry.kind is not Kind.IMMUNIZATION]
    return not any(_ABBREVIATION.search(claim.printed(term)) for term in named) and not any(
        each.says(term) for each in others for term in named
    )


def needing_source(claim: Claim) -> tuple[str, ...]:
    """The terms without "known", which says no more of others than that the record has them; C7 keeps its doubts."""
    return tuple(term for term in claim.terms if term != "known") or claim.terms


def _leaves_out_value(source: Source, claim: Claim) -> bool:
    """Whether a finding in words is told by its title alone: tobacco never smoked, a virus not detected."""
    title = vocabulary(source.entry.title)
    own = {stem(word) for value in source.entry.values if value.number is None for word in tokens(value.text)} - title
    if source.entry.kind is not Kind.SOCIAL:
        own &= _DENIALS
    return bool(own) and own.isdisjoint(map(stem, tokens(claim.text)))
