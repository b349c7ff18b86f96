"""The sample EHR's FHIR endpoint as a client meets it: pages, order, includes, limits, and pictures beside it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import orjson
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from chartside_sandbox.client.grants import Grants
from chartside_sandbox.ehr import sample_ehr
from chartside_sandbox.fhir_endpoint import fhir_routes
from chartside_sandbox.kept import KeptResources
from chartside_sandbox.samples import CHARTS, sample_charts
from fhir_adapters.errors import ServerFailed
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.fhir_http import HttpFhirServer
from fhir_adapters.gather import gather_history
from fhir_adapters.history import PatientHistory
from fhir_adapters.imaging import ImagingEvidence, InstanceAddress, KeyImage

SERVICE = "http://127.0.0.1:8000"
MANY = next(chart.patient_id for chart in sample_charts() if chart.slug == "many-problems")
EFFUSION, PICTURED = "example-effusion", "example-effusion-imaging-study-2"


@pytest.fixture
def ehr() -> TestClient:
    return TestClient(sample_ehr(service=SERVICE))


def pages(ehr: TestClient, search: str) -> Iterator[dict]:
    url = f"/fhir/{search}"
    while url:
        page = ehr.get(url).json()
        yield page
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")


def test_pages_hold_each_match_once_newest_first_under_one_total(ehr: TestClient) -> None:
    seen = list(pages(ehr, f"Observation?patient={MANY}&_sort=-date&_count=200"))
    assert [len(page["entry"]) for page in seen] == [200, 200, 59]
    assert {page["total"] for page in seen} == {459}
    found = [entry["resource"] for page in seen for entry in page["entry"]]
    assert len({one["id"] for one in found}) == 459
    dates = [one["effectiveDateTime"] for one in found]
    assert dates == sorted(dates, reverse=True)


def test_a_page_has_a_limit_of_its_own_where_the_client_names_none_or_too_large_a_one(ehr: TestClient) -> None:
    assert [len(page["entry"]) for page in pages(ehr, f"Observation?patient={MANY}")] == [100, 100, 100, 100, 59]
    crushed = next(chart.patient_id for chart in sample_charts() if chart.slug == "crushed-hand")
    assert [len(page["entry"]) for page in pages(ehr, f"Observation?patient={crushed}&_count=999999999")] == [451]


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "ten", "", "٣", "9" * 400])
def test_a_count_that_is_no_whole_number_above_zero_is_refused(ehr: TestClient, count: str) -> None:
    answer = ehr.get("/fhir/Observation", params={"patient": MANY, "_count": count})
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "value")


@pytest.mark.parametrize(
    "query",
    [
        "patient=example-kidney&patient=example-liver",
        "patient=example-kidney&_sort=nonsense",
        "patient=example-kidney&status=final",
        "patient=a%2Fb",
        "patient=" + "x" * 500,
    ],
)
def test_a_search_that_would_answer_something_else_is_refused_and_not_repeated(ehr: TestClient, query: str) -> None:
    answer = ehr.get(f"/fhir/Observation?{query}")
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert query.rpartition("=")[2] not in answer.text


def test_what_is_no_resource_type_is_not_found(ehr: TestClient) -> None:
    for path in ("observation?patient=example-kidney", "Obs3rvation/x", "%2e%2e/x"):
        assert ehr.get(f"/fhir/{path}").status_code == 404


def test_a_patient_may_be_named_as_a_reference(ehr: TestClient) -> None:
    plain, reference = (ehr.get(f"/fhir/Condition?patient={name}").json() for name in (MANY, f"Patient/{MANY}"))
    assert plain["entry"] == reference["entry"] != []


@pytest.mark.parametrize("chart", sample_charts(), ids=lambda chart: chart.slug)
def test_every_resource_of_a_chart_is_read_and_found_by_its_patient(ehr: TestClient, chart) -> None:
    entries = orjson.loads(chart.path.read_bytes())["entry"]
    kept = {f"{one['resource']['resourceType']}/{one['resource']['id']}": one["resource"] for one in entries}
    searched = {reference.partition("/")[0] for reference in kept} - {"Patient"}
    found = {
        f"{entry['resource']['resourceType']}/{entry['resource']['id']}": entry["resource"]
        for name in searched
        for page in pages(ehr, f"{name}?patient={chart.patient_id}")
        for entry in page["entry"]
    }
    patient = f"Patient/{chart.patient_id}"
    assert found == {reference: one for reference, one in kept.items() if reference != patient}
    assert ehr.get(f"/fhir/{patient}").json() == kept[patient]


def test_an_included_medicine_comes_on_the_page_of_its_order(tmp_path: Path) -> None:
    def order(number: int) -> dict:
        return {
            "resourceType": "MedicationRequest", "id": f"r{number}", "subject": {"reference": "Patient/p1"},
            "authoredOn": f"2026-01-0{number}", "medicationReference": {"reference": f"Medication/m{number}"},
        }  # fmt: skip

    medicines = [{"resourceType": "Medication", "id": f"m{number}", "code": {"text": "x"}} for number in (1, 2)]
    resources = [{"resourceType": "Patient", "id": "p1"}, order(1), order(2), *medicines]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}
    (tmp_path / "chart.json").write_bytes(orjson.dumps(bundle))
    ehr = TestClient(sample_ehr(service=SERVICE, charts=tmp_path))
    asked = "MedicationRequest?patient=p1&_include=MedicationRequest:medication&_sort=date&_count=1"
    seen = [
        [(entry["resource"]["id"], entry["search"]["mode"]) for entry in page["entry"]] for page in pages(ehr, asked)
    ]
    assert seen == [[("r1", "match"), ("m1", "include")], [("r2", "match"), ("m2", "include")]]


async def test_the_services_own_client_reads_the_whole_record_through_its_pages(charts: Path) -> None:
    transport = httpx2.ASGITransport(app=sample_ehr(service=SERVICE))
    async with httpx2.AsyncClient(transport=transport) as client:
        over_http = await gather_history(HttpFhirServer("http://ehr.test/fhir", client=client), MANY, timeout_s=60)
    from_files = await gather_history(FolderFhirServer(charts), MANY, timeout_s=60)
    assert over_http.history.fingerprint == from_files.history.fingerprint
    assert len(over_http.history.entries) > 600


def test_it_says_what_it_is(ehr: TestClient) -> None:
    statement = ehr.get("/fhir/metadata").json()
    assert (statement["resourceType"], statement["fhirVersion"]) == ("CapabilityStatement", "4.0.1")


def test_each_answer_carries_the_policy_errors_and_files_too(ehr: TestClient) -> None:
    for path in ("/", "/patients", "/fhir/Patient/nobody", "/nothing-here", "/static/ehr.css", "/static/nothing.js"):
        headers = ehr.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def evidence(*studies: str) -> ImagingEvidence:
    address = InstanceAddress(study_instance_uid="1.2", series_instance_uid="1.2.3", sop_instance_uid="1.2.3.4")
    return ImagingEvidence(
        images=tuple(
            KeyImage(reference=f"ImagingStudy/{one}", address=address, frame=1, label="", window="", png=one.encode())
            for one in studies
        )
    )


def with_pictures(look: Callable[[PatientHistory], ImagingEvidence]) -> TestClient:
    return TestClient(sample_ehr(service=SERVICE, look=look))


def test_a_study_has_the_picture_that_was_gathered_for_its_patient_and_is_looked_for_once() -> None:
    looked: list[str] = []

    def look(history: PatientHistory) -> ImagingEvidence:
        looked.append(history.patient.id)
        return evidence(PICTURED)

    ehr = with_pictures(look)
    for _ in range(2):
        answer = ehr.get(f"/pictures/{EFFUSION}/{PICTURED}.png")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert answer.content == PICTURED.encode()
    assert looked == [EFFUSION]


@pytest.mark.parametrize(("label", "shade"), [("CT head, 20-Nov-2026", 30), ("CT chest, 20-Nov-2026", 20)])
def test_a_ct_is_shown_grey_in_the_window_that_suits_it(label: str, shade: int) -> None:
    png = io.BytesIO()
    Image.new("RGB", (4, 4), (10, 20, 30)).save(png, format="PNG")
    (plain,) = evidence(PICTURED).images
    ct = replace(plain, png=png.getvalue(), label=label, window="CT windows … as red, green, blue")
    answer = with_pictures(lambda _history: ImagingEvidence(images=(ct,))).get(f"/pictures/{EFFUSION}/{PICTURED}.png")
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert (shown.mode, shown.getpixel((0, 0))) == ("L", shade)


def test_no_picture_is_shown_under_another_patient_or_study() -> None:
    ehr = with_pictures(lambda _history: evidence(PICTURED))
    for patient, study in (
        ("example-kidney", PICTURED),
        ("nobody", PICTURED),
        (EFFUSION, "example-effusion-imaging-study-1"),
    ):
        assert ehr.get(f"/pictures/{patient}/{study}.png").status_code == 404


def test_pictures_that_failed_are_tried_again() -> None:
    turns = itertools.count()

    def look(_history: PatientHistory) -> ImagingEvidence:
        if next(turns) == 0:
            raise ServerFailed("The DICOMweb server did not answer.", outcome="timed out")
        return evidence(PICTURED)

    ehr = with_pictures(look)
    assert [ehr.get(f"/pictures/{EFFUSION}/{PICTURED}.png").status_code for _ in range(2)] == [404, 200]


def test_without_pictures_the_list_promises_none(ehr: TestClient) -> None:
    assert [one["pictures"] for one in ehr.get("/patients").json()["patients"]] == [[] for _ in sample_charts()]
    promised = with_pictures(lambda _history: evidence()).get("/patients").json()["patients"]
    assert {one["id"]: len(one["pictures"]) for one in promised} == {
        chart.patient_id: len(chart.images) for chart in sample_charts()
    }


def test_who_has_died_is_listed_with_the_date(ehr: TestClient) -> None:
    died = {one["name"]: one["died"] for one in ehr.get("/patients").json()["patients"] if one["died"]}
    assert list(died) == ["Benjamin Miller"]
    assert died["Benjamin Miller"].startswith("2026-03-04")


def test_a_search_by_post_is_the_search_by_get_and_its_pages_follow(ehr: TestClient) -> None:
    asked = f"patient={MANY}&_sort=-date&_count=200"
    by_get, by_post = ehr.get(f"/fhir/Observation?{asked}").json(), ehr.post("/fhir/Observation/_search", content=asked)
    assert by_post.json() == by_get
    assert ehr.post(f"/fhir/Observation/_search?{asked}").json() == by_get
    refused = ehr.post("/fhir/Observation/_search", content=f"{asked}&patient=example-liver")
    assert refused.status_code == 400
    assert ehr.post("/fhir/Observation/_search", content="x" * 9000).status_code == 413


def test_a_token_opens_what_it_is_for_and_an_ended_one_nothing() -> None:
    grants = Grants(lambda: datetime.now(UTC))
    routes = fhir_routes(FolderFhirServer(CHARTS), kept=KeptResources(), grants=grants)
    fhir = TestClient(Starlette(routes=routes))
    grant = grants.issue(EFFUSION, ["Observation"])

    def asked(path: str) -> int:
        return fhir.get(path, headers={"authorization": f"Bearer {grant.token}"}).status_code

    assert asked(f"/Patient/{EFFUSION}") == asked(f"/Observation?patient={EFFUSION}") == 200
    assert asked("/Patient/example-kidney") == asked("/Observation?patient=example-kidney") == 403
    assert asked(f"/Condition?patient={EFFUSION}") == 403
    grants.revoke(grant)
    assert asked(f"/Patient/{EFFUSION}") == 401


def test_a_transaction_is_done_whole_or_not_at_all_and_read_by_id(ehr: TestClient) -> None:
    order = {"resourceType": "ServiceRequest", "status": "active", "subject": {"reference": f"Patient/{EFFUSION}"}}
    create = {"resource": order, "request": {"method": "POST", "url": "ServiceRequest"}}
    missing = {"request": {"method": "DELETE", "url": "ServiceRequest/none"}}

    def sent(*entries: dict) -> tuple[int, dict]:
        answer = ehr.post("/fhir/", json={"resourceType": "Bundle", "type": "transaction", "entry": list(entries)})
        return answer.status_code, answer.json()

    status, done = sent(create)
    location = done["entry"][0]["response"]["location"]
    assert (status, ehr.get(f"/fhir/{location}").json()["status"]) == (200, "active")
    assert sent(create, missing)[0] == 404
    changed = {"resource": order | {"status": "revoked"}, "request": {"method": "PUT", "url": location}}
    assert sent(changed, {"request": {"method": "DELETE", "url": "Patient/example-kidney"}})[0] == 404
    assert ehr.get(f"/fhir/{location}").json()["status"] == "active"
    assert sent(changed)[0] == 200
    assert ehr.get(f"/fhir/{location}").json()["status"] == "revoked"
    (found,) = ehr.get(f"/fhir/ServiceRequest?patient={EFFUSION}").json()["entry"]
    assert f"ServiceRequest/{found['resource']['id']}" == location
    none = ehr.get("/fhir/ServiceRequest?patient=example-kidney&_sort=-authored&_count=100").json()
    assert (none["resourceType"], none["total"], "entry" in none) == ("Bundle", 0, False)
    medicine = {"resourceType": "MedicationRequest", "subject": order["subject"]}
    charted = ehr.get(f"/fhir/MedicationRequest?patient={EFFUSION}").json()["total"]
    assert sent({"resource": medicine, "request": {"method": "POST", "url": "MedicationRequest"}})[0] == 200
    assert ehr.get(f"/fhir/MedicationRequest?patient={EFFUSION}").json()["total"] == charted
