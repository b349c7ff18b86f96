"""The cues of lexicon/cues.txt, found in a run of words: which stances each carries, and which way it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from itertools import product

FAR = 1_000  # the reach of a cue that holds until its clause ends, in words
WHOLE = 1_000_000  # the reach of a cue that holds for the rest of its sentence, past commas
_LONGEST = 9  # words of a phrase; a longer line of the table is refused when it is read


class Stance(Enum):
    """What a sentence says of one of its terms."""

    AFFIRMED = auto()
    DOUBTED = auto()
    NEGATED = auto()
    OTHER = auto()  # said of somebody else: a relative, a partner, a donor
    PLANNED = auto()  # or conditional, asked for, feared
    STOPPED = auto()  # or resolved, or rejected as an error
    PAST = auto()
    ALLERGIC = auto()
    UNCLEAR = auto()  # the sentence can be read both ways: no claim may rest on it


class Way(Enum):
    """What a cue does with what was reached before it, beside its stances."""

    REACHES = auto()
    NOTHING = auto()
    AFFIRMS = auto()
    ENDS = auto()
    TURNS = auto()


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue: `ahead` and `back` are the words it reaches each way, 0 for none; an adjective chooses one of them."""

    stances: frozenset[Stance]
    way: Way
    ahead: int = 0
    back: int = 0
    is_adjective: bool = False


@dataclass(slots=True)
class _Node:
    """A word of the phrases that begin alike."""

    cues: list[Cue] = field(default_factory=list)
    then: dict[str, _Node] = field(default_factory=dict)


_CLAUSE_ENDS = frozenset(",;.?!)]")
_KINDS = {
    "negated": frozenset({Stance.NEGATED}),
    "doubted": frozenset({Stance.DOUBTED}),
    "unlikely": frozenset({Stance.NEGATED, Stance.DOUBTED}),
    "other": frozenset({Stance.OTHER}),
    "planned": frozenset({Stance.PLANNED}),
    "supposed": frozenset({Stance.PLANNED, Stance.DOUBTED}),
    "stopped": frozenset({Stance.STOPPED}),
    "past": frozenset({Stance.PAST}),
    "allergic": frozenset({Stance.ALLERGIC}),
    "unclear": frozenset({Stance.UNCLEAR}),
}
_WAYS = {"nothing": Way.NOTHING, "affirmed": Way.AFFIRMS, "end": Way.ENDS, "turn": Way.TURNS}


def cues_at(words: Sequence[str], start: int) -> tuple[int, list[Cue]]:
    """The longest phrase that begins at `start`: how many words it has, and its cues; (0, []) where none does."""
    node, found, length = _table(), list[Cue](), 0
    for offset in range(min(_LONGEST, len(words) - start)):
        following = node.then.get(words[start + offset])
        if following is None and words[start + offset].isdigit():
            following = node.then.get("#")
        if following is None:
            break
        node = following
        closing = node.then.get("$")
        if closing and _clause_ends(words, start + offset + 1):
            found, length = closing.cues, offset + 1
        elif node.cues:
            found, length = node.cues, offset + 1
    return length, found


@cache
def persons() -> frozenset[str]:
    """Words for a relative or another person near the patient."""
    return frozenset(_lists()["@who"].split("|"))


def _clause_ends(words: Sequence[str], at: int) -> bool:
    return at >= len(words) or words[at] in _CLAUSE_ENDS


@cache
def plain_words() -> frozenset[str]:
    """Words that are no findings and no things: a denial has not yet reached its term with one of them."""
    return frozenset(_lists()["@plain"].split("|"))


@cache
def verbs() -> frozenset[str]:
    """Words that show that a new statement has begun: "no fever and chest pain is severe"."""
    return frozenset(_lists()["@verb"].split("|"))


@cache
def _table() -> _Node:
    root = _Node()
    for line in _lines():
        if line.startswith("@"):
            continue
        kind, direction, *phrase = line.split(" ")
        cue = _cue(kind, direction)
        for spelt in _phrases(phrase):
            node = root
            for word in spelt:
                node = node.then.setdefault(word, _Node())
            if cue not in node.cues:
                node.cues.append(cue)
    return root


def _cue(kind: str, direction: str) -> Cue:
    if kind in _WAYS:
        return Cue(frozenset(), _WAYS[kind])
    limit = direction.lstrip("<>~")
    reach = {"": FAR, "*": WHOLE}.get(limit) or int(limit)
    is_adjective = direction.startswith("~")
    return Cue(
        _KINDS[kind],
        Way.REACHES,
        ahead=reach if ">" in direction or is_adjective else 0,
        back=reach if "<" in direction or is_adjective else 0,
        is_adjective=is_adjective,
    )


def _phrases(elements: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every run of words that a phrase of the table stands for."""
    choices = []
    for element in elements:
        plain = element.removesuffix("~")
        words = [word for part in plain.split("|") for word in _lists().get(part, part).split("|") if word]
        choices.append([*words, ""] if plain != element else words)
    for chosen in product(*choices):
        phrase = tuple(word for word in chosen if word)
        if phrase:
            yield phrase


@cache
def _lists() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _lines():
        if line.startswith("@"):
            name, words = line.split(" = ")
            found[name] = words
    return found


def _lines() -> list[str]:
    text = files("tasks.checks").joinpath("lexicon", "cues.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
