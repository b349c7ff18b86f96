"""Whose resource is it? The wrong-patient guard of gathering (T24); it has no switch."""

from __future__ import annotations

from enum import Enum, auto

from fhir_adapters.history import Reason
from fhir_adapters.reading.concepts import relative
from fhir_adapters.reading.draft import LeftOut
from fhir_adapters.reading.elements import Element, child

_FIELDS = {"AllergyIntolerance": "patient", "Immunization": "patient"}  # all other types read here say `subject`


class Owner(Enum):
    """Who a resource says it is about."""

    OURS = auto()
    OTHER = auto()
    UNSAID = auto()


NO_SUBJECT = LeftOut(Reason.UNREADABLE, "no subject")


def owner_of(resource: Element, resource_type: str, patient_id: str) -> Owner:
    """Whose a resource is: a relative or absolute reference to our Patient, in any version, or the urn of its id.

    A logical, conditional or contained reference proves nothing, and neither does a urn that names nobody we know.
    """
    target = child(resource, _FIELDS.get(resource_type, "subject")).get("reference")
    if not isinstance(target, str):
        return Owner.UNSAID
    if target == f"Patient/{patient_id}":
        return Owner.OURS
    target = target.strip()
    if target.startswith("urn:uuid:"):
        return Owner.OURS if target.removeprefix("urn:uuid:") == patient_id else Owner.UNSAID
    kind, slash, id_ = relative(target).partition("/")
    if kind != "Patient" or not slash or not id_:
        return Owner.UNSAID
    return Owner.OURS if id_ == patient_id else Owner.OTHER


def names_another_patient(resource: Element, patient_id: str) -> bool:
    """Whether a resource of a type that is not read here is plainly somebody else's."""
    return any(
        owner_of({"subject": resource.get(name)}, "", patient_id) is Owner.OTHER for name in ("subject", "patient")
    )
