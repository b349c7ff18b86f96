"""Expressions of several words in a sentence, with the words of those that mean the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from tasks.checks.words import abbreviations, stem, synonyms

_Group = tuple[tuple[str, ...], ...]


def same_expressions(words: Sequence[str]) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Where an expression of lexicon/synonyms.txt stands, from and to, and the stems of the others of its group.

    Groups of single words only are left out: `stem` makes one word of those. Abbreviations are added to what they stand
    for, and what they stand for is not added to them.
    """
    stems = [stem(word) for word in words]
    for start, word in enumerate(stems):
        for expression, group in _by_first_word().get(word, ()):
            end = start + len(expression)
            if tuple(stems[start:end]) == expression:
                yield start, end, frozenset(each for other in group for each in other) - set(expression)


@cache
def _by_first_word() -> dict[str, tuple[tuple[tuple[str, ...], _Group], ...]]:
    found: dict[str, list[tuple[tuple[str, ...], _Group]]] = {}
    for same in synonyms():
        group = tuple(tuple(map(stem, expression)) for expression in same)
        if any(len(expression) > 1 for expression in group):
            for expression in group:
                found.setdefault(expression[0], []).append((expression, group))
    for short, written in abbreviations():
        meant = tuple(map(stem, written))
        found.setdefault(meant[0], []).append((meant, (meant, (stem(short),))))
    return {word: tuple(each) for word, each in found.items()}
