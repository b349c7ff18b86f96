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
from tasks.brief_rules.medicine_names import ingredients
from tasks.brief_rules.wording import clip, joined, lowered, noted
from tasks.order_rules.lexicon import classes_in, modality_of
from tasks.order_rules.order import Order

_WORDS = re.compile(r"[^\W\d_]\w+")  # "amoxicillin-clavulanate" is two
# "CT without contrast" is ordered because of the allergy.
_WITHOUT = re.compile(r"\b(?:without|w/o|wo|no|non)[\s-]+(?:(?:iv|oral)\s+)?\w+|\b\w+[\s-]free\b", re.IGNORECASE)
# A test for an allergy gives nothing of the substance that it names.
_TESTED = re.compile(r"\b(?:ige|rast|allergens?|allergy test(?:ing|s)?|patch test(?:ing|s)?)\b", re.IGNORECASE)
_CONTRAST = "contrast"
_PHRASE_LIMIT = 45
# What one kind of imaging gives, and the words by which an allergy is to the medium of the other kind.
_OTHER_MEDIUM = {"MRI": ("iodin", "gadolin"), "CT": ("gadolin", "iodin")}
_FORMS = frozenset({"allergy", "allergies", "intolerance", "product", "substance", "drug", "media", "agent", "dye"})


def allergy_findings_of(chart: Chart, orders: Sequence[Order]) -> list[Finding]:
    """A line for each order that a recorded allergy names, and one for grave allergies to medicines beside the rest."""
    allergies = recorded_allergies(chart)
    findings: list[Finding] = []
    named: set[str] = set()
    for order in orders:
        stated = [entry for entry in allergies if states(entry, order)]
        mentioned = [entry for entry in allergies if entry not in stated and _mentions(entry, order)]
        other = [entry for entry in allergies if entry not in stated and _is_other_contrast(entry, order)]
        named |= {entry.id for entry in (*stated, *mentioned, *other)}
        findings += [_named(order, stated)] if stated else []
        findings += [_mentioned(order, entry) for entry in mentioned]
        findings += [_other_contrast(order, other)] if other else []
    medicines = [order for order in orders if is_medicine(order)]
    rest = [one for one in allergies if one.id not in named and is_severe(one) and _is_to_medicine(one)]
    return [*findings, *([_beside(rest)] if medicines and rest else [])]


def is_medicine(order: Order) -> bool:
    """Whether a medicine is ordered."""
    return order.resource_type == "MedicationRequest"


def gives_contrast(order: Order) -> bool:
    """Whether imaging with a contrast medium is ordered."""
    return bool(modality_of(order.searched)) and _CONTRAST in _given(order)


def states(allergy: Entry, order: Order) -> bool:
    """Whether an allergy's own words name what is ordered, or both say one class word."""
    ordered = _given(order)
    if not ordered:
        return False
    said = _words(_said(allergy))
    substance_words = _words(substance(allergy)) - _FORMS
    if substance_words and substance_words <= ordered:
        return True
    return any(part <= said for part in _ingredients(order)) or bool(_shared_classes(allergy, order))


def _given(order: Order) -> frozenset[str]:
    """The words of what is ordered and given: none of a test for an allergy, nor of what is to be left out."""
    tested = not is_medicine(order) and _TESTED.search(order.searched)
    return frozenset() if tested else _words(_WITHOUT.sub(" ", order.searched))


def _shared_classes(allergy: Entry, order: Order) -> frozenset[str]:
    """The class words that both say; "contrast" is none where the allergy names another medium than is given here."""
    both = classes_in(_words(_said(allergy))) & classes_in(_given(order))
    return both - {_CONTRAST} if _is_to_other_medium(allergy, order) else both


def _is_other_contrast(allergy: Entry, order: Order) -> bool:
    return gives_contrast(order) and _CONTRAST in _words(_said(allergy)) and _is_to_other_medium(allergy, order)


def _is_to_other_medium(allergy: Entry, order: Order) -> bool:
    other, own = _OTHER_MEDIUM.get(modality_of(order.searched), ("", ""))
    said = _said(allergy).lower()
    return bool(other) and other in said and own not in said


def _said(allergy: Entry) -> str:
    return f"{names(allergy)} | {allergy.detail.get(Detail.SUBSTANCE, '')}"


def _mentions(allergy: Entry, order: Order) -> bool:
    """Whether the note beside an allergy speaks of the medicine: it may say that it was tolerated, so it is quoted."""
    note = _words(allergy.detail.get(Detail.NOTE, ""))
    return any(part <= note for part in _ingredients(order))


def _ingredients(order: Order) -> list[frozenset[str]]:
    """The words of each ingredient of a medicine that is ordered; none for anything else."""
    parts = ingredients(order.title) if is_medicine(order) else ()
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
        phrase=f"recorded: {_brief_phrase(allergies)}",
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


def _other_contrast(order: Order, allergies: Sequence[Entry]) -> Finding:
    note = f"By its name not the kind that {modality_of(order.searched)} is given with"
    return _on_record("Allergy to another contrast medium", allergies, note=note)


def _brief_phrase(allergies: Sequence[Entry]) -> str:
    """The phrase, or what stands before its last comma: no word of how grave it is gets cut."""
    phrase = allergy_phrase(allergies)
    return phrase if len(phrase) <= _PHRASE_LIMIT else clip(phrase.rpartition(", ")[0] or phrase, _PHRASE_LIMIT)


def _beside(allergies: Sequence[Entry]) -> Finding:
    lead = (
        "Grave drug allergies on record" if all(map(_is_said_of_medicine, allergies)) else "Grave allergies on record"
    )
    return _on_record(lead, allergies, note="Compared with the order by name alone, not by drug class")


def _on_record(lead: str, allergies: Sequence[Entry], *, note: str) -> Finding:
    return finding(
        Section.ORDERS,
        lead,
        f"{allergies_in_words(allergies)}. {note}",
        allergies,
        slot=Slot.ALLERGY,
        urgency=Urgency.SEVERE_ALLERGY,
        weight=Weight.NOTABLE,
        phrase=f"on record: {_brief_phrase(allergies)}",
    )


def _is_to_medicine(allergy: Entry) -> bool:
    """By its category; without one it may be to anything."""
    return not allergy.detail.get(Detail.CATEGORY) or _is_said_of_medicine(allergy)


def _is_said_of_medicine(allergy: Entry) -> bool:
    category = allergy.detail.get(Detail.CATEGORY, "").lower()
    return "medication" in category or "biologic" in category


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text.lower()))
