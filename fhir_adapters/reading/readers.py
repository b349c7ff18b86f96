"""Which reader reads which FHIR type, which types are looked up only, and which are none of a history's business."""

from __future__ import annotations

from fhir_adapters.reading.allergies import read_allergy
from fhir_adapters.reading.care_plans import read_care_plan
from fhir_adapters.reading.documents import read_document
from fhir_adapters.reading.draft import Reader
from fhir_adapters.reading.encounters import read_encounter
from fhir_adapters.reading.imaging_studies import read_imaging_study
from fhir_adapters.reading.immunizations import read_immunization
from fhir_adapters.reading.medications import read_medication_request, read_medication_statement
from fhir_adapters.reading.observations import read_observation
from fhir_adapters.reading.problems import read_condition
from fhir_adapters.reading.procedures import read_procedure
from fhir_adapters.reading.reports import read_report
from fhir_adapters.reading.service_requests import read_service_request

READERS: dict[str, Reader] = {
    "AllergyIntolerance": read_allergy,
    "CarePlan": read_care_plan,
    "Condition": read_condition,
    "DiagnosticReport": read_report,
    "DocumentReference": read_document,
    "Encounter": read_encounter,
    "ImagingStudy": read_imaging_study,
    "Immunization": read_immunization,
    "MedicationRequest": read_medication_request,
    "MedicationStatement": read_medication_statement,
    "Observation": read_observation,
    "Procedure": read_procedure,
}
# Read where a caller asked for the type: an order tells what somebody wanted, and a summary needs what was.
ORDER_READERS: dict[str, Reader] = {"ServiceRequest": read_service_request}

# Who treated, where, and who pays: no fact about the patient's health, so leaving them out is not worth a clinician's
# line. Everything else that is not read is counted.
ADMINISTRATIVE = frozenset(
    {
        "Account",
        "Claim",
        "ClaimResponse",
        "Coverage",
        "Endpoint",
        "ExplanationOfBenefit",
        "HealthcareService",
        "Location",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Provenance",
    }
)
