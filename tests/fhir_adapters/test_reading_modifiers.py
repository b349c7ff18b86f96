"""What can turn a statement round and is not understood is shown as such, and makes nothing stand (R4 modifiers)."""

import orjson
import pytest
from fhir_samples import PATIENT, coded, concept, entry_of, gather, observation, resource

from fhir_adapters.history import Reason, Standing
from fhir_adapters.reading import read_history
from fhir_adapters.reading.readers import READERS
from fhir_adapters.stored import canonical, history_from_plain, history_to_plain

CURRENT = {
    "AllergyIntolerance": {"clinicalStatus": coded("active")},
    "CarePlan": {"status": "active"},
    "Condition": {"clinicalStatus": coded("active")},
    "DiagnosticReport": {"status": "final"},
    "DocumentReference": {"status": "current"},
    "Encounter": {"status": "in-progress"},
    "ImagingStudy": {"status": "available"},
    "Immunization": {"status": "completed"},
    "MedicationRequest": {"status": "active"},
    "MedicationStatement": {"status": "active"},
    "Observation": {"status": "final"},
    "Procedure": {"status": "in-progress"},
}
UNREAD = [{"url": "http://example.org/not", "valueBoolean": True}]
KINDS = sorted(READERS)


def patient_history(**elements):
    return read_history([{**PATIENT, **elements}], patient_id="p1", coverage={}).history


def is_marked(entry):
    return entry.unread_modifier != "" and entry.unread_modifier in entry.line


@pytest.mark.parametrize(
    "elements",
    [
        {"modifierExtension": UNREAD},
        {"modifierExtension": UNREAD[0]},
        {"note": [{"text": "x", "modifierExtension": UNREAD}]},
        {"extension": [{"url": "urn:x", "valueQuantity": {"modifierExtension": UNREAD}}]},
        {"contained": [{"resourceType": "Medication", "id": "m", "modifierExtension": UNREAD}]},
        {"implicitRules": "http://example.org/all-values-are-negated"},
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_an_unread_modifier_anywhere_makes_no_claim_stand(kind, elements):
    entry = entry_of(resource(kind, **CURRENT[kind], **elements))
    assert is_marked(entry)
    assert entry.standing is Standing.UNKNOWN


def test_an_unread_modifier_makes_no_past_certain_and_loosens_no_denial():
    made = resource("Procedure", status="completed", modifierExtension=UNREAD)
    assert entry_of(made).standing is Standing.UNKNOWN
    forbidden = resource("MedicationRequest", status="active", doNotPerform=True, modifierExtension=UNREAD)
    assert entry_of(forbidden).standing is Standing.REFUTED


def test_an_unread_modifier_is_stored_and_changes_the_hash():
    plain, changed = (gather(observation(valueInteger=5, **more)).history for more in ({}, {"implicitRules": "urn:r"}))
    assert plain.entries[0].content_hash != changed.entries[0].content_hash
    assert plain.fingerprint != changed.fingerprint
    assert history_from_plain(orjson.loads(canonical(history_to_plain(changed)))) == changed


def test_a_long_line_does_not_cut_the_mark_off():
    entry = entry_of(
        resource(
            "CarePlan",
            status="active",
            title="x " * 200,
            modifierExtension=UNREAD,
            activity=[{"detail": {"description": f"{number} " + "y " * 140}} for number in range(3)],
        )
    )
    assert is_marked(entry)
    assert len(entry.line) <= 600


@pytest.mark.parametrize("elements", [{"modifierExtension": []}, {"modifierExtension": None}, {"implicitRules": ""}])
@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_modifier_changes_nothing(kind, elements):
    entry = entry_of(resource(kind, **CURRENT[kind], **elements))
    assert entry.unread_modifier == ""
    assert entry.standing is not Standing.UNKNOWN


def test_a_modifier_in_the_dose_or_in_a_component_or_in_a_reaction_is_seen():
    dose = [{"text": "5 mg daily", "modifierExtension": UNREAD}]
    part = [{"code": concept("Glucose"), "valueInteger": 5, "modifierExtension": UNREAD}]
    reaction = [{"manifestation": [concept("Rash")], "modifierExtension": UNREAD}]
    for made in (
        resource("MedicationRequest", status="active", dosageInstruction=dose),
        observation(component=part),
        resource("AllergyIntolerance", **CURRENT["AllergyIntolerance"], reaction=reaction),
    ):
        assert is_marked(entry_of(made))
        assert entry_of(made).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    "elements",
    [
        {"focus": [{"reference": "Patient/p2"}]},
        {"focus": {"reference": "RelatedPerson/mother", "display": "mother"}},
        {"focus": [{"reference": "Patient/p1"}, {"display": "fetus"}]},
        {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/observation-focusCode"}]},
    ],
)
def test_a_result_about_another_than_the_patient_is_marked(elements):
    entry = entry_of(observation(valueInteger=5, **elements))
    assert is_marked(entry)
    assert entry.standing is Standing.UNKNOWN


def test_the_mark_names_nobody_and_a_focus_on_the_patient_is_none():
    entry = entry_of(observation(focus=[{"display": "Jane Nobody"}]))
    assert "Nobody" not in entry.line
    assert entry_of(observation(focus=[{"reference": "Patient/p1"}])).unread_modifier == ""


@pytest.mark.parametrize("reference", ["Condition/c1", "Condition/c1/_history/2"])
def test_a_stage_of_the_patients_own_cancer_is_about_the_patient(reference):
    assert entry_of(observation(focus=[{"reference": reference}])).unread_modifier == ""
    mixed = [{"reference": reference}, {"reference": "RelatedPerson/m"}]
    assert is_marked(entry_of(observation(focus=mixed)))
    assert is_marked(entry_of(observation(focus=[{"reference": f"https://other.test/fhir/{reference}"}])))


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        ("Observation", {"doNotPerform": True}),
        ("MedicationStatement", {"doNotPerform": "true"}),
        ("CarePlan", {"doNotPerform": "x"}),
        ("Encounter", {"notDone": True}),
        ("MedicationRequest", {"_doNotPerform": {"extension": UNREAD}}),
        ("DiagnosticReport", {"wasNotGiven": "yes"}),
    ],
)
def test_a_denial_where_none_belongs_is_an_unread_modifier(kind, elements):
    entry = entry_of(resource(kind, **CURRENT[kind], **elements))
    assert is_marked(entry)
    assert entry.standing is Standing.UNKNOWN


@pytest.mark.parametrize("flag", [True, "true", "unclear"])
@pytest.mark.parametrize("name", ["doNotPerform", "prohibited"])
def test_a_planned_activity_that_must_not_be_done_says_so(name, flag):
    detail = {"description": "Anticoagulation", "status": "not-started", name: flag}
    entry = entry_of(resource("CarePlan", status="active", activity=[{"detail": detail}]))
    assert entry.detail["Activities"] == "Do not: Anticoagulation (not-started)"
    assert "Do not: Anticoagulation" in entry.line


def test_an_activity_entered_in_error_is_counted_and_not_said():
    wrong = {"description": "Radiotherapy", "status": "Entered in error"}
    history = gather(resource("CarePlan", status="active", activity=[{"detail": wrong}])).history
    assert "Radiotherapy" not in history.entries[0].line
    assert [(item.what, item.reason) for item in history.omissions] == [("CarePlan", Reason.ENTERED_IN_ERROR)]


@pytest.mark.parametrize("flag", [True, "TRUE", 1, "unclear"])
def test_a_subpotent_dose_is_not_shown_as_a_full_one(flag):
    entry = entry_of(
        resource("Immunization", status="completed", vaccineCode=concept("Measles vaccine"), isSubpotent=flag)
    )
    assert entry.title == "Measles vaccine, subpotent dose"
    assert "subpotent" in entry.line
    assert entry.detail["Subpotent"] == "yes"
    full = entry_of(resource("Immunization", status="completed", isSubpotent="false"))
    assert "Subpotent" not in full.detail


@pytest.mark.parametrize(
    ("elements", "mark"),
    [
        ({"active": False}, "marked as no longer in use"),
        ({"active": "False"}, "marked as no longer in use"),
        ({"active": "perhaps"}, "in use or not: not understood"),
        ({"link": [{"other": {"reference": "Patient/p9"}, "type": "replaced-by"}]}, "replaced by another record"),
        ({"link": {"other": {"reference": "Patient/p9"}, "type": "Replaced-By"}}, "replaced by another record"),
        ({"link": [{"type": "replaces"}]}, "replaces another record, which is not read"),
        ({"link": [{"type": "seealso"}]}, "linked to another record, which is not read"),
        ({"link": [{"type": "refer"}]}, "linked to another record, which is not read"),
        ({"link": [{"type": "odd"}]}, "linked to another record, which is not read"),
        ({"modifierExtension": UNREAD}, "changed by an extension that is not understood"),
        ({"name": [{"modifierExtension": UNREAD}]}, "changed by an extension that is not understood"),
        ({"implicitRules": "urn:rules"}, "written under rules that are not understood"),
        ({"deceasedBoolean": "perhaps"}, "alive or dead: not understood"),
    ],
)
def test_what_the_patients_own_record_says_of_itself_is_told_and_stored(elements, mark):
    history = patient_history(**elements)
    assert history.patient.marks == (mark,)
    assert [(item.what, item.reason, item.detail) for item in history.omissions] == [
        ("Patient", Reason.PATIENT_RECORD, mark)
    ]
    assert history.fingerprint != patient_history().fingerprint
    assert history_from_plain(orjson.loads(canonical(history_to_plain(history)))) == history


@pytest.mark.parametrize(
    "other",
    [
        {"reference": "RelatedPerson/m"},
        {"reference": "https://ehr.test/fhir/RelatedPerson/m"},
        {"type": "RelatedPerson", "display": "mother of"},
    ],
)
def test_what_the_patient_is_to_a_relative_is_no_mark_of_the_record(other):
    assert patient_history(link=[{"other": other, "type": "seealso"}]).patient.marks == ()
    replaced = patient_history(link=[{"other": other, "type": "replaced-by"}])
    assert replaced.patient.marks == ("replaced by another record",)


def test_an_ordinary_patient_is_not_marked_and_an_older_stored_form_is_read():
    history = patient_history(active=True, link=[], deceasedBoolean=False)
    assert history.patient.marks == ()
    assert history.omissions == ()
    plain = history_to_plain(history)
    del plain["patient"]["marks"]
    assert history_from_plain(plain) == history


@pytest.mark.parametrize(("flag", "deceased"), [("true", True), (" TRUE", True), ("false", False), (True, True)])
def test_a_death_written_as_text_is_read(flag, deceased):
    assert patient_history(deceasedBoolean=flag).patient.deceased is deceased
