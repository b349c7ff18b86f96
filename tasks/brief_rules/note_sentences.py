"""The sentences of a note that the next reader needs: its conclusion, its plan and what it leaves open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from tasks.brief_rules.wording import clip, sentences

_PASSAGE_READ = 6_000  # characters of a note that are looked through
_SENTENCE_LIMIT = 180
_FEWEST_WORDS = 4
_HEADING_LENGTH = 40
_MARKS = frozenset("#*[")
_BULLET_STARTS = frozenset("-*•0123456789")
_CONCLUSION = r"assessment(?: (?:and|&) plan)?|impression|conclusions?|summary|hospital course|diagnosis"
_PLAN = r"plan|recommendations?|disposition|follow[- ]up|open questions?"
_OTHER = (
    r"subjective|objective|history(?: of [a-z ]+)?|examination|exam|vital signs|vitals|medications?|medicines|"
    r"allergies|labs?|results|chief complaint|social history"
)
# A heading on a line of its own ("# Assessment and Plan", "Plan:") or before its text ("A: …", "Plan: …").
_HEADING = re.compile(
    rf"^(?P<mark>[#*\[\s]{{0,6}})(?:(?P<concludes>{_CONCLUSION}|a)|(?P<plans>{_PLAN}|p)|(?P<other>{_OTHER}|[so]))"
    r"[\]*\s]{0,4}(?::[ \t]*|$)(?P<rest>.*)$",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(rf"^[#*\[\s]{{0,6}}(?:{_CONCLUSION}|a)[\]*\s]{{0,4}}(?::|$)", re.IGNORECASE | re.MULTILINE)
_LETTER = re.compile(r"^[SOAP]\s*:\s*")
_BULLET = re.compile(r"^(?:[-*•]|\d{1,2}[.)])\s+")
# Headings, dates, staff names and "Xavier is a 42 year-old …": nothing that a reader needs (check C13).
_EMPTY = re.compile(
    r"^(?:#|\[|\d{4}-\d{2}-\d{2}\b|nurse:|author:|patient:|triage level|arrival mode)"
    r"|(?:year|month|week|day)s?-old\b|\bis a newborn\b|medication review due|\bthe following\b|not recorded"
    # a list of medicines: they stand in a section of their own
    r"|^continue (?:current|usual|regular|home|all) (?:medications?|medicines|meds)\s*:"
    r"|no new diagnoses|no complaints",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:[SOAP]|Chief complaint|Reason for (?:visit|admission))\s*:\s*", re.IGNORECASE)
_KIN = r"daughter|son|wife|husband|partner|mother|father|parents?|family|carer|caregiver|sister|brother|neighbou?r"
# What waits for someone: awaited, undecided, not received, not asked, to be …, planned, considered, and what
# relatives have told, which stands nowhere else in a chart.
_OPEN = re.compile(
    r"\b(?:await\w*|pending|outstanding|undecided|unclear|tbc|consider(?:ed|ing)?|plans to)\b"
    r"|\bplanned(?= (?:for|on|in|to|next|tomorrow)\b|[.;,]|$)"
    r"|(?<!found )(?<!noted )(?<!thought )(?<!known )(?<!felt )(?<!likely )"
    r"\bto be (?:\w+ed|done|seen|given|sent|taken|held)\b"
    r"|\bnot (?:yet|received|done|made|sent|asked|seen|available|back|arranged|booked|decided|restaged)\b"
    r"|\bno (?:referral|reply|answer|result|appointment|decision)\b"
    rf"|\b(?:{_KIN})(?:\s?:|\s(?:says?|said|reports?|reported|states?|noticed|describes?|tells?|told|is worried)\b)",
    re.IGNORECASE,
)
# Without one of these a passage cannot match: a search for plain text costs a hundredth of the pattern's.
_OPEN_HINTS = (
    *("await", "pending", "outstanding", "undecided", "unclear", "tbc", "consider", "plans to", "planned", "to be "),
    *("not ", "no re", "no a", "no d"),
    *("daughter", "son", "wife", "husband", "partner", "mother", "father", "parent", "family", "care", "sister"),
    *("brother", "neighb"),
)


class Rank(IntEnum):
    """How much a sentence is wanted: lower is sooner."""

    OPEN = 0
    CONCLUSION = 1
    PLAN = 2
    FIRST = 3


@dataclass(frozen=True, slots=True)
class NoteSentence:
    """One sentence in the note's own words (check C14)."""

    text: str
    rank: Rank


def note_sentences(passage: str, *, most: int, limit: int) -> list[NoteSentence]:
    """At most `most` sentences and about `limit` characters, in the order of the note, each in its own words.

    What is open goes before the conclusion, the conclusion before the plan; a note without a conclusion gives its
    first telling sentence as well.
    """
    found = list(_ranked(passage[:_PASSAGE_READ]))
    chosen: list[int] = []
    room = limit
    for index in sorted(range(len(found)), key=lambda index: found[index].rank):
        length = min(len(found[index].text), _SENTENCE_LIMIT)
        if len(chosen) < most and (not chosen or length <= room):
            chosen.append(index)
            room -= length
    return [NoteSentence(clip(found[index].text, _SENTENCE_LIMIT), found[index].rank) for index in sorted(chosen)]


def _ranked(text: str) -> Iterator[NoteSentence]:
    """Every sentence of some worth, each once."""
    section: Rank | None = None
    first_wanted = _CONCLUDES.search(text) is None
    listing = False  # under "The following procedures were conducted:"
    seen: set[str] = set()
    whole = text.lower()
    hints = [hint for hint in _OPEN_HINTS if hint in whole]
    for raw in text.splitlines():
        line, section = _section(raw.strip(), section)
        bullet = _BULLET.match(line) if line[:1] in _BULLET_STARTS else None
        listing = listing if bullet else _starts_list(line)
        if not line or (bullet and listing) or not (section is not None or first_wanted or _has(hints, line)):
            continue
        for sentence in sentences(line[bullet.end() :] if bullet else line):
            bare = _LABEL.sub("", sentence)
            rank = Rank.OPEN if _has(hints, bare) and _OPEN.search(bare) else section
            is_first = rank is None and first_wanted and not bullet and len(bare.split()) >= _FEWEST_WORDS
            if (rank is None and not is_first) or bare in seen or _is_empty(bare):
                continue
            first_wanted = first_wanted and not is_first
            seen.add(bare)
            yield NoteSentence(bare, Rank.FIRST if rank is None else rank)


def _has(hints: Sequence[str], text: str) -> bool:
    lower = text.lower()
    return any(hint in lower for hint in hints)


def _is_empty(sentence: str) -> bool:
    return sentence.endswith(":") or " " not in sentence or _EMPTY.search(sentence) is not None


def _starts_list(line: str) -> bool:
    """Whether what follows is a machine's list of what stands elsewhere in the record."""
    return "the following" in line.lower() or line.lower().endswith("careplan:")


def _section(line: str, before: Rank | None) -> tuple[str, Rank | None]:
    """What of a line is text, and the section that it stands in."""
    may_head = line[:1] in _MARKS or ":" in line[:_HEADING_LENGTH] or len(line) < _HEADING_LENGTH
    heading = _HEADING.match(line) if may_head else None
    if heading is None:
        return ("", None) if line.startswith("#") else (line, before)
    section = Rank.CONCLUSION if heading["concludes"] else Rank.PLAN if heading["plans"] else None
    # "Plan: exercise test" stays as it was written; "A:" and "# Plan" are marks of form.
    bare = heading["mark"].strip() or _LETTER.match(line)
    return heading["rest"] if bare or not heading["rest"] else line, section
