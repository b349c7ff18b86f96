"""C9: every clinical term, drug and code of a statement stands in an entry that it cites."""

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.level_names import is_named_level
from tasks.checks.source import Source
from tasks.checks.words import stem, tokens, vocabulary
from tasks.summary import CheckResult

CHECK = "C9"
# An entry of these kinds is cited for what it is called; a figure of one that is not named could be anybody's.
_NAMED = (Kind.PROBLEM, Kind.ALLERGY, Kind.MEDICATION, Kind.RESULT, Kind.VITAL, Kind.IMMUNIZATION)
_DENIALS = frozenset(map(stem, ("no", "not", "none", "never", "negative", "absent", "neg", "non-reactive")))


def check(claim: Claim) -> CheckResult:
    """Word by word, true synonyms and spellings counted as equal; and what is cited by name is named."""
    if not claim.terms:
        return not_applicable(CHECK)
    named = set(claim.terms)
    for source in claim.cited(*_NAMED):
        if not named & vocabulary(source.entry.title):
            return failed(CHECK, f"cites “{source.entry.title}”, which the sentence does not name")
    for source in claim.cited(Kind.SOCIAL, Kind.RESULT, Kind.VITAL):
        if _leaves_out_value(source, claim):
            return failed(CHECK, f"names “{source.entry.title}” and leaves out what the record says of it")
    for term in needing_source(claim):
        if not any(source.says(term) for source in claim.sources) and not is_named_level(term, claim):
            return failed(CHECK, f"“{claim.printed(term)}” stands in none of its sources")
    return passed(CHECK)


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
