"""In, above or below target, and a success: only where the cited record sets the one and tells the other (C18)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind
from tasks.checks.claim import Claim
from tasks.checks.source import Source
from tasks.checks.spoken import MEASURED, Spoken
from tasks.checks.units import Figure
from tasks.checks.words import stem, terms, tokens, vocabulary

_TO_TARGET = r"[\s-]+(?:(?:the|its|a|his|her|their)\s+)?(?:(?!of\b|to\b)[\w-]+\s+){0,2}?(?:targets?|goals?)"
ON_TARGET = (
    rf"(?:in|within|at|on|near|above|over|beyond|below|under|out\s+of|outside|off){_TO_TARGET}"
    r"|supra-?therapeutic|sub-?therapeutic"
)
TARGET = r"targets?"
AGAINST = r"against(?=\s+(?:an?|the|its)\s+target\s)"
SUCCESS = r"(?:un)?success(?:ful(?:ly)?)?"
_NUMBER = r"(\d+(?:\.\d+)?)"
_SETS = r"\b(?:target|goal)s?\s*(?:range\s*)?(?:of|is|:)?\s*"
_BEYOND = r"(below|under|less than|at most|<=?|≤|above|over|at least|>=?|≥)"
_BOTH = re.compile(rf"{_SETS}{_NUMBER}\s*(?:to|-|–)\s*{_NUMBER}", re.IGNORECASE)
_ONE = re.compile(rf"{_SETS}{_BEYOND}\s*{_NUMBER}", re.IGNORECASE)
_LEADS_TO = re.compile(rf"{_SETS}(?:{_BEYOND}\s*|{_NUMBER}\s*(?:to|-|–)\s*)?$", re.IGNORECASE)
_FOLLOWED = re.compile(rf"\s*(?:range\s*)?(?:of|is|:|\()?\s*(?:{_BEYOND}\s*)?\d", re.IGNORECASE)
_UPPER = re.compile(r"below|under|less|most|<|≤", re.IGNORECASE)
_IS_ABOVE = re.compile(r"(?:above|over|beyond)\b|supra", re.IGNORECASE)
_IS_BELOW = re.compile(r"(?:below|under)\b|sub", re.IGNORECASE)
_IS_OUT = re.compile(r"(?:out|outside|off)\b", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\([^)]*\)")

Range = tuple[Decimal | None, Decimal | None]  # lower and upper end, in the unit that the value has


def is_on_target(spoken: Spoken) -> bool | None:
    """Every cited value that it is said of lies so to the target that a cited entry prints beside its name.

    Without a printed target or a value it is told by nothing, unless a note has the same words and no value is cited.
    """
    judged = [
        _lies(spoken.word, number, limits)
        for source in spoken.claim.sources
        if source.entry.kind in MEASURED
        for limits in _targets(spoken, source)
        for number in _numbers(spoken, source)
    ]
    if judged:
        return all(judged)
    return None if _is_worded(spoken) else False


def names_target(spoken: Spoken) -> bool | None:
    """Beside a value, a target is told with its own figure: "target INR 3.8" and "target 3.8" tell none."""
    if not spoken.claim.cited(*MEASURED):
        return None
    following = next((each for each in spoken.claim.figures if each.start >= spoken.match.end()), None)
    is_led = _FOLLOWED.match(spoken.claim.text, spoken.match.end()) is not None
    return None if is_led and following and is_target_figure(spoken.claim, following) else False


def sets_target(source: Source, claim: Claim) -> bool:
    """Whether an entry is cited for the target that it prints of something measured that the sentence names."""
    named = set(claim.terms)
    return re.search(ON_TARGET + r"|\btarget", claim.text, re.IGNORECASE) is not None and any(
        named & set(terms(text)) and (_BOTH.search(text) or _ONE.search(text)) for text in source.details
    )


def is_target_figure(claim: Claim, figure: Figure) -> bool:
    """Whether a figure is printed as the end of a target that a cited entry prints."""
    return _LEADS_TO.search(claim.text[: figure.start]) is not None and any(
        figure.agrees_with(Decimal(number))
        for source in claim.sources
        for text in (*source.details, *source.passage)
        for pattern in (_BOTH, _ONE)
        for match in pattern.finditer(text)
        for number in match.groups()
        if number[0].isdigit()
    )


def is_success(spoken: Spoken) -> bool | None:
    """The outcome of a cited procedure has the word, and it is named as its title does without what is in brackets."""
    done = [source for source in spoken.owners if source.entry.kind is Kind.PROCEDURE]
    if not done:
        return None
    core = stem(spoken.word)
    named = {term for term in terms(spoken.part) if not term.startswith(("success", "unsuccess"))}
    for source in done:
        told = map(stem, tokens(source.entry.detail.get(Detail.OUTCOME, "")))
        bare = _IN_BRACKETS.sub(" ", source.entry.title)
        others = "\n".join(text for text in source.details if source.entry.title not in text)
        if core not in told or any(
            term in vocabulary(source.entry.title) and term not in vocabulary(f"{bare}\n{others}") for term in named
        ):
            return False
    return True


def _targets(spoken: Spoken, source: Source) -> Iterator[Range]:
    """The targets that any cited text prints beside the name of what was measured."""
    name = vocabulary(source.entry.title)
    for other in spoken.claim.sources:
        for text in (*other.details, *other.passage):
            if not name & set(terms(text)):
                continue
            for both in _BOTH.finditer(text):
                yield Decimal(both[1]), Decimal(both[2])
            for one in _ONE.finditer(text):
                yield (None, Decimal(one[2])) if _UPPER.match(one[1]) else (Decimal(one[2]), None)


def _numbers(spoken: Spoken, source: Source) -> list[Decimal]:
    """The values of a source that the word is said of: those whose figure the sentence prints, or all of them."""
    numbers = [value for value, _ in source.measured]
    printed = [value for value in numbers if any(figure.agrees_with(value) for figure in spoken.claim.figures)]
    return printed or numbers


def _lies(word: str, number: Decimal, limits: Range) -> bool:
    low, high = limits
    is_below, is_above = low is not None and number < low, high is not None and number > high
    if _IS_ABOVE.match(word):
        return is_above
    if _IS_BELOW.match(word):
        return is_below
    return (is_below or is_above) if _IS_OUT.match(word) else not (is_below or is_above)


def _is_worded(spoken: Spoken) -> bool:
    """Whether no measurement is cited and a cited text has the very words."""
    if spoken.claim.cited(*MEASURED):
        return False
    plain = " ".join(spoken.word.split())
    texts = (text for source in spoken.claim.sources for text in source.passage)
    return any(plain in " ".join(text.casefold().split()) for text in texts)
