"""The whole history: whose it is, what was left out, in which order, and up to which limit."""

import pytest
from fhir_samples import (
    OURS,
    PATIENT,
    coded,
    concept,
    entry_of,
    gather,
    observation,
    omission_of,
    quantity,
    resource,
    whole,
)

from fhir_adapters.dates import PartialDate
from fhir_adapters.errors import PatientMissing, WrongPatient
from fhir_adapters.history import AlarmKind, Coverage, Omission, Reason
from fhir_adapters.reading import read_history


def omissions_of(gathered):
    return [(item.what, item.reason, item.count, item.detail) for item in gathered.history.omissions]


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        " Patient/p1 ",
        "Patient/p1/_history/7",
        "urn:uuid:p1",
    ],
)
def test_a_resource_of_this_patient_is_read_however_it_says_so(reference):
    assert entry_of(observation(subject={"reference": reference})).reference == "Observation/r1"


@pytest.mark.parametrize(
    "reference",
    ["Patient/p2", " Patient/p2", "Patient/p2/_history/1", "Patient/P1", "Patient/p1x"],
)
def test_a_resource_of_another_patient_is_dropped_counted_and_raises_an_alarm_t24(reference):
    gathered = gather(observation("theirs", subject={"reference": reference}), observation("ours"))
    assert [entry.reference for entry in gathered.history.entries] == ["Observation/ours"]
    assert omissions_of(gathered) == [("Observation", Reason.OTHER_PATIENT, 1, "")]
    (alarm,) = gathered.alarms
    assert (alarm.kind, alarm.what, alarm.count) == (AlarmKind.WRONG_PATIENT_RESOURCE, "Observation", 1)
    assert gathered.stops_summary
    assert all(kept.get("id") != "theirs" for kept in gathered.resources)


@pytest.mark.parametrize(
    "subject",
    [
        None,
        "Patient/p1",
        {},
        {"reference": ""},
        {"reference": 1},
        {"reference": "#contained"},
        {"reference": "Group/p1"},
        {"reference": "Patient/"},
        {"reference": "urn:uuid:somebody"},
        {"identifier": {"value": "MRN"}},
    ],
)
def test_a_resource_that_does_not_say_whose_it_is_is_not_read(subject):
    omission = omission_of(observation(subject=subject))
    assert (omission.what, omission.reason, omission.detail) == ("Observation", Reason.UNREADABLE, "no subject")


def test_allergies_and_immunizations_name_their_patient():
    allergy = {"resourceType": "AllergyIntolerance", "id": "a", "patient": OURS, "code": concept("Latex")}
    assert entry_of(allergy).title == "Latex"
    assert omission_of({**allergy, "patient": None, "subject": OURS}).detail == "no subject"
    assert gather({**allergy, "patient": {"reference": "Patient/p2"}}).alarms


def test_another_patients_resource_of_a_type_that_is_not_read_raises_the_alarm_too_t24():
    gathered = gather({"resourceType": "Consent", "id": "c", "patient": {"reference": "Patient/p2"}})
    assert omissions_of(gathered) == [("Consent", Reason.OTHER_PATIENT, 1, "")]
    assert gathered.stops_summary


def test_two_patients_are_refused_in_any_order_t24():
    other = {"resourceType": "Patient", "id": "p2"}
    for patients in ([PATIENT, other], [other, PATIENT], [other]):
        with pytest.raises(WrongPatient) as refused:
            read_history(patients, patient_id="p1", coverage={})
        assert "p2" not in str(refused.value)


@pytest.mark.parametrize(
    "resources", [[], [{"resourceType": "Patient"}], [{"resourceType": "Patient", "id": 7}], [None]]
)
def test_without_the_patient_there_is_no_history(resources):
    with pytest.raises(PatientMissing):
        read_history(resources, patient_id="p1", coverage={})


def test_the_patient_twice_is_one_patient_and_the_newest_version_counts():
    old = {**PATIENT, "gender": "female", "deceasedBoolean": False, "meta": {"versionId": "1"}}
    new = {**PATIENT, "gender": "female", "deceasedBoolean": True, "meta": {"versionId": "2"}}
    for patients in ([old, new], [new, old]):
        assert read_history(patients, patient_id="p1", coverage={}).history.patient.deceased is True


def test_the_banner_shows_the_official_name_and_the_record_number():
    patient = {
        **PATIENT,
        "name": [
            {"use": "maiden", "family": "Old"},
            {"use": "nickname", "text": "Bo"},
            {"use": "official", "given": ["Ada", "Bea"], "family": "Example", "suffix": ["Jr."]},
        ],
        "birthDate": "1951-03",
        "gender": "female",
        "identifier": [
            {"use": "usual", "value": "not this", "type": coded("SS")},
            {"type": coded("MR"), "value": "MRN-1"},
        ],
        "deceasedDateTime": "2026-03-04",
    }
    facts = read_history([patient], patient_id="p1", coverage={}).history.patient
    assert (facts.name, facts.gender, facts.identifier) == ("Ada Bea Example Jr.", "female", "MRN-1")
    assert facts.birth_date == PartialDate("1951-03")
    assert facts.deceased == PartialDate("2026-03-04")


@pytest.mark.parametrize(
    ("elements", "deceased"),
    [
        ({}, None),
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": False}, False),
        ({"deceasedBoolean": "perhaps"}, None),
        ({"deceasedDateTime": "a while ago"}, True),
    ],
)
def test_whether_the_patient_is_dead_is_never_guessed(elements, deceased):
    facts = read_history([{**PATIENT, **elements}], patient_id="p1", coverage={}).history.patient
    assert facts.deceased is deceased


def test_a_name_without_a_use_or_only_as_text_is_shown():
    named = {**PATIENT, "name": [{"text": "Ada Example"}]}
    assert read_history([named], patient_id="p1", coverage={}).history.patient.name == "Ada Example"
    assert read_history([{**PATIENT, "name": "x"}], patient_id="p1", coverage={}).history.patient.name == ""


def test_types_that_are_not_read_are_counted_and_administrative_ones_are_not():
    gathered = gather(
        {"resourceType": "Goal", "id": "1"},
        {"resourceType": "Goal", "id": "2"},
        {"resourceType": "Practitioner", "id": "3"},
        {"resourceType": "Claim", "id": "4"},
    )
    assert omissions_of(gathered) == [("Goal", Reason.UNSUPPORTED, 2, "")]


@pytest.mark.parametrize(
    "resource", [None, 5, "x", [], {}, {"resourceType": None}, {"resourceType": "<script>"}, {"resourceType": ["Goal"]}]
)
def test_what_is_no_resource_is_counted(resource):
    assert omissions_of(gather(resource)) == [("resource", Reason.UNREADABLE, 1, "no resource type")]


@pytest.mark.parametrize("id", [None, "", 5, "a b", "../x", "..", "x" * 129, "a\n", "<i>", "ä"])
def test_a_resource_without_a_usable_id_cannot_be_cited_and_is_counted(id):
    omission = omission_of(observation(id))
    assert (omission.reason, omission.detail) == (Reason.UNREADABLE, "no id")


def test_what_could_not_be_read_means_that_its_type_was_seen_in_part():
    history = gather(observation(subject=None), coverage=whole("Observation", "Condition")).history
    assert history.covers("Observation") is Coverage.PART
    assert history.covers("Condition") is Coverage.WHOLE
    assert history.covers("Procedure") is Coverage.NONE


def test_entries_of_a_type_that_nobody_covered_make_it_seen_in_part():
    assert gather(observation()).history.covers("Observation") is Coverage.PART
    assert gather(observation(), coverage={"Observation": Coverage.NONE}).history.covers("Observation") is Coverage.PART


def test_the_callers_omissions_are_kept_and_equal_ones_counted_together():
    said = [
        Omission(what="Observation", reason=Reason.FAILED, detail="HTTP 503"),
        Omission(what="Observation", reason=Reason.FAILED, detail="HTTP 503", count=2),
        Omission(what="Goal", reason=Reason.UNSUPPORTED),
    ]
    gathered = gather({"resourceType": "Goal", "id": "1"}, omissions=said)
    assert omissions_of(gathered) == [
        ("Goal", Reason.UNSUPPORTED, 2, ""),
        ("Observation", Reason.FAILED, 3, "HTTP 503"),
    ]


def test_equal_copies_collapse_silently():
    copies = [observation(meta={"versionId": version}) for version in ("1", "2", "2")]
    gathered = gather(*copies)
    assert [entry.version for entry in gathered.history.entries] == ["2"]
    assert gathered.history.omissions == ()


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"versionId": "9"}, {"versionId": "10"}),
        ({"lastUpdated": "2026-01-01T00:00:00Z"}, {"lastUpdated": "2026-01-01T00:30:00-01:00"}),
        (
            {"versionId": "9", "lastUpdated": "2020-01-01T00:00:00Z"},
            {"versionId": "a-uuid", "lastUpdated": "2026-01-01T00:00:00Z"},
        ),
        (
            {"versionId": "9", "lastUpdated": "2020-01-01T00:00:00Z"},
            {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"},
        ),
        (
            {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"},
            {"versionId": "2", "lastUpdated": "2026-01-01T00:00:00Z"},
        ),
        ({"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"}, {"versionId": "2"}),
    ],
)
def test_of_different_versions_the_newest_stands_and_the_others_are_counted(older, newer):
    first = observation(valueQuantity=quantity(1), meta=older)
    second = observation(valueQuantity=quantity(2), meta=newer)
    for resources in ([first, second], [second, first]):
        gathered = gather(*resources)
        assert [entry.values[0].number for entry in gathered.history.entries] == [2]
        assert omissions_of(gathered) == [("Observation", Reason.DUPLICATE, 1, "another version")]


def test_a_newest_version_entered_in_error_takes_the_older_one_with_it():
    wrong = observation(status="entered-in-error", meta={"versionId": "2"})
    gathered = gather(observation(meta={"versionId": "1"}), wrong)
    assert gathered.history.entries == ()
    assert {reason for _, reason, _, _ in omissions_of(gathered)} == {Reason.DUPLICATE, Reason.ENTERED_IN_ERROR}


def test_entries_stand_as_a_chart_is_read():
    history = gather(
        observation("lab-old", effectiveDateTime="2020-01-01"),
        observation("lab-new", effectiveDateTime="2026-01-01"),
        observation("lab-undated"),
        resource("MedicationRequest", "m", status="active", medicationCodeableConcept=concept("A")),
        resource("MedicationRequest", "m-old", status="stopped", authoredOn="2026-06-01"),
        resource("Condition", "c-past", clinicalStatus=coded("resolved"), onsetDateTime="2026"),
        resource("Condition", "c-now", clinicalStatus=coded("active"), onsetDateTime="1999"),
        resource("AllergyIntolerance", "a"),
        resource("DocumentReference", "d"),
    ).history
    assert [entry.reference.partition("/")[2] for entry in history.entries] == [
        "a",
        "c-now",
        "c-past",
        "m",
        "m-old",
        "lab-new",
        "lab-old",
        "lab-undated",
        "d",
    ]
    assert [entry.id for entry in history.entries] == [f"E{number}" for number in range(1, 10)]


def test_a_limit_keeps_allergies_problems_and_medicines_and_then_the_newest():
    results = [observation(f"o{year}", effectiveDateTime=str(year)) for year in range(2000, 2020)]
    history = gather(
        *results,
        resource("AllergyIntolerance", "a"),
        resource("Condition", "c"),
        resource("MedicationStatement", "m"),
        limit=5,
        coverage=whole("Observation", "Condition"),
    ).history
    assert {entry.reference.partition("/")[2] for entry in history.entries} == {"a", "c", "m", "o2019", "o2018"}
    (omission,) = history.omissions
    assert (omission.what, omission.reason, omission.count) == ("Observation", Reason.OVER_LIMIT, 18)
    assert history.covers("Observation") is Coverage.PART
    assert history.covers("Condition") is Coverage.WHOLE


def test_a_limit_finds_the_newest_by_whatever_date_a_type_has():
    history = gather(
        resource("Encounter", "old", period={"start": "2001"}),
        resource("Encounter", "new", period={"start": "2026"}),
        resource("Procedure", "older", performedPeriod={"start": "2000"}),
        resource("Procedure", "undated"),
        resource("Procedure", "unreadable", performedDateTime="some day"),  # it may be the newest of all
        observation("mid", effectivePeriod={"start": "2020"}),
        limit=3,
    ).history
    assert {entry.reference.partition("/")[2] for entry in history.entries} == {"unreadable", "new", "mid"}


def test_a_limit_is_a_limit_even_for_allergies():
    history = gather(*(resource("AllergyIntolerance", f"a{n}") for n in range(9)), limit=4).history
    assert len(history.entries) == 4
    assert history.omissions[0].count == 5


def test_what_is_over_the_limit_is_still_kept_for_the_job():
    gathered = gather(*(observation(f"o{n}") for n in range(9)), limit=2)
    assert len(gathered.resources) == 10


def test_the_reader_reads_and_does_not_audit():
    gathered = gather(observation())
    assert gathered.access_records == ()
    assert gathered.alarms == ()
