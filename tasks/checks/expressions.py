"""Expressions of several words in a sentence, with the words of those that mean the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from tasks.checks.words import stem, synonyms

_Group = tuple[tuple[str, ...], ...]


def same_expressions(words: Sequence[str]) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Where an expression of lexicon/synonyms.txt stands, from and to, and the stems of the others of its group.

    Groups of single words only are left out: `stem` makes one word of those.
    """
    for start, word in enumerate(words):
        for expression, group in _by_first_word().get(word, ()):
            end = start + len(expression)
            if tuple(words[start:end]) == expression:
                mine = {stem(each) for each in expression}
                yield start, end, frozenset(stem(each) for other in group for each in other) - mine


@cache
def _by_first_word() -> dict[str, tuple[tuple[tuple[str, ...], _Group], ...]]:
    found: dict[str, list[tuple[tuple[str, ...], _Group]]] = {}
    for group in synonyms():
        if any(len(expression) > 1 for expression in group):
            for expression in group:
                found.setdefault(expression[0], []).append((expression, group))
    return {word: tuple(each) for word, each in found.items()}
