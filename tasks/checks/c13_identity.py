"""C13: no name, record number, address or link in a model's text, and nothing that a source says of a named other."""

import re

from tasks.checks.claim import Claim, failed, passed
from tasks.checks.people import people
from tasks.checks.said import lines, nearest
from tasks.checks.words import ordinary, tokens
from tasks.prompt_record import name_parts
from tasks.sanitise import normalise
from tasks.summary import CheckResult

CHECK = "C13"
_LINKS = re.compile(
    r"[a-z][a-z0-9+.-]*://|\b(?:javascript|data|mailto|tel|file):\S|\bwww\.|\]\s*\(|<\s*a\b"
    r"|\b[\w-]+\.(?:com|org|net|gov|edu|io|info|biz|co|de|uk|eu|ch|fr|tw|cn|jp|ru|app|dev|health|html?|php)\b(?!\w)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w|\w@\w")
_NUMBERS = re.compile(
    r"\bMRN\b|\bSSN\b|\b\d{3}-\d{2}-\d{4}\b|\+\d{6,}|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b|\b\d{9,}\b", re.IGNORECASE
)
_FORBIDDEN = {
    _LINKS: "holds a link",
    _EMAIL: "holds an e-mail address",
    _NUMBERS: "holds a number that may identify the patient",
}
_SHORTEST_NAME = 3
_LOWER = re.compile(r"\b[a-zà-ÿ]{3,}\b")


def check(claim: Claim) -> CheckResult:
    """A part of the patient's name passes only where the cited record has it as a word of its own: Graves' disease."""
    for pattern, reason in _FORBIDDEN.items():
        if pattern.search(claim.text):
            return failed(CHECK, reason)
    identifier = normalise(claim.history.patient.identifier).strip().casefold()
    if identifier and identifier in claim.text.casefold():
        return failed(CHECK, "holds the patient's record number")
    said = set(tokens(claim.text))
    titled = {word for source in claim.sources for piece in source.pieces for word in tokens(piece)}
    for part in name_parts(claim.history.patient):
        plain = part.casefold()
        if len(part) >= _SHORTEST_NAME and plain in said and plain not in titled:
            return failed(CHECK, "holds the patient's name")
    if reason := _of_somebody_else(claim):
        return failed(CHECK, reason)
    return passed(CHECK)


def _of_somebody_else(claim: Claim) -> str:
    """Why a claim is about a named person who is not the patient; "" where it is not.

    A name in the claim fails even where the source has it. A claim without one fails where every sentence that bears
    out a term has somebody else for its subject: a note that was filed with the wrong patient.
    """
    own = frozenset(part.casefold() for part in name_parts(claim.history.patient))
    texts = [text for source in claim.sources for text in (source.entry.passage, *source.entry.detail.values())]
    plain = {word for text in texts for word in _LOWER.findall(normalise(text))}
    titled = {word for source in claim.sources for piece in (source.entry.title,) for word in tokens(piece)}
    known = {word for text in texts for person in people(normalise(text)) for word in person.words} - own
    said = set(tokens(claim.text)) - plain - titled - ordinary()
    if any(len(word) >= _SHORTEST_NAME and word in known for word in said) or any(
        not person.is_called(own) for person in people(claim.text)
    ):
        return "names a person"
    every = [line for source in claim.sources for line in lines(source)]
    for term in claim.terms:
        bearing = nearest(term, claim.terms, every)
        if bearing and all(_has_another_subject(line.text, own) for line in bearing):
            return "says of the patient what its sources say of another person, by name"
    return ""


def _has_another_subject(text: str, own: frozenset[str]) -> bool:
    return any(each.is_subject and not each.is_caring and not each.is_called(own) for each in people(text))
