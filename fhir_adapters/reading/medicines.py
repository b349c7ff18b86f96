"""The Medication behind a medicationReference, contained or beside it, put where the readers look for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fhir_adapters.reading.concepts import codes_of, label_at, label_of, relative
from fhir_adapters.reading.elements import NOTHING, Element, child, children, text_of
from fhir_adapters.reading.versions import undominated


def medications_by_reference(medications: Iterable[Element]) -> dict[str, Element]:
    """Medications by `Medication/id`, by the urn of the id, and by the whole address where it is of another server.

    Of several versions the newest. Where nothing tells which is newer and they name different medicines, both names
    stand: the order of arrival never decides, and no name is dropped.
    """
    versions: dict[str, list[Element]] = {}
    for medication in medications:
        versions.setdefault(str(medication["id"]), []).append(medication)
    found: dict[str, Element] = {}
    for id_, copies in versions.items():
        medication = copies[0] if len(copies) == 1 else _one_of(undominated(copies))
        found |= {id_: medication} if "://" in id_ else {f"{kind}{id_}": medication for kind in _WAYS}
    return found


_WAYS = ("Medication/", "urn:uuid:")


def with_medicine(resource: Element, medications: Mapping[str, Element]) -> Element:
    """The resource with its referenced Medication's code as medicationCodeableConcept; itself where there is none."""
    target = text_of(child(resource, "medicationReference"), "reference")
    if not target or label_at(resource, "medicationCodeableConcept"):
        return resource
    if target.startswith("#"):
        contained = [
            item
            for item in children(resource, "contained")
            if item.get("id") == target[1:] and item.get("resourceType") == "Medication"
        ]
        medication = _one_of(contained) if contained else NOTHING
    else:
        medication = medications.get(relative(target), NOTHING)
    named = _named(medication)
    return {**resource, "medicationCodeableConcept": named} if named else resource


def _one_of(copies: Sequence[Element]) -> Element:
    """One Medication of several that claim one id: any where they name one medicine, else all their names."""
    ordered = sorted(copies, key=lambda copy: [(code.system, code.code) for code in codes_of(_named(copy))])
    by_name = {label_of(named): copy for copy in ordered if (named := _named(copy))}
    if len(by_name) > 1:
        return {"code": {"text": " or ".join(sorted(by_name))}}
    return next(iter(by_name.values()), NOTHING)


def _named(medication: Element) -> Element:
    """The concept that names a Medication. Only an object: `code` may be anything else that a broken system wrote."""
    return child(medication, "code") or _ingredients(medication)


def _ingredients(medication: Element) -> Element:
    """A mixture has no code of its own."""
    names = [label_at(item, "itemCodeableConcept") for item in children(medication, "ingredient")]
    said = " / ".join(name for name in names if name)
    return {"text": said} if said else NOTHING
