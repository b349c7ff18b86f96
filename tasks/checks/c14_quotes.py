"""C14: what stands in quotation marks is a literal span of a cited source."""

import re

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.sanitise import normalise
from tasks.summary import CheckResult

CHECK = "C14"
_QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»]*)[\"“”„«»]")
_MARK = re.compile(r"[\"“”„«»]")


def check(claim: Claim) -> CheckResult:
    """Case and white space apart; a quotation that is not closed fails."""
    if not _MARK.search(claim.text):
        return not_applicable(CHECK)
    spans = _QUOTED.findall(claim.text)
    if _MARK.search(_QUOTED.sub(" ", claim.text)) or not spans:
        return failed(CHECK, "opens a quotation that it does not close")
    texts = [
        _plain(text)
        for source in claim.sources
        for text in (*source.pieces, *source.passage, normalise(source.entry.passage))
    ]
    for span in spans:
        if not _plain(span) or not any(_plain(span) in text for text in texts):
            return failed(CHECK, "quotes what stands in none of its sources")
    return passed(CHECK)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
