"""C18: no word that changes what a sentence tells is said unless a cited entry shows it, or a cited text has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from fhir_adapters.history import Standing
from tasks.checks.c5_status import STANDS
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.dates import without_dates
from tasks.checks.frequency import without_frequencies
from tasks.checks.source import Source
from tasks.checks.spoken import Spoken, content
from tasks.checks.word_rules import TABLE
from tasks.checks.words import bound_words, function_words, stem, terms
from tasks.summary import CheckResult

CHECK = "C18"
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[<>≤≥±~≈=?]")
_LEVELS = {"high", "low", "normal", "abnormal", "elevated", "raised", "negative"}
_WINDOW = 2  # words between a word and its neighbour in a source


class Shown(Enum):
    """What shows a word."""

    BY_CODE = auto()
    BY_TEXT = auto()
    NOT_AT_ALL = auto()


def check(claim: Claim) -> CheckResult:
    """Every bound word by its row of the table; without one, by the words of a source beside the same thing."""
    judged = [(match, rule(Spoken(claim, match))) for pattern, rule in TABLE for match in pattern.finditer(claim.text)]
    shown = [match.span() for match, holds in judged if holds]
    for match, holds in judged:
        if holds is False and not _is_within(match, shown) and not _in_title(claim, match):
            return failed(CHECK, f"says “{match[0].strip()}”, which its sources contradict")
    words = list(_bound(claim))
    for word, start in words:
        if _shown(claim, word, start) is Shown.NOT_AT_ALL:
            return failed(CHECK, f"says “{word}”, which none of its sources says of it")
    return passed(CHECK) if words else not_applicable(CHECK)


def _is_within(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    """Whether the word is only a part of a longer expression that holds: the "normal" of "below normal"."""
    return any(start <= match.start() and match.end() <= end and (start, end) != match.span() for start, end in spans)


def rests_on_text(claim: Claim) -> bool:
    """Whether a word is shown by free text alone, or a thing is named of which the record does not say if it holds."""
    if any(source.entry.standing is Standing.UNKNOWN for source in claim.cited(*STANDS)):
        return True
    return any(_shown(claim, word, start) is Shown.BY_TEXT for word, start in _bound(claim))


def _bound(claim: Claim) -> Iterator[tuple[str, int]]:
    """The words that need a rule: those of the list, signs, and short ones that C9 takes for no terms."""
    words = without_frequencies(without_dates(claim.text))  # how often is C3's, when is C4's
    for figure in claim.figures:
        words = words[: figure.start] + " " * (figure.end - figure.start) + words[figure.end :]
    for match in _TOKEN.finditer(words):
        plain = match[0].casefold()
        if plain in function_words() or plain.isdigit():
            continue
        if plain in bound_words() or not plain[0].isalnum() or not terms(match[0]):
            yield match[0], match.start()


def _shown(claim: Claim, word: str, start: int) -> Shown:
    if word == "?":
        return Shown.BY_TEXT
    for pattern, rule in TABLE:
        for match in pattern.finditer(claim.text):
            if match.start() <= start < match.end() and rule(Spoken(claim, match)):
                return Shown.BY_CODE
    core = stem(word.casefold())
    if any(_beside_neighbour(claim, core, start, text) for source in claim.sources for text in _coded(source)):
        return Shown.BY_CODE
    for source in claim.sources:
        for text in (*source.pieces, *source.passage):
            if _told(claim, core, start, text):
                return Shown.BY_TEXT
    return Shown.NOT_AT_ALL


def _coded(source: Source) -> tuple[str, ...]:
    """The structured parts without the name of a range: "Reference range: normal range" says nothing of a value."""
    return tuple(text for text in source.pieces if not text.startswith("Reference range"))


def _told(claim: Claim, core: str, start: int, text: str) -> bool:
    """Whether a sentence of a source has the word and a thing that is named; a level must stand right beside it."""
    if core in {stem(word) for word in _LEVELS}:
        return _beside_neighbour(claim, core, start, text)
    said = {word for word, _ in content(text)}
    return core in said and bool(set(claim.terms) & set(terms(text)))


def _beside_neighbour(claim: Claim, core: str, start: int, text: str) -> bool:
    """Whether a text has the word close to a word that stands beside it in the sentence."""
    mine = list(content(claim.text))
    place = next((index for index, (_, at) in enumerate(mine) if at == start), None)
    if place is None:
        return False
    neighbours = {mine[index][0] for index in (place - 1, place + 1) if 0 <= index < len(mine)}
    theirs = [word for word, _ in content(text)]
    for index, word in enumerate(theirs):
        near = theirs[max(index - _WINDOW, 0) : index] + theirs[index + 1 : index + 1 + _WINDOW]
        if word == core and neighbours & set(near):
            return True
    return False


def _in_title(claim: Claim, match: re.Match[str]) -> bool:
    """Whether the word is part of what a source is called: high-sensitivity troponin, normal pregnancy."""
    return any(
        _beside_neighbour(claim, core, match.start() + at, source.entry.title)
        for source in claim.sources
        for core, at in content(match[0])
    )
