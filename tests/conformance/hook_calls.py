"""A lawful call of any service that discovery lists: a context of its hook, and a prefetch of its own templates."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from hook_desk import USER, allergy, bundle, condition, observation, patient

from fhir_adapters.prefetch import type_of

ENCOUNTER = "enc1"


def order(patient_id: str = "p1", id: str = "order1") -> dict[str, Any]:
    """A draft order, as an EHR holds it before it is signed."""
    return {
        "resourceType": "ServiceRequest",
        "id": id,
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient_id}"},
        "code": {"text": "CT of the head", "coding": [{"system": "http://loinc.org", "code": "24725-4"}]},
    }


def appointment(patient_id: str = "p1") -> dict[str, Any]:
    """A visit that is being booked."""
    return {
        "resourceType": "Appointment",
        "id": "app1",
        "status": "proposed",
        "participant": [{"actor": {"reference": f"Patient/{patient_id}"}, "status": "accepted"}],
    }


def context(hook: str, patient_id: str = "p1") -> dict[str, Any]:
    """Every member that the hook's definition has (cds-hooks.md 7)."""
    seen = {"userId": USER, "patientId": patient_id, "encounterId": ENCOUNTER}
    drafts = bundle(order(patient_id), type="collection")
    more: dict[str, dict[str, Any]] = {
        "patient-view": seen,
        "order-select": seen | {"selections": ["ServiceRequest/order1"], "draftOrders": drafts},
        "order-sign": seen | {"draftOrders": drafts},
        "order-dispatch": {
            "patientId": patient_id,
            "dispatchedOrders": ["ServiceRequest/order1"],
            "performer": "Organization/imaging",
        },
        "encounter-start": seen,
        "appointment-book": seen | {"appointments": bundle(appointment(patient_id), type="collection")},
        "encounter-discharge": seen,
    }
    return more[hook]


def body(service: Mapping[str, Any], patient_id: str = "p1", **changes: Any) -> dict[str, Any]:
    """What an EHR posts that fills every template of the service; `...` leaves a member out."""
    made = {
        "hook": service["hook"],
        "hookInstance": str(uuid.uuid4()),
        "context": context(service["hook"], patient_id),
        "prefetch": prefetch(service, patient_id),
    } | changes
    return {name: value for name, value in made.items() if value is not ...}


def prefetch(service: Mapping[str, Any], patient_id: str = "p1") -> dict[str, Any]:
    """An answer to each template."""
    return {key: answer_to(template, patient_id) for key, template in service.get("prefetch", {}).items()}


def answer_to(template: str, patient_id: str) -> Any:
    """What the client's own server would return for it."""
    kind = type_of(template)
    if kind == "Patient":
        return patient(patient_id)
    made = {"Condition": condition, "AllergyIntolerance": allergy, "Observation": observation}.get(kind)
    found = [made(patient_id)] if made else []
    if "?" in template:
        return bundle(*found)
    return {
        "resourceType": kind,
        "id": ENCOUNTER,
        "status": "in-progress",
        "subject": {"reference": f"Patient/{patient_id}"},
    }


def leaves(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value of a JSON document that is no object and no list, with its place."""
    inside: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else None
    if inside is None:
        yield path, node
        return
    for name, value in inside:
        yield from leaves(value, (*path, name))
