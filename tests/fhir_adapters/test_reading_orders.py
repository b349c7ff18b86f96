"""ServiceRequests: read for whoever asks for them, and for nobody else; and the encounter that a source names."""

import pytest
from tiny_fhir import patient

from fhir_adapters.details import Detail
from fhir_adapters.history import Coverage, Kind, Reason, Standing
from fhir_adapters.reading import read_history
from fhir_adapters.stored import history_from_plain, history_to_plain

ORDER = {
    "resourceType": "ServiceRequest",
    "id": "s1",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
    "encounter": {"reference": "Encounter/e1"},
    "code": {"text": "Complete blood count", "coding": [{"system": "http://loinc.org", "code": "58410-2"}]},
    "authoredOn": "2026-11-01",
}


def read(resource, **coverage):
    return read_history([patient(), resource], patient_id="p1", coverage=coverage).history


def entry(**changes):
    history = read(ORDER | changes, ServiceRequest=Coverage.WHOLE)
    return history.entries[0]


def test_an_order_is_read_with_its_code_and_its_date():
    one = entry()
    assert (one.kind, one.title, one.standing) == (Kind.ORDER, "Complete blood count", Standing.CURRENT)
    assert one.line == "Order: Complete blood count (active), 01-Nov-2026"
    assert [code.code for code in one.codes] == ["58410-2"]


def test_an_order_is_no_part_of_a_chart_that_did_not_ask_for_it():
    history = read(ORDER)
    assert history.entries == ()
    assert [(one.what, one.reason) for one in history.omissions] == [("ServiceRequest", Reason.UNSUPPORTED)]


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"status": "draft"}, Standing.PLANNED),
        ({"intent": "proposal"}, Standing.PLANNED),
        ({"status": "completed"}, Standing.PAST),
        ({"status": "revoked"}, Standing.PAST),
        ({"doNotPerform": True}, Standing.REFUTED),
        ({"status": "wished for"}, Standing.UNKNOWN),
        ({"status": "active", "modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}, Standing.UNKNOWN),
    ],
)
def test_c5_an_order_stands_as_its_status_says(changes, standing):
    assert entry(**changes).standing is standing


def test_t24_an_order_of_another_patient_is_dropped_with_an_alarm():
    gathered = read_history(
        [patient(), ORDER | {"subject": {"reference": "Patient/p2"}}],
        patient_id="p1",
        coverage={"ServiceRequest": Coverage.WHOLE},
    )
    assert gathered.history.entries == ()
    assert [alarm.what for alarm in gathered.alarms] == ["ServiceRequest"]


def test_an_order_entered_in_error_is_none():
    history = read(ORDER | {"status": "entered-in-error"}, ServiceRequest=Coverage.WHOLE)
    assert history.entries == ()


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("ServiceRequest", {"encounter": {"reference": "Encounter/e1"}}),
        ("Condition", {"encounter": {"reference": "Encounter/e1/_history/3"}}),
        ("MedicationStatement", {"context": {"reference": "Encounter/e1"}}),
        ("DocumentReference", {"context": {"encounter": [{"reference": "Encounter/e1"}]}}),
    ],
)
def test_the_encounter_that_a_source_names_is_kept_beside_the_fact_and_outside_its_hash(kind, named):
    bare = {name: value for name, value in ORDER.items() if name != "encounter"} | {"resourceType": kind}
    coverage = {kind: Coverage.WHOLE}
    history, without = read(bare | named, **coverage), read(bare, **coverage)
    assert history.entries[0].encounter == "Encounter/e1"
    assert history.fingerprint == without.fingerprint or Detail.ENCOUNTER in history.entries[0].detail
    assert history_from_plain(history_to_plain(history)) == history


def test_an_encounter_that_cannot_be_read_is_none():
    assert [entry(encounter=sent).encounter for sent in ([], "x", {"reference": 7}, None)] == ["", "", "", ""]
