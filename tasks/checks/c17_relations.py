"""C17: two facts are joined as cause, reason or result only where one cited entry itself joins them."""

from __future__ import annotations

import re
from enum import Enum, auto
from itertools import pairwise

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind
from tasks.checks.certainty import keeps_doubt
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.source import Source
from tasks.checks.words import terms, vocabulary
from tasks.summary import CheckResult

CHECK = "C17"


class Relation(Enum):
    """Which way a relation word points."""

    FROM = auto()  # effect, then cause: "due to", "after"
    INTO = auto()  # cause, then effect: "led to", "before"
    WITH = auto()  # either way: "for", "associated with"


_WORDS = {
    Relation.FROM: r"because of|because|due to|owing to|caused by|secondary to|as a result of|result of"
    r"|resulting from|results from|resulted from|attributed to|attributable to|in response to"
    r"|induced by|triggered by|precipitated by"
    r"|provoked by|after|following|since starting|complicated from|thanks to|explained by|on account of|by reason of"
    # "From" a thing, not from a date or a value to another one.
    r"|(?<=\bdied )of|(?<=\bdies )of|(?<=\bdeath )of"
    r"|(?<!admitted )(?<!transferred )(?<!referred )(?<!discharged )from"
    r"(?=\s+(?:(?:the|a|an|his|her|their|its)\s+)?[^\W\d_]{3})",
    Relation.INTO: r"(?:the\s+)?(?:cause|reason|explanation|source|origin|basis)\s+(?:of|for|behind)"
    r"|caused|causes|causing|cause|leads? to|led to|leading to|results in|resulted in|resulting in"
    r"|triggered|precipitated|provoked|induced|explains|explaining|before|prior to|complicated by"
    r"|therefore|thus|hence|so that",
    Relation.WITH: r"(?<=\w[-‐‑])(?:induced|related|associated|caused)"
    r"|associated with|related to|in the context of|in the setting of|linked to|to treat|treated with"
    r"|treated by|treats|indicated for|prescribed for|given for|used for|taken for|managed with|controlled with"
    r"|for(?!\s+(?:the\s+)?(?:last|past|about|over|more|several|\d|(?:an?|\w+)\s+(?:day|week|month|year|hour)s?\b))",
}
_ANY = re.compile(
    "|".join(rf"(?P<{relation.name}>(?<!\w)(?:{words})(?![\w-]))" for relation, words in _WORDS.items()),
    re.IGNORECASE,
)
RELATION_WORDS = "|".join(_WORDS.values())
_IS_NOUN = re.compile(r"(?:the\s+)?(?:cause|reason|explanation|source|origin|basis)\b", re.IGNORECASE)
_COPULA = re.compile(r"\b(?:is|was|are|were|being)\b|:", re.IGNORECASE)
_BOUNDARY = re.compile(r"[.;]\s|\bbut\b|\bwhile\b")
# Adjectives that name a cause: "diabetic kidney disease" is a disease of the kidney due to diabetes.
_CAUSAL_ADJECTIVE = re.compile(
    r"\b(?:diabetic|hypertensive|alcoholic|ischa?emic|septic|ur(?:ae|e)mic|infectious|infective|malignant|metastatic"
    r"|bacterial|viral|allergic|autoimmune|rheumatic|rheumatoid|asthmatic|anaphylactic|thyrotoxic|cirrhotic"
    r"|post-?(?:operative|surgical|traumatic|infectious))\s+[^\W\d_]+",
    re.IGNORECASE,
)
_OPEN_CAUSE = re.compile(r"\bcause(?=\s*[.;]|$)", re.IGNORECASE)
_NO_VALUE = re.compile(r"no value \(([^)]+)\)")
_REASONS = {
    Detail.REASON, Detail.REASON_REFERENCES, Detail.ADDRESSES, Detail.ADDRESSES_REFERENCES, Detail.STATUS_REASON
}  # fmt: skip
_EFFECTS = {Detail.REACTIONS, Detail.COMPLICATIONS}


def check(claim: Claim) -> CheckResult:
    """Each relation word that has a clinical term on both sides; the same word between the same terms passes."""
    applied = False
    for match in _ANY.finditer(claim.text):
        left, right = around(claim.words, match)  # "500 mg BD for type 2 diabetes" joins no unit
        if not left and _IS_NOUN.match(match[0]):  # "the reason for B is A"
            effect, _, cause = _COPULA.sub("\0", claim.text[match.end() :], count=1).partition("\0")
            left, right = set(terms(cause)), set(terms(effect))
        if not left or not right:
            continue
        applied = True
        relation = Relation[match.lastgroup or "WITH"]
        if not (
            any(_joins(source, claim, (left, right), relation) for source in claim.sources)
            or _joins_each(claim, left, right, relation)
        ):
            return failed(CHECK, f"joins two facts by “{match[0]}”, which no one of its sources does")
    for match in _CAUSAL_ADJECTIVE.finditer(claim.words):
        both = set(terms(match[0]))
        if len(both) > 1 and not any(all(map(source.says, both)) for source in claim.sources):
            return failed(CHECK, f"joins two facts by “{match[0]}”, which no one of its sources does")
    return passed(CHECK) if applied else not_applicable(CHECK)


def around(text: str, match: re.Match[str]) -> tuple[set[str], set[str]]:
    """The clinical terms before and after a relation word, within its clause; before it else in the whole text."""
    before, after = text[: match.start()], text[match.end() :]
    left = terms(_BOUNDARY.split(before)[-1]) or terms(before)
    return set(left), set(terms(_BOUNDARY.split(after)[0]))


def _joins_each(claim: Claim, left: set[str], right: set[str], relation: Relation) -> bool:
    """A list that shares one reason, "A, B and C for D": each of its entries has it for its own."""
    listed = {source: left & vocabulary(source.entry.title) for source in claim.sources}
    mine = {source: named for source, named in listed.items() if named and not right <= vocabulary(source.entry.title)}
    return left == set[str]().union(*mine.values()) and all(
        _joins_by_structure(source, claim, (named, right), relation) for source, named in mine.items()
    )


def _joins(source: Source, claim: Claim, sides: tuple[set[str], set[str]], relation: Relation) -> bool:
    """Whether this one source has all of both sides and says that they are joined, this way round."""
    if _joins_by_structure(source, claim, sides, relation):
        return True
    if not sides[0] | sides[1] <= source.words | source.passage_words:
        return False
    if relation is Relation.WITH and _is_procedure_on(source, sides):
        return True
    texts = (*source.pieces, *source.passage)
    joining = [
        text
        for text in texts
        if _joins_in_sentence(text, sides, relation, about=source.words if text in source.details else frozenset())
    ]
    joining += [pair[1] for pair in pairwise(source.passage) if _is_cause_of_last(pair, sides, relation)]
    return any(keeps_doubt(text, claim.text) for text in joining)  # a possible cause is not told as the cause


def _is_procedure_on(source: Source, sides: tuple[set[str], set[str]]) -> bool:
    """A fracture is treated with its closed reduction, where the procedure is called so: "Closed reduction of ..."."""
    done, preposition, of = source.entry.title.partition(" of ")
    return (
        source.entry.kind is Kind.PROCEDURE
        and bool(preposition)
        and any(one <= vocabulary(done) and other <= vocabulary(of) for one, other in (sides, sides[::-1]))
    )


def _is_cause_of_last(pair: tuple[str, str], sides: tuple[set[str], set[str]], relation: Relation) -> bool:
    """A sentence that names a cause and not of what speaks of the sentence before it."""
    left, right = sides if relation is Relation.INTO else sides[::-1]
    match = _OPEN_CAUSE.search(pair[1])
    return match is not None and left <= vocabulary(pair[1][: match.start()]) and right <= vocabulary(pair[0])


def _joins_by_structure(source: Source, claim: Claim, sides: tuple[set[str], set[str]], relation: Relation) -> bool:
    """The title has one side and one of its own details all of the other, in the element that is for it.

    A reason or indication is the cause of what the title says, a reaction or complication its effect.
    """
    left, right = sides
    reasons, effects = _reasons(source, claim), _labelled(source, _EFFECTS)
    left_from_right = _tells(source, left, right, reasons) or _tells(source, right, left, effects)
    right_from_left = _tells(source, right, left, reasons) or _tells(source, left, right, effects)
    match relation:
        case Relation.FROM:
            return left_from_right
        case Relation.INTO:
            return right_from_left
        case Relation.WITH:
            return left_from_right or right_from_left


def _tells(source: Source, subject: set[str], other: set[str], texts: list[str]) -> bool:
    title = vocabulary(source.entry.title)
    return bool(subject & title) and subject <= source.words and any(other <= vocabulary(text) for text in texts)


def _reasons(source: Source, claim: Claim) -> list[str]:
    """Reasons in words; one given as a reference counts by the title of the entry that it points to."""
    by_reference = claim.history.by_reference
    texts = _labelled(source, _REASONS)
    texts += [absent[1] for value in source.entry.values if (absent := _NO_VALUE.fullmatch(value.text))]
    return [*texts, *(by_reference[word].title for text in texts for word in text.split() if word in by_reference)]


def _labelled(source: Source, labels: set[Detail]) -> list[str]:
    return [text for label, text in source.entry.details if label in labels]


def _joins_in_sentence(
    sentence: str, sides: tuple[set[str], set[str]], relation: Relation, *, about: frozenset[str]
) -> bool:
    """Whether one relation word of a source's sentence has both sides around it, the same way round."""
    left, right = sides
    for match in _ANY.finditer(sentence):
        before, after = around(sentence, match)
        before |= about
        theirs = Relation[match.lastgroup or "WITH"]
        straight = bool(left & before) and right <= after
        crossed = bool(right & before) and left <= after
        if straight and (relation is theirs or Relation.WITH in {relation, theirs}):
            return True
        if crossed and (relation is not theirs or relation is Relation.WITH):
            return True
    return False
