"""A cited entry as the checks read it: its coded and structured words, its free text, its figures and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from fhir_adapters.details import FREE_TEXT, LISTED, NO_FACTS, SITES
from fhir_adapters.history import Entry
from tasks.checks.dates import Day, day_of, printed_dates, printed_times, without_dates
from tasks.checks.units import Figure, figures, same_unit
from tasks.checks.words import sentences, vocabulary
from tasks.sanitise import normalise

_POINTERS = re.compile(r"(?:[A-Z]\w+/[A-Za-z0-9.-]+\s*)+")  # "Condition/1 Condition/3": their figures are no facts
_UNCODED = NO_FACTS | FREE_TEXT
# What only says more of what stands before its comma; every other comma parts two clauses.
_SAYS_MORE = (
    r"(?:(?:most\s+)?(?:likely|probably|possibly)|in keeping|consistent|compatible|suspicious|suggest\w+|represent\w+"
    r"|(?:left|right|both|bilateral)\b(?=[^,;]*$)|worse|better|since|for|lasting|when|on|in|at|of|not)\b"
)
# So does, in a record, a word or two at the end: "fracture, displaced". In a statement they may be one thing more.
_LAST_WORDS = r"(?!(?:no|denies|none|nil)\b)(?:[\w-]+\s+)?[\w-]+(?=\s*[.;]?\s*$)"
_COMMA = re.compile(rf",\s+(?!{_SAYS_MORE})|,\s+(?=and\b)|;\s*", re.IGNORECASE)
_COMMA_OF_RECORD = re.compile(rf",\s+(?!{_SAYS_MORE}|{_LAST_WORDS})|,\s+(?=and\b)|;\s*", re.IGNORECASE)
_ANY_COMMA = re.compile(r"[,;]\s+")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a free text with its stems, read once."""

    text: str
    words: frozenset[str]


@dataclass(frozen=True)
class Source:
    """One entry; everything else is derived from it once, when a check first asks."""

    entry: Entry

    @cached_property
    def pieces(self) -> tuple[str, ...]:
        """The structured parts, each a text of its own: title, details, values, displays of codes."""
        entry = self.entry
        values = [f"{value.label} {value.text} {value.unit}".strip() for value in entry.values]
        displays = [code.display for code in entry.codes if code.display]
        named = [f"{entry.title}: {text}" for text in values]
        parts = [entry.title, *named, *self.details, *displays]
        return tuple(dict.fromkeys(normalise(text) for text in parts if text))

    @cached_property
    def details(self) -> tuple[str, ...]:
        """The coded elements as "label: text", without those that point elsewhere, name a person or are free text."""
        return tuple(
            f"{label}: {text}"
            for label, text in self.entry.details
            if label not in _UNCODED and not _POINTERS.fullmatch(text)
        )

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """Where in the body the source says that it is, each beside the title."""
        return tuple(f"{text} {self.entry.title}" for label, text in self.entry.details if label in SITES)

    @cached_property
    def passage(self) -> tuple[str, ...]:
        """The sentences of the source's free text: its passage, and details that a person worded."""
        worded = [text for label, text in self.entry.details if label in FREE_TEXT]
        return tuple(dict.fromkeys(sentences(normalise("\n".join([self.entry.passage, *worded])))))

    @cached_property
    def coded(self) -> tuple[str, ...]:
        """The structured parts that say one thing each."""
        return tuple(text for text in self.pieces if not text.startswith(LISTED))

    @cached_property
    def coded_words(self) -> frozenset[str]:
        """Stems of those."""
        return vocabulary("\n".join(self.coded))

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The clauses of the free text and of listed activities: what stands in one is said of one thing."""
        listed = [text.partition(": ")[2] for text in self.pieces if text.startswith(LISTED)]
        texts = (*self.passage, *listed)
        parts = (text[start:end] for text in texts for start, end in _between(_COMMA_OF_RECORD, text) if start < end)
        return tuple(Clause(part, vocabulary(part)) for part in parts)

    @cached_property
    def whole_sentences(self) -> tuple[Clause, ...]:
        """The sentences of the free text, read in the same way."""
        return tuple(Clause(text, vocabulary(text)) for text in self.passage)

    @cached_property
    def words(self) -> frozenset[str]:
        """Stems of the structured parts, true synonyms included."""
        return vocabulary("\n".join(self.pieces))

    @cached_property
    def passage_words(self) -> frozenset[str]:
        """Stems of the free text, true synonyms included."""
        return vocabulary(" ".join(self.passage))

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Figures printed anywhere in the source, without reference ranges."""
        return tuple(figure for text in (*self.pieces, *self.passage) for figure in figures(without_dates(text)))

    @cached_property
    def measured(self) -> tuple[tuple[Decimal, str], ...]:
        """The values as numbers with their normalised units."""
        return tuple((value.number, same_unit(value.unit)) for value in self.entry.values if value.number is not None)

    @cached_property
    def limits(self) -> tuple[tuple[Decimal, str], ...]:
        """Both ends of the reference ranges, with units."""
        return tuple(
            (limit, same_unit(value.unit))
            for value in self.entry.values
            for limit in (value.low, value.high)
            if limit is not None
        )

    @cached_property
    def days(self) -> frozenset[Day]:
        """Every date that the source says, at its own precision."""
        printed = [
            reading
            for text in (*self.pieces, *self.passage)
            for date in printed_dates(text)
            for reading in date.readings
        ]
        return frozenset([*self.own_days, *printed])

    @cached_property
    def own_days(self) -> tuple[Day, ...]:
        """The days on which the entry began and ended."""
        return tuple(day_of(date) for date in (self.entry.when, self.entry.until) if date is not None)

    @cached_property
    def times(self) -> frozenset[str]:
        """Every time of day that the source says."""
        own = [date.text[11:16] for date in (self.entry.when, self.entry.until) if date is not None]
        return frozenset([*own, *(time for text in (*self.pieces, *self.passage) for time in printed_times(text))])

    def says(self, term: str) -> bool:
        """Whether a stem stands anywhere in the source."""
        return term in self.words or term in self.passage_words


def clauses(sentence: str, *, fully: bool = False) -> tuple[tuple[int, int], ...]:
    """Where each clause of a statement's sentence begins and ends; `fully` parts it at every comma."""
    return _between(_ANY_COMMA if fully else _COMMA, sentence)


def _between(marks: re.Pattern[str], text: str) -> tuple[tuple[int, int], ...]:
    found = list(marks.finditer(text))
    starts = [0, *(mark.end() for mark in found)]
    return tuple(zip(starts, [*(mark.start() for mark in found), len(text)], strict=True))
