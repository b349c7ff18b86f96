"""A folder of Bundles answers as a server would; what it cannot read is said with every answer."""

import asyncio
from pathlib import Path

import orjson
import pytest
from tiny_fhir import bundle, observation, patient

from fhir_adapters import fhir_folder
from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.errors import PatientMissing, ResourceMissing, ServerFailed
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.gather import gather_history
from fhir_adapters.history import Reason

UUID = "urn:uuid:0a5c7f6e-0000-4000-8000-000000000001"


def write(folder, **files):
    for name, content in files.items():
        data = content if isinstance(content, bytes) else orjson.dumps(content)
        (folder / f"{name}.json").write_bytes(data)
    return FolderFhirServer(folder)


def collection(*entries, type="collection"):
    return {"resourceType": "Bundle", "type": type, "entry": list(entries)}


async def ids(server, resource_type="Observation", **parameters):
    result = await server.search(resource_type, {"patient": "p1"} | parameters)
    return [one.get("id") for one in result.resources]


@pytest.mark.parametrize(
    "reference", ["Patient/p1", "https://ehr.test/fhir/Patient/p1", "Patient/p1/_history/3", "http://[::1]/Patient/p1"]
)
async def test_a_patient_is_found_by_relative_absolute_and_versioned_reference(tmp_path, reference):
    server = write(tmp_path, a=bundle(patient(), observation(1, subject={"reference": reference})))
    assert await ids(server) == ["o1"]


@pytest.mark.parametrize("type", ["collection", "searchset", "transaction", "document", "batch"])
async def test_a_urn_uuid_is_resolved_by_its_full_url_as_a_server_would(tmp_path, type):
    report = {
        "resourceType": "DiagnosticReport", "id": "r1", "subject": {"reference": UUID},
        "result": [{"reference": "urn:uuid:of-the-observation"}, {"reference": "urn:uuid:of-nothing"}],
    }  # fmt: skip
    made = collection(
        {"fullUrl": "urn:uuid:r1", "resource": report},
        {"fullUrl": "urn:uuid:of-the-observation", "resource": observation(1, subject={"reference": UUID})},
        {"fullUrl": UUID, "resource": patient()},
        type=type,
    )
    server = write(tmp_path, a=made)
    [found] = (await server.search("DiagnosticReport", {"patient": "p1"})).resources
    assert found["subject"] == {"reference": "Patient/p1"}
    assert found["result"] == [{"reference": "Observation/o1"}, {"reference": "urn:uuid:of-nothing"}]
    assert await ids(server) == ["o1"]


async def test_a_resource_without_an_id_takes_it_from_its_full_url(tmp_path):
    nameless = {key: value for key, value in patient().items() if key != "id"}
    server = write(tmp_path, a=collection({"fullUrl": UUID, "resource": nameless}))
    assert (await server.read(f"Patient/{UUID[9:]}"))["id"] == UUID[9:]


async def test_a_resource_without_any_id_is_handed_on_for_the_reading_to_count(tmp_path):
    server = write(tmp_path, a=bundle(patient(), observation(1) | {"id": None}, observation(2) | {"id": ["x"]}))
    assert await ids(server) == [None, ["x"]]


async def test_files_are_parsed_once_and_at_the_first_question(tmp_path, monkeypatch):
    server = write(tmp_path, a=bundle(patient(), observation(1)), b=bundle(observation(2)))
    opened = []
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: opened.append(path.name) or read_bytes(path))
    assert opened == []
    await asyncio.gather(*(ids(server) for _ in range(20)))
    await server.read("Patient/p1")
    assert sorted(opened) == ["a.json", "b.json"]
    assert await ids(server) == ["o1", "o2"]


async def test_of_two_files_with_one_resource_the_later_name_stands(tmp_path):
    server = write(
        tmp_path, b=bundle(observation(1, status="amended")), a=bundle(patient(), observation(1, status="final"))
    )
    [found] = (await server.search("Observation", {"patient": "p1"})).resources
    assert found["status"] == "amended"


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"[]", b"\x00\x01", b"[" * 100_000, b'{"a":1}', b'{"resourceType":5}', b"<Bundle/>"]
)
async def test_a_file_that_cannot_be_read_is_an_omission_of_every_answer(tmp_path, broken):
    server = write(tmp_path, Name_of_a_person=broken, good=bundle(patient(), observation(1)))
    result = await server.search("Observation", {"patient": "p1"})
    assert len(result.resources) == 1
    assert not result.complete
    assert [(one.reason, one.count) for one in result.omissions] == [(Reason.UNREADABLE, 1)]
    assert "Name" not in repr(result.omissions)


@pytest.mark.parametrize("entry", [None, 5, "x", {}, [{}], [{"resource": None}], [{"request": {"method": "DELETE"}}]])
async def test_a_bundle_without_resources_does_no_harm(tmp_path, entry):
    server = write(tmp_path, a={"resourceType": "Bundle", "entry": entry}, b=bundle(patient(), observation(1)))
    assert await ids(server) == ["o1"]


@pytest.mark.parametrize("entry", [5, "x", [], {"resource": []}, {"resource": {"id": "x"}}, {"resource": 5}])
async def test_a_broken_entry_is_an_omission_for_the_patient_of_its_file_alone(tmp_path, entry):
    broken = bundle(patient(), observation(1))
    broken["entry"].append(entry)
    server = write(tmp_path, a=broken, b=bundle(patient("p2"), observation(2, patient="p2")))
    mine = await server.search("Observation", {"patient": "p1"})
    other = await server.search("Observation", {"patient": "p2"})
    assert [(one.what, one.reason, one.count) for one in mine.omissions] == [("Observation", Reason.UNREADABLE, 1)]
    assert not mine.complete
    assert len(mine.resources) == 1
    assert other.complete


@pytest.mark.parametrize("about", [None, 5, [], {}, {"reference": None}, {"reference": 5}, {"reference": "Group/p1"}])
async def test_a_resource_that_names_no_patient_belongs_to_nobody(tmp_path, about):
    server = write(tmp_path, a=bundle(patient(), observation(1, subject=about)))
    assert await ids(server) == []


async def test_one_resource_alone_in_a_file_is_read_too(tmp_path):
    assert (await write(tmp_path, a=patient()).read("Patient/p1"))["id"] == "p1"


@pytest.mark.parametrize(
    "category", ["laboratory", "http://x.test/cat|laboratory", "vital-signs,laboratory", "|laboratory"]
)
async def test_a_category_is_a_token(tmp_path, category):
    coded = [{"coding": [{"system": "http://x.test/cat", "code": "laboratory"}]}]
    system_free = [{"coding": [{"code": "laboratory"}]}]
    server = write(
        tmp_path,
        a=bundle(patient(), observation(1, category=coded), observation(2, category=system_free), observation(3)),
    )
    expected = {"|laboratory": ["o2"], "http://x.test/cat|laboratory": ["o1"]}.get(category, ["o1", "o2"])
    assert await ids(server, category=category) == expected


@pytest.mark.parametrize("category", [None, 5, "food", ["food"], [{"coding": 5}], [{"coding": [5, {"code": 5}]}]])
async def test_a_broken_category_matches_nothing_and_breaks_nothing(tmp_path, category):
    server = write(tmp_path, a=bundle(patient(), observation(1, category=category)))
    assert await ids(server, category="laboratory") == []
    assert await ids(server) == ["o1"]


async def test_a_parameter_that_is_not_answered_fails_aloud(tmp_path):
    with pytest.raises(ServerFailed):
        await ids(write(tmp_path, a=bundle(patient(), observation(1))), code="4548-4")


async def test_an_empty_folder_has_nobody_and_a_missing_one_fails(tmp_path):
    with pytest.raises(ResourceMissing):
        await FolderFhirServer(tmp_path).read("Patient/p1")
    with pytest.raises(ServerFailed):
        await FolderFhirServer(tmp_path / "none").read("Patient/p1")


def test_one_folder_serves_several_event_loops(tmp_path):
    server = write(tmp_path, a=bundle(patient(), observation(1)))
    assert asyncio.run(ids(server)) == ["o1"]
    assert asyncio.run(ids(server)) == ["o1"]


async def _gather_as_from_the_file(folder):
    """How many charts of a folder were compared; each must give one history, whichever way it is read."""
    server, compared = FolderFhirServer(folder), 0
    for chart in sorted(folder.glob("*.json")):
        try:
            expected = history_from_bundle(orjson.loads(chart.read_bytes())).history
        except PatientMissing:
            continue  # practitioners and hospitals
        gathered = await gather_history(server, expected.patient.id, timeout_s=60)
        assert gathered.history.fingerprint == expected.fingerprint
        assert [entry.reference for entry in gathered.history.entries] == [
            entry.reference for entry in expected.entries
        ]
        compared += 1
    return compared


async def test_every_sample_chart_gathers_to_the_history_that_its_file_gives(charts):
    assert await _gather_as_from_the_file(charts) >= 12


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "number"), [("synthea-2019", 7), ("synthea-2023-notes", 4), ("clinosim-inpatient", 5)]
)
async def test_every_shared_chart_gathers_to_the_history_that_its_file_gives(shared_data, name, number):
    assert await _gather_as_from_the_file(shared_data / name) == number


async def test_a_deadline_that_passes_while_the_folder_is_read_is_a_server_that_failed(tmp_path):
    server = write(tmp_path, a=bundle(patient(), observation(1)))
    with pytest.raises(ServerFailed) as late:
        await server.read("Patient/p1", until=asyncio.get_running_loop().time() - 1)
    assert late.value.outcome == "timed out"
    assert (await server.read("Patient/p1"))["id"] == "p1"


async def test_a_file_too_large_is_not_opened_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(fhir_folder, "_LARGEST_FILE", 5_000)
    server = write(tmp_path, a=bundle(patient(), observation(1)), b=b" " * 5_001)
    result = await server.search("Observation", {"patient": "p1"})
    assert len(result.resources) == 1
    assert [one.reason for one in result.omissions] == [Reason.UNREADABLE]


async def test_a_link_that_leads_nowhere_is_counted(tmp_path):
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    server = write(tmp_path, a=bundle(patient()))
    assert not (await server.search("Observation", {"patient": "p1"})).complete
