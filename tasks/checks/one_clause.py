"""Words that only free text has are told together only where one clause of it has them together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasks.checks.bearing import bearing, phrase_at
from tasks.checks.claim import Claim
from tasks.checks.dates import PrintedDate, printed_dates, without_dates
from tasks.checks.frequency import Frequency, frequencies, without_frequencies
from tasks.checks.source import Clause, Source, clauses
from tasks.checks.units import Figure, figures
from tasks.checks.words import sentences, stem, terms, tokens

# Where a new thing may begin in a clause of a statement.
_PART = re.compile(
    r"[;:.](?=\s|$)|\b(?:and|or|nor|with(?:\s+(?:an?|the|its))?|causes?\s+of|without|but|while|whereas)\b",
    re.IGNORECASE,
)
_OF_IT = {
    "with a",
    "with an",
    "with the",
    "with its",
}  # "fluid with an enhancing rim": a part of it, not one thing more
_TWO = 2
_LONG = 5  # letters of a word that may name a thing, though it is no term: "imaging"


@dataclass(frozen=True, slots=True)
class _Told:
    """What a part of a statement tells that no coded element of its sources has."""

    terms: frozenset[str] = frozenset()
    figures: tuple[Figure, ...] = ()
    often: frozenset[Frequency] = frozenset()
    dates: tuple[PrintedDate, ...] = ()

    def __add__(self, other: _Told) -> _Told:
        return _Told(
            self.terms | other.terms,
            self.figures + other.figures,
            self.often | other.often,
            self.dates + other.dates,
        )

    @property
    def is_joined(self) -> bool:
        """Whether it tells two things or more, so that a clause must have both; a term is always one of them."""
        return bool(self.terms) and len(self.terms) + len(self.figures) + len(self.often) + len(self.dates) >= _TWO

    def stands_in(self, clause: Clause) -> bool:
        """Whether a part of a text has all of it."""
        return (
            self.terms <= clause.words
            and self.often <= frequencies(clause.text)
            and _have(self.figures, clause.text)
            and all(_prints(clause.text, date) for date in self.dates)
        )


def joins_clauses(claim: Claim) -> str:
    """Why words of different clauses of a text are told as one; "" where each part stands in one clause.

    What only says more of the part before it, "ankle oedema, worse lying flat", stands in one sentence with it.
    """
    for sentence in sentences(claim.text):
        for start, end in clauses(sentence):
            sources = bearing(claim.sources, phrase_at(sentence, start, end))
            if wrong := _wrong(sentence[start:end], claim, sources) or _undated(sentence[:end], start, claim):
                return wrong
    return ""


def _wrong(clause: str, claim: Claim, sources: Sequence[Source]) -> str:
    pieces = [_told(clause[start:end], claim, sources) for start, end in clauses(clause, fully=True)]
    parts = [told for piece in pieces for told, _ in piece]
    for term in (term for told in parts for term in sorted(told.terms)):
        if not any(source.says(term) for source in sources):
            return f"“{claim.printed(term)}” is of another date than the sentence says"
    within = [part for source in sources for part in source.clauses]
    whole = [part for source in sources for part in (*source.whole_sentences, *source.clauses)]
    across = [one[-1][0] + other[0][0] for one, other in pairwise(pieces) if one and other]
    across += [one[0] + other[0] for piece in pieces for one, other in pairwise(piece) if other[1] in _OF_IT]
    if all(_in_one(told, within) for told in parts) and all(_in_one(told, whole) for told in across):
        return ""
    return f"joins in “{clause.strip()}” what no one clause of its sources has"


def _undated(sentence: str, start: int, claim: Claim) -> str:
    """Why a date of the last clause is told of things, up to there, that no source with that date has."""
    named = terms(without_dates(sentence))
    about = [source for source in claim.sources if any(map(source.says, named))]
    days = {day for source in about for day in source.days}
    for date in printed_dates(sentence):
        is_told = any(reading.is_said_by(day) for reading in date.readings for day in days)
        if about and date.start >= start and not is_told:
            return f"{date.printed} is of no source that has what it is told of"
    return ""


def _in_one(told: _Told, parts: Sequence[Clause]) -> bool:
    return not told.is_joined or any(map(told.stands_in, parts))


def _told(piece: str, claim: Claim, sources: Sequence[Source]) -> list[tuple[_Told, str]]:
    """What each part of a piece tells that must stand in one clause, and the word that joins it to the part before it.

    Nothing that is coded is in it, nor what is in no source.
    """
    coded_words = frozenset[str]().union(*(source.coded_words for source in sources))
    coded = [text for source in sources for text in source.coded]
    often = frozenset(each for text in coded for each in frequencies(text))
    known = frozenset(word for source in claim.sources for word in source.passage_words | source.words)
    return [
        (
            _Told(
                _named(part, known) - coded_words,
                tuple(each for each in figures(without_dates(part)) if not _is_coded(each, sources, coded)),
                frequencies(part) - often,
                tuple(date for date in printed_dates(part) if not _is_coded_date(date, sources, coded)),
            ),
            joint,
        )
        for part, joint in _parts(piece)
    ]


def _named(part: str, known: frozenset[str]) -> frozenset[str]:
    """The clinical terms of a part that its sources know; any other words of theirs where it has none."""
    plain = without_frequencies(without_dates(part))
    found = known & frozenset(terms(plain))
    others = (stem(word) for word in tokens(plain) if len(word) >= _LONG)
    return found or known & frozenset(others)


def _parts(piece: str) -> Iterator[tuple[str, str]]:
    """The parts of a piece, each with the word before it."""
    plain = without_dates(piece)
    start, joint = 0, ""
    for mark in _PART.finditer(plain):
        if piece[start : mark.start()].strip():
            yield piece[start : mark.start()], joint
        start, joint = mark.end(), " ".join(mark[0].casefold().split())
    if piece[start:].strip():
        yield piece[start:], joint


def _have(printed: Sequence[Figure], text: str) -> bool:
    theirs = figures(without_dates(text))
    return all(any(mine.agrees_with(each.value) for each in theirs) for mine in printed)


def _is_coded(figure: Figure, sources: Sequence[Source], coded: Sequence[str]) -> bool:
    values = [value for source in sources for value, _ in (*source.measured, *source.limits)]
    return any(figure.agrees_with(value) for value in values) or any(_have([figure], text) for text in coded)


def _is_coded_date(date: PrintedDate, sources: Sequence[Source], coded: Sequence[str]) -> bool:
    days = {day for source in sources for day in source.own_days}
    return any(reading.is_said_by(day) for reading in date.readings for day in days) or any(
        _prints(text, date) for text in coded
    )


def _prints(text: str, date: PrintedDate) -> bool:
    days = [reading for each in printed_dates(text) for reading in each.readings]
    return any(reading.is_said_by(day) for reading in date.readings for day in days)
