"""How sure a text is of what it doubts: possible, suspected or likely. A statement is never surer than its source."""

from __future__ import annotations

import re
from enum import IntEnum

from tasks.checks.words import vocabulary


class Certainty(IntEnum):
    """Classes of doubt, in order; what is affirmed is surer than all."""

    OPEN = 1  # query, not excluded, to be considered
    POSSIBLE = 2  # possible, may be
    SUSPECTED = 3  # suspected, suspicious for, suggests
    LIKELY = 4  # likely, probable, presumed, in keeping with


# What a source must have for a statement of a class: "possible" and "not excluded" say the same, and so, of a
# diagnosis that somebody has in mind, do "suspected" and "possible".
_NEEDS = {
    Certainty.OPEN: Certainty.OPEN,
    Certainty.POSSIBLE: Certainty.OPEN,
    Certainty.SUSPECTED: Certainty.POSSIBLE,
    Certainty.LIKELY: Certainty.LIKELY,
}
_WORDS = {
    Certainty.OPEN: r"query|queried|consider\w*|question\w*|differential|versus|vs|rule\s+out|r/o|whether"
    r"|(?:not|never|cannot|can't|to)\s+(?:be\s+|been\s+)?(?:(?:completely|entirely|fully)\s+)?(?:exclude\w*|rule\w*\s+out)",
    Certainty.POSSIBLE: r"possib\w*|(?-i:may)|might|could",
    Certainty.SUSPECTED: r"suspect\w*|suspicio\w*|suggest\w*|concern\w*|worrisome|indicative|provisional",
    Certainty.LIKELY: r"(?<!less )(?<!not )likely|probabl[ey]|presum\w*|(?:in\s+)?keeping\s+with|consistent\s+with"
    r"|compatible\s+with|typical\s+of|diagnostic\s+of",
}
_CUES = {
    certainty: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE) for certainty, words in _WORDS.items()
}
_ASKED = re.compile(r"(?<![^\s(])\?(?=\s*\w)")
_CLAUSE = re.compile(r"[,;:.](?=\s|$)")


def needed(text: str, term: str) -> Certainty:
    """What a source must say at least of a term, so that this statement of it may stand; the weakest cue counts."""
    return min((_NEEDS[each] for each in _said(text, term)), default=Certainty.OPEN)


def most(text: str, term: str) -> Certainty:
    """The strongest class that a text says of a term; a doubt that no known word tells is a possibility."""
    return max(_said(text, term), default=Certainty.POSSIBLE)


def keeps_doubt(source: str, statement: str) -> bool:
    """Whether a statement of a sentence has a word of doubt where the sentence has one."""
    return not _classes(source) or bool(_classes(statement))


def _said(text: str, term: str) -> list[Certainty]:
    """The classes in the clause that has the term; where that has none, in the whole text."""
    clauses = [clause for clause in _CLAUSE.split(text) if term in vocabulary(clause)]
    return [each for clause in clauses for each in _classes(clause)] or _classes(text)


def _classes(text: str) -> list[Certainty]:
    found = [certainty for certainty, pattern in _CUES.items() if pattern.search(text)]
    return [*found, Certainty.OPEN] if _ASKED.search(text) else found
