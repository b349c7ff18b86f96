"""Bundles of every type become plain resources; one Bundle can be a whole chart."""

import copy

import orjson
import pytest
from fhir_samples import PATIENT, concept, observation

from fhir_adapters.bundle import history_from_bundle, unpack_bundle
from fhir_adapters.errors import PatientMissing, UnreadableRecord, WrongPatient
from fhir_adapters.history import Coverage, Reason
from fhir_adapters.reading.readers import READERS


def bundle(*entries, type="collection", **more):
    return {"resourceType": "Bundle", "type": type, "entry": list(entries), **more}


def entry(resource, url=""):
    return {"fullUrl": url, "resource": resource} if url else {"resource": resource}


def test_the_resources_of_a_bundle_are_found_in_any_type_of_it():
    for kind in ("collection", "searchset", "transaction", "document", "batch-response", "history"):
        found, next_url, omissions = unpack_bundle(bundle(entry(PATIENT), entry(observation()), type=kind))
        assert [item["resourceType"] for item in found] == ["Patient", "Observation"]
        assert next_url is None
        assert omissions == []


def test_the_next_page_is_named():
    links = [{"relation": "self", "url": "a"}, {"relation": "next", "url": "https://x.example/fhir?page=2"}]
    assert unpack_bundle(bundle(link=links))[1] == "https://x.example/fhir?page=2"


def test_a_bundle_within_a_bundle_is_unpacked_and_endless_nesting_is_not():
    inner = bundle(entry(observation()), type="searchset")
    assert len(unpack_bundle(bundle(entry(inner), type="batch-response"))[0]) == 1
    deep = bundle()
    for _ in range(50):
        deep = bundle(entry(deep))
    (omission,) = unpack_bundle(deep)[2]
    assert (omission.reason, omission.detail) == (Reason.UNREADABLE, "nested too deeply")


def test_what_the_server_could_not_do_is_said():
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    (omission,) = unpack_bundle(bundle(entry(outcome), type="searchset"))[2]
    assert (omission.what, omission.reason, omission.detail) == ("OperationOutcome", Reason.FAILED, "timeout")
    outcome["issue"][0]["severity"] = "warning"
    assert unpack_bundle(bundle(entry(outcome), type="searchset"))[2] == []  # S12: nothing is missing


@pytest.mark.parametrize("entries", [None, 5, "x", {}, [None, 5, {"resource": 7}, {"response": {"status": "204"}}]])
def test_malformed_entries_are_counted_or_empty_and_never_raise(entries):
    found, _, omissions = unpack_bundle({"resourceType": "Bundle", "entry": entries})
    assert found == []
    assert all(omission.reason is Reason.UNREADABLE for omission in omissions)


@pytest.mark.parametrize("given", [None, [], "Bundle", {"resourceType": "Patient", "id": "p1"}])
def test_what_is_no_bundle_is_an_omission_to_one_and_an_error_to_the_other(given):
    found, _, omissions = unpack_bundle(given)
    assert found == []
    assert omissions[0].detail == "not a Bundle"
    with pytest.raises(UnreadableRecord):
        history_from_bundle(given)


URN = "urn:uuid:0c3f6c1e-6f5b-4c3e-9f0e-1d2a3b4c5d6e"


def test_references_by_urn_are_resolved_and_the_input_is_left_alone():
    given = bundle(
        entry({**PATIENT, "id": "pat"}, URN),
        entry(observation(subject={"reference": URN}, hasMember=[{"reference": "urn:uuid:unknown"}])),
    )
    before = copy.deepcopy(given)
    gathered = history_from_bundle(given)
    assert [item.reference for item in gathered.history.entries] == ["Observation/r1"]
    assert gathered.history.entries[0].detail["Members"] == "urn:uuid:unknown"
    assert given == before


def test_a_urn_of_another_patient_is_another_patient_t24():
    other = "urn:uuid:11111111-6f5b-4c3e-9f0e-1d2a3b4c5d6e"
    given = bundle(entry({**PATIENT, "id": "a"}, URN), entry({**PATIENT, "id": "b"}, other))
    with pytest.raises(WrongPatient):
        history_from_bundle(given)
    with pytest.raises(WrongPatient):
        history_from_bundle(given, patient_id="a")


def test_an_entry_without_an_id_takes_it_from_its_full_url():
    nameless = {name: part for name, part in observation().items() if name != "id"}
    found, _, _ = unpack_bundle(
        bundle(
            entry({"resourceType": "Patient"}, URN),
            entry(nameless, "https://x.example/fhir/Observation/o9"),
            entry(nameless),
        )
    )
    assert [item.get("id") for item in found] == [URN.removeprefix("urn:uuid:"), "o9", None]


def test_a_medication_named_by_urn_is_found():
    statement = {
        "resourceType": "MedicationStatement",
        "id": "m",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationReference": {"reference": URN},
    }
    medication = {"resourceType": "Medication", "id": "med-1", "code": concept("Anastrozole")}
    gathered = history_from_bundle(bundle(entry(PATIENT), entry(statement), entry(medication, URN)))
    assert gathered.history.entries[0].title == "Anastrozole"


def test_hostile_depth_is_walked_without_recursion():
    deep = {"reference": URN}
    for _ in range(5_000):
        deep = {"extension": [deep]}
    given = bundle(
        entry({**PATIENT, "id": "pat"}, URN), entry(observation(subject={"reference": URN}, extension=[deep]))
    )
    assert len(history_from_bundle(given).history.entries) == 1


def test_a_whole_chart_counts_as_seen_whole_and_a_first_page_in_part():
    history = history_from_bundle(bundle(entry(PATIENT))).history
    assert {seen for _, seen in history.coverage} == {Coverage.WHOLE}
    assert {kind for kind, _ in history.coverage} == set(READERS)
    paged = history_from_bundle(bundle(entry(PATIENT), link=[{"relation": "next", "url": "x"}])).history
    assert {seen for _, seen in paged.coverage} == {Coverage.PART}
    assert paged.omissions[0].what == "further pages"


def test_a_chart_needs_its_patient_and_only_one():
    with pytest.raises(PatientMissing):
        history_from_bundle(bundle(entry(observation())))
    with pytest.raises(PatientMissing):
        history_from_bundle(bundle(entry({"resourceType": "Patient"})))
    with pytest.raises(WrongPatient):
        history_from_bundle(bundle(entry(PATIENT)), patient_id="somebody-else")


def test_every_sample_chart_is_read_without_an_alarm(charts):
    paths = sorted(charts.glob("*.json"))
    assert paths
    for path in paths:
        gathered = history_from_bundle(orjson.loads(path.read_bytes()))
        assert gathered.history.entries
        assert gathered.alarms == ()
        assert all(item.reason is not Reason.DUPLICATE for item in gathered.history.omissions)
        assert all("without a name" not in item.title for item in gathered.history.entries)


@pytest.mark.shared_data
def test_every_real_chart_is_read_without_an_alarm(shared_data):
    paths = [path for path in shared_data.glob("*/*.json") if b'"Patient"' in path.read_bytes()[:20_000]]
    read = 0
    for path in paths:
        given = orjson.loads(path.read_bytes())
        if given.get("resourceType") != "Bundle":
            continue
        try:
            gathered = history_from_bundle(given)
        except PatientMissing:
            continue  # a Bundle of other things
        read += 1
        assert gathered.history.entries
        assert gathered.alarms == ()
        unread = [item for item in gathered.history.omissions if item.reason is Reason.UNREADABLE]
        assert unread == []
    assert read > 10
