"""A line of the brief, with what it is worth on a card that holds three."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from fhir_adapters.history import Entry
from tasks.brief import BriefLine, Section, Weight
from tasks.brief_rules.marks import may_differ, unread
from tasks.brief_rules.wording import joined

PHRASE_LIMIT = 59  # a headline phrase stays under 60 characters


class Slot(StrEnum):
    """What a line speaks of: the three lines of a card speak of different things where they can."""

    RESULT = "result"
    IMAGING = "imaging"
    MEDICINE = "medicine"
    ALLERGY = "allergy"
    DIRECTIVE = "directive"
    EVENT = "event"
    PROBLEM = "problem"
    RECORD = "record"  # about the record itself


class Urgency(IntEnum):
    """The order in which lines reach for the card: lower is sooner."""

    CRITICAL_RESULT = 10
    NEW_IMAGING = 15
    DIRECTIVE = 25
    GRAVE_RESULT = 30
    PREGNANCY = 35
    HIGH_RISK_MEDICINE = 40
    RELEVANT_MEDICINE = 42
    SEVERE_ALLERGY = 45
    NEW_STAY = 50
    ABNORMAL_RESULT = 55
    NEW_PROBLEM = 58
    MAJOR_PROBLEM = 60
    OTHER_ALLERGY = 65
    RECENT_EVENT = 68
    OTHER_RESULT = 69
    TREND = 70
    OLD_RESULT = 77
    MEDICINE = 75
    PROBLEM = 80
    NEUTRAL_TREND = 85
    BACKGROUND = 90
    NEVER = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line and its claim to the card."""

    line: BriefLine
    slot: Slot
    urgency: Urgency = Urgency.NEVER
    phrase: str = ""  # for the card's summary line, under 60 characters; empty where it has none


def finding(
    section: Section,
    lead: str,
    text: str,
    entries: Sequence[Entry],
    *,
    slot: Slot,
    urgency: Urgency = Urgency.NEVER,
    weight: Weight = Weight.PLAIN,
    phrase: str = "",
) -> Finding:
    """A finding whose line cites each of `entries` once, in the order given.

    Whatever a rule says, a cited entry with a modifier that is not understood is marked as such, and makes no phrase.
    """
    cited = tuple(dict.fromkeys(entry.id for entry in entries))
    if any(entry.unread_modifier for entry in entries):
        untold = unread(entries, text)
        text = joined((text, untold), "; ")
        phrase = "" if (untold and any(map(may_differ, entries))) or all(map(may_differ, entries)) else phrase
    line = BriefLine(section=section, lead=lead, text=text, entry_ids=cited, weight=weight)
    return Finding(line=line, slot=slot, urgency=urgency, phrase=phrase if len(phrase) <= PHRASE_LIMIT else "")


def change(
    lead: str,
    text: str,
    entries: Iterable[Entry],
    *,
    urgency: Urgency = Urgency.NEVER,
    weight: Weight = Weight.PLAIN,
    phrase: str = "",
) -> Finding:
    """A finding of what changed."""
    return finding(
        Section.CHANGES, lead, text, list(entries), slot=Slot.EVENT, urgency=urgency, weight=weight, phrase=phrase
    )
