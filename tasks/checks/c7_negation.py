"""C7: what a source denies, doubts, plans, ends or says of somebody else is said in no other way of the patient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.checks.bearing import Phrase, alike, bearing, phrase_at
from tasks.checks.certainty import needed
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.cues import Stance
from tasks.checks.dates import without_dates
from tasks.checks.one_clause import joins_clauses
from tasks.checks.said import AFFIRMED, Line, line_of, lines, nearest
from tasks.checks.words import bound_words, sentences, stem, terms, tokens
from tasks.summary import CheckResult, StatementKind

CHECK = "C7"
_PHRASE = re.compile(r"[,;:](?!\d)|\b(?:and|or|nor|with|but)\b")
_NEW = re.compile(r"\b(?:new|newly|now)\b", re.IGNORECASE)
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
    by_source = {id(source): lines(source) for source in claim.sources}
    applied = False
    under = frozenset({Stance.ALLERGIC}) if claim.kind is StatementKind.ALLERGY else frozenset()
    for sentence in sentences(claim.as_measured):
        mine = line_of(sentence, under)
        for key, keys, phrase in _keys(sentence, mine):
            sources = bearing(claim.sources, phrase)
            theirs = nearest(key, keys, (line for source in sources for line in by_source[id(source)]))
            if not theirs:  # a term in no source is for C9, a figure for C2
                continue
            applied = applied or _says_more([mine, *theirs], key)
            for said in _said_in(phrase, key, sentence, mine):
                if reason := _wrong(said, key, mine, theirs, printed=claim.printed(key)):
                    return failed(CHECK, reason)
            if _disagree(key, keys, [[by_source[id(each)] for each in group] for group in alike(sources)], sentence):
                return failed(CHECK, f"cites sources that disagree about “{claim.printed(key)}”, and names no date")
    if reason := joins_clauses(claim):
        return failed(CHECK, reason)
    return passed(CHECK) if applied else not_applicable(CHECK)


def _wrong(said: frozenset[Stance], key: str, mine: Line, theirs: list[Line], *, printed: str) -> str:
    """Why what a claim says of a term is in none of the lines that have it; "" where one says the same, as surely."""
    agreeing = [line for line in theirs if any(_agree(said, each, mine, line) for each in line.said[key])]
    if not agreeing:
        return _reason(printed, said, theirs, key)
    return "" if any(_is_as_sure(line, mine, key) for line in agreeing) else f"is surer of “{printed}” than its sources"


def _keys(sentence: str, line: Line) -> Iterator[tuple[str, list[str], Phrase]]:
    """The terms and figures of a claim's sentence that no cue is made of, each with those of its own phrase."""
    plain = without_dates(sentence)
    marks = list(_PHRASE.finditer(plain))
    starts = [0, *(mark.end() for mark in marks)]
    for start, end in zip(starts, [*(mark.start() for mark in marks), len(plain)], strict=True):
        figures = [match[0] for match in _FIGURE.finditer(plain[start:end])]
        bound = [stem(word) for word in tokens(plain[start:end]) if word in bound_words()]
        keys = [key for key in dict.fromkeys([*terms(plain[start:end]), *figures, *bound]) if key in line.said]
        phrase = phrase_at(sentence, start, end)
        for key in keys:
            yield key, keys, phrase


def _said_in(phrase: Phrase, key: str, sentence: str, mine: Line) -> list[frozenset[Stance]]:
    """What is said of a term in this very phrase, where it stands in several: "effusion on 1 May, no effusion now"."""
    plain = without_dates(sentence)
    before, here, after = (terms(text).count(key) for text in phrase.parting(plain))
    every = mine.said[key]
    if not here or len(every) != before + here + after:
        return every
    return every[before : before + here]


def _is_as_sure(line: Line, mine: Line, key: str) -> bool:
    """Whether a source is as sure of a term as the claim: "likely" is more than "possible" and "not excluded"."""
    if not any(Stance.DOUBTED in each for each in mine.said[key]):
        return True
    return line.certainty(key) >= needed(mine.text, key) or any(Stance.DOUBTED not in each for each in line.said[key])


def _disagree(key: str, phrase: list[str], groups: list[list[tuple[Line, ...]]], sentence: str) -> bool:
    """Whether of several sources called the same one denies what another affirms, and the claim does not say "new"."""
    for group in groups:
        found = [[each for line in nearest(key, phrase, own) for each in line.said[key]] for own in group]
        denying = [all(Stance.NEGATED in each for each in said) for said in found if said]
        if len(set(denying)) > 1 and not (_NEW.search(sentence) and not denying[-1]):
            return True
    return False


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
