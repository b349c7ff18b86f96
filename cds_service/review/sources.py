"""Chips and their evidence: each source is shown once on a page, and a line points at the very sentence it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cds_service.review import words
from cds_service.review.page import Chip, Evidence, Row, Sentence
from fhir_adapters.history import Entry, PatientHistory
from tasks.summary import Citation

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")
_WORD: Final = re.compile(r"[^\W_]+(?:[.,]\d+)?")
_SHORTEST: Final = 4  # letters of a word that tells sentences apart; figures always do
_ENOUGH: Final = 0.5  # of a line's words stand in the sentence


class SourceBook:
    """Collects the sources of one page, in the order in which they are first cited.

    Entries of `history`, which the card was made from, keep their ids (E12). What a summary's worker read beyond it
    comes from `others` and is numbered S1, S2 …
    """

    def __init__(self, history: PatientHistory, others: Sequence[PatientHistory] = ()) -> None:
        self._history = history
        self._beyond = {(entry.reference, entry.content_hash): entry for other in others for entry in other.entries}
        self._ids: dict[tuple[str, str], str] = {}
        self._cited: dict[str, Entry] = {}
        self._sentences: dict[str, set[int]] = {}

    def of_entries(self, entry_ids: Iterable[str], text: str) -> tuple[Chip, ...]:
        """The chips of a brief's line."""
        found = [self._history.by_id[one] for one in entry_ids if one in self._history.by_id]
        return _told_apart([self._chip(entry.id, entry, text) for entry in found])

    def of_citations(self, citations: Iterable[Citation], text: str) -> tuple[Chip, ...]:
        """The chips of a statement: the entry of exactly the content that it cites."""
        return _told_apart([self._cite(citation, text) for citation in citations])

    def evidence(self) -> tuple[Evidence, ...]:
        """Every source cited so far."""
        titles = {entry.reference: entry.title for entry in (*self._beyond.values(), *self._history.entries)}
        return tuple(
            _evidence(name, entry, self._sentences.get(name, set()), titles) for name, entry in self._cited.items()
        )

    def _cite(self, citation: Citation, text: str) -> Chip:
        here = self._history.by_reference.get(citation.reference)
        if here is not None and here.content_hash == citation.content_hash:
            return self._chip(here.id, here, text)
        key = (citation.reference, citation.content_hash)
        entry = self._beyond.get(key)
        name = self._ids.setdefault(key, f"S{len(self._ids) + 1}")
        if entry is None:
            kind = citation.reference.partition("/")[0]
            return Chip(entry=name, kind=words.visible(kind), date="", title="this source is no longer kept", anchor="")
        return self._chip(name, entry, text)

    def _chip(self, name: str, entry: Entry, text: str) -> Chip:
        self._cited.setdefault(name, entry)
        place = best_sentence(text, [one for paragraph in _paragraphs(entry.passage) for one in paragraph])
        if place is not None:
            self._sentences.setdefault(name, set()).add(place)
        return Chip(
            entry=name,
            kind=words.KINDS[entry.kind],
            date=words.date_words(entry.when),
            title=words.visible(entry.title),
            anchor=name if place is None else f"{name}-{place + 1}",
        )


def best_sentence(text: str, sentences: Sequence[str]) -> int | None:
    """The place of the sentence that holds most of the words of `text`; None where none holds half of them."""
    wanted = _telling(text)
    if not wanted or not sentences:
        return None
    shares = [len(wanted & _telling(sentence)) / len(wanted) for sentence in sentences]
    best = max(range(len(shares)), key=shares.__getitem__)
    return best if shares[best] >= _ENOUGH else None


def _telling(text: str) -> frozenset[str]:
    found = (word.lower() for word in _WORD.findall(text))
    return frozenset(word for word in found if len(word) >= _SHORTEST or word[0].isdigit())


def _paragraphs(passage: str) -> list[list[str]]:
    lines = [[words.visible(one) for one in _SENTENCE_END.split(line)] for line in passage.splitlines()]
    kept = [[one for one in line if one] for line in lines]
    return [line for line in kept if line]


def _told_apart(chips: list[Chip]) -> tuple[Chip, ...]:
    """The kind is said once for a run of chips of one kind: five results in a row need one word."""
    told: list[Chip] = []
    for number, chip in enumerate(chips):
        same = number > 0 and chips[number - 1].kind == chip.kind and chip.date
        told.append(
            Chip(entry=chip.entry, kind="", date=chip.date, title=chip.title, anchor=chip.anchor) if same else chip
        )
    return tuple(told)


def _evidence(name: str, entry: Entry, cited: set[int], titles: Mapping[str, str]) -> Evidence:
    passage: list[tuple[Sentence, ...]] = []
    place = 0
    for paragraph in _paragraphs(entry.passage):
        sentences = []
        for text in paragraph:
            sentences.append(Sentence(text=text, anchor=f"{name}-{place + 1}" if place in cited else ""))
            place += 1
        passage.append(tuple(sentences))
    rows = tuple(
        Row(
            label=words.visible(value.label),
            text=words.visible(value.text),
            reference_range=words.range_words(value),
            flag=words.flag_words(value),
        )
        for value in entry.values
    )
    return Evidence(
        entry=name,
        kind=words.KINDS[entry.kind],
        title=words.visible(entry.title),
        facts=words.facts_of(entry, titles),
        rows=rows,
        passage=tuple(passage),
        origin=words.origin_of(entry),
    )
