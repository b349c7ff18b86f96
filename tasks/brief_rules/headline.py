"""What of a brief reaches the card: phrases for its summary line, and the three lines under it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tasks.brief_rules.finding import Finding, Slot, Urgency

TOP = 3
_PHRASES = 8
_REPEAT = 13  # each further line of the same slot steps back this far, so that one organ does not fill the card


def headline(findings: Sequence[Finding], ranked: Sequence[int]) -> tuple[str, ...]:
    """The phrases, most important first."""
    phrases = [findings[index].phrase for index in ranked if findings[index].phrase]
    return tuple(dict.fromkeys(phrases))[:_PHRASES]


def top_three(findings: Sequence[Finding], by_rank: Sequence[int]) -> tuple[int, ...]:
    """Indices of the three lines for the card, gravest first; none that repeats entries another one has told.

    A recorded allergy always has a place (screens: allergies are always shown).
    """
    ranked = [index for index in by_rank if findings[index].urgency is not Urgency.NEVER]
    allergy = next((index for index in ranked if findings[index].slot is Slot.ALLERGY), None)
    places = TOP if allergy is None else TOP - 1
    chosen: list[int] = []
    told: set[str] = set()
    for index in ranked:
        cited = set(findings[index].line.entry_ids)
        if len(chosen) < places and index != allergy and not (cited and cited <= told):
            chosen.append(index)
            told |= cited
    if allergy is not None:
        chosen.append(allergy)
    return tuple(sorted(chosen, key=ranked.index))


def ranked_for_card(findings: Sequence[Finding]) -> list[int]:
    """Indices by urgency; further lines of a slot step back, so that a second result waits for medicine and allergy.

    Equal ones keep their reading order.
    """
    by_urgency = sorted(range(len(findings)), key=lambda index: findings[index].urgency)
    seen: Counter[Slot] = Counter()
    place: dict[int, int] = {}
    for index in by_urgency:
        slot = findings[index].slot
        place[index] = findings[index].urgency + _REPEAT * seen[slot]
        seen[slot] += 1
    return sorted(by_urgency, key=place.__getitem__)
