"""C13: no name, record number, address or link in a model's text."""

import re

from tasks.checks.claim import Claim, failed, passed
from tasks.checks.words import tokens
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
_SHORTEST_NAME = 3


def check(claim: Claim) -> CheckResult:
    """A part of the patient's name passes only where the cited record has it as a word of its own: Graves' disease."""
    if _LINKS.search(claim.text):
        return failed(CHECK, "holds a link")
    if _EMAIL.search(claim.text):
        return failed(CHECK, "holds an e-mail address")
    if _NUMBERS.search(claim.text):
        return failed(CHECK, "holds a number that may identify the patient")
    identifier = normalise(claim.history.patient.identifier).strip().casefold()
    if identifier and identifier in claim.text.casefold():
        return failed(CHECK, "holds the patient's record number")
    said = set(tokens(claim.text))
    titled = {word for source in claim.sources for piece in source.pieces for word in tokens(piece)}
    for part in name_parts(claim.history.patient):
        plain = part.casefold()
        if len(part) >= _SHORTEST_NAME and plain in said and plain not in titled:
            return failed(CHECK, "holds the patient's name")
    return passed(CHECK)
