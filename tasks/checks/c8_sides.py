"""C8: left, right and bilateral are as the cited sources have them, of the same thing."""

from __future__ import annotations

import re

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.words import ordinary, stem
from tasks.summary import CheckResult

CHECK = "C8"
_SIDES = {
    "left": "left",
    "lt": "left",
    "right": "right",
    "rt": "right",
    "bilateral": "both",
    "bilaterally": "both",
    "both": "both",
}
_TOKEN = re.compile(r"[^\W_]+|[.;]")
_NOT_A_SIDE = re.compile(
    r"\bboth\s+(?:\w+\s+and\b|(?:of|are|were|is|active|listed|recorded|current|stopped)\b)", re.IGNORECASE
)
_REACH = 5  # words between a side and what it is the side of


def check(claim: Claim) -> CheckResult:
    """Each side of the sentence with the nearest thing it names must stand so in one clause of a source."""
    said = sided(claim.text)
    if not said:
        return not_applicable(CHECK)
    texts = [text for source in claim.sources for text in (*source.pieces, *source.sites, *source.passage)]
    known = set().union(*(sided(text, every=True) for text in texts)) if texts else set()
    for side, thing in said:
        if (side, thing) not in known and not _is_both(side, thing, known):
            return failed(CHECK, f"says {'bilateral' if side == 'both' else side}, which its sources do not say of it")
    return passed(CHECK)


def sided(text: str, *, every: bool = False) -> set[tuple[str, str]]:
    """Each side with the nearest thing named after it, else before it; with `every`, with all things in reach."""
    tokens = _TOKEN.findall(_NOT_A_SIDE.sub(" ", text))
    found: set[tuple[str, str]] = set()
    for place, token in enumerate(tokens):
        if (side := _SIDES.get(token.casefold())) is None:
            continue
        after = _things(tokens[place + 1 : place + 1 + _REACH])
        before = _things(tokens[max(place - _REACH, 0) : place][::-1])
        things = [*after, *before] if every else (after or before)[:1]
        found.update((side, thing) for thing in things or [""])
        if every:
            found.add((side, ""))
    return found


def _things(tokens: list[str]) -> list[str]:
    """Stems of the words up to the end of the sentence, ordinary words left out."""
    found = []
    for word in tokens:
        if word in {".", ";"}:
            break
        plain = word.casefold()
        if plain not in ordinary() and not plain.isdigit():
            found.append(stem(plain))
    return found


def _is_both(side: str, thing: str, known: set[tuple[str, str]]) -> bool:
    return side == "both" and ("left", thing) in known and ("right", thing) in known
