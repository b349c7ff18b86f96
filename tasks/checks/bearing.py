"""Which cited sources bear a phrase: of several reports or notes those of the date that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fhir_adapters.history import Kind
from tasks.checks.dates import PrintedDate, day_of, printed_dates
from tasks.checks.source import Source

_TELLING = frozenset({Kind.REPORT, Kind.NOTE, Kind.IMAGING})  # what they say is of their own date
# The date of something else that a finding is compared with.
_COMPARED = re.compile(
    r"\b(?:compar\w+\s+(?:with|to)|than|since|from|until|versus|vs\.?|unlike|after|before|between|as on"
    r"|not present (?:on|in))\s*(?:the\s+)?(?:\w+\s+(?:of|on|in)\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a sentence: from and to where it stands, and the dates that it is told of."""

    start: int
    end: int
    dates: tuple[PrintedDate, ...]
    are_own: bool  # printed in the phrase itself, not beside another one

    def parting(self, sentence: str) -> tuple[str, str, str]:
        """What stands before the phrase in its sentence, the phrase, and what stands after it."""
        return sentence[: self.start], sentence[self.start : self.end], sentence[self.end :]


def phrase_at(sentence: str, start: int, end: int) -> Phrase:
    """A phrase with its dates; those of the whole sentence where it prints none itself."""
    every = [date for date in printed_dates(sentence) if len(date.readings) == 1]
    told = [date for date in every if not is_compared(sentence, date)]
    own = tuple(date for date in told if start <= date.start < end)
    return Phrase(start, end, own or tuple(told), bool(own))


def is_compared(text: str, date: PrintedDate) -> bool:
    """Whether a date that a text prints is only one with which it compares, or from which something lasted."""
    return _COMPARED.search(text[: date.start]) is not None


def bearing(sources: Sequence[Source], phrase: Phrase) -> tuple[Source, ...]:
    """The sources without those reports and notes that are of another date than the phrase says.

    A report is left out only where another of its kind, or for a date told elsewhere of its title, is of that date.
    """
    if not phrase.dates:
        return tuple(sources)
    dated = [source for source in sources if source.entry.kind in _TELLING and _is_of(source, phrase.dates)]
    kinds = {(source.entry.kind, "" if phrase.are_own else source.entry.title) for source in dated}
    return tuple(
        source
        for source in sources
        if source in dated or (source.entry.kind, "" if phrase.are_own else source.entry.title) not in kinds
    )


def alike(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """The reports and notes that are called the same, where there are several, oldest first."""
    by_title: dict[tuple[Kind, str], list[Source]] = {}
    for source in sources:
        if source.entry.kind in _TELLING:
            by_title.setdefault((source.entry.kind, source.entry.title), []).append(source)
    for group in by_title.values():
        if len(group) > 1:
            yield sorted(group, key=lambda source: source.entry.sort_key)


def _is_of(source: Source, dates: Sequence[PrintedDate]) -> bool:
    when = source.entry.when
    return when is not None and any(date.readings[0].is_said_by(day_of(when)) for date in dates)
