"""Small FHIR resources for tests, and the short way from one of them to its entry."""

from __future__ import annotations

from typing import Any

from fhir_adapters.history import Coverage, Entry, Gathered, Omission
from fhir_adapters.reading import read_history

PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p1"}
OURS = {"reference": "Patient/p1"}
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"


def concept(text: str = "", *, code: str = "", system: str = SNOMED, display: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {"text": text} if text else {}
    if code:
        made["coding"] = [{"system": system, "code": code, **({"display": display} if display else {})}]
    return made


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"code": code}]}


def resource(kind: str, id: str = "r1", **elements: Any) -> dict[str, Any]:
    subject = "patient" if kind in {"AllergyIntolerance", "Immunization"} else "subject"
    return {"resourceType": kind, "id": id, subject: OURS, **elements}


def observation(id: str = "r1", **elements: Any) -> dict[str, Any]:
    return resource("Observation", id, **{"status": "final", "code": concept("Sodium"), **elements})


def quantity(value: Any, unit: str = "", **more: Any) -> dict[str, Any]:
    return {"value": value, **({"unit": unit} if unit else {}), **more}


def gather(*resources: object, **arguments: Any) -> Gathered:
    coverage = arguments.pop("coverage", {})
    return read_history([PATIENT, *resources], patient_id="p1", coverage=coverage, **arguments)


def entry_of(*resources: object) -> Entry:
    """The one entry that these resources make."""
    history = gather(*resources).history
    assert len(history.entries) == 1, [str(omission) for omission in history.omissions]
    return history.entries[0]


def omission_of(*resources: object) -> Omission:
    """The one omission that these resources make, and no entry."""
    history = gather(*resources).history
    assert not history.entries
    (omission,) = history.omissions
    return omission


def whole(*kinds: str) -> dict[str, Coverage]:
    return dict.fromkeys(kinds, Coverage.WHOLE)
