"""Orders and what a chart may hold of them, as synthetic FHIR."""

from __future__ import annotations

from typing import Any

OURS = {"reference": "Patient/p1"}
LOINC = "http://loinc.org"


def service(number: int, text: str, code: str = "", **changes: Any) -> dict[str, Any]:
    coding = {"coding": [{"system": LOINC, "code": code}]} if code else {}
    return {
        "resourceType": "ServiceRequest",
        "id": f"s{number}",
        "status": "draft",
        "intent": "order",
        "subject": OURS,
        "code": {"text": text} | coding,
    } | changes


def medicine(number: int, text: str, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": "draft",
        "intent": "order",
        "subject": OURS,
        "medicationCodeableConcept": {"text": text},
    } | changes


def drafts(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def allergy(text: str, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"a-{text.split(maxsplit=1)[0].lower()}",
        "patient": OURS,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"text": text},
    } | changes


def result(  # noqa: PLR0917 - as a laboratory writes it, in its order
    number: int, text: str, code: str, value: float, unit: str, day: str, **changes: Any
) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "subject": OURS,
        "effectiveDateTime": day,
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": text, "coding": [{"system": LOINC, "code": code}]},
        "valueQuantity": {"value": value, "unit": unit},
    } | changes


def report(number: int, text: str, day: str, conclusion: str, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": f"r{number}",
        "status": "final",
        "subject": OURS,
        "category": [{"text": "Radiology"}],
        "code": {"text": text},
        "effectiveDateTime": day,
        "conclusion": conclusion,
    } | changes
