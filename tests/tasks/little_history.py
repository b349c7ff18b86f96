"""Small histories for tests, written as values: what a test does not say has a plain default."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Code, Coverage, Entry, Kind, PatientFacts, PatientHistory, Standing, Value

AS_OF = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TYPES = {
    Kind.PROBLEM: "Condition",
    Kind.ALLERGY: "AllergyIntolerance",
    Kind.MEDICATION: "MedicationRequest",
    Kind.REPORT: "DiagnosticReport",
    Kind.IMAGING: "ImagingStudy",
    Kind.PROCEDURE: "Procedure",
    Kind.IMMUNIZATION: "Immunization",
    Kind.ENCOUNTER: "Encounter",
    Kind.CARE_PLAN: "CarePlan",
    Kind.NOTE: "DocumentReference",
}


def entry(id, kind, title, *, when="", until="", standing=Standing.CURRENT, **more):
    """One entry; `values` may be given as (label, number, unit) or (label, number, unit, low, high)."""
    values = tuple(map(value, more.pop("values", ())))
    line = more.pop("line", f"{title} {' '.join(each.text for each in values)}".strip())
    codes = tuple(Code("http://snomed.info/sct", code, "") for code in more.pop("codes", ()))
    content = f"{id}{title}{when}{standing}{values}{more}"
    return Entry(
        id=id,
        reference=more.pop("reference", f"{TYPES.get(kind, 'Observation')}/{id.casefold()}"),
        kind=kind,
        title=title,
        standing=standing,
        status="",
        when=PartialDate(when) if when else None,
        until=PartialDate(until) if until else None,
        values=values,
        details=tuple(more.pop("details", ())),
        codes=codes,
        passage=more.pop("passage", ""),
        line=line,
        content_hash=hashlib.sha256(content.encode()).hexdigest(),
        version="",
        last_updated="",
        **more,
    )


def value(given):
    label, number, unit, *limits = given
    low, high = limits or (None, None)
    return Value(
        label=label,
        text=f"{number} {unit}".strip(),
        number=Decimal(str(number)),
        unit=unit,
        low=None if low is None else Decimal(str(low)),
        high=None if high is None else Decimal(str(high)),
    )


def history(*entries, patient_id="p1", name="Testa Probe", identifier="MRN-4711", coverage=None, omissions=()):
    """A history of these entries; its fingerprint follows their content."""
    hashes = "".join(each.content_hash for each in entries)
    return PatientHistory(
        patient=PatientFacts(
            id=patient_id,
            name=name,
            birth_date=PartialDate("1951-03-14"),
            gender="female",
            identifier=identifier,
        ),
        entries=tuple(entries),
        omissions=tuple(omissions),
        coverage=tuple(sorted((coverage or {"Observation": Coverage.WHOLE}).items())),
        fingerprint=hashlib.sha256(f"{patient_id}{hashes}".encode()).hexdigest(),
    )


def chart():
    """The chart that most tests read: one of each sort, with a series, a report and a note."""
    egfr = "eGFR"
    unit = "mL/min/1.73 m2"
    return history(
        entry("E1", Kind.ALLERGY, "Penicillin", when="2009-02-17", details=[("Reactions", "Anaphylaxis (severe)")]),
        entry("E2", Kind.PROBLEM, "Type 2 diabetes mellitus", when="2014-06-10"),
        entry("E3", Kind.PROBLEM, "Pneumonia", when="2022-11-08", until="2022-12-06", standing=Standing.PAST),
        entry(
            "E4",
            Kind.MEDICATION,
            "Metformin 500 mg oral tablet",
            when="2021-05-11",
            details=[("Dose", "500 mg by mouth twice daily"), ("Reason references", "Condition/e2")],
        ),
        entry("E5", Kind.MEDICATION, "Ibuprofen 400 mg", when="2022-04", standing=Standing.PAST,
              details=[("Status reason", "Stopped because kidney function is falling")]),
        entry("E6", Kind.RESULT, egfr, when="2023-01-17", values=[("", 58, unit, 60, None)]),
        entry("E7", Kind.RESULT, egfr, when="2024-11-12", values=[("", 44, unit, 60, None)]),
        entry("E8", Kind.RESULT, egfr, when="2026-11-02", values=[("", 31, unit, 60, None)]),
        entry("E9", Kind.RESULT, "HbA1c", when="2026-11-02", values=[("", "8.14", "%", 4, 5.6)]),
        entry("E10", Kind.VITAL, "Blood pressure", when="2026-11-02",
              values=[("Systolic", 152, "mmHg"), ("Diastolic", 84, "mmHg")]),
        entry(
            "E11",
            Kind.REPORT,
            "Chest radiograph",
            when="2026-11-18",
            passage="New small right pleural effusion. No pneumothorax. Heart failure is a possible cause.\n"
            "Follow-up CT is recommended.",
        ),
        entry("E12", Kind.NOTE, "Progress note", when="2026-11-02",
              passage="Feels tired. Denies chest pain. Mother had breast cancer. Oedema due to amlodipine."),
        entry("E13", Kind.PROCEDURE, "Colonoscopy", when="2026-12-01", standing=Standing.PLANNED),
        entry("E14", Kind.PROCEDURE, "Repair of inguinal hernia", when="2013",
              standing=Standing.PAST, details=[("Body site", "Right groin")]),
        coverage={"Observation": Coverage.WHOLE, "Condition": Coverage.WHOLE, "MedicationRequest": Coverage.PART},
    )  # fmt: skip
