"""The published hooks and what their context must and may hold, with synthetic values for each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ENCOUNTER: Final = "doctor-synthetic-encounter"
ORDER: Final = "doctor-synthetic-order"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookShape:
    """The fields of a hook's context, by name."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


_USER_AND_PATIENT: Final = ("userId", "patientId")
_ENCOUNTER: Final = ("encounterId",)

# https://cds-hooks.hl7.org/hooks/ and the hook library behind it.
SHAPES: Final[Mapping[str, HookShape]] = {
    "patient-view": HookShape(required=_USER_AND_PATIENT, optional=_ENCOUNTER),
    "order-select": HookShape(required=(*_USER_AND_PATIENT, "selections", "draftOrders"), optional=_ENCOUNTER),
    "order-sign": HookShape(required=(*_USER_AND_PATIENT, "draftOrders"), optional=_ENCOUNTER),
    "order-dispatch": HookShape(
        required=("patientId", "dispatchedOrders", "performer"), optional=("fulfillmentTasks",)
    ),
    "appointment-book": HookShape(required=(*_USER_AND_PATIENT, "appointments"), optional=_ENCOUNTER),
    "encounter-start": HookShape(required=(*_USER_AND_PATIENT, *_ENCOUNTER)),
    "encounter-discharge": HookShape(required=(*_USER_AND_PATIENT, *_ENCOUNTER)),
    "allergyintolerance-create": HookShape(required=(*_USER_AND_PATIENT, "allergyIntolerance"), optional=_ENCOUNTER),
    "problem-list-item-create": HookShape(required=(*_USER_AND_PATIENT, "conditions"), optional=_ENCOUNTER),
    "medication-refill": HookShape(required=("patientId", "medications"), optional=("userId", *_ENCOUNTER)),
    "medication-verify": HookShape(required=(*_USER_AND_PATIENT, "medication"), optional=_ENCOUNTER),
}


def context_for(hook: str, chart: Mapping[str, tuple[dict[str, Any], ...]]) -> dict[str, Any]:
    """A whole context of this hook about the synthetic patient. KeyError for a hook that is not published."""
    shape = SHAPES[hook]
    drafts = _bundle(chart["ServiceRequest"])
    values: dict[str, Any] = {
        "userId": f"Practitioner/{chart['Practitioner'][0]['id']}",
        "patientId": chart["Patient"][0]["id"],
        "encounterId": ENCOUNTER,
        "selections": [f"ServiceRequest/{ORDER}"],
        "draftOrders": drafts,
        "dispatchedOrders": [f"ServiceRequest/{ORDER}"],
        "performer": "Organization/doctor-synthetic-laboratory",
        "fulfillmentTasks": list(chart["Task"]),
        "appointments": _bundle(chart["Appointment"]),
        "allergyIntolerance": chart["AllergyIntolerance"][0],
        "conditions": _bundle(chart["Condition"]),
        "medications": _bundle(chart["MedicationRequest"]),
        "medication": chart["MedicationRequest"][0],
    }
    return {name: values[name] for name in (*shape.required, *shape.optional)}


def _bundle(resources: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
