"""A3: a resource is ours by a clean reference to our Patient on our server, and by nothing else (T24)."""

import pytest
from fhir_samples import OURS, PATIENT, concept, gather, observation, omission_of, resource

from fhir_adapters.errors import WrongPatient
from fhir_adapters.history import Coverage, Reason
from fhir_adapters.reading import read_history

UNCLEAR = [
    "https://other-hospital.test/fhir/Patient/p1",
    "https://other-hospital.test/fhir/Patient/p1/_history/2",
    "http://x.test/Patient/p2/Patient/p1",
    "Patient/p2?x=/Patient/p1",
    "Patient/p1?version=2",
    "Patient?identifier=urn:mrn|1",
    "Patient/p2#/Patient/p1",
    "Patient/p1#name",
    "Patient/p1/Condition/c1",
    "Patient/p1/_history/1/Patient/p1",
    "Patient/p1/",
    "Patient//p1",
    "/Patient/p1",
    "../Patient/p1",
    "fhir/Patient/p1",
    "Patient/p1 Patient/p2",
    "Patient/%70%31",
    "patient/p1",
    "Patient/p1\u200b",
    "Patient/р1",
    "Patient\\p1x",
    "ehr:Patient/p1",
]


@pytest.mark.parametrize("reference", UNCLEAR)
def test_t24_a_reference_that_names_some_patient_unclearly_is_not_ours_and_is_an_alarm(reference):
    gathered = gather(observation("theirs", subject={"reference": reference}), coverage={"Observation": Coverage.WHOLE})
    assert gathered.history.entries == ()
    (omission,) = gathered.history.omissions
    assert (omission.what, omission.reason) == ("Observation", Reason.OTHER_PATIENT)
    assert gathered.stops_summary
    assert gathered.history.covers("Observation") is Coverage.PART  # it may have been ours
    assert len(gathered.resources) == 1


@pytest.mark.parametrize("subject", [[OURS], [OURS, OURS], {"reference": ["Patient/p1"]}])
def test_a_list_that_names_our_patient_alone_is_ours(subject):
    assert len(gather(observation(subject=subject)).history.entries) == 1


@pytest.mark.parametrize(
    "subject",
    [
        [OURS, {"reference": "Patient/p2"}],
        [{"reference": "Patient/p2"}, OURS],
        {"reference": ["Patient/p1", "Patient/p2"]},
        [OURS, {"display": "somebody"}],
        [OURS, None],
        [OURS, [OURS]],
        [OURS, {"reference": "Group/g"}],
    ],
)
def test_t24_a_list_that_names_anybody_else_is_not_ours_and_is_an_alarm(subject):
    gathered = gather(observation(subject=subject))
    assert gathered.history.entries == ()
    assert gathered.stops_summary


@pytest.mark.parametrize("subject", [[], [None], [[OURS]], {"reference": []}, {"reference": {"reference": "x"}}])
def test_a_list_that_names_nobody_says_nothing(subject):
    assert omission_of(observation(subject=subject)).detail == "no subject"


@pytest.mark.parametrize("other", [{"reference": "Patient/p2"}, {"reference": "https://x.test/Patient/p1"}])
def test_t24_where_subject_and_patient_disagree_the_resource_is_not_ours(other):
    for made in (
        observation(patient=other),
        resource("AllergyIntolerance", code=concept("Latex"), subject=other),
        observation(subject=None, patient={"reference": "Patient/p2"}),
    ):
        gathered = gather(made)
        assert gathered.history.entries == ()
        assert gathered.stops_summary


def test_where_subject_and_patient_agree_it_is_ours():
    assert len(gather(observation(patient=OURS), resource("AllergyIntolerance", subject=OURS)).history.entries) == 2


def test_t24_a_contained_patient_is_not_the_patient_beside_it():
    inside = [{"resourceType": "Patient", "id": "pat", "name": [{"family": "Other"}]}]
    gathered = gather(observation(subject={"reference": "#pat"}, contained=inside))
    assert gathered.history.entries == ()
    assert gathered.stops_summary


@pytest.mark.parametrize("reference", ["https://other.test/fhir/Patient/p1", "Patient?identifier=1", "Patient/p2"])
def test_t24_a_type_that_is_not_read_is_judged_in_the_same_way(reference):
    assert gather({"resourceType": "Consent", "id": "c", "patient": {"reference": reference}}).stops_summary


ADA = {
    **PATIENT,
    "name": [{"use": "official", "family": "Example", "given": ["Ada"]}],
    "birthDate": "1951-03-04",
    "gender": "female",
    "identifier": [{"system": "urn:mrn", "value": "1"}],
}


@pytest.mark.parametrize(
    "changed",
    [
        {"name": [{"family": "Other", "given": ["Bea"]}]},
        {"name": [{"text": "Bea Other"}]},
        {"name": {"family": "Other"}},
        {"birthDate": "1990-01-01"},
        {"birthDate": "1951-03-05"},
        {"gender": "male"},
        {
            "name": [{"family": "Example", "given": ["Bea"]}],
            "identifier": [{"system": "urn:mrn", "value": "2"}],
        },  # twins
        {"name": [{"family": "Example", "given": ["Bea"]}], "birthDate": "19510305"},
        {"id": None, "name": [{"family": "Other"}]},
        {"id": "a b"},
    ],
)
def test_t24_two_patients_with_one_id_that_are_two_persons_are_refused_in_any_order(changed):
    other = {**ADA, "meta": {"versionId": "2"}, **changed}
    if changed == {"id": "a b"}:
        other |= {"birthDate": "1990-01-01"}
    for patients in ([ADA, other], [other, ADA]):
        with pytest.raises(WrongPatient) as refused:
            read_history(patients, patient_id="p1", coverage={})
        assert "Other" not in str(refused.value)


SPELT = ("ada m. example", "adelheid example", "example, ada", "a. example-other")


@pytest.mark.parametrize(
    "changed",
    [
        {"meta": {"versionId": "2"}},
        {"telecom": [{"value": "1"}], "meta": {"versionId": "2"}},
        {"name": [*ADA["name"], {"use": "maiden", "family": "Before"}]},
        {"name": [{"family": "EXAMPLE", "given": ["ADA"]}]},
        {"identifier": [*ADA["identifier"], {"system": "urn:ssn", "value": "9"}]},
        {"identifier": [{"system": "urn:mrn", "value": "2"}]},  # a number changes, a person's other facts do not
        {"identifier": [{"system": "urn:ssn", "value": "***-**-1234"}]},
        {
            "identifier": [{"system": "urn:mrn", "value": "***1"}],
            "name": [{"family": "Example", "given": ["Adelheid"]}],
        },
        {"identifier": None, "name": [{"use": "nickname", "family": "Example", "given": ["Ducky"]}, *ADA["name"]]},
        {"name": [{"family": "Example", "given": ["Ada", "M."]}]},
        {"name": [{"family": "Example-Other", "given": ["A."]}]},
        {"name": [{"text": "Example, Ada"}]},
        {"birthDate": "1951"},
        {"birthDate": "19510304"},
        {"gender": "unknown"},
        {"name": None, "birthDate": None, "gender": None, "identifier": None, "meta": {"versionId": "9"}},
    ],
)
def test_versions_of_one_person_are_one_patient_and_the_banner_keeps_its_facts(changed):
    for patients in ([ADA, {**ADA, **changed}], [{**ADA, **changed}, ADA]):
        facts = read_history(patients, patient_id="p1", coverage={}).history.patient
        assert facts.name.casefold() in {*SPELT, "ada example"}
        assert facts.birth_date
        assert facts.gender


def test_endless_different_copies_of_the_patient_are_no_versions():
    copies = [{**ADA, "name": [{"family": "Example", "given": ["Ada"]}, {"text": f"x{n}"}]} for n in range(2000)]
    with pytest.raises(WrongPatient):
        read_history(copies, patient_id="p1", coverage={})


def order(**elements):
    return resource("MedicationRequest", "m", status="active", **elements)


def medicine(**elements):
    return {"resourceType": "Medication", "id": "9", "code": concept("Insulin"), **elements}


def title(*resources):
    (entry,) = gather(*resources).history.entries
    return entry.title


@pytest.mark.parametrize(
    "reference",
    ["https://other.test/fhir/Medication/9", "Patient/p1/Medication/9", "Medication/9?x=1", "Medication/9#a", "9"],
)
def test_a_medication_of_another_base_does_not_name_an_order(reference):
    assert title(order(medicationReference={"reference": reference, "display": "pill"}), medicine()) == "pill"


def test_a_contained_resource_that_is_no_medication_does_not_name_an_order():
    inside = [{"resourceType": "Patient", "id": "x", "code": {"text": "weird"}}, {"id": "x", "code": {"text": "odd"}}]
    assert title(order(medicationReference={"reference": "#x", "display": "pill"}, contained=inside)) == "pill"
    both = [*inside, {"resourceType": "Medication", "id": "x", "code": {"text": "Apixaban"}}]
    assert title(order(medicationReference={"reference": "#x", "display": "pill"}, contained=both)) == "Apixaban"


def test_two_medications_of_one_id_are_both_named_unless_one_is_newer():
    named = order(medicationReference={"reference": "Medication/9"})
    other = medicine(code=concept("Warfarin"))
    for pair in ([medicine(), other], [other, medicine()]):
        assert title(named, *pair) == "Insulin or Warfarin"
    assert title(named, medicine(meta={"versionId": "2"}), {**other, "meta": {"versionId": "1"}}) == "Insulin"


def test_an_empty_concept_beside_a_reference_does_not_hide_the_medicine():
    assert title(order(medicationCodeableConcept={}, medicationReference={"reference": "Medication/9"}), medicine())
    named = order(medicationCodeableConcept={"text": ""}, medicationReference={"reference": "Medication/9"})
    assert title(named, medicine()) == "Insulin"
