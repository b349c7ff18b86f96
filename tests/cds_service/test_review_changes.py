"""How a chart moved on, said in a clinician's words."""

from dataclasses import replace

from cds_service.review.drawing import changes
from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.history import Kind
from tasks.brief_rules.names import KIND_NAMES

ALLERGY = {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/p1"}, "code": {"text": "Latex"}}
STUDY = {"resourceType": "ImagingStudy", "status": "available", "subject": {"reference": "Patient/p1"}}


def chart(*resources):
    person = {"resourceType": "Patient", "id": "p1"}
    numbered = [{**one, "id": f"r{number}"} for number, one in enumerate(resources)]
    entries = [{"resource": one} for one in (person, *numbered)]
    return history_from_bundle({"resourceType": "Bundle", "type": "collection", "entry": entries}).history


def test_several_of_a_kind_have_their_plural():
    assert changes(chart(), chart(ALLERGY, ALLERGY, STUDY, STUDY)) == (
        "new or changed: 2 allergies and intolerances, 2 imaging studies"
    )
    assert changes(chart(), chart(ALLERGY)) == "new or changed: 1 allergy"


def test_every_kind_has_a_name_and_every_count_of_it_reads():
    assert KIND_NAMES.keys() == set(Kind)
    one = chart(ALLERGY)
    for kind, name in KIND_NAMES.items():
        entries = tuple(replace(entry, kind=kind) for entry in one.entries)
        assert changes(chart(), replace(one, entries=entries)) == f"new or changed: 1 {name.singular}"
