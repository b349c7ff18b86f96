"""A word of a sentence where it stands: the part that it belongs to, and the entries and values that it is said of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from fhir_adapters.history import Kind, Value
from tasks.checks.claim import Claim
from tasks.checks.dates import PrintedDate, printed_dates
from tasks.checks.polarity import Stance
from tasks.checks.said import Line, lines
from tasks.checks.source import Source
from tasks.checks.units import Figure
from tasks.checks.words import function_words, stem, terms, vocabulary

_PART = re.compile(r"[.;!?](?=\s|$)|\b(?:but|while|whereas|although|though)\b", re.IGNORECASE)
_TO_DATE = re.compile(r"\s*(?:(?:back\s+)?(?:on|in|at|since|from|by|of|about|around)\s+)?[(:,]?\s*")
_PLURAL = re.compile(r"\b(?:are|were|both|all)\s+(?:(?:both|all|each|now|still)\s+)?$", re.IGNORECASE)
_SINGULAR = re.compile(r"\b(?:is|was|remains|stays)\s+(?:(?:now|still)\s+)?$", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
# Kinds whose facts stand in coded fields; a note or a report says its own in words.
CODED = frozenset(Kind) - {Kind.NOTE, Kind.REPORT}
MEASURED = frozenset({Kind.RESULT, Kind.VITAL, Kind.SOCIAL})


@dataclass(frozen=True)
class Told:
    """The terms that the sources of one sentence deny and doubt, read once for all its words."""

    lines: tuple[Line, ...]

    @cached_property
    def denied(self) -> frozenset[str]:
        """What is denied at least once."""
        return self._with(Stance.NEGATED)

    @cached_property
    def doubted(self) -> frozenset[str]:
        """What is doubted at least once."""
        return self._with(Stance.DOUBTED)

    def _with(self, stance: Stance) -> frozenset[str]:
        return frozenset(key for line in self.lines for key in keys_with(line.said, stance))


def told_by(claim: Claim) -> Told:
    """What the sources of a sentence say of their terms."""
    return Told(tuple(line for source in claim.sources for line in lines(source)))


def keys_with(said: dict[str, list[frozenset[Stance]]], stance: Stance) -> set[str]:
    """The terms of which a sentence says this."""
    return {key for key, each in said.items() if any(stance in one for one in each)}


@dataclass(frozen=True, slots=True)
class Spoken:
    """One match of a row of the table of words."""

    claim: Claim
    match: re.Match[str]
    told: Told

    @property
    def word(self) -> str:
        """What was matched, casefolded."""
        return self.match[0].casefold()

    @property
    def span(self) -> tuple[int, int]:
        """Where the part of the sentence begins and ends that the word stands in."""
        text = self.claim.text
        starts = [mark.end() for mark in _PART.finditer(text) if mark.end() <= self.match.start()]
        ends = [mark.start() for mark in _PART.finditer(text) if mark.start() >= self.match.end()]
        return max(starts, default=0), min(ends, default=len(text))

    @property
    def part(self) -> str:
        """That part."""
        start, end = self.span
        return self.claim.text[start:end]

    @property
    def owners(self) -> tuple[Source, ...]:
        """The sources that the word can be said of."""
        return self.claim.owners(self.match.start())

    @property
    def figure(self) -> Figure | None:
        """The measured figure that the word is said of: the last before it in its part, else the first after it."""
        start, end = self.span
        mine = [
            figure
            for figure in self.claim.figures
            if start <= figure.start < end
            and any(figure.agrees_with(value) for source in self.owners for value, _ in source.measured)
        ]
        before = [figure for figure in mine if figure.end <= self.match.start()]
        return before[-1] if before else next(iter(mine), None)

    @property
    def values(self) -> tuple[Value, ...]:
        """The values that the word is said of: those of the figure, or all where the part gives no figure.

        "Haemoglobin and potassium are high" is said of both.
        """
        figure = self.figure
        before = self.claim.text[: self.match.start()]
        if _PLURAL.search(before) or (figure is None and not _SINGULAR.search(before)):
            return self._of_all_named()
        return tuple(
            value
            for source in self.owners
            for value in source.entry.values
            if figure is None or (value.number is not None and figure.agrees_with(value.number))
        )

    def _of_all_named(self) -> tuple[Value, ...]:
        """The values of every source that the part names; of each those whose figure the part prints, if it does."""
        start, end = self.span
        printed = [figure for figure in self.claim.figures if start <= figure.start < end]
        named = set(terms(self.part))
        found: list[Value] = []
        sources = [source for source in self.claim.sources if named & vocabulary(source.entry.title)]
        for source in sources or self.owners:  # "Platelets 138; flagged low."
            values = source.entry.values
            found += [value for value in values if _is_printed(value, printed)] or values
        return tuple(found)

    @property
    def date(self) -> PrintedDate | None:
        """The date that follows at once: "since 2014", "stopped on 02-Nov-2026"."""
        for date in self.claim.dates:
            if date.start >= self.match.end():
                return date if _TO_DATE.fullmatch(self.claim.text, self.match.end(), date.start) else None
        return None


def _is_printed(value: Value, printed: list[Figure]) -> bool:
    return value.number is not None and any(figure.agrees_with(value.number) for figure in printed)


def says_date(texts: tuple[str, ...], date: PrintedDate) -> bool:
    """Whether one of some texts prints the day of a date, at that precision or sharper."""
    found = (reading for text in texts for each in printed_dates(text) for reading in each.readings)
    return len(date.readings) == 1 and any(date.readings[0].is_said_by(day) for day in found)


def content(text: str) -> Iterator[tuple[str, int]]:
    """The stems of a text that are no function words, each with where it stands."""
    for match in _TOKEN.finditer(text):
        plain = match[0].casefold()
        if plain not in function_words():
            yield stem(plain), match.start()
