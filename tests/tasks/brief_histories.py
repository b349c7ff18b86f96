"""Small histories for the tests of the brief, read from FHIR dicts by the real reading."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from fhir_adapters.history import Coverage, Omission, PatientHistory
from fhir_adapters.reading import read_history
from tasks.brief import BriefLine, ChartBrief, Section
from tasks.chart_brief import write_brief

Json = dict[str, Any]

AS_OF = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TYPES = (
    *("AllergyIntolerance", "Condition", "MedicationRequest", "MedicationStatement", "Observation"),
    *("DiagnosticReport", "ImagingStudy", "Procedure", "Encounter", "CarePlan", "Immunization", "DocumentReference"),
)
WHOLE = dict.fromkeys(TYPES, Coverage.WHOLE)
LOINC, SNOMED, RXNORM = "http://loinc.org", "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
_IDS = count(1)


def history(
    *resources: Json,
    coverage: Mapping[str, Coverage] = WHOLE,
    omissions: Sequence[Omission] = (),
    **patient: Any,
) -> PatientHistory:
    """The history of one patient, whose Patient resource may be given more members."""
    person = {"resourceType": "Patient", "id": "p1", "birthDate": "1950-02-03", "gender": "female", **patient}
    return read_history([person, *resources], patient_id="p1", coverage=coverage, omissions=omissions).history


def brief(*resources: Json, **more: Any) -> ChartBrief:
    """The brief of such a history."""
    return write_brief(history(*resources, **more), as_of=AS_OF)


def lines(written: ChartBrief, section: Section) -> list[str]:
    """The lines of a section as text."""
    return [line.plain for line in written.of(section)]


def line_with(written: ChartBrief, words: str) -> BriefLine:
    """The one line that holds `words`."""
    (found,) = [line for line in written.lines if words in line.plain]
    return found


def resource(kind: str, **members: Any) -> Json:
    """A resource of the patient with an id of its own."""
    about = "patient" if kind in {"AllergyIntolerance", "Immunization"} else "subject"
    return {"resourceType": kind, "id": f"r{next(_IDS)}", about: {"reference": "Patient/p1"}, **members}


def coded(system: str, code: str, text: str) -> Json:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text} if code else {"text": text}


def allergy(text: str, *, status: str = "active", reaction: str = "", severity: str = "", **members: Any) -> Json:
    """An AllergyIntolerance; status empty for none."""
    manifestation = {"manifestation": [{"text": reaction}], **({"severity": severity} if severity else {})}
    return resource(
        "AllergyIntolerance",
        **{
            "code": {"text": text},
            **({"clinicalStatus": {"coding": [{"code": status}]}} if status else {}),
            **({"reaction": [manifestation]} if reaction else {}),
            **members,
        },
    )


def no_known_allergies(**members: Any) -> Json:
    """The explicit statement."""
    return allergy("", **{"code": coded(SNOMED, "716186003", "No known allergy"), **members})


def problem(text: str, *, onset: str = "", status: str = "active", code: str = "", **members: Any) -> Json:
    """A Condition; status empty for none."""
    return resource(
        "Condition",
        **{
            "code": coded(SNOMED, code, text),
            **({"clinicalStatus": {"coding": [{"code": status}]}} if status else {}),
            **({"onsetDateTime": onset} if onset else {}),
            **members,
        },
    )


def order(text: str, *, dose: str = "", since: str = "2024-01-02", status: str = "active", **members: Any) -> Json:
    """A MedicationRequest."""
    return resource(
        "MedicationRequest",
        status=status,
        intent=members.pop("intent", "order"),
        medicationCodeableConcept=coded(RXNORM, members.pop("code", ""), text),
        authoredOn=since,
        **({"dosageInstruction": [{"text": dose}]} if dose else {}),
        **members,
    )


def statement(text: str, *, dose: str = "", since: str = "2024-01-02", status: str = "active", **members: Any) -> Json:
    """A MedicationStatement."""
    return resource(
        "MedicationStatement",
        status=status,
        medicationCodeableConcept=coded(RXNORM, members.pop("code", ""), text),
        effectivePeriod={"start": since},
        **({"dosage": [{"text": dose}]} if dose else {}),
        **members,
    )


def result(
    text: str,
    value: float | str | None,
    when: str,
    *,
    unit: str = "mg/dL",
    code: str = "",
    flag: str = "",
    limits: tuple[float | None, float | None] = (None, None),
    comparator: str = "",
    vital: bool = False,
    **members: Any,
) -> Json:
    """An Observation with a number, a text, or none."""
    low, high = limits
    quantity = {"value": value, "unit": unit, **({"comparator": comparator} if comparator else {})}
    held: Json = {}
    if isinstance(value, str):
        held = {"valueString": value}
    elif value is not None:
        held = {"valueQuantity": quantity}
    bounds = {side: {"value": limit, "unit": unit} for side, limit in (("low", low), ("high", high)) if limit}
    return resource(
        "Observation",
        **{
            "status": "final",
            "category": [{"coding": [{"code": "vital-signs" if vital else "laboratory"}]}],
            "code": coded(LOINC, code, text),
            "effectiveDateTime": when,
            **held,
            **({"interpretation": [{"coding": [{"code": flag}]}]} if flag else {}),
            **({"referenceRange": [bounds]} if bounds else {}),
            **members,
        },
    )


def pressure(systolic: int, diastolic: int, when: str) -> Json:
    """A blood pressure."""
    parts = [("8480-6", systolic), ("8462-4", diastolic)]
    return result(
        "Blood pressure",
        None,
        when,
        code="85354-9",
        vital=True,
        component=[
            {"code": coded(LOINC, code, "part"), "valueQuantity": {"value": value, "unit": "mmHg"}}
            for code, value in parts
        ],
    )


def study(text: str, when: str, *, modality: str = "CR", **members: Any) -> Json:
    """An ImagingStudy."""
    return resource(
        "ImagingStudy",
        status="available",
        description=text,
        started=when,
        modality=[{"code": modality}],
        **members,
    )


def report(text: str, when: str, conclusion: str = "", *, of: Json | None = None, **members: Any) -> Json:
    """A DiagnosticReport of radiology."""
    linked = {"imagingStudy": [{"reference": f"ImagingStudy/{of['id']}"}]} if of else {}
    return resource(
        "DiagnosticReport",
        **{
            "status": "final",
            "category": [{"coding": [{"code": "RAD", "display": "Radiology"}]}],
            "code": {"text": text},
            "effectiveDateTime": when,
            **({"conclusion": conclusion} if conclusion else {}),
            **linked,
            **members,
        },
    )


def encounter(kind: str, start: str, end: str = "", *, reason: str = "", status: str = "finished") -> Json:
    """An Encounter of class AMB, EMER or IMP."""
    return resource(
        "Encounter",
        status=status,
        **{"class": {"code": kind}},
        period={"start": start, **({"end": end} if end else {})},
        **({"reasonCode": [{"text": reason}]} if reason else {}),
    )


def procedure(text: str, when: str = "", *, status: str = "completed") -> Json:
    """A Procedure."""
    return resource("Procedure", status=status, code={"text": text}, **({"performedDateTime": when} if when else {}))


def vaccine(text: str, when: str, **members: Any) -> Json:
    """An Immunization."""
    return resource(
        "Immunization", **{"status": "completed", "vaccineCode": {"text": text}, "occurrenceDateTime": when, **members}
    )


def note(text: str, when: str, body: str, **members: Any) -> Json:
    """A DocumentReference with its text."""
    data = base64.b64encode(body.encode()).decode()
    return resource(
        "DocumentReference",
        status="current",
        type={"text": text},
        date=when,
        content=[{"attachment": {"contentType": "text/plain", "data": data}}],
        **members,
    )


def labelled(made: Json, code: str) -> Json:
    """The same resource with a security label: R, V or AIAST."""
    return {**made, "meta": {"security": [{"code": code}]}}
