"""What a source says of each of its terms, line by line: coded parts and sentences of free text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fhir_adapters.details import FREE_TEXT, Detail
from fhir_adapters.history import Kind, Standing
from tasks.checks.certainty import Certainty, most
from tasks.checks.cues import Stance
from tasks.checks.dates import without_dates
from tasks.checks.notes import Statement, statements
from tasks.checks.polarity import others, stances
from tasks.checks.source import Source
from tasks.checks.words import terms
from tasks.sanitise import normalise

AFFIRMED = frozenset({Stance.AFFIRMED})
_DOUBTFUL = {"provisional", "unconfirmed"}
_OF_STANDING = {Stance.PLANNED, Stance.STOPPED}  # in a coded part these are for C5: its entry has a standing

_UNSURE = frozenset({Stance.NEGATED, Stance.OTHER, Stance.PLANNED, Stance.DOUBTED, Stance.UNCLEAR})
_CONTRARY = {  # what a standing cannot be said of
    "current": _UNSURE | {Stance.STOPPED, Stance.PAST, Stance.ALLERGIC},
    "past": frozenset({Stance.NEGATED, Stance.OTHER, Stance.PLANNED, Stance.UNCLEAR}),
    "planned": frozenset({Stance.NEGATED, Stance.OTHER, Stance.STOPPED, Stance.UNCLEAR}),
    "on hold": frozenset({Stance.NEGATED, Stance.OTHER, Stance.PLANNED, Stance.UNCLEAR}),
    "refuted": frozenset({Stance.OTHER, Stance.PLANNED, Stance.UNCLEAR}),
    "done": _UNSURE,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence or coded part: what it says of each term, and whom it names beside the patient."""

    text: str
    said: dict[str, list[frozenset[Stance]]]
    others: frozenset[str]
    least: Certainty = Certainty.OPEN  # how sure a doubt of it is that no word tells

    def certainty(self, term: str) -> Certainty:
        """How sure it is of a term that it doubts."""
        return max(self.least, most(self.text, term))


def line_of(text: str, under: frozenset[Stance] = frozenset()) -> Line:
    """A sentence read; `under` is said of all of it."""
    return Line(text, stances(without_dates(text), under), others(text))


def lines(source: Source) -> tuple[Line, ...]:
    """What each coded part and each sentence of the free text says."""
    entry = source.entry
    verification = entry.detail.get(Detail.VERIFICATION, "").casefold()
    doubt = frozenset({Stance.DOUBTED}) if verification in _DOUBTFUL else frozenset()
    coded = [_without(_OF_STANDING, line_of(text, doubt)) for text in source.pieces]
    if verification == "provisional":  # a diagnosis that is worked with is more than a possible one
        coded = [replace(line, least=Certainty.SUSPECTED) for line in coded]
    if entry.kind is Kind.ALLERGY:
        coded = [_without({Stance.ALLERGIC}, line) for line in coded]
    if entry.standing is Standing.REFUTED:  # the title alone, "Influenza vaccine", does not say "not done"
        denied = frozenset({Stance.NEGATED})
        coded += [Line(line.text, {key: [denied] for key in line.said}, line.others) for line in coded]
    return (*coded, *(line_of(each.text, each.under) for each in free_text(source)))


def free_text(source: Source) -> tuple[Statement, ...]:
    """The statements of the source's passage and of the details that a person worded."""
    worded = [text for label, text in source.entry.details if label in FREE_TEXT]
    return tuple(each for text in (source.entry.passage, *worded) for each in statements(normalise(text)))


def nearest(key: str, phrase: Sequence[str], among: Iterable[Line]) -> list[Line]:
    """The lines that have the term, and of the rest of its phrase as much as any has."""
    having = [(sum(other in line.said for other in phrase), line) for line in among if key in line.said]
    most = max((count for count, _ in having), default=0)
    return [line for count, line in having if count == most]


def says_status(status: str, pattern: re.Pattern[str], clause: str, among: Sequence[Line]) -> bool:
    """Whether a line has a word of this standing and says it of a term that the clause names.

    `status` is a value of c5_status.Said. A term that the line denies, plans or says of somebody else has no standing,
    unless the clause says it in the same way: "partner takes lithium".
    """
    mine = line_of(clause).said
    phrase = terms(pattern.sub(" ", clause))
    for key in phrase:
        own = frozenset[Stance]().union(*mine.get(key, []))
        contrary = _CONTRARY.get(status, frozenset()) - own
        for line in nearest(key, phrase, among):
            if pattern.search(line.text) and any(not said & contrary for said in line.said[key]):
                return True
    return False


def _without(dropped: Iterable[Stance], line: Line) -> Line:
    bare = {key: [(each - set(dropped)) or AFFIRMED for each in said] for key, said in line.said.items()}
    return replace(line, said=bare)
