"""A chart being written by hand: each resource gets its id and its patient, each study its real picture."""

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from handwritten.coding import (
    CLINICIAN,
    CVX,
    DICOM,
    LOINC,
    MODALITY_NAMES,
    RXNORM,
    SNOMED,
    SOP_CLASSES,
    TERMINOLOGY,
    UCUM,
    Json,
    at,
    coded,
    concept,
    dicom_uid,
    hyphenated,
)
from handwritten.laboratory import Test, flag, quantity

NOT_THIS_PATIENT = "the picture is real, its link to this synthetic patient is not"


@dataclass(frozen=True)
class Imaging:
    """A real picture standing in for a study: a file of PyPI pydicom-data 1.0.0, folder data_store/data."""

    study: str
    source: str
    note: str = NOT_THIS_PATIENT


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
            "type": concept(f"{TERMINOLOGY}/v2-0203", "MR", "Medical record number"),
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
        identity = f"{self.patient_id}-{hyphenated(kind)}-{number}"
        subject = {about: {"reference": f"Patient/{self.patient_id}"}}
        self.resources.append({"resourceType": kind, "id": identity, **subject, **fields})
        return {"reference": f"{kind}/{identity}"}

    def problem(self, text: str, snomed: str, onset: str, ended: str = "", **more: object) -> Json:
        """A problem; with `ended` a resolved one; without a code in text only."""
        status = "resolved" if ended else "active"
        fields: Json = {
            "clinicalStatus": concept(f"{TERMINOLOGY}/condition-clinical", status, status.capitalize()),
            "verificationStatus": concept(f"{TERMINOLOGY}/condition-ver-status", "confirmed", "Confirmed"),
            "category": [concept(f"{TERMINOLOGY}/condition-category", "problem-list-item", "Problem List Item")],
            "code": coded(SNOMED, snomed, text),
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
            medicationCodeableConcept=coded(RXNORM, rxnorm, text),
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
            category=[concept(f"{TERMINOLOGY}/observation-category", "laboratory", "Laboratory")],
            code=coded(LOINC, test.code, test.name),
            effectiveDateTime=at(when),
            valueQuantity=quantity(test, value),
            interpretation=[flag(test, value)],
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
            category=[concept(f"{TERMINOLOGY}/observation-category", "vital-signs", "Vital Signs")],
            code=coded(LOINC, test.code, test.name),
            effectiveDateTime=at(when),
            valueQuantity=quantity(test, value),
        )

    def blood_pressure(self, systolic: int, diastolic: int, when: str) -> Json:
        """One blood pressure, its two parts as components."""
        parts = (("8480-6", "Systolic blood pressure", systolic), ("8462-4", "Diastolic blood pressure", diastolic))
        unit = {"unit": "mmHg", "system": UCUM, "code": "mm[Hg]"}
        return self.add(
            "Observation",
            status="final",
            category=[concept(f"{TERMINOLOGY}/observation-category", "vital-signs", "Vital Signs")],
            code=coded(LOINC, "85354-9", "Blood pressure"),
            effectiveDateTime=at(when),
            component=[{"code": coded(LOINC, c, n), "valueQuantity": {"value": v, **unit}} for c, n, v in parts],
        )

    def smoking(self, text: str, snomed: str, when: str) -> Json:
        """The smoking status."""
        return self.add(
            "Observation",
            status="final",
            category=[concept(f"{TERMINOLOGY}/observation-category", "social-history", "Social History")],
            code=coded(LOINC, "72166-2", "Tobacco smoking status"),
            effectiveDateTime=when,
            valueCodeableConcept=coded(SNOMED, snomed, text),
        )

    def encounter(self, kind: str, reason: str, start: str, end: str, *, status: str = "finished") -> Json:
        """A visit: ambulatory (AMB), emergency (EMER) or inpatient (IMP)."""
        names = {"AMB": "ambulatory", "EMER": "emergency", "IMP": "inpatient encounter"}
        return self.add(
            "Encounter",
            status=status,
            **{"class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": kind, "display": names[kind]}},
            period={"start": at(start), **({"end": at(end)} if end else {})},
            reasonCode=[{"text": reason}],
            participant=[{"individual": CLINICIAN}],
        )

    def vaccine(self, text: str, cvx: str, when: str) -> Json:
        """One vaccination given."""
        return self.add("Immunization", status="completed", vaccineCode=coded(CVX, cvx, text), occurrenceDateTime=when)

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
            type=coded(LOINC, loinc, title),
            category=[
                concept(
                    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                    "clinical-note",
                    "Clinical Note",
                )
            ],
            date=at(when),
            author=[CLINICIAN],
            content=[{"attachment": attachment}],
            **more,
        )

    def panel(self, loinc: str, name: str, when: str, results: Sequence[Json]) -> Json:
        """A laboratory report that holds results together."""
        return self.add(
            "DiagnosticReport",
            status="final",
            category=[concept(f"{TERMINOLOGY}/v2-0074", "LAB", "Laboratory")],
            code=coded(LOINC, loinc, name),
            effectiveDateTime=at(when),
            issued=at(when, "11:05:00"),
            result=list(results),
        )

    def study(self, modality: str, site: tuple[str, str], description: str, when: str, **more: object) -> Json:
        """An imaging study of one series and one instance, with its DICOM identifiers."""
        number = sum(r["resourceType"] == "ImagingStudy" for r in self.resources) + 1
        study_uid, series_uid, instance_uid = (
            dicom_uid(f"{self.patient_id}/{number}/{level}") for level in ("study", "series", "instance")
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
            "started": at(when, "14:20:00"),
            "instance": [instance],
        }
        return self.add(
            "ImagingStudy",
            identifier=[{"system": "urn:dicom:uid", "value": f"urn:oid:{study_uid}"}],
            status="available",
            modality=[coding],
            started=at(when, "14:20:00"),
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
            category=[concept(f"{TERMINOLOGY}/v2-0074", "RAD", "Radiology")],
            code=code,
            effectiveDateTime=at(when, "14:20:00"),
            issued=at(when, "16:40:00"),
            resultsInterpreter=[CLINICIAN],
            **({"imagingStudy": [study]} if study else {}),
            conclusion=impression,
            presentedForm=[form],
        )
