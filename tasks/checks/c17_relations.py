"""C17: two facts are joined as cause, reason or result only where one cited entry itself joins them."""

from __future__ import annotations

import re
from enum import Enum, auto

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.source import Source
from tasks.checks.words import stem, terms, tokens, vocabulary
from tasks.summary import CheckResult

CHECK = "C17"


class Relation(Enum):
    """Which way a relation word points."""

    FROM = auto()  # effect, then cause: "due to", "after"
    INTO = auto()  # cause, then effect: "led to", "before"
    WITH = auto()  # either way: "for", "associated with"


_WORDS = {
    Relation.FROM: r"because of|because|due to|owing to|caused by|secondary to|as a result of|result of"
    r"|resulting from|results from|resulted from|attributed to|attributable to|in response to"
    r"|induced by|triggered by|precipitated by"
    r"|provoked by|after|following|since starting|complicated from|thanks to|explained by|on account of",
    Relation.INTO: r"caused|causes|causing|cause|leads to|led to|leading to|results in|resulted in|resulting in"
    r"|triggered|precipitated|provoked|induced|explains|explaining|before|prior to|complicated by"
    r"|therefore|thus|hence|so that",
    Relation.WITH: r"associated with|related to|in the context of|in the setting of|linked to|to treat|treated with"
    r"|treated by|treats|indicated for|prescribed for|given for|used for|taken for|managed with|controlled with"
    r"|for(?!\s+(?:the\s+)?(?:last|past|about|over|more|several|\d|(?:an?|\w+)\s+(?:day|week|month|year|hour)s?\b))",
}
_ANY = re.compile(
    "|".join(rf"(?P<{relation.name}>(?<![\w-])(?:{words})(?![\w-]))" for relation, words in _WORDS.items()),
    re.IGNORECASE,
)
_BOUNDARY = re.compile(r"[.;]\s|\bbut\b|\bwhile\b")
_REASON_LABELS = ("Reason", "Addresses", "Indication")


def check(claim: Claim) -> CheckResult:
    """Each relation word that has a clinical term on both sides; the same word between the same terms passes."""
    applied = False
    for match in _ANY.finditer(claim.text):
        left, right = _sides(claim.text, match)
        if not left or not right:
            continue
        applied = True
        relation = Relation[match.lastgroup or "WITH"]
        if not any(_joins(source, claim, (left, right), relation) for source in claim.sources):
            return failed(CHECK, f"joins two facts by “{match[0]}”, which no one of its sources does")
    return passed(CHECK) if applied else not_applicable(CHECK)


def _sides(text: str, match: re.Match[str]) -> tuple[set[str], set[str]]:
    """The clinical terms before and after a relation word, within its clause."""
    before = _BOUNDARY.split(text[: match.start()])[-1]
    after = _BOUNDARY.split(text[match.end() :])[0]
    return set(terms(before)), set(terms(after))


def _joins(source: Source, claim: Claim, sides: tuple[set[str], set[str]], relation: Relation) -> bool:
    left, right = sides
    return _joins_by_structure(source, claim, left, right) or any(
        _joins_in_sentence(sentence, left, right, relation) for sentence in (*source.pieces, *source.passage)
    )


def _joins_by_structure(source: Source, claim: Claim, left: set[str], right: set[str]) -> bool:
    """The title has one side and one of its own details all of the other: an indication, a reaction, a reason.

    A reason given as a reference counts by the title of the entry that it points to.
    """
    title = {stem(word) for word in tokens(source.entry.title)}
    for one, other in ((left, right), (right, left)):
        if not one & title:
            continue
        if any(other <= vocabulary(text) for text in _details(source, claim)):
            return True
    return False


def _details(source: Source, claim: Claim) -> list[str]:
    by_reference = claim.history.by_reference
    pointed_at = [
        by_reference[word].title
        for label, text in source.entry.details
        if label.startswith(_REASON_LABELS)
        for word in text.split()
        if word in by_reference
    ]
    return [*source.details, *pointed_at]


def _joins_in_sentence(sentence: str, left: set[str], right: set[str], relation: Relation) -> bool:
    for match in _ANY.finditer(sentence):
        before, after = _sides(sentence, match)
        theirs = Relation[match.lastgroup or "WITH"]
        straight = bool(left & before) and right <= after
        crossed = bool(right & before) and left <= after
        if straight and (relation is theirs or Relation.WITH in {relation, theirs}):
            return True
        if crossed and (relation is not theirs or relation is Relation.WITH):
            return True
    return False
