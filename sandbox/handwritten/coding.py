"""The vocabularies that the charts are coded in, and the shapes of FHIR that every chart repeats."""

import uuid
from typing import Any

Json = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
CLINICIAN: Json = {"reference": "Practitioner/example-1", "display": "Example clinician"}
SOP_CLASSES = {
    "CR": "1.2.840.10008.5.1.4.1.1.1",
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
}
MODALITY_NAMES = {"CR": "Computed Radiography", "CT": "Computed Tomography", "MR": "Magnetic Resonance"}


def concept(system: str, code: str, display: str) -> Json:
    """A concept with one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def coded(system: str, code: str, text: str) -> Json:
    """A concept with its text, and with a code where one is given."""
    return {"coding": [{"system": system, "code": code}], "text": text} if code else {"text": text}


def condition_check(status: str) -> Json:
    """How sure a condition is: its verification status."""
    return {"coding": [{"system": f"{TERMINOLOGY}/condition-ver-status", "code": status}]}


def times(per_day: int) -> Json:
    """So many times each day."""
    return {"repeat": {"frequency": per_day, "period": 1, "periodUnit": "d"}}


def dose(amount: float, unit: str) -> list[Json]:
    """One amount, in its UCUM unit."""
    name = "microgram" if unit == "ug" else unit
    return [{"doseQuantity": {"value": amount, "unit": name, "system": UCUM, "code": unit}}]


def oral(text: str, amount: float, unit: str, per_day: int) -> Json:
    """A dosage by mouth."""
    as_needed = {"asNeededBoolean": True} if "as needed" in text else {}
    return {"text": text, "timing": times(per_day), **as_needed, "route": ORAL, "doseAndRate": dose(amount, unit)}


def at(when: str, clock: str = "09:15:00") -> str:
    """A date as a time, at a fixed hour."""
    return f"{when}T{clock}Z"


def dicom_uid(name: str) -> str:
    """A DICOM identifier under 2.25, always the same for one name."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}"


def hyphenated(kind: str) -> str:
    """`MedicationRequest` as `medication-request`."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("-")


ORAL = concept(SNOMED, "26643006", "Oral route")
ENCOUNTER_DIAGNOSIS = concept(f"{TERMINOLOGY}/condition-category", "encounter-diagnosis", "Encounter Diagnosis")
