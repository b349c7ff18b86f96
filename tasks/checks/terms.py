"""Where the clinical terms of a sentence stand in its sources: what a verdict needs to know beside the checks."""

from enum import Enum, auto

from tasks.checks.c9_terms import needing_source
from tasks.checks.claim import Claim
from tasks.checks.level_names import is_named_level


class Place(Enum):
    """Where all terms of a sentence are found."""

    STRUCTURED = auto()  # each in a coded or structured part of a cited entry
    FREE_TEXT = auto()  # at least one in free text only
    NOWHERE = auto()  # one in no source, or the sentence has none


def where_terms_stand(claim: Claim) -> Place:
    """The weakest place of any term."""
    by_words = [term for term in needing_source(claim) if not is_named_level(term, claim)]
    if not claim.terms or not all(any(source.says(term) for source in claim.sources) for term in by_words):
        return Place.NOWHERE
    structured = all(any(term in source.words for source in claim.sources) for term in by_words)
    return Place.STRUCTURED if structured else Place.FREE_TEXT
