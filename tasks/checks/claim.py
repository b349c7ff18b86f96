"""What a check looks at: one sentence, the sources that it cites, and the history that they stand in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from fhir_adapters.history import Entry, Kind, PatientHistory
from tasks.checks.dates import PrintedDate, printed_dates, without_dates
from tasks.checks.frequency import without_frequencies
from tasks.checks.source import Source
from tasks.checks.units import Figure, figures
from tasks.checks.words import ordinary, stem, terms, vocabulary
from tasks.summary import CheckOutcome, CheckResult, StatementKind

_MEASURED = frozenset({Kind.RESULT, Kind.VITAL})
_WORDED = frozenset({Kind.NOTE, Kind.REPORT, Kind.CARE_PLAN})  # what they tell is not what they are called
_DECLINE = re.compile(r"\bdeclin(?=e[sd]?\b|ing\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence with its sources, before any verdict."""

    kind: StatementKind
    text: str
    sources: tuple[Source, ...]
    history: PatientHistory

    @classmethod
    def of(cls, kind: StatementKind, text: str, cited: tuple[Entry, ...], history: PatientHistory) -> Claim:
        """A claim on entries that nothing has been derived from yet."""
        return cls(kind=kind, text=text, sources=tuple(map(Source, cited)), history=history)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The stems of the clinical terms, in order."""
        return terms(self.words)

    @cached_property
    def words(self) -> str:
        """The sentence without its dates, figures, units and frequencies, which are replaced by spaces."""
        text = without_frequencies(without_dates(self.text))
        for figure in self.figures:
            text = text[: figure.start] + " " * (figure.end - figure.start) + text[figure.end :]
        return text

    @cached_property
    def as_measured(self) -> str:
        """The sentence as one about measurements: "eGFR has declined" is a fall, and nobody refused anything.

        As long as the sentence itself; where it cites anything else than measurements, it is the sentence.
        """
        if all(source.entry.kind in _MEASURED for source in self.sources):
            return _DECLINE.sub("dwindl", self.text)
        return self.text

    @cached_property
    def dates(self) -> tuple[PrintedDate, ...]:
        """The dates of the sentence."""
        return printed_dates(self.text)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures of the sentence; positions are those of `text`."""
        return figures(without_frequencies(without_dates(self.text)))

    def owners(self, position: int) -> tuple[Source, ...]:
        """The sources that a figure, date or trend at this position can be of, where the sentence names several things.

        It belongs to what was named last before it, or first after it: "furosemide 40 mg and bisoprolol 5 mg". Sources
        whose title the sentence does not name, such as notes, can own it too, but not another of the same kind.
        """
        if not self._mentions:
            return self.sources
        before = [title for at, title in self._mentions if at <= position]
        named = before[-1] if before else self._mentions[0][1]
        all_named = {title for _, title in self._mentions}
        kinds = {source.entry.kind for source in self.sources if source.entry.title == named} - _WORDED
        return tuple(
            source
            for source in self.sources
            if source.entry.title == named or (source.entry.title not in all_named and source.entry.kind not in kinds)
        )

    @cached_property
    def _mentions(self) -> tuple[tuple[int, str], ...]:
        """Where the sentence names which cited title, by words that only this title has; empty for a single title."""
        words = {source.entry.title: vocabulary(source.entry.title) for source in self.sources}
        if len(words) < 2:  # noqa: PLR2004 - nothing to tell apart
            return ()
        found = []
        for match in re.finditer(r"[^\W_]+", self.words):
            titles = [title for title, known in words.items() if stem(match[0].casefold()) in known]
            if len(titles) == 1 and not match[0].isdigit() and match[0].casefold() not in ordinary():
                found.append((match.start(), titles[0]))
        return tuple(found)

    def printed(self, term: str) -> str:
        """A term as the sentence has it, for a reason."""
        return next((word for word in re.findall(r"[^\W_]+", self.text) if stem(word.casefold()) == term), term)

    def cited(self, *kinds: Kind) -> tuple[Source, ...]:
        """The sources of these kinds."""
        return tuple(source for source in self.sources if source.entry.kind in kinds)


def passed(check: str) -> CheckResult:
    """The check applied and found nothing wrong."""
    return CheckResult(check=check, outcome=CheckOutcome.PASSED)


def failed(check: str, reason: str) -> CheckResult:
    """The check found this."""
    return CheckResult(check=check, outcome=CheckOutcome.FAILED, reason=reason)


def not_applicable(check: str) -> CheckResult:
    """There was nothing for this check to look at."""
    return CheckResult(check=check, outcome=CheckOutcome.NOT_APPLICABLE)
