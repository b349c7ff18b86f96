"""Procedures, immunizations, encounters, care plans and imaging studies."""

import pytest
from fhir_samples import coded, concept, entry_of, omission_of, resource

from fhir_adapters.history import Kind, Reason, Standing


def procedure(**elements):
    return resource("Procedure", **{"status": "completed", "code": concept("Colonoscopy"), **elements})


def immunization(**elements):
    return resource("Immunization", **{"status": "completed", "vaccineCode": concept("Influenza"), **elements})


def encounter(**elements):
    return resource("Encounter", **{"status": "finished", "class": {"code": "IMP"}, **elements})


def care_plan(**elements):
    return resource("CarePlan", **{"status": "active", "intent": "plan", "title": "Kidney care plan", **elements})


def imaging(**elements):
    return resource("ImagingStudy", **{"status": "available", **elements})


@pytest.mark.parametrize(
    ("status", "standing", "line"),
    [
        ("completed", Standing.PAST, "Colonoscopy, 16-Sep-2025"),
        ("in-progress", Standing.CURRENT, "Colonoscopy (in-progress), 16-Sep-2025"),
        ("preparation", Standing.PLANNED, "Colonoscopy (preparation), 16-Sep-2025"),
        ("on-hold", Standing.ON_HOLD, "Colonoscopy (on-hold), 16-Sep-2025"),
        ("stopped", Standing.PAST, "Colonoscopy (stopped), 16-Sep-2025"),
        ("not-done", Standing.REFUTED, "Not done: Colonoscopy, 16-Sep-2025"),
        ("", Standing.UNKNOWN, "Colonoscopy (status not recorded), 16-Sep-2025"),
    ],
)
def test_planned_done_and_not_done_never_look_alike_c5(status, standing, line):
    entry = entry_of(procedure(status=status, performedDateTime="2025-09-16"))
    assert (entry.kind, entry.standing, entry.line) == (Kind.PROCEDURE, standing, line)


def test_a_procedure_keeps_why_where_and_with_what_outcome():
    entry = entry_of(
        procedure(
            reasonCode=[concept("Anaemia")],
            reasonReference=[{"reference": "Condition/c", "display": "Iron deficiency"}],
            bodySite=[concept("Right knee")],
            outcome=concept("Successful"),
            performedPeriod={"start": "2025-09-16T10:00:00Z", "end": "2025-09-16T11:00:00Z"},
            note=[{"text": "No polyps."}],
            performer=[{"actor": {"display": "Dr Nobody"}}],
        )
    )
    assert entry.line == "Colonoscopy, right knee, 16-Sep-2025"
    assert entry.detail == {
        "Reason": "Anaemia; Iron deficiency",
        "Reason references": "Condition/c",
        "Body site": "Right knee",
        "Outcome": "Successful",
        "Note": "No polyps.",
        "Author": "Dr Nobody",
    }


@pytest.mark.parametrize("made", [procedure, immunization, encounter, imaging])
def test_what_was_entered_in_error_is_left_out(made):
    assert omission_of(made(status="entered-in-error")).reason is Reason.ENTERED_IN_ERROR


def test_a_reason_for_not_doing_is_said():
    entry = entry_of(procedure(status="not-done", statusReason=concept("declined")))
    assert entry.line == "Not done: Colonoscopy (declined)"


def test_a_procedure_dated_in_words_keeps_them():
    assert entry_of(procedure(performedString="as a child")).line == "Colonoscopy (as a child)"


def test_an_immunization_says_whether_it_was_given():
    given = entry_of(
        immunization(
            occurrenceDateTime="2025-10-14",
            protocolApplied=[{"doseNumberPositiveInt": 2, "targetDisease": [concept("Influenza")]}],
            doseQuantity={"value": 0.5, "unit": "mL"},
        )
    )
    assert (given.kind, given.line) == (Kind.IMMUNIZATION, "Immunization: Influenza, 14-Oct-2025")
    assert given.detail == {"Dose number": "2", "Target disease": "Influenza", "Dose": "0.5 mL"}
    refused = entry_of(immunization(status="not-done", statusReason=concept("Declined"), recorded="2024-02-06"))
    assert refused.standing is Standing.REFUTED
    assert refused.line == "Immunization not given: Influenza (Declined), 06-Feb-2024"


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("planned", Standing.PLANNED),
        ("arrived", Standing.PLANNED),
        ("triaged", Standing.CURRENT),
        ("in-progress", Standing.CURRENT),
        ("onleave", Standing.CURRENT),
        ("finished", Standing.PAST),
        ("cancelled", Standing.REFUTED),
        ("unknown", Standing.UNKNOWN),
    ],
)
def test_the_status_of_an_encounter_decides_its_standing(status, standing):
    assert entry_of(encounter(status=status)).standing is standing


def test_an_encounter_says_where_why_and_from_when_to_when():
    entry = entry_of(
        encounter(
            period={"start": "2022-11-08T09:15:00Z", "end": "2022-11-13T09:15:00Z"},
            type=[concept("Hospital admission")],
            reasonCode=[concept("Pneumonia")],
            serviceType=concept("Internal medicine"),
            hospitalization={"dischargeDisposition": concept("Home")},
            participant=[{"individual": {"display": "Dr Nobody"}}],
        )
    )
    assert entry.line == "Inpatient stay: Pneumonia, 08-Nov-2022 to 13-Nov-2022"
    assert entry.detail == {
        "Class": "Inpatient stay",
        "Type": "Hospital admission",
        "Reason": "Pneumonia",
        "Service": "Internal medicine",
        "Discharged to": "Home",
        "Author": "Dr Nobody",
    }


def test_an_encounter_without_a_reason_takes_its_diagnosis_or_its_type():
    diagnosed = encounter(diagnosis=[{"condition": {"reference": "Condition/c", "display": "Stroke"}}])
    assert entry_of(diagnosed).line == "Inpatient stay: Stroke"
    assert (
        entry_of(encounter(type=[concept("Well child visit (procedure)")])).line == "Inpatient stay: Well child visit"
    )
    assert entry_of(encounter(**{"class": {"display": "special"}})).line == "special"
    assert entry_of(encounter(**{"class": None})).line == "Encounter"


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("draft", Standing.PLANNED),
        ("active", Standing.CURRENT),
        ("on-hold", Standing.ON_HOLD),
        ("revoked", Standing.PAST),
        ("completed", Standing.PAST),
        ("unknown", Standing.UNKNOWN),
    ],
)
def test_the_status_of_a_care_plan_decides_its_standing(status, standing):
    assert entry_of(care_plan(status=status)).standing is standing
    assert omission_of(care_plan(status="entered-in-error")).reason is Reason.ENTERED_IN_ERROR


def test_a_proposed_care_plan_is_planned():
    assert entry_of(care_plan(intent="proposal")).standing is Standing.PLANNED


def test_a_care_plan_names_its_first_activities_and_counts_the_rest():
    activities = [{"detail": {"description": f"step {n}", "status": "in-progress"}} for n in range(5)]
    entry = entry_of(
        care_plan(activity=activities, period={"start": "2024-11-12"}, addresses=[{"reference": "Condition/c"}])
    )
    assert entry.line == (
        "Kidney care plan (active), 12-Nov-2024: "
        "step 0 (in-progress); step 1 (in-progress); step 2 (in-progress); 2 more"
    )
    assert entry.detail["Activities"].count("step") == 5
    assert entry.detail["Addresses references"] == "Condition/c"


def test_a_care_plan_without_a_title_is_named_by_its_category():
    entry = entry_of(care_plan(title=None, category=[coded("assess-plan"), concept("Self care")]))
    assert entry.title == "Self care"
    assert entry.line == "Care plan: Self care (active)"


def test_an_imaging_study_gives_the_uids_by_which_its_pictures_are_found():
    entry = entry_of(
        imaging(
            identifier=[
                {"system": "http://example.org", "value": "x"},
                {"system": "urn:dicom:uid", "value": "urn:oid:2.25.17"},
            ],
            description="Chest_radiograph",
            started="2026-11-18T14:20:00Z",
            modality=[{"code": "CR", "display": "Computed Radiography"}],
            numberOfSeries=2,
            numberOfInstances=3,
            series=[
                {
                    "uid": "2.25.1",
                    "modality": {"code": "CR"},
                    "bodySite": {"display": "Thorax"},
                    "laterality": {"display": "Left"},
                },
                {"uid": "urn:oid:2.25.2", "description": "lateral"},
            ],
            reasonCode=[concept("Cough")],
        )
    )
    assert entry.line == "Imaging: Chest radiograph (CR, left), 18-Nov-2026"
    assert entry.detail == {
        "Study instance UID": "2.25.17",
        "Series instance UIDs": "2.25.1 2.25.2",
        "Modality": "CR",
        "Body site": "Thorax",
        "Laterality": "left",
        "Number of series": "2",
        "Number of instances": "3",
        "Series": "lateral",
        "Reason": "Cough",
    }


@pytest.mark.parametrize(
    ("identifier", "uid"),
    [
        ([{"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.840.5"}], "1.2.840.5"),
        ([{"value": "urn:oid:1.2.840.5"}], "1.2.840.5"),
        ([{"system": "urn:dicom:uid", "value": "../../etc/passwd"}], ""),
        ([{"system": "urn:dicom:uid", "value": "1..2"}], ""),
        ([{"system": "urn:dicom:uid", "value": "1" * 65}], ""),
        ([{"system": "urn:dicom:uid", "value": "١.٢"}], ""),
        (None, ""),
    ],
)
def test_only_a_dicom_uid_is_a_study_instance_uid(identifier, uid):
    assert entry_of(imaging(identifier=identifier)).detail.get("Study instance UID", "") == uid


def test_an_imaging_study_without_a_name_is_named_by_modality_and_site():
    series = [{"modality": {"code": "DX"}, "bodySite": {"display": "Clavicle"}, "started": "2020"}]
    entry = entry_of(imaging(series=series))
    assert entry.line == "Imaging: DX Clavicle, 2020"
    assert entry_of(imaging()).title == "Imaging study"
    assert omission_of(imaging(status="cancelled")).reason is Reason.CANCELLED
