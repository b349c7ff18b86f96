"""Allergies beside an order, as far as the chart itself states them: by name, and by a class word that both say.

Which substance belongs to which class is pharmacology, and none of it is here: what was not compared is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry
from tasks.brief import Section, Weight
from tasks.brief_rules.allergies import allergies_in_words, allergy_phrase, is_severe, recorded_allergies, substance
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import names
from tasks.brief_rules.medicine_names import ingredient
from tasks.brief_rules.wording import clip, joined, lowered, noted
from tasks.order_rules.lexicon import CLASSES
from tasks.order_rules.order import Order

_WORDS = re.compile(r"[^\W\d_][\w-]+")
# "CT without contrast" is ordered because of the allergy.
_WITHOUT = re.compile(r"\b(?:without|w/o|wo|no|non)[\s-]+(?:(?:iv|oral)\s+)?\w+|\b\w+[\s-]free\b", re.IGNORECASE)
_FORMS = frozenset({"allergy", "allergies", "intolerance", "product", "substance", "drug", "media", "agent", "dye"})


def allergy_findings_of(chart: Chart, orders: Sequence[Order]) -> list[Finding]:
    """A line for each order that a recorded allergy names, and one for grave allergies to medicines beside the rest."""
    allergies = recorded_allergies(chart)
    findings: list[Finding] = []
    named: set[str] = set()
    for order in orders:
        stated = [entry for entry in allergies if states(entry, order)]
        mentioned = [entry for entry in allergies if entry not in stated and _mentions(entry, order)]
        named |= {entry.id for entry in (*stated, *mentioned)}
        findings += [_named(order, stated)] if stated else []
        findings += [_mentioned(order, entry) for entry in mentioned]
    medicines = [order for order in orders if is_medicine(order)]
    rest = [one for one in allergies if one.id not in named and is_severe(one) and _is_to_medicine(one)]
    return [*findings, *([_beside(rest)] if medicines and rest else [])]


def is_medicine(order: Order) -> bool:
    """Whether a medicine is ordered."""
    return order.resource_type == "MedicationRequest"


def states(allergy: Entry, order: Order) -> bool:
    """Whether an allergy's own words name what is ordered, or both say one class word."""
    ordered = _words(_WITHOUT.sub(" ", order.searched))
    if not ordered:
        return False
    said = _words(f"{names(allergy)} | {allergy.detail.get(Detail.SUBSTANCE, '')}")
    substance_words = _words(substance(allergy)) - _FORMS
    if substance_words and substance_words <= ordered:
        return True
    return any(part <= said for part in _ingredients(order)) or bool(said & ordered & CLASSES)


def _mentions(allergy: Entry, order: Order) -> bool:
    """Whether the note beside an allergy speaks of the medicine: it may say that it was tolerated, so it is quoted."""
    note = _words(allergy.detail.get(Detail.NOTE, ""))
    return any(part <= note for part in _ingredients(order))


def _ingredients(order: Order) -> list[frozenset[str]]:
    """The words of each ingredient of a medicine that is ordered; none for anything else."""
    parts = ingredient(order.title).split(" + ") if is_medicine(order) else []
    return [words for part in parts if (words := _words(part))]


def _named(order: Order, allergies: Sequence[Entry]) -> Finding:
    words = allergies_in_words(allergies)
    return finding(
        Section.ORDERS,
        f"Recorded allergy that names what is ordered ({clip(order.title, 60)})",
        words,
        allergies,
        slot=Slot.ALLERGY,
        urgency=Urgency.CRITICAL_RESULT,
        weight=Weight.CRITICAL,
        phrase=f"recorded: {clip(allergy_phrase(allergies), 45)}",
    )


def _mentioned(order: Order, allergy: Entry) -> Finding:
    return finding(
        Section.ORDERS,
        f"Allergy note that speaks of {clip(lowered(order.title), 60)}",
        joined((allergies_in_words([allergy]), noted(allergy)), "; "),
        [allergy],
        slot=Slot.ALLERGY,
        urgency=Urgency.GRAVE_RESULT,
        weight=Weight.NOTABLE,
        phrase=f"allergy note names {clip(lowered(order.title), 35)}",
    )


def _beside(allergies: Sequence[Entry]) -> Finding:
    words = allergies_in_words(allergies)
    return finding(
        Section.ORDERS,
        "Grave drug allergies on record",
        f"{words}. Compared with the order by name alone, not by drug class",
        allergies,
        slot=Slot.ALLERGY,
        urgency=Urgency.SEVERE_ALLERGY,
        weight=Weight.NOTABLE,
        phrase=f"on record: {clip(allergy_phrase(allergies), 45)}",
    )


def _is_to_medicine(allergy: Entry) -> bool:
    """By its category; without one it may be to anything."""
    category = allergy.detail.get(Detail.CATEGORY, "").lower()
    return not category or "medication" in category or "biologic" in category


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text.lower()))
