"""The Medication behind a medicationReference, contained or beside it, put where the readers look for it."""

from __future__ import annotations

from collections.abc import Mapping

from fhir_adapters.reading.concepts import label_at, relative
from fhir_adapters.reading.elements import NOTHING, Element, child, children, text_of


def with_medicine(resource: Element, medications: Mapping[str, Element]) -> Element:
    """The resource with its referenced Medication's code as medicationCodeableConcept; itself where there is none."""
    target = text_of(child(resource, "medicationReference"), "reference")
    if not target or "medicationCodeableConcept" in resource:
        return resource
    if target.startswith("#"):
        contained = (item for item in children(resource, "contained") if item.get("id") == target[1:])
        medication: Element = next(contained, NOTHING)
    else:
        medication = medications.get(relative(target).removeprefix("urn:uuid:"), NOTHING)
    named = child(medication, "code") or _ingredients(medication)
    return {**resource, "medicationCodeableConcept": named} if named else resource


def _ingredients(medication: Element) -> Element:
    """A mixture has no code of its own."""
    names = [label_at(item, "itemCodeableConcept") for item in children(medication, "ingredient")]
    said = " / ".join(name for name in names if name)
    return {"text": said} if said else NOTHING
