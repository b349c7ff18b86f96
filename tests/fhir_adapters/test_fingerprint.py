"""Hashes name content: the same for the same facts, another for any other."""

import pytest
from fhir_samples import PATIENT, coded, concept, gather, observation, quantity, resource, whole

from fhir_adapters.fingerprint import content_hash
from fhir_adapters.history import Coverage
from fhir_adapters.reading import read_history

BASE = {
    "valueQuantity": quantity(8.4, "%"),
    "interpretation": [coded("H")],
    "referenceRange": [{"low": quantity(4, "%"), "high": quantity(5.6, "%")}],
    "effectiveDateTime": "2026-11-02",
}


def hash_of(**elements):
    return gather(observation(**{**BASE, **elements})).history.entries[0].content_hash


@pytest.mark.parametrize(
    "changed",
    [
        {"valueQuantity": quantity(8.5, "%")},
        {"valueQuantity": quantity(8.4, "mmol/mol")},
        {"valueQuantity": quantity(8.4, "%", comparator=">")},
        {"interpretation": [coded("HH")]},
        {"referenceRange": []},
        {"effectiveDateTime": "2026-11-03"},
        {"status": "amended"},
        {"code": concept("Sodium", code="2951-2")},
        {"note": [{"text": "repeat"}]},
        {"meta": {"security": [{"code": "AIAST"}]}},
        {"meta": {"security": [{"code": "R"}]}},
        {"category": [coded("vital-signs")]},
    ],
)
def test_any_kept_fact_that_changes_changes_the_hash(changed):
    assert hash_of(**changed) != hash_of()


@pytest.mark.parametrize(
    "changed",
    [
        {"meta": {"versionId": "7", "lastUpdated": "2026-11-24T00:00:00Z"}},
        {"text": {"div": "<div>narrative</div>"}},
        {"identifier": [{"value": "x"}]},
        {"valueQuantity": quantity(8.40, "%", system="http://unitsofmeasure.org")},
    ],
)
def test_versions_narrative_and_identifiers_are_no_content(changed):
    assert hash_of(**changed) == hash_of()


def test_the_hash_of_an_entry_can_be_made_again_from_the_entry():
    (entry,) = gather(observation(**BASE)).history.entries
    assert content_hash(entry) == entry.content_hash
    assert len(entry.content_hash) == 64


def fingerprint(*resources, **coverage):
    return gather(*resources, coverage=coverage or whole("Observation")).history.fingerprint


def test_the_fingerprint_follows_entries_and_coverage_and_not_their_order():
    first, second = observation("a", valueQuantity=quantity(1)), observation("b", valueQuantity=quantity(2))
    assert fingerprint(first, second) == fingerprint(second, first)
    assert fingerprint(first, second) != fingerprint(first)
    assert fingerprint(first) != fingerprint({**first, "id": "c"})
    assert fingerprint(first) != fingerprint(first, Observation=Coverage.PART)
    assert fingerprint(first) != fingerprint(first, Observation=Coverage.WHOLE, Condition=Coverage.WHOLE)
    assert fingerprint(first) == fingerprint({**first, "meta": {"versionId": "9"}})


def test_a_number_of_an_entry_is_no_content():
    alone = gather(observation("z")).history.by_reference["Observation/z"]
    beside = gather(observation("z"), resource("Condition", "c")).history.by_reference["Observation/z"]
    assert (alone.id, beside.id) == ("E1", "E2")
    assert alone.content_hash == beside.content_hash


def test_two_empty_charts_are_not_the_same_history():
    mine = read_history([PATIENT], patient_id="p1", coverage={}).history.fingerprint
    theirs = read_history([{**PATIENT, "id": "p2"}], patient_id="p2", coverage={}).history.fingerprint
    assert mine != theirs
