"""Five synthetic patient charts, written by hand: the resources, and which real picture stands in for which image.

Everything here is invented. The patients carry names that no one has, and the test-data label.
Run `make_charts.py` to write them as files.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
NOT_THIS_PATIENT = "the picture is real, its link to this synthetic patient is not"


@dataclass(frozen=True)
class Imaging:
    """A real picture standing in for a study: a file of PyPI pydicom-data 1.0.0, folder data_store/data."""

    study: str
    source: str
    note: str = NOT_THIS_PATIENT


@dataclass(frozen=True)
class Test:
    """A laboratory test: its code, its unit, and the limits its laboratory prints."""

    code: str
    name: str
    unit: str
    ucum: str
    low: float | None = None
    high: float | None = None
    panic_low: float | None = None


CREATININE = Test("2160-0", "Creatinine", "mg/dL", "mg/dL", 0.6, 1.1)
CREATININE_MALE = Test("2160-0", "Creatinine", "mg/dL", "mg/dL", 0.7, 1.3)
EGFR = Test("98979-8", "eGFR (CKD-EPI 2021)", "mL/min/1.73 m2", "mL/min/{1.73_m2}", 60)
POTASSIUM = Test("2823-3", "Potassium", "mmol/L", "mmol/L", 3.5, 5.1)
SODIUM = Test("2951-2", "Sodium", "mmol/L", "mmol/L", 135, 145, panic_low=125)
HBA1C = Test("4548-4", "HbA1c", "%", "%", 4.0, 5.6)
URINE_ACR = Test("9318-7", "Albumin/creatinine ratio, urine", "mg/g", "mg/g", high=30)
NT_PROBNP = Test("33762-6", "NT-proBNP", "pg/mL", "pg/mL", high=450)
INR = Test("6301-6", "INR", "ratio", "{INR}", 0.8, 1.2)
HAEMOGLOBIN_F = Test("718-7", "Haemoglobin", "g/dL", "g/dL", 12.0, 15.5)
HAEMOGLOBIN_M = Test("718-7", "Haemoglobin", "g/dL", "g/dL", 13.5, 17.5)
PLATELETS = Test("777-3", "Platelets", "10*3/uL", "10*3/uL", 150, 400)
WHITE_CELLS = Test("6690-2", "White cell count", "10*3/uL", "10*3/uL", 4.0, 11.0)
CRP = Test("1988-5", "C-reactive protein", "mg/L", "mg/L", high=5)
LDL = Test("13457-7", "LDL cholesterol (calculated)", "mg/dL", "mg/dL", high=100)
CEA = Test("2039-6", "Carcinoembryonic antigen", "ng/mL", "ng/mL", high=5)
ALT = Test("1742-6", "Alanine aminotransferase", "U/L", "U/L", 7, 56)
ALP = Test("6768-6", "Alkaline phosphatase", "U/L", "U/L", 44, 147)
BILIRUBIN = Test("1975-2", "Bilirubin, total", "mg/dL", "mg/dL", 0.2, 1.2)
ALBUMIN = Test("1751-7", "Albumin", "g/dL", "g/dL", 3.5, 5.0)
FERRITIN = Test("2276-4", "Ferritin", "ng/mL", "ng/mL", 15, 200)
OSMOLALITY = Test("2692-2", "Osmolality, serum", "mOsm/kg", "mosm/kg", 275, 295)
TSH = Test("3016-3", "Thyroid stimulating hormone", "mIU/L", "m[IU]/L", 0.4, 4.0)
WEIGHT = Test("29463-7", "Body weight", "kg", "kg")
PULSE = Test("8867-4", "Heart rate", "/min", "/min")
OXYGEN = Test("59408-5", "Oxygen saturation (pulse oximetry)", "%", "%")
GLASGOW = Test("9269-2", "Glasgow coma score total", "{score}", "{score}")
ECOG = Test("89247-1", "ECOG performance status", "{score}", "{score}")


@dataclass
class Chart:
    """A chart being written: `add` gives each resource its id and its patient."""

    slug: str
    title: str
    patient_id: str
    imaging: tuple[Imaging, ...] = ()
    resources: list[Json] = field(default_factory=list)

    def patient(self, family: str, given: str, gender: str, born: str, **more: object) -> None:
        """The Patient, labelled as test data."""
        label = {"system": f"{TERMINOLOGY}/v3-ActReason", "code": "HTEST", "display": "test health data"}
        record_number = {
            "use": "usual",
            "type": _concept(f"{TERMINOLOGY}/v2-0203", "MR", "Medical record number"),
            "system": "urn:oid:2.25.271828182845904523536028747135266249775",
            "value": f"MRN-{uuid.uuid5(uuid.NAMESPACE_OID, self.patient_id).int % 10**7:07d}",
        }
        self.resources.append(
            {
                "resourceType": "Patient",
                "id": self.patient_id,
                "meta": {"security": [label]},
                "identifier": [record_number],
                "active": True,
                "name": [{"use": "official", "family": family, "given": [given]}],
                "gender": gender,
                "birthDate": born,
                **more,
            }
        )

    def add(self, kind: str, **fields: object) -> Json:
        """Add one resource about the patient; return a reference to it."""
        about = "patient" if kind in {"AllergyIntolerance", "Immunization", "Consent"} else "subject"
        number = sum(r["resourceType"] == kind for r in self.resources) + 1
        identity = f"{self.patient_id}-{_hyphenated(kind)}-{number}"
        subject = {about: {"reference": f"Patient/{self.patient_id}"}}
        self.resources.append({"resourceType": kind, "id": identity, **subject, **fields})
        return {"reference": f"{kind}/{identity}"}

    def problem(self, text: str, snomed: str, onset: str, ended: str = "", **more: object) -> Json:
        """A problem; with `ended` a resolved one; without a code in text only."""
        status = "resolved" if ended else "active"
        fields: Json = {
            "clinicalStatus": _concept(f"{TERMINOLOGY}/condition-clinical", status, status.capitalize()),
            "verificationStatus": _concept(f"{TERMINOLOGY}/condition-ver-status", "confirmed", "Confirmed"),
            "category": [_concept(f"{TERMINOLOGY}/condition-category", "problem-list-item", "Problem List Item")],
            "code": _coded(SNOMED, snomed, text),
            "onsetDateTime": onset,
            **({"abatementDateTime": ended} if ended else {}),
            **more,
        }
        return self.add("Condition", **{key: value for key, value in fields.items() if value is not None})

    def order(
        self, text: str, rxnorm: str, dose: Json | str, since: str, *, status: str = "active", **more: object
    ) -> Json:
        """A medication order with its dosage."""
        dosage = {"text": dose} if isinstance(dose, str) else dose
        return self.add(
            "MedicationRequest",
            status=status,
            intent="order",
            medicationCodeableConcept=_coded(RXNORM, rxnorm, text),
            authoredOn=since,
            requester=CLINICIAN,
            dosageInstruction=[dosage],
            **more,
        )

    def lab(self, test: Test, value: float, when: str, **more: object) -> Json:
        """One laboratory result with its reference range and flag."""
        limits = {
            side: {"value": limit, "unit": test.unit, "system": UCUM, "code": test.ucum}
            for side, limit in (("low", test.low), ("high", test.high))
            if limit is not None
        }
        return self.add(
            "Observation",
            status="final",
            category=[_concept(f"{TERMINOLOGY}/observation-category", "laboratory", "Laboratory")],
            code=_coded(LOINC, test.code, test.name),
            effectiveDateTime=_at(when),
            valueQuantity=_quantity(test, value),
            interpretation=[_flag(test, value)],
            referenceRange=[limits],
            **more,
        )

    def labs(self, test: Test, *results: tuple[str, float]) -> list[Json]:
        """A series of one test, oldest first."""
        return [self.lab(test, value, when) for when, value in results]

    def vital(self, test: Test, value: float, when: str) -> Json:
        """One vital sign."""
        return self.add(
            "Observation",
            status="final",
            category=[_concept(f"{TERMINOLOGY}/observation-category", "vital-signs", "Vital Signs")],
            code=_coded(LOINC, test.code, test.name),
            effectiveDateTime=_at(when),
            valueQuantity=_quantity(test, value),
        )

    def blood_pressure(self, systolic: int, diastolic: int, when: str) -> Json:
        """One blood pressure, its two parts as components."""
        parts = (("8480-6", "Systolic blood pressure", systolic), ("8462-4", "Diastolic blood pressure", diastolic))
        unit = {"unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}
        return self.add(
            "Observation",
            status="final",
            category=[_concept(f"{TERMINOLOGY}/observation-category", "vital-signs", "Vital Signs")],
            code=_coded(LOINC, "85354-9", "Blood pressure"),
            effectiveDateTime=_at(when),
            component=[{"code": _coded(LOINC, c, n), "valueQuantity": {"value": v, **unit}} for c, n, v in parts],
        )

    def smoking(self, text: str, snomed: str, when: str) -> Json:
        """The smoking status."""
        return self.add(
            "Observation",
            status="final",
            category=[_concept(f"{TERMINOLOGY}/observation-category", "social-history", "Social History")],
            code=_coded(LOINC, "72166-2", "Tobacco smoking status"),
            effectiveDateTime=when,
            valueCodeableConcept=_coded(SNOMED, snomed, text),
        )

    def encounter(self, kind: str, reason: str, start: str, end: str, *, status: str = "finished") -> Json:
        """A visit: ambulatory (AMB), emergency (EMER) or inpatient (IMP)."""
        names = {"AMB": "ambulatory", "EMER": "emergency", "IMP": "inpatient encounter"}
        return self.add(
            "Encounter",
            status=status,
            **{"class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": kind, "display": names[kind]}},
            period={"start": _at(start), **({"end": _at(end)} if end else {})},
            reasonCode=[{"text": reason}],
            participant=[{"individual": CLINICIAN}],
        )

    def vaccine(self, text: str, cvx: str, when: str) -> Json:
        """One vaccination given."""
        return self.add("Immunization", status="completed", vaccineCode=_coded(CVX, cvx, text), occurrenceDateTime=when)

    def note(
        self, loinc: str, title: str, when: str, body: str | bytes, *, media: str = "text/plain", **more: object
    ) -> Json:
        """A document in the chart."""
        data = body if isinstance(body, bytes) else body.encode()
        attachment = {"contentType": media, "data": base64.b64encode(data).decode(), "title": title}
        return self.add(
            "DocumentReference",
            status="current",
            docStatus="final",
            type=_coded(LOINC, loinc, title),
            category=[
                _concept(
                    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                    "clinical-note",
                    "Clinical Note",
                )
            ],
            date=_at(when),
            author=[CLINICIAN],
            content=[{"attachment": attachment}],
            **more,
        )

    def panel(self, loinc: str, name: str, when: str, results: Sequence[Json]) -> Json:
        """A laboratory report that holds results together."""
        return self.add(
            "DiagnosticReport",
            status="final",
            category=[_concept(f"{TERMINOLOGY}/v2-0074", "LAB", "Laboratory")],
            code=_coded(LOINC, loinc, name),
            effectiveDateTime=_at(when),
            issued=_at(when, "11:05:00"),
            result=list(results),
        )

    def study(self, modality: str, site: tuple[str, str], description: str, when: str, **more: object) -> Json:
        """An imaging study of one series and one instance, with its DICOM identifiers."""
        number = sum(r["resourceType"] == "ImagingStudy" for r in self.resources) + 1
        study_uid, series_uid, instance_uid = (
            _dicom_uid(f"{self.patient_id}/{number}/{level}") for level in ("study", "series", "instance")
        )
        coding = {"system": DICOM, "code": modality, "display": MODALITY_NAMES[modality]}
        instance = {
            "uid": instance_uid,
            "number": 1,
            "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{SOP_CLASSES[modality]}"},
        }
        series = {
            "uid": series_uid,
            "number": 1,
            "modality": coding,
            "description": description,
            "numberOfInstances": 1,
            "bodySite": {"system": SNOMED, "code": site[0], "display": site[1]},
            "started": _at(when, "14:20:00"),
            "instance": [instance],
        }
        return self.add(
            "ImagingStudy",
            identifier=[{"system": "urn:dicom:uid", "value": f"urn:oid:{study_uid}"}],
            status="available",
            modality=[coding],
            started=_at(when, "14:20:00"),
            numberOfSeries=1,
            numberOfInstances=1,
            procedureCode=[{"text": description}],
            description=description,
            series=[series],
            **more,
        )

    def imaging_report(self, code: Json, when: str, study: Json | None, findings: str, *, impression: str) -> Json:
        """A radiologist's report, with the impression as its conclusion."""
        body = f"FINDINGS: {findings}\n\nIMPRESSION: {impression}\n"
        form = {"contentType": "text/plain", "data": base64.b64encode(body.encode()).decode(), "title": "Report"}
        return self.add(
            "DiagnosticReport",
            status="final",
            category=[_concept(f"{TERMINOLOGY}/v2-0074", "RAD", "Radiology")],
            code=code,
            effectiveDateTime=_at(when, "14:20:00"),
            issued=_at(when, "16:40:00"),
            resultsInterpreter=[CLINICIAN],
            **({"imagingStudy": [study]} if study else {}),
            conclusion=impression,
            presentedForm=[form],
        )


def handwritten_charts() -> list[Chart]:
    """The five charts, complete."""
    writers: Sequence[Callable[[], Chart]] = (
        kidney_decline,
        new_effusion,
        head_ct,
        nothing_recorded,
        liver_lesion,
    )
    return [write() for write in writers]


def kidney_decline() -> Chart:
    """Falling kidney function on metformin, with a penicillin anaphylaxis."""
    chart = Chart(
        "kidney-decline",
        "Woman of 75 whose kidney function falls (eGFR 58, 44, 31) on metformin; penicillin anaphylaxis",
        "example-kidney",
    )
    chart.patient("Example", "Adela", "female", "1951-03-14", maritalStatus={"text": "Widowed"})
    diabetes = chart.problem("Type 2 diabetes mellitus", "44054006", "2014-06-10")
    hypertension = chart.problem("Essential hypertension", "59621000", "2009")
    kidney = chart.problem(
        "Chronic kidney disease stage 3",
        "433144002",
        "2023-01-17",
        note=[{"text": "Stage recorded in January 2023; not restaged since."}],
    )
    chart.problem("Hyperlipidaemia", "55822004", "2012-02")
    chart.problem("Osteoarthritis of knee", "239873007", "2018-09-03")
    chart.problem("Community acquired pneumonia", "385093006", "2022-11-08", "2022-12-06")
    _penicillin_anaphylaxis(chart)
    chart.order(
        "Metformin 500 mg oral tablet",
        "861007",
        _oral("500 mg by mouth twice daily with meals", 500, "mg", 2),
        "2021-05-11",
        reasonReference=[diabetes],
    )
    chart.order(
        "Lisinopril 10 mg oral tablet",
        "314076",
        _oral("10 mg by mouth once daily", 10, "mg", 1),
        "2019-03-05",
        reasonReference=[hypertension],
    )
    chart.order(
        "Atorvastatin 20 mg oral tablet",
        "617310",
        _oral("20 mg by mouth once daily at night", 20, "mg", 1),
        "2015-10-20",
    )
    chart.order(
        "Ibuprofen 400 mg oral tablet",
        "197805",
        _oral("400 mg by mouth three times daily as needed for knee pain", 400, "mg", 3),
        "2022-04-19",
        status="stopped",
        statusReason={"text": "Stopped 12-Nov-2024 because kidney function is falling"},
    )
    chart.add(
        "MedicationStatement",
        status="active",
        medicationCodeableConcept=_coded(RXNORM, "161", "Paracetamol (acetaminophen) 500 mg tablet"),
        effectivePeriod={"start": "2024-11-12"},
        dateAsserted="2026-11-02",
        informationSource={"reference": f"Patient/{chart.patient_id}"},
        dosage=[{"text": "Takes 1 g up to three times a day for knee pain, bought over the counter"}],
    )
    days = ("2023-01-17", "2023-11-21", "2024-11-12", "2025-12-09", "2026-11-02")
    creatinine = chart.labs(CREATININE, *zip(days, (1.03, 1.12, 1.28, 1.44, 1.70), strict=True))
    egfr = chart.labs(EGFR, *zip(days, (58, 52, 44, 38, 31), strict=True))
    potassium = chart.labs(POTASSIUM, *zip(days, (4.4, 4.6, 4.8, 5.0, 5.4), strict=True))
    for day, *results in zip(days, creatinine, egfr, potassium, strict=True):
        chart.panel("24323-8", "Comprehensive metabolic panel", day, results)
    chart.labs(HBA1C, *zip(days, (7.1, 7.4, 7.2, 7.8, 8.1), strict=True))
    chart.labs(URINE_ACR, ("2023-01-17", 42), ("2024-11-12", 118), ("2026-11-02", 310))
    chart.labs(HAEMOGLOBIN_F, ("2024-11-12", 11.9), ("2026-11-02", 10.8))
    chart.lab(LDL, 84, "2025-12-09")
    pressures = ((138, 82), (142, 84), (146, 80), (144, 78), (152, 84))
    for day, (systolic, diastolic) in zip(days, pressures, strict=True):
        chart.blood_pressure(systolic, diastolic, day)
    chart.vital(WEIGHT, 78.4, "2025-12-09")
    chart.vital(WEIGHT, 74.9, "2026-11-02")
    chart.smoking("Never smoked tobacco", "266919005", "2023-01-17")
    chart.encounter("IMP", "Community acquired pneumonia", "2022-11-08", "2022-11-13")
    chart.encounter("AMB", "Diabetes and kidney review", "2024-11-12", "2024-11-12")
    chart.encounter("AMB", "Annual diabetes review", "2026-11-02", "2026-11-02")
    chart.vaccine("Influenza, seasonal, injectable", "141", "2025-10-14")
    chart.vaccine("Pneumococcal polysaccharide PPV23", "33", "2017-10-03")
    chart.add(
        "CarePlan",
        status="active",
        intent="plan",
        title="Diabetes and kidney care plan",
        period={"start": "2024-11-12"},
        addresses=[diabetes, kidney],
        activity=[
            {"detail": {"status": "in-progress", "description": "Kidney function and potassium every six months"}},
            {"detail": {"status": "not-started", "description": "Referral to nephrology if eGFR falls below 30"}},
        ],
    )
    chart.note(
        "11506-3",
        "Progress note",
        "2026-11-02",
        "Annual diabetes review.\n"
        "Feels more tired than last year. No ankle swelling. Denies chest pain and breathlessness.\n"
        "Taking metformin, lisinopril and atorvastatin as listed. No longer takes ibuprofen.\n"
        "Bloods taken today; to be reviewed with the results.\n",
    )
    chart.note(
        "34117-2",
        "Scanned letter, nephrology clinic",
        "2025-03-18",
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
        media="application/pdf",
    )
    return chart


def new_effusion() -> Chart:
    """A new right pleural effusion in a man with heart failure, COPD and lung nodules, on warfarin."""
    chart = Chart(
        "new-effusion",
        "Man of 71 with heart failure and COPD on warfarin: new right pleural effusion since April",
        "example-effusion",
        (Imaging("ImagingStudy/example-effusion-imaging-study-2", "RG1_J2KI.dcm"),),
    )
    chart.patient("Sample", "Benedict", "male", "1955-07-22")
    failure = chart.problem("Heart failure", "84114007", "2021-09-14")
    lungs = chart.problem("Chronic obstructive pulmonary disease", "13645005", "2016-02-09")
    rhythm = chart.problem("Atrial fibrillation", "49436004", "2020-05-26")
    chart.problem("Multiple pulmonary nodules, under follow-up", "", "2025-10")
    chart.problem("Essential hypertension", "59621000", "2007")
    chart.problem("Inguinal hernia, right, repaired", "", "2013", "2013-06-18")
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-verification", "confirmed", "Confirmed"),
        type="intolerance",
        category=["medication"],
        criticality="low",
        code=_coded(RXNORM, "35296", "Ramipril"),
        recordedDate="2021-11-02",
        reaction=[{"manifestation": [_coded(SNOMED, "49727002", "Cough")], "severity": "mild"}],
    )
    furosemide = _oral("40 mg by mouth once daily in the morning", 40, "mg", 1)
    chart.order("Furosemide 40 mg oral tablet", "313988", furosemide, "2021-09-21", reasonReference=[failure])
    chart.order(
        "Warfarin",
        "11289",
        {"text": "By mouth once daily, dose by INR (target 2.0 to 3.0)", "timing": _times(1), "route": ORAL},
        "2020-06-02",
        reasonReference=[rhythm],
    )
    chart.order("Bisoprolol", "19484", _oral("5 mg by mouth once daily", 5, "mg", 1), "2021-09-21")
    chart.order(
        "Tiotropium 18 microgram inhalation capsule",
        "69120",
        {"text": "18 microgram inhaled once daily", "timing": _times(1), "doseAndRate": _dose(18, "ug")},
        "2017-03-14",
        reasonReference=[lungs],
    )
    chart.order(
        "Prednisolone",
        "8638",
        _oral("30 mg by mouth once daily for 5 days", 30, "mg", 1),
        "2026-01-12",
        status="completed",
        reasonReference=[lungs],
    )
    chart.order(
        "Ramipril",
        "35296",
        "2.5 mg by mouth once daily",
        "2021-09-21",
        status="stopped",
        statusReason={"text": "Cough"},
    )
    chart.labs(NT_PROBNP, ("2024-06-11", 820), ("2025-10-07", 1140), ("2026-04-16", 1480), ("2026-11-18", 4260))
    chart.labs(
        INR, ("2026-06-09", 2.4), ("2026-07-14", 2.6), ("2026-08-18", 2.3), ("2026-10-06", 2.9), ("2026-11-18", 3.8)
    )
    creatinine = chart.labs(CREATININE_MALE, ("2025-10-07", 1.1), ("2026-04-16", 1.14), ("2026-11-18", 1.32))
    potassium = chart.labs(POTASSIUM, ("2025-10-07", 4.2), ("2026-04-16", 4.1), ("2026-11-18", 3.6))
    sodium = chart.lab(SODIUM, 134, "2026-11-18")
    chart.panel("24323-8", "Comprehensive metabolic panel", "2026-11-18", [creatinine[-1], potassium[-1], sodium])
    chart.lab(CRP, 14, "2026-11-18")
    chart.lab(HAEMOGLOBIN_M, 12.8, "2026-11-18")
    for day, systolic, diastolic in (("2025-10-07", 132, 78), ("2026-04-16", 128, 76), ("2026-11-18", 118, 70)):
        chart.blood_pressure(systolic, diastolic, day)
    for day, weight, oxygen in (("2026-04-16", 82.1, 94), ("2026-11-18", 87.6, 90)):
        chart.vital(WEIGHT, weight, day)
        chart.vital(OXYGEN, oxygen, day)
    chart.vital(PULSE, 96, "2026-11-18")
    chart.smoking("Ex-smoker", "8517006", "2025-10-07")
    chart.encounter("AMB", "COPD review", "2026-04-16", "2026-04-16")
    chart.encounter("EMER", "Breathlessness for one week", "2026-11-18", "", status="in-progress")
    chest = ("51185008", "Thoracic structure")
    prior = chart.study("CR", chest, "Chest radiograph, PA", "2026-04-16")
    current = chart.study("CR", chest, "Chest radiograph, PA", "2026-11-18")
    code = _coded(LOINC, "24648-8", "Chest radiograph, PA")
    chart.imaging_report(
        code,
        "2026-04-16",
        prior,
        "Heart size at the upper limit of normal. Several rounded opacities in both lungs, as on the film of "
        "October 2025. Costophrenic angles are clear.",
        impression="No pleural effusion. Several rounded opacities in both lungs, not clearly changed; CT as planned.",
    )
    chart.imaging_report(
        code,
        "2026-11-18",
        current,
        "Blunting of the right costophrenic angle, not present on 16-Apr-2026. Rounded opacities in both lungs, "
        "some possibly larger. No pneumothorax.",
        impression=(
            "New small right pleural effusion compared with 16-Apr-2026. Heart failure is a possible cause; malignancy "
            "is not excluded. Rounded opacities in both lungs, some possibly larger: CT chest is suggested."
        ),
    )
    chart.add(
        "DiagnosticReport",
        status="final",
        category=[{"text": "Cardiology"}],
        code={"text": "Transthoracic echocardiogram"},
        effectiveDateTime="2024-06-11",
        conclusion="Left ventricular ejection fraction 38 %. Moderate mitral regurgitation.",
    )
    chart.add(
        "Procedure",
        status="completed",
        code={"text": "Repair of right inguinal hernia"},
        performedDateTime="2013-06-18",
    )
    chart.vaccine("Influenza, seasonal, injectable", "141", "2026-10-06")
    chart.vaccine("Pneumococcal polysaccharide PPV23", "33", "2020-11-10")
    chart.note(
        "34111-5",
        "Emergency department note",
        "2026-11-18",
        "One week of breathlessness, worse lying flat. Weight up about 5 kg since April. No fever. "
        "Denies chest pain and haemoptysis.\n"
        "Ankle oedema to the shins. Reduced breath sounds at the right base.\n"
        "INR 3.8: warfarin dose tonight to be decided. Pleural tap to be considered once INR allows.\n",
    )
    return chart


def head_ct() -> Chart:
    """A fall on apixaban: a head CT without acute bleeding but with a chronic collection; low sodium."""
    chart = Chart(
        "head-ct",
        "Woman of 84 on apixaban after a fall: CT shows a chronic collection, nothing acute; sodium 128; DNR",
        "example-head-ct",
        (Imaging("ImagingStudy/example-head-ct-imaging-study-1", "693_J2KR.dcm"),),
    )
    chart.patient("Specimen", "Cordelia", "female", "1942-01-30")
    rhythm = chart.problem("Atrial fibrillation", "49436004", "2019-04-02")
    hypertension = chart.problem("Essential hypertension", "59621000", "2001")
    sodium_low = chart.problem("Hyponatraemia", "89627008", "2026-11-10")
    chart.problem("Hypothyroidism", "40930008", "2011-08")
    chart.problem("Osteoporosis", "64859006", "2020-02-25")
    fall = chart.problem("Fall", "1912002", "2026-11-20", category=[_ENCOUNTER_DIAGNOSIS])
    chart.problem("Fracture of left distal radius", "", "2019-12-30", "2020-03-17")
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-verification", "confirmed", "Confirmed"),
        code=_coded(SNOMED, "716186003", "No known allergy"),
        recordedDate="2026-11-20",
        recorder=CLINICIAN,
    )
    chart.order(
        "Apixaban 5 mg oral tablet",
        "1364445",
        _oral("5 mg by mouth twice daily", 5, "mg", 2),
        "2019-04-09",
        reasonReference=[rhythm],
        note=[{"text": "20-Nov-2026: tonight's dose not given, neurosurgical advice awaited; order not changed yet."}],
    )
    chart.order(
        "Hydrochlorothiazide",
        "5487",
        _oral("25 mg by mouth once daily", 25, "mg", 1),
        "2016-05-17",
        status="on-hold",
        statusReason={"text": "On hold since 10-Nov-2026 because of low sodium"},
        reasonReference=[hypertension],
    )
    chart.order("Levothyroxine", "10582", _oral("75 microgram by mouth once daily", 75, "ug", 1), "2011-09-06")
    chart.order("Amlodipine 5 mg oral tablet", "197361", _oral("5 mg by mouth once daily", 5, "mg", 1), "2026-11-10")
    chart.order("Alendronic acid", "", "70 mg by mouth once weekly", "2020-03-03", status="stopped")
    chart.add(
        "MedicationStatement",
        status="unknown",
        medicationCodeableConcept={"text": "Herbal sleeping tablets, name not known"},
        dateAsserted="2026-11-20",
        note=[{"text": "Reported by the daughter; not seen."}],
    )
    sodium = chart.labs(
        SODIUM, ("2025-05-13", 136), ("2026-03-24", 134), ("2026-11-10", 131), ("2026-11-20", 128), ("2026-11-21", 129)
    )
    potassium = chart.labs(POTASSIUM, ("2026-03-24", 4.0), ("2026-11-20", 3.7))
    creatinine = chart.labs(CREATININE, ("2025-05-13", 0.86), ("2026-03-24", 0.88), ("2026-11-20", 0.92))
    chart.panel("24323-8", "Comprehensive metabolic panel", "2026-11-20", [sodium[3], potassium[-1], creatinine[-1]])
    chart.lab(OSMOLALITY, 266, "2026-11-20")
    chart.labs(HAEMOGLOBIN_F, ("2026-03-24", 12.4), ("2026-11-20", 12.1))
    chart.lab(PLATELETS, 212, "2026-11-20")
    chart.lab(INR, 1.2, "2026-11-20")
    chart.labs(TSH, ("2025-05-13", 2.6), ("2026-11-10", 3.1))
    chart.blood_pressure(146, 78, "2025-05-13")
    chart.blood_pressure(138, 74, "2026-11-10")
    chart.blood_pressure(162, 84, "2026-11-20")
    chart.vital(PULSE, 88, "2026-11-20")
    chart.vital(OXYGEN, 97, "2026-11-20")
    chart.vital(GLASGOW, 14, "2026-11-20")
    chart.vital(WEIGHT, 57.2, "2026-11-10")
    chart.smoking("Never smoked tobacco", "266919005", "2025-05-13")
    chart.encounter("AMB", "Blood pressure review", "2026-11-10", "2026-11-10")
    chart.encounter("EMER", "Fall at home, on an anticoagulant", "2026-11-20", "", status="in-progress")
    study = chart.study(
        "CT", ("69536005", "Head structure"), "CT head without contrast", "2026-11-20", reasonReference=[fall]
    )
    chart.imaging_report(
        _coded(LOINC, "30799-1", "CT head without contrast"),
        "2026-11-20",
        study,
        "Large low-density extra-axial collection over the left convexity with internal septa, with effacement of the "
        "underlying sulci and midline shift to the right. No high-density blood. No skull fracture seen.",
        impression=(
            "No acute intracranial haemorrhage. Large left low-density collection with midline shift, in keeping with "
            "a chronic subdural haematoma. Urgent neurosurgical opinion is advised."
        ),
    )
    directive = (
        "Advance healthcare directive, signed 14-May-2024.\n"
        "In the event of cardiac arrest the patient does not wish cardiopulmonary resuscitation.\n"
        "She does wish to be admitted to hospital and treated for conditions that may improve.\n"
    )
    document = chart.note("42348-3", "Advance healthcare directive", "2024-05-14", directive)
    chart.add(
        "Consent",
        status="active",
        scope=_concept(f"{TERMINOLOGY}/consentscope", "adr", "Advanced Care Directive"),
        category=[_concept(f"{TERMINOLOGY}/consentcategorycodes", "dnr", "Do Not Resuscitate")],
        dateTime="2024-05-14",
        sourceReference=document,
        policyRule={"text": "Do not attempt cardiopulmonary resuscitation"},
    )
    chart.add(
        "Procedure",
        status="completed",
        code={"text": "Closed reduction of left distal radius fracture"},
        performedDateTime="2019-12-30",
    )
    chart.vaccine("Influenza, seasonal, injectable", "141", "2026-10-20")
    chart.vaccine("Zoster vaccine, recombinant", "187", "2022-06-14")
    chart.add(
        "CarePlan",
        status="active",
        intent="plan",
        title="Low sodium: daily check, thiazide on hold",
        period={"start": "2026-11-10"},
        addresses=[sodium_low],
        activity=[{"detail": {"status": "in-progress", "description": "Sodium daily until 132 mmol/L or above"}}],
    )
    chart.note(
        "34111-5",
        "Emergency department note",
        "2026-11-20",
        "Fell in the kitchen this morning; struck the left side of the head. No loss of consciousness. No vomiting.\n"
        "On apixaban, last dose 08:00 today. Daughter: more forgetful and unsteady for about three weeks.\n"
        "GCS 14 (confused). No focal weakness. Sodium 128.\n"
        "CT head done. Neurosurgery called; advice on apixaban awaited. Advance directive seen (DNR).\n",
    )
    return chart


def nothing_recorded() -> Chart:
    """A thin and untidy record: no word on allergies, partial dates, missing units, text without codes."""
    chart = Chart(
        "nothing-recorded",
        "Man of 58 with a thin, untidy record: nothing is documented about allergies",
        "example-untidy",
    )
    chart.patient("Placeholder", "Dorian", "male", "1968-07-05")
    chart.problem("High blood pressure", "", "2019")
    chart.problem("Gout", "90560007", "2021-03")
    chart.problem("Back trouble, on and off", "", "2015")
    chart.problem("Query angina", "", "2026-10", verificationStatus=_condition_check("unconfirmed"))
    chart.problem("Chest infection", "", "2023", "2023-03")
    chart.problem(
        "Type 1 diabetes mellitus",
        "46635009",
        "2022-05-09",
        clinicalStatus=None,
        verificationStatus=_condition_check("entered-in-error"),
        note=[{"text": "Entered in the wrong record."}],
    )
    chart.add(
        "MedicationRequest",
        status="active",
        intent="order",
        contained=[
            {
                "resourceType": "Medication",
                "id": "med1",
                "code": _coded(RXNORM, "519", "Allopurinol"),
                "form": {"text": "tablet"},
            }
        ],
        medicationReference={"reference": "#med1", "display": "Allopurinol tablet"},
        authoredOn="2021-04",
        dosageInstruction=[{"text": "100 mg by mouth once daily"}],
    )
    chart.add(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationCodeableConcept={"text": "blood pressure tablet, white, name not known"},
        authoredOn="2019",
    )
    chart.order("Amlodipine", "17767", "one daily", "2024-02-06")
    chart.order(
        "Colchicine", "2683", "0.5 mg by mouth twice daily until pain settles", "2025-07-15", status="completed"
    )
    chart.add(
        "MedicationRequest",
        status="unknown",
        intent="plan",
        medicationCodeableConcept={"text": "something for sleep"},
    )
    chart.add(
        "MedicationStatement",
        status="active",
        medicationCodeableConcept={"text": "fish oil capsules"},
        effectiveDateTime="2024",
    )
    _untidy_results(chart)
    chart.labs(CREATININE_MALE, ("2024-02-06", 1.02), ("2026-10-27", 1.09))
    chart.blood_pressure(158, 96, "2024-02-06")
    chart.blood_pressure(164, 98, "2026-10-27")
    chart.smoking("Smoker", "77176002", "2024-02-06")
    chart.encounter("AMB", "Tightness in the chest on hills", "2026-10-27", "2026-10-27")
    chart.encounter("AMB", "New patient check", "2024-02-06", "2024-02-06")
    chart.add("Procedure", status="completed", code={"text": "Appendix out as a boy"}, performedDateTime="1979")
    chart.add("Procedure", status="unknown", code={"text": "Camera test of the stomach"})
    chart.add(
        "Immunization",
        status="not-done",
        vaccineCode=_coded(CVX, "141", "Influenza, seasonal, injectable"),
        occurrenceDateTime="2024-02-06",
        statusReason={"text": "Declined by the patient"},
    )
    chart.note(
        "11506-3",
        "Progress note",
        "2026-10-27",
        "Two weeks of tightness in the chest when walking uphill, settling with rest. Troponin below detection.\n"
        "At rest today: No chest pain. Denies fever. No palpitations.\n"
        "Family history not asked. Allergies not asked.\n"
        "Plan: exercise test, no referral made yet.\n",
    )
    chart.note(
        "11506-3",
        "Progress note",
        "2024-02-06",
        "<html><body><h1>New patient check</h1><p>Moved into the area. <b>Old records not received.</b></p>"
        "<ul><li>No diabetes.</li><li>Gout twice in 2023 &amp; 2024.</li><li>Smokes 10 a day.</li></ul></body></html>",
        media="text/html",
    )
    return chart


def liver_lesion() -> Chart:
    """A liver lesion two years after bowel cancer surgery, with a clot on enoxaparin."""
    chart = Chart(
        "liver-lesion",
        "Man of 66, two years after bowel cancer surgery: new liver lesion on MR, clot on enoxaparin",
        "example-liver",
        (Imaging("ImagingStudy/example-liver-imaging-study-1", "MR-SIEMENS-DICOM-WithOverlays.dcm"),),
    )
    chart.patient("Testcase", "Edgar", "male", "1960-09-09")
    cancer = chart.problem("Malignant tumour of colon", "363406005", "2024-08-13")
    lesion = chart.problem(
        "Liver lesion, suspected metastasis",
        "",
        "2026-11-05",
        verificationStatus=_condition_check("provisional"),
    )
    clot = chart.problem("Pulmonary embolism", "59282003", "2026-09-22")
    anaemia = chart.problem("Iron deficiency anaemia", "87522002", "2024-07-02", "2025-04-15")
    chart.problem("Essential hypertension", "59621000", "2012-03-27")
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-verification", "unconfirmed", "Unconfirmed"),
        type="allergy",
        category=["medication"],
        criticality="unable-to-assess",
        code={"text": "Iodinated contrast medium"},
        recordedDate="2024-08-20",
        reaction=[{"manifestation": [_coded(SNOMED, "126485001", "Urticaria")], "severity": "moderate"}],
    )
    chart.order(
        "Enoxaparin",
        "67108",
        {
            "text": "80 mg subcutaneously every 12 hours",
            "timing": _times(2),
            "route": _concept(SNOMED, "34206005", "Subcutaneous route"),
            "doseAndRate": _dose(80, "mg"),
        },
        "2026-09-22",
        reasonReference=[clot],
    )
    chart.order("Amlodipine 5 mg oral tablet", "197361", _oral("5 mg by mouth once daily", 5, "mg", 1), "2012-04-03")
    chart.order(
        "Capecitabine",
        "194000",
        _oral("1500 mg by mouth twice daily on days 1 to 14 of 21", 1500, "mg", 2),
        "2024-10-22",
        status="completed",
        reasonReference=[cancer],
    )
    chart.order(
        "Oxaliplatin",
        "32592",
        "Intravenous infusion on day 1 of each 21-day cycle",
        "2024-10-22",
        status="stopped",
        statusReason={"text": "Stopped after cycle 5 because of neuropathy"},
        reasonReference=[cancer],
    )
    chart.order(
        "Ferrous sulfate",
        "24947",
        "325 mg by mouth once daily",
        "2024-07-02",
        status="completed",
        reasonReference=[anaemia],
    )
    chart.add(
        "MedicationStatement",
        status="active",
        medicationCodeableConcept=_coded(RXNORM, "1191", "Aspirin"),
        effectivePeriod={"start": "2023"},
        dateAsserted="2026-11-05",
        dosage=[{"text": "81 mg daily, bought over the counter; says he still takes it"}],
    )
    chart.labs(
        CEA, ("2024-08-13", 18.4), ("2024-12-10", 2.9), ("2025-06-17", 2.4), ("2026-03-10", 3.8), ("2026-11-05", 14.6)
    )
    chart.labs(HAEMOGLOBIN_M, ("2024-07-02", 9.6), ("2025-04-15", 13.7), ("2026-03-10", 13.9), ("2026-11-05", 12.2))
    chart.labs(FERRITIN, ("2024-07-02", 8), ("2025-04-15", 64))
    chart.labs(PLATELETS, ("2025-01-21", 112), ("2026-11-05", 138))
    liver = [
        chart.lab(ALT, 62, "2026-11-05"),
        chart.lab(ALP, 188, "2026-11-05"),
        chart.lab(BILIRUBIN, 1.1, "2026-11-05"),
        chart.lab(ALBUMIN, 3.3, "2026-11-05"),
    ]
    chart.panel("24325-3", "Hepatic function panel", "2026-11-05", liver)
    chart.labs(CREATININE_MALE, ("2026-03-10", 0.94), ("2026-11-05", 0.97))
    chart.lab(WHITE_CELLS, 6.8, "2026-11-05")
    chart.blood_pressure(134, 80, "2025-06-17")
    chart.blood_pressure(128, 78, "2026-11-05")
    for day, weight in (("2025-06-17", 83.0), ("2026-03-10", 82.4), ("2026-11-05", 77.1)):
        chart.vital(WEIGHT, weight, day)
    chart.vital(ECOG, 1, "2026-11-05")
    chart.smoking("Never smoked tobacco", "266919005", "2024-08-13")
    chart.encounter("IMP", "Right hemicolectomy", "2024-09-03", "2024-09-09")
    chart.encounter("EMER", "Breathlessness: pulmonary embolism", "2026-09-22", "2026-09-23")
    chart.encounter("AMB", "Oncology follow-up", "2026-11-05", "2026-11-05")
    chart.add(
        "Procedure",
        status="completed",
        code={"text": "Right hemicolectomy"},
        performedDateTime="2024-09-03",
        reasonReference=[cancer],
    )
    chart.add(
        "Procedure", status="completed", code=_coded(SNOMED, "73761001", "Colonoscopy"), performedDateTime="2025-09-16"
    )
    chart.add(
        "Procedure",
        status="preparation",
        code={"text": "Image-guided biopsy of the liver lesion, planned for 01-Dec-2026"},
        reasonReference=[lesion],
        note=[{"text": "Enoxaparin and aspirin to be discussed before the biopsy."}],
    )
    study = chart.study(
        "MR", ("10200004", "Liver structure"), "MR liver with contrast", "2026-11-12", reasonReference=[lesion]
    )
    chart.imaging_report(
        {"text": "MR liver with contrast"},
        "2026-11-12",
        study,
        "A single rounded lesion in the liver with a low-signal centre and an enhancing rim. A small amount of fluid "
        "around the liver. The kidneys enhance normally.",
        impression=(
            "Single liver lesion, suspicious for metastasis given the history; biopsy is advised. Small amount of "
            "perihepatic fluid."
        ),
    )
    chart.imaging_report(
        {"text": "CT pulmonary angiogram"},
        "2026-09-22",
        None,
        "Filling defects in the right lower lobe segmental arteries. No right heart strain.",
        impression="Acute segmental pulmonary embolism, right lower lobe.",
    )
    chart.add(
        "CarePlan",
        status="active",
        intent="plan",
        title="Bowel cancer follow-up",
        period={"start": "2025-04-15"},
        addresses=[cancer],
        activity=[
            {"detail": {"status": "in-progress", "description": "CEA every six months, imaging yearly"}},
            {"detail": {"status": "scheduled", "description": "Tumour board after the biopsy"}},
        ],
    )
    chart.vaccine("Influenza, seasonal, injectable", "141", "2026-10-13")
    chart.vaccine("Pneumococcal conjugate PCV20", "216", "2024-10-15")
    chart.vaccine("Tdap", "115", "2018-05-22")
    chart.note(
        "11488-4",
        "Oncology consultation note",
        "2026-11-05",
        "Two years after right hemicolectomy (pT3 N1 M0). CEA has risen to 14.6. Weight down 5 kg since March.\n"
        "Breathing better on enoxaparin since September. No bleeding. Denies abdominal pain and jaundice.\n"
        "Contrast allergy is from the patient's own account of hives in 2024; MR chosen instead of CT.\n"
        "Plan: MR liver, then biopsy if it confirms a lesion.\n",
    )
    return chart


def _penicillin_anaphylaxis(chart: Chart) -> None:
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=_concept(f"{TERMINOLOGY}/allergyintolerance-verification", "confirmed", "Confirmed"),
        type="allergy",
        category=["medication"],
        criticality="high",
        code=_coded(SNOMED, "91936005", "Allergy to penicillin"),
        onsetDateTime="1987",
        recordedDate="2009-02-17",
        recorder=CLINICIAN,
        reaction=[{"manifestation": [_coded(SNOMED, "39579001", "Anaphylaxis")], "severity": "severe"}],
    )


def _untidy_results(chart: Chart) -> None:
    """Results as old systems send them: a comparator, a reason for absence, no unit, a text value."""
    laboratory = [_concept(f"{TERMINOLOGY}/observation-category", "laboratory", "Laboratory")]
    troponin = {"value": 0.01, "comparator": "<", "unit": "ng/mL", "system": UCUM, "code": "ng/mL"}
    untidy: Sequence[tuple[Json, str, Json]] = (
        (_coded(LOINC, "10839-9", "Troponin I"), "2026-10-27", {"valueQuantity": troponin}),
        (
            _coded(LOINC, "2823-3", "Potassium"),
            "2026-10-27",
            {"dataAbsentReason": _concept(f"{TERMINOLOGY}/data-absent-reason", "error", "Error")},
        ),
        ({"text": "Uric acid"}, "2024-02-06", {"valueQuantity": {"value": 8.9}}),
        ({"text": "Cholesterol"}, "2019", {"valueQuantity": {"value": 6.2}}),
        ({"text": "Urine dipstick"}, "2024-02-06", {"valueString": "protein trace, otherwise neg"}),
        ({"text": "Creatinine"}, "2021-03", {"valueQuantity": {"value": 92, "unit": "umol/L"}}),
    )
    for code, when, value in untidy:
        chart.add("Observation", status="final", category=laboratory, code=code, effectiveDateTime=when, **value)
    chart.add(
        "Observation",
        status="preliminary",
        code={"text": "ECG at rest"},
        effectiveDateTime="2026-10-27",
        valueString="sinus rhythm, no acute change (machine reading, not yet checked)",
    )
    chart.add("Observation", status="final", code={"text": "Weight"}, valueQuantity={"value": 96})


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _coded(system: str, code: str, text: str) -> Json:
    """A concept with its text, and with a code where one is given."""
    return {"coding": [{"system": system, "code": code}], "text": text} if code else {"text": text}


def _condition_check(status: str) -> Json:
    return {"coding": [{"system": f"{TERMINOLOGY}/condition-ver-status", "code": status}]}


def _quantity(test: Test, value: float) -> Json:
    return {"value": value, "unit": test.unit.strip("{}"), "system": UCUM, "code": test.ucum}


def _flag(test: Test, value: float) -> Json:
    """The laboratory's flag for a value against the test's limits."""
    if test.panic_low is not None and value < test.panic_low:
        code, display = "LL", "Critical low"
    elif test.low is not None and value < test.low:
        code, display = "L", "Low"
    elif test.high is not None and value > test.high:
        code, display = "H", "High"
    else:
        code, display = "N", "Normal"
    return _concept(f"{TERMINOLOGY}/v3-ObservationInterpretation", code, display)


def _times(per_day: int) -> Json:
    return {"repeat": {"frequency": per_day, "period": 1, "periodUnit": "d"}}


def _dose(amount: float, unit: str) -> list[Json]:
    name = "microgram" if unit == "ug" else unit
    return [{"doseQuantity": {"value": amount, "unit": name, "system": UCUM, "code": unit}}]


def _oral(text: str, amount: float, unit: str, per_day: int) -> Json:
    """A dosage by mouth."""
    as_needed = {"asNeededBoolean": True} if "as needed" in text else {}
    return {"text": text, "timing": _times(per_day), **as_needed, "route": ORAL, "doseAndRate": _dose(amount, unit)}


def _at(when: str, clock: str = "09:15:00") -> str:
    """A date as a time, at a fixed hour."""
    return f"{when}T{clock}Z"


def _dicom_uid(name: str) -> str:
    """A DICOM identifier under 2.25, always the same for one name."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, name).int}"


def _hyphenated(kind: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("-")


ORAL = _concept(SNOMED, "26643006", "Oral route")
_ENCOUNTER_DIAGNOSIS = _concept(f"{TERMINOLOGY}/condition-category", "encounter-diagnosis", "Encounter Diagnosis")
