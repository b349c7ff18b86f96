"""C7: what a source denies, doubts, plans, ends or says of somebody else is said in no other way of the patient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.cues import Stance
from tasks.checks.dates import without_dates
from tasks.checks.said import AFFIRMED, Line, line_of, lines, nearest
from tasks.checks.words import sentences, terms
from tasks.summary import CheckResult, StatementKind

CHECK = "C7"
_PHRASE = re.compile(r"[,;:](?!\d)|\b(?:and|or|nor|with|but)\b")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*(?![^\W\d_])")
_REASONS = {
    Stance.NEGATED: "affirms “{}”, which its sources deny",
    Stance.OTHER: "says “{}” of the patient, its sources of somebody else",
    Stance.DOUBTED: "leaves out the doubt that its sources have about “{}”",
    Stance.PLANNED: "leaves out that its sources only plan, ask or fear “{}”",
    Stance.STOPPED: "leaves out that “{}” is over, or was rejected, in its sources",
    Stance.PAST: "leaves out that “{}” is past in its sources",
    Stance.ALLERGIC: "leaves out that its sources speak of an allergy to “{}”",
    Stance.UNCLEAR: "says “{}”, and its sources can be read both ways",
}


def check(claim: Claim) -> CheckResult:
    """Term by term against those sentences of the sources that have most of the phrase that the term stands in."""
    in_sources = [line for source in claim.sources for line in lines(source)]
    applied = False
    under = frozenset({Stance.ALLERGIC}) if claim.kind is StatementKind.ALLERGY else frozenset()
    for sentence in sentences(claim.text):
        mine = line_of(sentence, under)
        for key, phrase in _keys(sentence, mine):
            theirs = nearest(key, phrase, in_sources)
            applied = applied or (bool(theirs) and _says_more([mine, *theirs], key))
            for said in mine.said[key] if theirs else ():  # a term in no source is for C9, a figure for C2
                if not any(_agree(said, each, mine, line) for line in theirs for each in line.said[key]):
                    return failed(CHECK, _reason(claim.printed(key), said, theirs, key))
    return passed(CHECK) if applied else not_applicable(CHECK)


def _keys(sentence: str, line: Line) -> Iterator[tuple[str, list[str]]]:
    """The terms and figures of a claim's sentence that no cue is made of, each with those of its own phrase."""
    for phrase in _PHRASE.split(without_dates(sentence)):
        figures = [match[0] for match in _FIGURE.finditer(phrase)]
        keys = [key for key in dict.fromkeys([*terms(phrase), *figures]) if key in line.said]
        for key in keys:
            yield key, keys


def _says_more(compared: list[Line], key: str) -> bool:
    return any(each != AFFIRMED for line in compared for each in line.said[key])


def _agree(mine: frozenset[Stance], theirs: frozenset[Stance], my_line: Line, their_line: Line) -> bool:
    """Equal denial and person; every other qualification of the source is kept, and more doubt is allowed."""
    if Stance.UNCLEAR in mine | theirs:
        return mine == theirs
    if any((stance in mine) != (stance in theirs) for stance in (Stance.NEGATED, Stance.OTHER)):
        return False
    if Stance.OTHER in mine and not (my_line.others <= their_line.others):
        return False
    lost = theirs - mine - {Stance.AFFIRMED}
    return not lost or (lost == {Stance.PLANNED} and bool({Stance.DOUBTED, Stance.NEGATED} & mine))


def _reason(term: str, mine: frozenset[Stance], theirs: list[Line], key: str) -> str:
    said = [each for line in theirs for each in line.said[key]]
    if Stance.NEGATED in mine and not any(Stance.NEGATED in each for each in said):
        return f"denies “{term}”, which its sources do not"
    for stance, reason in _REASONS.items():
        if stance not in mine and any(stance in each for each in said):
            return reason.format(term)
    return f"says “{term}” otherwise than its sources"
