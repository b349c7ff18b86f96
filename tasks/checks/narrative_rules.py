"""Words that only join or place what is told, such as on, with and multiple, and what of a cited entry shows them."""

from __future__ import annotations

import re
from itertools import pairwise

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind
from tasks.checks import c17_relations
from tasks.checks.dates import day_of
from tasks.checks.source import Source
from tasks.checks.spoken import CODED, MEASURED, Spoken
from tasks.checks.words import terms, vocabulary

_THREE = 3
_NAMELESS = re.compile(r"\bname (?:not known|unknown)\b|\bunidentified\b|\bunknown\b", re.IGNORECASE)
_HOSPITAL_DAY = re.compile(r"\s+(?:hospital|post-?operative)\s+day\s+\d+\b", re.IGNORECASE)
_NEXT_PHRASE = re.compile(r"[,;:.](?!\d)|\b(?:for|on|with|without|at|in|from|since|after|before|and|but|due|because)\b")
_NEXT = re.compile(r"\s(?:(?:the|a|an|its)\s)?([^\W\d_][\w'’-]*)")
_NEVER_ON = MEASURED | {Kind.PROBLEM, Kind.ALLERGY}


def is_on(spoken: Spoken) -> bool | None:
    """On a date, a side or a film that is cited; of what is given, on a medicine of the record alone."""
    if day := _HOSPITAL_DAY.match(spoken.claim.text, spoken.match.end()):
        return _is_printed(day[0], spoken) or None
    following = _NEXT.match(spoken.claim.words, spoken.match.end())
    named = terms(following[1])[:1] if following else ()
    if not named:
        return True
    titles = [source for source in spoken.claim.sources if named[0] in vocabulary(source.entry.title)]
    return True if any(source.entry.kind not in _NEVER_ON for source in titles) else None


def _is_printed(words: str, spoken: Spoken) -> bool:
    """Whether a source prints these words."""
    plain = " ".join(words.split()).casefold()
    texts = (text for source in spoken.claim.sources for text in (*source.pieces, *source.passage))
    return any(re.search(rf"{re.escape(plain)}\b", text.casefold()) for text in texts)


def goes_with(spoken: Spoken) -> bool | None:
    """What stands close before "with" and after it stands in one entry; what a visit is told with is of its day."""
    text, match = spoken.claim.words, spoken.match
    left, right = c17_relations.around(spoken.claim.words, match)
    if not left or not right:
        return True
    before = [terms(part) for part in _NEXT_PHRASE.split(text[: match.start()])]
    left = set(next((each for each in reversed(before) if each), left))
    right = set(terms(_NEXT_PHRASE.split(text[match.end() :])[0])) or right
    if any(all(source.says(term) for term in left | right) for source in spoken.claim.sources):
        return True
    return _of_one_day(left, c17_relations.around(spoken.claim.words, match)[1], spoken)


def _of_one_day(visit: set[str], done: set[str], spoken: Spoken) -> bool:
    """Whether all that was done was done on the day of the visit."""
    for source in spoken.claim.cited(Kind.ENCOUNTER):
        when = source.entry.when
        if when is None or not all(map(source.says, visit)):
            continue
        alike = [
            each
            for each in spoken.claim.cited(Kind.PROCEDURE, Kind.IMMUNIZATION)
            if each.entry.when is not None and day_of(each.entry.when) == day_of(when)
        ]
        if all(any(each.says(term) for each in alike) for term in done):
            return True
    return False


def is_multiple(spoken: Spoken) -> bool | None:
    """Two things or more of one kind, each named by its own title; "multiple lesions" are for their source to say."""
    following = _NEXT.match(spoken.claim.words, spoken.match.end())
    if following is None or terms(following[1]):
        return None
    named = set(spoken.claim.terms)
    called = [(source.entry.kind, source.entry.title) for source in spoken.claim.sources if source.entry.kind in CODED]
    titles = {title for _, title in called if named & vocabulary(title)}
    return True if len({kind for kind, _ in called}) == 1 and len(titles) > 1 else None


def is_trend(spoken: Spoken) -> bool | None:
    """Two measurements of one name, each with its figure in the sentence; which way it goes is for C10."""
    measured = [source for source in spoken.claim.sources if source.entry.kind in MEASURED]
    titles = {source.entry.title for source in measured}
    return True if len(titles) == 1 and len(measured) > 1 and len(spoken.claim.figures) > 1 else None


def is_progressive(spoken: Spoken) -> bool | None:
    """Three measurements of one name or more, each beyond the one before it, the same way."""
    measured = [source for source in spoken.claim.sources if source.entry.kind in MEASURED]
    numbers = [value for source in sorted(measured, key=_when) for value, _ in source.measured]
    if len({source.entry.title for source in measured}) != 1 or len(numbers) != len(measured) or len(numbers) < _THREE:
        return None
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    return True if all(step > 0 for step in steps) or all(step < 0 for step in steps) else None


def _when(source: Source) -> str:
    return source.entry.sort_key


def is_undetectable(spoken: Spoken) -> bool | None:
    """Its source gives it as below a limit."""
    values = [value for source in spoken.owners for value in source.entry.values]
    return True if values and all(value.comparator in {"<", "<="} for value in values) else None


def is_nameless(spoken: Spoken) -> bool | None:
    """What the record itself calls a thing of no known name."""
    return True if any(_NAMELESS.search(source.entry.title) for source in spoken.owners) else None


def is_unread(spoken: Spoken) -> bool | None:
    """A document that could not be read."""
    return True if any(Detail.NOT_READ in source.entry.detail for source in spoken.owners) else None


def is_to_be_done(spoken: Spoken) -> bool | None:
    """A cited text has the same thing to be done."""
    return _is_printed(spoken.match[0].partition(" ")[2], spoken) or None
