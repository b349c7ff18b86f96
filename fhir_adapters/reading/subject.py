"""Whose resource is it? The wrong-patient guard of gathering (T24); it has no switch.

Ours is `Patient/<id>`, alone or with `/_history/<version>`, and the urn of its id. References to our server's own base
were made relative where they arrived (`fhir_adapters.home_base`), so an absolute one means another server.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from fhir_adapters.reading.elements import Element, child, children
from fhir_adapters.types import TYPES

_SUBJECTS = {name: row.subject for name, row in TYPES.items()}
_CLEAN = re.compile(r"Patient/(?P<id>[A-Za-z0-9._-]{1,128})(?:/_history/[A-Za-z0-9._-]{1,128})?", re.ASCII)
# On any base: a reference to another server's patient is found too, so that the reader drops it and says so.
_ANY_BASE = re.compile(r"(?:.*/)?Patient/(?P<id>[^/]+)(?:/_history/[^/]+)?")
# Some Patient is meant, in a form that does not say for certain which: on another base, with a query, a fragment or
# more segments.
_SOME_PATIENT = re.compile(r"(?:^|[^A-Za-z])patient\s*[/?#|\\%].", re.IGNORECASE)


class Owner(Enum):
    """Who a resource says it is about."""

    OURS = auto()
    OTHER = auto()
    UNCLEAR = auto()  # somebody is named, and whether that is our patient nobody can tell: never used, and an alarm
    UNSAID = auto()


def owner_of(resource: Element, resource_type: str, patient_id: str) -> Owner:
    """Whose a resource is, by everything that it says: where two of its words disagree, it is not ours.

    A logical, conditional or contained reference proves nothing, and neither does a urn that names nobody we know.
    """
    field = _SUBJECTS.get(resource_type, "subject")
    owner = _said_by(resource.get(field), resource, patient_id)
    beside = "patient" if field == "subject" else "subject"
    if beside not in resource:
        return owner
    also = _said_by(resource[beside], resource, patient_id)
    if also not in {Owner.OTHER, Owner.UNCLEAR} or owner is also:
        return owner
    return also if owner is Owner.UNSAID else Owner.UNCLEAR


def patient_named(resource: Element, resource_type: str) -> str:
    """The id of the patient whom a server's search would find a resource by; empty where it names none.

    Whether it is that patient's is not said by this: `owner_of` decides.
    """
    field = _SUBJECTS.get(resource_type, "subject")
    for name in (field, "patient" if field == "subject" else "subject"):
        target = child(resource, name).get("reference")
        found = _ANY_BASE.fullmatch(target.strip()) if isinstance(target, str) else None
        if found:
            return found["id"]
    return ""


def names_another_patient(resource: Element, patient_id: str) -> bool:
    """Whether a resource of a type that is not read here is somebody else's, or may be."""
    return any(
        _said_by(resource[name], resource, patient_id) in {Owner.OTHER, Owner.UNCLEAR}
        for name in ("subject", "patient")
        if name in resource
    )


def _said_by(value: object, resource: Element, patient_id: str) -> Owner:
    """What one Reference says, or a list of them where FHIR has one: all must say the same."""
    if isinstance(value, dict):
        target = value.get("reference")
        if isinstance(target, str):
            return _meant(target, resource, patient_id)
        value = target
    if not isinstance(value, list):
        return Owner.UNSAID
    said = {_said_in_list(item, resource, patient_id) for item in value}
    if len(said) == 1:
        return said.pop()
    return Owner.UNCLEAR if said else Owner.UNSAID


def _said_in_list(item: object, resource: Element, patient_id: str) -> Owner:
    """One of several. A list within a list is nothing that anybody writes."""
    target = item.get("reference") if isinstance(item, dict) else item
    return _meant(target, resource, patient_id) if isinstance(target, str) else Owner.UNSAID


def _meant(target: str, resource: Element, patient_id: str) -> Owner:
    if target == f"Patient/{patient_id}":
        return Owner.OURS
    target = target.strip()
    clean = _CLEAN.fullmatch(target)
    if clean:
        return Owner.OURS if clean["id"] == patient_id else Owner.OTHER
    if target.startswith("urn:uuid:"):
        return Owner.OURS if target.removeprefix("urn:uuid:") == patient_id else Owner.UNSAID
    if _SOME_PATIENT.search(target) or _is_contained_patient(target, resource):
        return Owner.UNCLEAR
    return Owner.UNSAID


def _is_contained_patient(target: str, resource: Element) -> bool:
    """A Patient within the resource has no identity of its own, and is not the one beside it."""
    return target.startswith("#") and any(
        item.get("resourceType") == "Patient" and item.get("id") == target[1:]
        for item in children(resource, "contained")
    )
