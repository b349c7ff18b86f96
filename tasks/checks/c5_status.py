"""C5: what is said to be taken, active, stopped, done or planned stands so in the record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from fhir_adapters.history import Kind, Standing
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.dates import day_of, printed_dates
from tasks.checks.disposition import wrong_disposition
from tasks.checks.endings import wrong_ending
from tasks.checks.said import lines, says_status
from tasks.checks.source import Source
from tasks.checks.words import terms, vocabulary
from tasks.summary import CheckResult

CHECK = "C5"


class Said(StrEnum):
    """What a clause claims about the standing of its facts."""

    CURRENT = "current"
    PAST = "past"
    PLANNED = "planned"
    ON_HOLD = "on hold"
    REFUTED = "refuted"
    DONE = "done"


_WORDS = {
    Said.PLANNED: r"planned|planning|plan(?=:)|scheduled|awaiting|awaited|pending|proposed|is due(?!\s+to)"
    r"|to be (?:done|performed|started)",
    Said.ON_HOLD: r"on hold|paused|suspended|withheld|is held|being held"
    r"|held (?:since|from|due|because|pending)",
    Said.REFUTED: r"refuted|ruled out|disproved|entered in error|not given|not done|not performed|declined|refused",
    Said.PAST: (
        r"stopped|discontinued|ceased|resolved|healed|former|formerly|previous|previously|history of|past|inactive"
        r"|ended|completed|finished|no longer|in remission|was taking|used to"
    ),
    Said.DONE: (
        r"(?<!not )(?:performed|done|given|administered)|underwent|completed|finished|received|vaccinated|immuni[sz]ed"
    ),
    Said.CURRENT: (
        r"takes?|taking|(?:is|are) (?:taken|given|used)|uses?|using|in use|active|current|currently|ongoing|continues"
        r"|continued|receives|receiving|chronic use"
        r"|(?:is|are|remains|remain|stays|maintained|treated|managed|now)\s+on(?!\s+(?:hold|file|record|\d))"
        r"|living with"
    ),
}
_CLAIMS = {said: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE) for said, words in _WORDS.items()}
PAST_WORDS = _WORDS[Said.PAST]
# Words of standing that are compared wherever an entry with a standing is meant; what is done has none by itself.
STANDING_WORDS = "|".join(words for said, words in _WORDS.items() if said is not Said.DONE)
_CLAUSE = re.compile(r"\s*(?:;|,\s*(?:but|while|and)\b|\bbut\b|\bwhile\b|\bwhereas\b|\balthough\b|\bthough\b)\s*")
_HISTORY = re.compile(r"\s*(?:(?:personal|past)\s+)?history of\b|h/o\b|status post\b", re.IGNORECASE)
_ENDED = re.compile(
    r"\b(?:stopped|discontinued|ceased|resolved|inactive|ended|completed|finished|no longer|in remission)\b",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(r"\s*(?:ex|former|never|non|no|not|past|quit)\b", re.IGNORECASE)
_SINCE = re.compile(r"\bsince\s+$", re.IGNORECASE)
_OF_ALLERGY = re.compile(r"\b(?:allerg|intoleran|anaphyla|hypersensitiv)", re.IGNORECASE)
# "no longer takes", "was taking", "previously on": one claim, that it is past.
_NO_LONGER = re.compile(
    r"\b(?:(?:no longer|not|was|were|previously|formerly|used to)\s+(?:currently\s+)?(?:takes?|taking|receives?"
    r"|receiving|active|on(?!\s+(?:hold|\d))|use)|(?:no longer|not)\s+(?:taken|used|using|uses))\b",
    re.IGNORECASE,
)
_BORNE_OUT_BY = {
    Said.CURRENT: {Standing.CURRENT},
    Said.PAST: {Standing.PAST},
    Said.PLANNED: {Standing.PLANNED},
    Said.ON_HOLD: {Standing.ON_HOLD},
    Said.REFUTED: {Standing.REFUTED},
    Said.DONE: {Standing.PAST, Standing.CURRENT},
}
STANDS = frozenset({Kind.PROBLEM, Kind.ALLERGY, Kind.MEDICATION})
_IS_DONE = frozenset({Kind.PROCEDURE, Kind.IMMUNIZATION, Kind.ENCOUNTER, Kind.CARE_PLAN, Kind.IMAGING})
HAS_STANDING = STANDS | _IS_DONE


def check(claim: Claim) -> CheckResult:
    """Clause by clause. A problem, medicine or allergy named without a word of status is claimed to be current."""
    if reason := wrong_disposition(claim):
        return failed(CHECK, reason)
    applied = False
    for clause in _CLAUSE.split(_without_titles(claim)):
        plain = _NO_LONGER.sub(" no longer ", clause)
        said = [each for each, pattern in _CLAIMS.items() if pattern.search(plain)]
        said = [each for each in said if not _is_of_title(each, clause, claim)]
        meant = meant_by(clause, claim)
        if wrong := wrong_ending(clause, meant, claim):
            return failed(CHECK, wrong)
        for source in meant:
            outcome = _judge(said, source, clause)
            if outcome:
                return failed(CHECK, outcome)
            applied = applied or outcome is not None
        if said and (outcome := _in_free_text(said, clause, claim)):
            return failed(CHECK, outcome)
    return passed(CHECK) if applied else not_applicable(CHECK)


def _judge(said: list[Said], source: Source, clause: str) -> str | None:
    """A reason, "" where the standing bears the clause out, None where the clause says nothing of standing."""
    entry = source.entry
    claims: Sequence[Said]
    if entry.kind in STANDS:
        claims = [each for each in said if each is not Said.DONE and not _is_its_own_past(each, source, clause)]
        if not said:
            claims = _silently(source, clause)
    elif entry.kind in _IS_DONE:
        claims = said or _silently_done(entry.standing)
    else:
        return None
    wrong = [each for each in claims if entry.standing not in _BORNE_OUT_BY[each]]
    if wrong:
        return f"says {wrong[0]} of “{entry.title}”, whose standing is {entry.standing}"
    return "" if claims else None


def _is_of_title(said: Said, clause: str, claim: Claim) -> bool:
    """Whether the word of status is that of a title which the clause tells whole: "Awaiting transplantation"."""
    told = vocabulary(clause)
    return any(
        _CLAIMS[said].search(source.entry.title) and set(terms(source.entry.title)) <= told
        for source in claim.sources
        if source.entry.standing not in _BORNE_OUT_BY[said]  # else the clause says it rightly
    )


def _is_its_own_past(said: Said, source: Source, clause: str) -> bool:
    """Whether a history is what the entry itself is of: an allergy, which stays, or "History of bypass grafting"."""
    if said is not Said.PAST or _ENDED.search(clause):
        return False
    words = {match[0].casefold() for match in _CLAIMS[Said.PAST].finditer(clause)}
    is_history = source.entry.kind is Kind.ALLERGY and words == {"history of"} and speaks_of_allergy(clause)
    return is_history or _HISTORY.match(source.entry.title) is not None


def _silently(source: Source, clause: str) -> list[Said]:
    """A bare name claims "current", whatever group it is put in; of an unknown standing it claims no more than that.

    Printed with the date on which it ended, it is told as past: "pneumonia from 08-Nov to 06-Dec-2022".
    """
    entry = source.entry
    if entry.standing is Standing.UNKNOWN:
        return []
    if entry.standing is Standing.PAST and entry.until is not None:
        end = day_of(entry.until)
        ends = [date for date in printed_dates(clause) if len(date.readings) == 1 and date.readings[0].is_said_by(end)]
        if any(not _SINCE.search(clause[: date.start]) for date in ends):
            return []
    return [Said.CURRENT]


def _silently_done(standing: Standing) -> list[Said]:
    """A procedure or vaccine named without more is taken as done; only what is not done contradicts that."""
    return [Said.DONE] if standing in {Standing.PLANNED, Standing.REFUTED, Standing.ON_HOLD} else []


def speaks_of_allergy(text: str) -> bool:
    """Whether a text speaks of an allergy, an intolerance or anaphylaxis."""
    return _OF_ALLERGY.search(text) is not None


def meant_by(clause: str, claim: Claim) -> tuple[Source, ...]:
    """The sources whose title the clause names; all of them where it names none.

    A drug may be both a medicine and an allergy: only a clause that speaks of allergy means the latter.
    """
    named = set(terms(clause))
    meant = [source for source in claim.sources if named & vocabulary(source.entry.title)] or list(claim.sources)
    of_allergy = _OF_ALLERGY.search(clause) is not None
    alike = [source for source in meant if (source.entry.kind is Kind.ALLERGY) == of_allergy]
    return tuple(alike or meant)


def _without_titles(claim: Claim) -> str:
    """The sentence, with status words that are part of a cited title taken out: "Awaiting transplantation"."""
    text = claim.as_measured
    for source in claim.sources:
        title = source.entry.title
        bare = title
        for pattern in _CLAIMS.values():
            bare = pattern.sub(" ", bare)
        if bare != title:
            text = re.compile(re.escape(title), re.IGNORECASE).sub(bare.replace("\\", r"\\"), text)
    return text


def _in_free_text(said: list[Said], clause: str, claim: Claim) -> str:
    """Where no coded entry can bear out the status, a sentence of the cited text must say it of the same thing."""
    if any(source.entry.kind in HAS_STANDING for source in claim.sources):
        return ""
    every = [line for source in claim.sources for line in lines(source)]
    if Said.CURRENT in said and any(_is_habit_now(source, clause, claim) for source in claim.cited(Kind.SOCIAL)):
        said = [each for each in said if each is not Said.CURRENT]
    missing = [each for each in said if not says_status(each, _CLAIMS[each], clause, every)]
    if not missing or (set(missing) < {Said.PAST, Said.DONE} and len(said) > 1):  # "completed" is either
        return ""
    return f"says {missing[0]}, which none of its sources says of it"


def _is_habit_now(source: Source, clause: str, claim: Claim) -> bool:
    """Whether the newest word on a habit is a bare one that the clause says: "Smoker", of a current smoker."""
    entry = source.entry
    alike = [each for each in claim.history.of_kind(Kind.SOCIAL) if each.title == entry.title]
    newest = all(each.sort_key <= entry.sort_key for each in alike)
    said = [set(terms(value.text)) for value in entry.values if not _NOT_NOW.match(value.text)]
    return newest and any(words and words <= set(terms(clause)) for words in said)
