"""C18: no word that changes what a sentence tells is said unless a cited entry shows it, or a cited text has it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from fhir_adapters.details import Detail
from fhir_adapters.history import Standing
from tasks.checks.c5_status import STANDS
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.dates import without_dates
from tasks.checks.frequency import without_frequencies
from tasks.checks.spoken import Spoken, content, told_by
from tasks.checks.word_rules import TABLE
from tasks.checks.words import bound_words, function_words, stem, terms, vocabulary
from tasks.summary import CheckResult

CHECK = "C18"
_TOKEN = re.compile(r"(?:\b[Cc]o[-‐‑])?[^\W_]+(?:['’][^\W_]+)?|[<>≤≥±~≈=?]")
_LEVELS = frozenset(map(stem, ("high", "low", "normal", "abnormal", "elevated", "raised", "negative")))
_WINDOW = 2  # words between a word and its neighbour in a source


class Shown(Enum):
    """What shows a word."""

    BY_CODE = auto()
    BY_TEXT = auto()
    NOT_AT_ALL = auto()


def check(claim: Claim) -> CheckResult:
    """Every bound word by its row of the table; without one, by the words of a source beside the same thing."""
    weighed = _Weighed(claim)
    if against := weighed.against:
        return failed(CHECK, f"says “{against}”, which its sources contradict")
    for word, start in weighed.words:
        if weighed.shown(word, start) is Shown.NOT_AT_ALL:
            return failed(CHECK, f"says “{word}”, which none of its sources says of it")
    return passed(CHECK) if weighed.words else not_applicable(CHECK)


def rests_on_text(claim: Claim) -> bool:
    """Whether a word is shown by free text alone, or a thing is named of which the record does not say if it holds."""
    if any(source.entry.standing is Standing.UNKNOWN for source in claim.cited(*STANDS)):
        return True
    weighed = _Weighed(claim)
    return any(weighed.shown(word, start) is Shown.BY_TEXT for word, start in weighed.words)


@dataclass(frozen=True)
class _Weighed:
    """One sentence with what its sources show of it; each source is read once."""

    claim: Claim

    @cached_property
    def words(self) -> tuple[tuple[str, int], ...]:
        """The words that need a rule, each with its place: of the list, signs, short ones that are no terms."""
        text = without_frequencies(without_dates(self.claim.text))  # how often is C3's, when is C4's
        for figure in self.claim.figures:
            text = text[: figure.start] + " " * (figure.end - figure.start) + text[figure.end :]
        return tuple((match[0], match.start()) for match in _TOKEN.finditer(text) if _is_bound(match[0]))

    @cached_property
    def judged(self) -> tuple[tuple[re.Match[str], bool | None], ...]:
        """Every match of the table with what its rule says."""
        told = told_by(self.claim)
        return tuple(
            (match, rule(Spoken(self.claim, match, told)))
            for pattern, rule in TABLE
            for match in pattern.finditer(self.claim.text)
        )

    @property
    def against(self) -> str:
        """The first word that a coded field contradicts, where it is no part of what a source is called."""
        spans = [match.span() for match, holds in self.judged if holds]
        for match, holds in self.judged:
            if holds is False and not _is_within(match, spans) and not self._in_title(match):
                return match[0].strip()
        return ""

    def shown(self, word: str, start: int) -> Shown:
        """What shows a word that stands at this place."""
        if word == "?":
            return Shown.BY_TEXT  # a question shows nothing
        if any(holds and match.start() <= start < match.end() for match, holds in self.judged):
            return Shown.BY_CODE
        core = stem(word.casefold())
        if any(self._beside_neighbour(core, start, words) for words in self._coded):
            return Shown.BY_CODE
        if any(self._told(core, start, *each) for each in self._texts) or self._tells_of_owner(core, start):
            return Shown.BY_TEXT
        return Shown.NOT_AT_ALL

    def _tells_of_owner(self, core: str, start: int) -> bool:
        """Whether a detail of the entry that was named last has the word: "atorvastatin 20 mg at night"."""
        if core in _LEVELS:
            return False
        named = set(self.claim.terms)
        return any(
            core in _stems(text)
            for source in self.claim.owners(start)
            if named & vocabulary(source.entry.title)
            for text in source.details
        )

    def _told(self, core: str, start: int, words: list[str], named: bool) -> bool:  # noqa: FBT001 - one of a row
        """Whether a sentence of a source has the word and a thing that is named; a level must stand beside it."""
        if core in _LEVELS:
            return self._beside_neighbour(core, start, words)
        return named and core in words

    def _beside_neighbour(self, core: str, start: int, theirs: Sequence[str]) -> bool:
        """Whether a text has the word close to a word that stands beside it in the sentence."""
        if core not in theirs:
            return False
        place = next((index for index, (_, at) in enumerate(self._content) if at == start), None)
        if place is None:
            return False
        around = (place - 1, place + 1)
        neighbours = {self._content[index][0] for index in around if 0 <= index < len(self._content)}
        return any(
            neighbours & {*theirs[max(index - _WINDOW, 0) : index], *theirs[index + 1 : index + 1 + _WINDOW]}
            for index, word in enumerate(theirs)
            if word == core
        )

    def _in_title(self, match: re.Match[str]) -> bool:
        """Whether the word is part of what a source is called: high-sensitivity troponin, normal pregnancy."""
        titles = [_stems(source.entry.title) for source in self.claim.sources]
        return any(
            self._beside_neighbour(core, match.start() + at, title)
            for core, at in content(match[0])
            for title in titles
        )

    @cached_property
    def _content(self) -> tuple[tuple[str, int], ...]:
        return tuple(content(self.claim.text))

    @cached_property
    def _coded(self) -> tuple[list[str], ...]:
        """The structured parts without the name of a range: "Reference range: normal range" says nothing of a value."""
        pieces = (text for source in self.claim.sources for text in source.pieces)
        return tuple(_stems(text) for text in pieces if not text.startswith(Detail.REFERENCE_RANGE))

    @cached_property
    def _texts(self) -> tuple[tuple[list[str], bool], ...]:
        """Every part and sentence of the sources, and whether it has a thing that the sentence names."""
        named = set(self.claim.terms)
        texts = (text for source in self.claim.sources for text in (*source.pieces, *source.passage))
        return tuple((_stems(text), not named.isdisjoint(terms(text))) for text in texts)


def _is_bound(word: str) -> bool:
    plain = word.casefold()
    if plain in function_words() or plain.isdigit():
        return False
    return plain in bound_words() or not plain[0].isalnum() or not terms(word)


def _stems(text: str) -> list[str]:
    return [word for word, _ in content(text)]


def _is_within(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    """Whether the word is only a part of a longer expression that holds: the "normal" of "below normal"."""
    return any(start <= match.start() and match.end() <= end and (start, end) != match.span() for start, end in spans)
