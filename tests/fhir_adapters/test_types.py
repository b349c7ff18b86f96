"""The one table of types, and what stands on it."""

import pytest
from tiny_fhir import bundle, patient

from fhir_adapters.chart_index import ChartIndex
from fhir_adapters.gather import ALL_TYPES, SEARCHES
from fhir_adapters.history import Reason
from fhir_adapters.prefetch import PREFETCH, triage
from fhir_adapters.reading.readers import READERS
from fhir_adapters.types import TYPES
from tasks.brief_rules.names import TYPE_NAMES


def test_every_type_of_the_table_is_read_asked_for_and_named():
    assert READERS.keys() == TYPES.keys() == SEARCHES.keys() == set(ALL_TYPES)
    assert set(PREFETCH) == {"patient", *(row.key for row in TYPES.values())}
    assert TYPES.keys() <= TYPE_NAMES.keys()
    assert all(name == row.name for name, row in TYPES.items())


def test_a_template_is_short_and_a_search_has_a_page_s9():
    assert PREFETCH["observations"] == "Observation?patient={{context.patientId}}&_sort=-date&_count=200"
    assert PREFETCH["conditions"] == "Condition?patient={{context.patientId}}"
    assert SEARCHES["MedicationRequest"] == {"_include": "MedicationRequest:medication", "_count": "100"}


def test_allergies_problems_and_medicines_are_kept_first_c6_c12():
    first = sorted(TYPES.values(), key=lambda row: row.rank)[:4]
    assert [row.name for row in first] == [
        "AllergyIntolerance", "Condition", "MedicationRequest", "MedicationStatement",
    ]  # fmt: skip


OURS = {"reference": "Patient/p1"}
SHAPES = [
    {"patient": OURS, "subject": {"display": "the patient"}},
    {"patient": OURS, "subject": []},
    {"subject": [OURS]},
    {"patient": {"reference": " Patient/p1 "}},
]


@pytest.mark.parametrize("kind", ["AllergyIntolerance", "Immunization", "Condition"])
@pytest.mark.parametrize("about", SHAPES)
def test_a_folder_finds_a_resource_by_the_patient_named_in_either_element(kind, about):
    one = {"resourceType": kind, "id": "x1", **about}
    found = ChartIndex([bundle(patient(), one)]).search(kind, {"patient": "p1"})
    assert found == [one]


@pytest.mark.parametrize("issue", [{"code": "forbidden"}, [{"code": "forbidden"}], [{"code": "forbidden"}, {}]])
def test_the_code_of_an_outcome_is_read_alike_in_a_prefetch_and_in_a_bundle_s12(issue):
    outcome = {"resourceType": "OperationOutcome", "issue": issue}
    (alone,) = triage({"conditions": outcome}).parts["conditions"].omissions
    assert (alone.reason, alone.detail) == (Reason.REFUSED, "OperationOutcome: forbidden")
    inside = triage({"conditions": bundle(outcome)}).parts["conditions"].omissions
    assert any("forbidden" in f"{one}" for one in inside)


@pytest.mark.parametrize("code", ["John Doe", "", 7, "x" * 40, None])
def test_what_is_no_code_is_not_repeated(code):
    (said,) = triage({"conditions": {"resourceType": "OperationOutcome", "issue": [{"code": code}]}}).omissions
    assert said.detail == "OperationOutcome"
