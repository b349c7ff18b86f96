"""Free text as statements: a question keeps its answer, a wrapped line its end, and a section what its heading says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.checks.cues import Stance
from tasks.checks.note_words import ELLIPSIS
from tasks.checks.polarity import LONGEST, stances

_ANSWER = r"(?:no|none|neg|negative|absent|denies|denied|nil|never|not|yes|confirmed|positive|present)\b"
_TITLE = r"(?<!\b(?:Dr|Mr|Ms|vs|St)\.)(?<!\bMrs\.)(?<!\bProf\.)"  # a point behind these ends no sentence
_END = re.compile(rf"(?<=[.!]){_TITLE}\s+|(?<=;)\s*|(?<=[\w)]\?)\s+(?!{_ANSWER})", re.IGNORECASE)
_ALONE = frozenset({"no", "none", "neg", "negative", "absent", "denied", "denies", "nil"})  # a line of a form
_ENDED = (".", "!", "?", ";", ":")
_HEADING_LENGTH = 60
_HEADING = re.compile(r"(?:#+\s*|\[)?([^\W\d_][^.!?;:]*?)\s*[\]:]*")
_THING = "thing"  # stands for whatever follows a heading
_UNMARKED = frozenset({
    "family history", "family hx", "past medical history", "medical history", "past history", "plan", "allergies",
    "differential diagnosis", "medications", "medication", "current medications", "social history", "examination",
    "history of present illness", "review of systems", "assessment", "impression", "findings", "labs", "imaging",
    "problems", "active problems", "vital signs",
})  # fmt: skip
_STANCE_OF = {
    Stance.OTHER: r"family (?:medical )?(?:history|hx)|fh|fhx|fmhx|famil(?:y|ial)|partner|donor(?: history)?",
    Stance.PAST: r"(?:past|previous|prior|personal|remote) .*|pmh|pmhx|psh|medical history|surgical history"
    r"|(?:discontinued|stopped|former|old) .*|history of",
    Stance.PLANNED: r"(?:treatment |care |discharge |follow-?up )?plans?"
    r"|(?:assessment|impression) (?:and|&) plan|a ?/ ?p"
    r"|to ?do|recommendations?|goals?|targets?|advice|next steps|follow-?up|pending.*|scheduled.*|if .*|return if"
    r"|risk factors|risks|return precautions|precautions|prevention|screening|health maintenance|orders?",
    Stance.DOUBTED: r"(?:differential|ddx|dd)(?: diagnos[ie]s)?|clinical (?:question|information|indication)"
    r"|indications?(?: for .*)?|reason for .*|rule out|r/o|query|suspected.*|possible.*|questions?"
    r"|patient (?:asks|asked).*"
    r"|working diagnosis|provisional diagnosis|warnings?|side effects|information.*|education.*",
    Stance.NEGATED: r"denie[sd].*|negatives?(?: for)?|pertinent negatives|no|none|absent|no evidence of"
    r"|ruled out|excluded|not present|negative findings|refuted|declined|refused",
    Stance.STOPPED: r"resolved.*|inactive.*|stop|stopped",
    Stance.ALLERGIC: r"(?:drug |food |medication )?allerg(?:y|ies)(?: .*)?"
    r"|(?:adverse|allergic) reactions?|intolerances?|adrs?",
}
_SECTIONS = {stance: re.compile(words, re.IGNORECASE) for stance, words in _STANCE_OF.items()}


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of free text and what the heading above it says of everything below."""

    text: str
    under: frozenset[Stance]


def statements(text: str) -> tuple[Statement, ...]:
    """The sentences in order. One beyond the length that is read whole is cut, and its later parts are UNCLEAR."""
    under: frozenset[Stance] = frozenset()
    found: list[Statement] = []
    for block in _blocks(ELLIPSIS.sub(" : ", text)):
        if (heading := _heading(block)) is not None:
            under = heading
            found.append(Statement(block, under | {Stance.UNCLEAR}))  # what a heading names is not thereby so
            continue
        listed: frozenset[Stance] = frozenset()  # "denies: chest pain; fever"
        for sentence in _END.split(block):
            found += _cut(sentence.strip(), under | listed)
            before, colon, _ = sentence[:LONGEST].partition(":")
            listed = (_said_below(before) if colon else listed) if sentence.endswith(";") else frozenset()
    return tuple(found)


def _said_below(heading: str) -> frozenset[Stance]:
    """What a heading says of whatever follows it: its own cues reach on, and some sections are known by name."""
    named = frozenset(stance for stance, words in _SECTIONS.items() if words.fullmatch(heading.strip(" #[]")))
    reaching = stances(f"{heading}: {_THING}").get(_THING, [])
    return named | (frozenset[Stance]().union(*reaching) - {Stance.AFFIRMED})


def _cut(sentence: str, under: frozenset[Stance]) -> Iterator[Statement]:
    if sentence:
        yield Statement(sentence[:LONGEST], under)
    for start in range(LONGEST, len(sentence), LONGEST):
        yield Statement(sentence[start : start + LONGEST], frozenset({Stance.UNCLEAR}))


def _blocks(text: str) -> Iterator[str]:
    """Lines, with those joined that one sentence was wrapped over: the next one begins in lower case."""
    held: list[str] = []
    for line in text.split("\n"):
        plain = line.strip()
        wrapped = plain[:1].islower() and bool(held) and not held[-1].endswith(_ENDED) and _heading(held[-1]) is None
        goes_on = wrapped or plain.casefold().rstrip(".") in _ALONE
        if held and not goes_on:
            yield "\n".join(held)
            held = []
        if plain:
            held.append(plain)
    if held:
        yield "\n".join(held)


def _heading(line: str) -> frozenset[Stance] | None:
    """What a heading says of its section; nothing for an ordinary one, None for a line that is no heading."""
    if len(line) > _HEADING_LENGTH or "\n" in line:
        return None
    match = _HEADING.fullmatch(line)
    if match is None:
        return None
    is_marked = line.startswith(("#", "[")) or line.endswith(":")
    name = match[1].casefold()
    if (
        is_marked
        or name in _UNMARKED
        or (line.isupper() and any(words.fullmatch(name) for words in _SECTIONS.values()))
    ):
        return _said_below(match[1])
    return None
