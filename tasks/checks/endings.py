"""How a treatment ended: completed is not stopped, and stopped is not completed (C5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from tasks.checks.claim import Claim
from tasks.checks.source import Source
from tasks.checks.words import stem, terms, tokens, vocabulary

_TREATED = frozenset({Kind.MEDICATION, Kind.PROCEDURE, Kind.CARE_PLAN})
_STOPPED = re.compile(r"(?<![\w-])(?:stopped|discontinued|ceased|stopping|discontinuation)(?![\w-])", re.IGNORECASE)
_COMPLETED = re.compile(r"(?<![\w-])(?:completed|finished|completing|completion)(?![\w-])", re.IGNORECASE)
_BORNE_OUT_BY = {
    _STOPPED: frozenset({"stopped", "revoked", "discontinued"}),
    _COMPLETED: frozenset({"completed"}),
}
_CLAUSE = re.compile(r"[;.](?=\s|$)|,|\b(?:and|but|while|whereas|although|though|then)\b", re.IGNORECASE)


def wrong_ending(clause: str, meant: tuple[Source, ...], claim: Claim) -> str:
    """Why a word for an end does not fit the status of a treatment that the clause is about; "" where it does.

    The source's own words count beside its status: a course "stopped after cycle 5" was stopped.
    """
    for part, sources in _parts(clause, meant):
        for word, statuses in _BORNE_OUT_BY.items():
            if not (match := word.search(part)):
                continue
            for source in sources:
                if not _is_borne_out(source, word, statuses, claim):
                    return f"says “{match[0]}” of “{source.entry.title}”, whose status is {source.entry.status}"
    return ""


def _parts(clause: str, meant: tuple[Source, ...]) -> Iterator[tuple[str, tuple[Source, ...]]]:
    """The clause whole; taken apart where it has both words: "completed capecitabine and stopped oxaliplatin"."""
    if not (_STOPPED.search(clause) and _COMPLETED.search(clause)):
        yield clause, meant
        return
    for part in _CLAUSE.split(clause):
        named = set(terms(part))
        yield part, tuple(source for source in meant if named & vocabulary(source.entry.title)) or meant


def _is_borne_out(source: Source, word: re.Pattern[str], statuses: frozenset[str], claim: Claim) -> bool:
    entry = source.entry
    if entry.kind not in _TREATED or entry.standing is not Standing.PAST or not entry.status:
        return True
    worded = [text for label, text in entry.details if label is not Detail.REASON]
    if entry.status in statuses or any(map(word.search, (*worded, *source.passage))):
        return True
    title = set(terms(entry.title))
    others = (text for other in claim.sources if other is not source for text in other.passage)
    return any(word.search(text) and title & set(map(stem, tokens(text))) for text in others)
