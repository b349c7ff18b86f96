"""Whether a sentence affirms, denies or doubts a term: NegEx's idea (trigger, scope, terminator), in English."""

from __future__ import annotations

import re
from enum import Enum, auto

from tasks.checks.words import ordinary, stem

SCOPE = 8  # words that a trigger reaches


class Stance(Enum):
    """What a sentence says of one of its terms."""

    DOUBTED = auto()
    NEGATED = auto()
    RELATIVE = auto()  # said of a member of the family
    AFFIRMED = auto()


_BEFORE = {
    Stance.NEGATED: r"no|not|without|denies|denied|never|none|negative for|absence of|free of|no evidence of"
    r"|neither|nor|ruled out|excludes|resolution of",
    Stance.DOUBTED: r"possible|possibly|probable|probably|likely|suspected|suspicious for|suspicion of|may|might|could"
    r"|cannot exclude|can not exclude|not excluded"
    r"|(?:does|do|did) not exclude|rule out|query|questionable|presumed|concern for|concerning for"
    r"|suggestive of|suggests|suggesting|consistent with|differential|unconfirmed|provisional",
    Stance.RELATIVE: r"family history(?: of)?|mother|father|brother|sister|sibling|maternal|paternal|grandmother"
    r"|grandfather|son|daughter|aunt|uncle",
}
_AFTER = {
    Stance.NEGATED: r"not seen|not present|not detected|absent|negative|ruled out|excluded|not identified"
    r"|not found|none",
    Stance.DOUBTED: r"possible|suspected|a query|in question|not excluded|cannot be excluded|unlikely|not confirmed"
    r"|unconfirmed|provisional",
}
_IDIOMS = re.compile(r"\bno longer\b|\bno change\b|\bnot only\b", re.IGNORECASE)  # they deny nothing that follows
_TERMINATORS = re.compile(
    r"^(?:but|except|although|though|however|apart|aside|which|because|despite"
    r"|during|when|if|until|since|after|before)$"
)
_PREPOSITIONS = {"in", "at", "on"}
_OF_ALL = re.compile(r"\b(?:unconfirmed|not confirmed|provisional)\b", re.IGNORECASE)  # doubts the whole sentence
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[,;:.?()\[\]]")
_NEVER = r"(?!)"
_TRIGGERS_BEFORE = {each: re.compile(rf"\b(?:{_BEFORE.get(each, _NEVER)})\b", re.IGNORECASE) for each in Stance}
_TRIGGERS_AFTER = {each: re.compile(rf"\b(?:{_AFTER.get(each, _NEVER)})\b", re.IGNORECASE) for each in Stance}
_LIST_GOES_ON = re.compile(r"^[^;:.]*?(?:,|\bor\b|\bnor\b|\band\b)\s*(?:or|nor)\b", re.IGNORECASE)


def stances(sentence: str) -> dict[str, set[Stance]]:
    """Each stem of the sentence with what is said of it. A term said twice has both stances."""
    tokens = list(_TOKEN.finditer(sentence))
    reached: list[set[Stance]] = [set() for _ in tokens]
    rest = _IDIOMS.sub(_blank, sentence)
    for stance in Stance:  # doubt first: "not excluded" is no negation
        for trigger in _TRIGGERS_BEFORE[stance].finditer(rest):
            for index in _following(tokens, trigger.end(), sentence):
                reached[index].add(stance)
        for trigger in _TRIGGERS_AFTER[stance].finditer(rest):
            for index in _preceding(tokens, trigger.start()):
                reached[index].add(stance)
        rest = _TRIGGERS_AFTER[stance].sub(_blank, _TRIGGERS_BEFORE[stance].sub(_blank, rest))
    if _OF_ALL.search(sentence):
        for each in reached:
            each.add(Stance.DOUBTED)
    found: dict[str, set[Stance]] = {}
    for token, said in zip(tokens, reached, strict=True):
        found.setdefault(stem(token[0].casefold()), set()).update(said or {Stance.AFFIRMED})
    return found


def _following(tokens: list[re.Match[str]], start: int, sentence: str) -> list[int]:
    """Indices that a trigger before them reaches: to a terminator, or past a comma only while a list goes on.

    A preposition ends the reach once a term is reached: "no effusion on the film", but "not on warfarin".
    """
    ahead = [index for index, token in enumerate(tokens) if token.start() >= start]
    reached: list[int] = []
    for index in ahead:
        token = tokens[index]
        word = token[0].casefold()
        if word in ";:.?()[]" or _TERMINATORS.match(word) or len(reached) > SCOPE:
            break
        if word in _PREPOSITIONS and any(tokens[each][0].casefold() not in ordinary() for each in reached):
            break
        if word == ",":
            if not _LIST_GOES_ON.match(sentence[token.start() :]):
                break
            continue
        reached.append(index)
    return reached


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _preceding(tokens: list[re.Match[str]], end: int) -> list[int]:
    """Indices that a trigger after them reaches, back to the nearest mark or terminator."""
    reached: list[int] = []
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.start() >= end:
            continue
        if token[0] in ",;.?()[]" or _TERMINATORS.match(token[0].casefold()) or len(reached) > SCOPE:
            break
        reached.append(index)
    return reached
