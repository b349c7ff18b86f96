"""C8: left, right and bilateral are as the cited sources have them, of the same thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.dates import without_dates
from tasks.checks.words import function_words, stem, vocabulary
from tasks.summary import CheckResult

CHECK = "C8"
_SIDES = {
    "left": "left", "lt": "left", "right": "right", "rt": "right",
    "bilateral": "both", "bilaterally": "both", "both": "both",
}  # fmt: skip
_TOKEN = re.compile(r"[^\W_]+|[.,;:]")
_NOT_A_SIDE = re.compile(
    r"\bboth\s+(?:[\w-]+\s+and\b|(?:of|are|were|is|active|listed|recorded|current|stopped|high|low|normal|abnormal|raised"
    r"|elevated|flagged|taken|resolved|planned|given|completed|ongoing|on)\b)",
    re.IGNORECASE,
)
# Where one side's words end: "Left pleural effusion, right lung clear."
# What C18 judges by itself is no thing that a side is said of: "right hemicolectomy performed on".
_NO_THINGS = {
    "on", "previous", "previously", "prior", "past", "old", "performed", "done", "underwent", "undergone", "received",
    "given", "completed", "resolved", "since", "recorded", "diagnosed", "planned", "scheduled", "known",
}  # fmt: skip
# A part of nothing but these says where the part before it is: "Acute pulmonary embolism, right lower lobe."
_SITES = frozenset(
    map(stem, ("lower", "upper", "middle", "lobe", "lung", "base", "zone", "hip", "knee", "leg", "arm", "hand", "foot"))
)
_STOPS = {".", ",", ";", ":", "and", "while", "but", "whereas", "although", "or", "without"}
_JOINS = "with"  # what follows it may be on another side: "left collection with midline shift", to the right
_REACH = 2  # things on each side of the word that must be of the same side in the source


@dataclass(frozen=True, slots=True)
class Sided:
    """One mention of a side with the things of its own part of the sentence, nearest first."""

    side: str
    after: tuple[str, ...]
    before: tuple[str, ...]
    own: frozenset[str]  # of these, what no "with" stands before

    @property
    def near(self) -> frozenset[str]:
        """What the side is said of."""
        return frozenset((*self.after[:_REACH], *self.before[:_REACH]))

    @property
    def things(self) -> frozenset[str]:
        """All that is said beside it."""
        return frozenset((*self.after, *self.before))

    @property
    def meanings(self) -> frozenset[str]:
        """The same with what means the same: a pulmonary embolism is a PE."""
        return vocabulary(" ".join((*self.before[::-1], *self.after)))


def check(claim: Claim) -> CheckResult:
    """Each side of the sentence, with what is named around it, must stand so in one part of a source's sentence."""
    said = tuple(sided(claim.text))
    if not said:
        return not_applicable(CHECK)
    known = [
        (mention, vocabulary(source.entry.title))
        for source in claim.sources
        for text in (*source.pieces, *source.sites, *source.passage)
        for mention in sided(text)
    ]
    for mine in said:
        if not _stands_in(mine, known):
            side = "bilateral" if mine.side == "both" else mine.side
            return failed(CHECK, f"says {side}, which its sources do not say of it")
    return passed(CHECK)


def sided(text: str) -> Iterator[Sided]:
    """Every mention of a side: what follows it up to a mark, "and", "while" or the next side; else what precedes it."""
    words = [token.casefold() for token in _TOKEN.findall(_NOT_A_SIDE.sub(" ", without_dates(text)))]
    for place, word in enumerate(words):
        if (side := _SIDES.get(word)) is None:
            continue
        ahead, behind = _past_other_side(words[place + 1 :]), _past_other_side(words[:place][::-1])
        after, before = (*_things(ahead), *_trailing(ahead)), _things(behind)
        if set(after) <= _SITES and not before and place and words[place - 1] == ",":
            before = _things(words[: place - 1][::-1], alone=True)  # "Pleural effusion, right"
        own = frozenset((*_things(ahead, joined=False), *_things(behind, joined=False)))
        yield Sided(side, after, before, own)


def _trailing(words: list[str]) -> tuple[str, ...]:
    """The one participle that ends a sentence behind a comma: "Left femoral fracture, displaced."."""
    part = words[: words.index(".")] if "." in words else words
    if len(part) > 2 and part[-2] == "," and part[-1].endswith("ed") and part.count(",") == 1:  # noqa: PLR2004
        return (stem(part[-1]),)
    return ()


def _past_other_side(words: list[str]) -> list[str]:
    """The words beyond a second side: in "stones in the left and right kidney" both have the same things."""
    if len(words) > 1 and words[0] in {"and", "or"} and words[1] in _SIDES:
        return words[2:]
    return words


def _things(words: list[str], *, alone: bool = False, joined: bool = True) -> tuple[str, ...]:
    """Stems up to where the side's part ends; with `alone`, nothing where that part has a side of its own.

    Without `joined`, up to "with" at most.
    """
    found: list[str] = []
    for word in words:
        if word in _SIDES:
            return () if alone else tuple(found)
        if word in _STOPS or (word == _JOINS and not joined):
            break
        if len(word) > 1 and word not in function_words() | _NO_THINGS and not word.isdigit():
            found.append(stem(word))
    return tuple(found)


def _stands_in(mine: Sided, known: list[tuple[Sided, frozenset[str]]]) -> bool:
    """The source's title holds for all of it: "right pleural effusion on the chest radiograph"."""
    surely = {theirs.side for theirs, title in known if mine.near - title and mine.near - title <= theirs.own}
    sides = surely or {theirs.side for theirs, title in known if mine.near - title <= theirs.meanings}
    return mine.side in sides or (mine.side == "both" and {"left", "right"} <= sides)
