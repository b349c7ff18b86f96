"""One contract for every FhirServer: the folder twin, HTTP over a small server, HTTP over a real FHIR R4 server."""

import contextlib
import shutil

import httpx2
import orjson
import pytest
from tiny_fhir import BASE, TinyFhir

from fhir_adapters.errors import AccessDenied, AddressRefused, ResourceMissing
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.fhir_http import HttpFhirServer
from fhir_adapters.gather import ALL_TYPES, gather_history
from fhir_adapters.history import Coverage
from fhir_adapters.secret import Secret

CHARTS = ("kidney-decline.json", "head-ct.json", "nothing-recorded.json")

# A medicine that is a resource of its own, and a patient who is nobody's.
MEDICINES = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "contract-p1", "gender": "female", "birthDate": "1950-02-03"}},
        {"resource": {"resourceType": "Patient", "id": "contract-p2", "gender": "male"}},
        {"resource": {"resourceType": "Medication", "id": "contract-m1", "code": {"text": "Metformin 500 mg tablet"}}},
        {
            "resource": {
                "resourceType": "MedicationRequest",
                "id": "contract-r1",
                "status": "active",
                "intent": "order",
                "subject": {"reference": "Patient/contract-p1"},
                "medicationReference": {"reference": "Medication/contract-m1"},
            }
        },
    ],
}


def resources_of(folder):
    return [
        entry["resource"]
        for chart in sorted(folder.glob("*.json"))
        for entry in orjson.loads(chart.read_bytes())["entry"]
    ]


@pytest.fixture(scope="session")
def folder(charts, tmp_path_factory):
    made = tmp_path_factory.mktemp("charts")
    for name in CHARTS:
        shutil.copy(charts / name, made / name)
    (made / "medicines.json").write_bytes(orjson.dumps(MEDICINES))
    return made


@pytest.fixture(scope="session")
def loaded(real_fhir_server, folder):
    real_fhir_server.load(*sorted(folder.glob("*.json")))
    return real_fhir_server


@contextlib.asynccontextmanager
async def folder_twin(folder, request):
    yield FolderFhirServer(folder)


@contextlib.asynccontextmanager
async def small_server(folder, request):
    async with TinyFhir(resources_of(folder)).client() as client:
        yield HttpFhirServer(BASE, client=client, token=Secret("canary"))


@contextlib.asynccontextmanager
async def real_server(folder, request):
    loaded = request.getfixturevalue("loaded")
    async with httpx2.AsyncClient(trust_env=False) as client:
        yield HttpFhirServer(loaded.base_url, client=client, token=Secret(loaded.token))


@pytest.fixture(
    params=[
        pytest.param(folder_twin, id="folder"),
        pytest.param(small_server, id="small"),
        pytest.param(real_server, id="real", marks=pytest.mark.fhir_server),
    ]
)
def make_server(request, folder):
    """Makes the server inside the test's own event loop."""
    return lambda: request.param(folder, request)


def about(resource):
    return resource.get("subject", resource.get("patient", {})).get("reference")


class TestEveryFhirServer:
    """What gathering relies on."""

    async def test_reads_one_resource(self, make_server):
        async with make_server() as server:
            patient = await server.read("Patient/contract-p1")
        assert (patient["resourceType"], patient["id"], patient["birthDate"]) == (
            "Patient",
            "contract-p1",
            "1950-02-03",
        )

    async def test_says_that_a_resource_is_missing(self, make_server):
        async with make_server() as server:
            with pytest.raises(ResourceMissing) as missing:
                await server.read("Patient/contract-nobody")
        assert missing.value.outcome

    @pytest.mark.parametrize("resource_type", ALL_TYPES)
    async def test_gives_every_resource_of_one_patient_and_none_of_another(self, make_server, folder, resource_type):
        async with make_server() as server:
            result = await server.search(resource_type, {"patient": "example-kidney"})
        held = {
            one["id"]
            for one in resources_of(folder)
            if one["resourceType"] == resource_type and about(one) == "Patient/example-kidney"
        }
        assert {one["id"] for one in result.resources} == held
        assert result.complete
        assert not result.omissions
        assert [(one.system, one.interaction, one.outcome, one.count) for one in result.access_records] == [
            ("fhir", "search", "ok", len(held))
        ]

    async def test_hides_paging(self, make_server):
        async with make_server() as server:
            whole = await server.search("Observation", {"patient": "example-kidney"})
            paged = await server.search("Observation", {"patient": "example-kidney", "_count": "3", "_sort": "-date"})
        assert len(whole.resources) > 20
        assert {one["id"] for one in paged.resources} == {one["id"] for one in whole.resources}

    async def test_filters_by_category_and_id(self, make_server):
        of_patient = {"patient": "example-kidney"}
        async with make_server() as server:
            whole = await server.search("Observation", of_patient)
            labs = await server.search("Observation", of_patient | {"category": "laboratory"})
            one = await server.search("Observation", of_patient | {"_id": str(labs.resources[0]["id"])})
        assert 0 < len(labs.resources) < len(whole.resources)
        assert [found["id"] for found in one.resources] == [labs.resources[0]["id"]]

    async def test_includes_the_medicine_of_a_prescription(self, make_server):
        parameters = {"patient": "contract-p1", "_include": "MedicationRequest:medication", "_count": "100"}
        async with make_server() as server:
            result = await server.search("MedicationRequest", parameters)
        assert [one["id"] for one in result.resources] == ["contract-r1", "contract-m1"]
        assert result.complete

    async def test_an_unknown_patient_has_an_empty_and_complete_record(self, make_server):
        async with make_server() as server:
            result = await server.search("Condition", {"patient": "contract-nobody"})
        assert (result.resources, result.complete) == ((), True)

    @pytest.mark.parametrize(
        "parameters",
        [
            {}, {"patient": ""}, {"subject": "Patient/contract-p1"}, {"_id": "x"}, {"patient": "Patient/contract-p1"},
            {"patient": "a,b"}, {"patient": "a&patient=b"}, {"patient": ".."}, {"patient": "a/../b"}, {"patient": "é"},
        ],
    )  # fmt: skip
    async def test_t25_no_search_leaves_without_exactly_one_patient(self, make_server, parameters):
        async with make_server() as server:
            with pytest.raises(ValueError, match="T25"):
                await server.search("Condition", parameters)

    @pytest.mark.parametrize(
        "reference",
        ["", "Patient", "Patient/", "Patient/..", "../metadata", "Patient/1/_history/2", "/Patient/1", "patient/1",
         "https://evil.test/fhir/Patient/1", "Patient/1?_format=xml", "Patient/1#x", "Patient/a b", "Patient/%2e%2e"],
    )  # fmt: skip
    async def test_t5_only_a_relative_reference_is_read(self, make_server, reference):
        async with make_server() as server:
            with pytest.raises(ValueError, match="Type/id"):
                await server.read(reference)

    async def test_t5_a_link_to_elsewhere_is_refused(self, make_server):
        async with make_server() as server:
            with pytest.raises(AddressRefused):
                await server.follow("Observation", "https://evil.test/fhir/Observation?patient=example-kidney")

    async def test_a_whole_chart_is_gathered_with_everything_covered(self, make_server, folder):
        async with make_server() as server:
            gathered = await gather_history(server, "example-head-ct", timeout_s=30)
        history = gathered.history
        assert history.patient.id == "example-head-ct"
        assert dict(history.coverage) == dict.fromkeys(ALL_TYPES, Coverage.WHOLE)
        held = {
            f"{one['resourceType']}/{one['id']}"
            for one in resources_of(folder)
            if about(one) == "Patient/example-head-ct"
        }
        assert {entry.reference for entry in history.entries} <= held
        assert len(history.entries) > 30
        assert len(gathered.access_records) == len(ALL_TYPES) + 1
        assert not gathered.alarms


@pytest.mark.fhir_server
async def test_every_server_gathers_the_same_history(folder, loaded):
    fingerprints = set()
    for make in (folder_twin, small_server):
        async with make(folder, None) as server:
            gathered = await gather_history(server, "example-kidney", timeout_s=30)
            fingerprints.add(gathered.history.fingerprint)
    async with httpx2.AsyncClient(trust_env=False) as client:
        server = HttpFhirServer(loaded.base_url, client=client, token=Secret(loaded.token))
        gathered = await gather_history(server, "example-kidney", timeout_s=30)
    fingerprints.add(gathered.history.fingerprint)
    assert len(fingerprints) == 1


@pytest.mark.fhir_server
@pytest.mark.parametrize("token", [None, Secret("canary-wrong-token")])
async def test_s15_a_real_server_refuses_a_missing_or_wrong_token(loaded, token):
    async with httpx2.AsyncClient(trust_env=False) as client:
        server = HttpFhirServer(loaded.base_url, client=client, token=token)
        with pytest.raises(AccessDenied) as refused:
            await server.read("Patient/contract-p1")
    assert refused.value.outcome == "HTTP 401"
