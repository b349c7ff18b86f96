"""What a clinician calls the types of the record and the kinds of its facts: one name each, on every surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fhir_adapters.history import Kind


@dataclass(frozen=True, slots=True)
class ResourceName:
    """One of them, and several."""

    singular: str
    plural: str

    def counted(self, count: int) -> str:
        """`1 note`, `2 notes`."""
        return f"{count} {self.singular if count == 1 else self.plural}"


# The types that are read, then others whose absence from the brief a clinician may miss.
TYPE_NAMES: Final[Mapping[str, ResourceName]] = {
    "AllergyIntolerance": ResourceName("allergy", "allergies"),
    "Condition": ResourceName("problem", "problems"),
    "MedicationRequest": ResourceName("medicine order", "medicine orders"),
    "MedicationStatement": ResourceName("medicine statement", "medicine statements"),
    "Observation": ResourceName("result or vital sign", "results and vital signs"),
    "DiagnosticReport": ResourceName("report", "reports"),
    "ImagingStudy": ResourceName("imaging study", "imaging studies"),
    "Procedure": ResourceName("procedure", "procedures"),
    "Encounter": ResourceName("encounter", "encounters"),
    "CarePlan": ResourceName("care plan", "care plans"),
    "Immunization": ResourceName("immunization", "immunizations"),
    "DocumentReference": ResourceName("note", "notes"),
    "FamilyMemberHistory": ResourceName("family history entry", "family history entries"),
    "ServiceRequest": ResourceName("order for a service", "orders for services"),
    "Consent": ResourceName("consent or directive", "consents or directives"),
    "Flag": ResourceName("flag", "flags"),
    "Goal": ResourceName("goal", "goals"),
    "Device": ResourceName("device", "devices"),
    "CareTeam": ResourceName("care team", "care teams"),
    "Specimen": ResourceName("specimen", "specimens"),
}

# In the order in which a model reads them.
KIND_NAMES: Final[Mapping[Kind, ResourceName]] = {
    Kind.ALLERGY: ResourceName("allergy", "allergies and intolerances"),
    Kind.PROBLEM: ResourceName("problem", "problems"),
    Kind.MEDICATION: ResourceName("medicine", "medicines"),
    Kind.RESULT: ResourceName("result", "results"),
    Kind.VITAL: ResourceName("vital sign", "vital signs"),
    Kind.REPORT: ResourceName("report", "reports"),
    Kind.IMAGING: ResourceName("imaging study", "imaging studies"),
    Kind.PROCEDURE: ResourceName("procedure", "procedures"),
    Kind.ORDER: ResourceName("order", "orders"),
    Kind.IMMUNIZATION: ResourceName("immunization", "immunizations"),
    Kind.ENCOUNTER: ResourceName("encounter", "encounters"),
    Kind.CARE_PLAN: ResourceName("care plan", "care plans"),
    Kind.SOCIAL: ResourceName("social history", "social history and surveys"),
    Kind.NOTE: ResourceName("note", "notes"),
}
