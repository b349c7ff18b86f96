"""The sample EHR's server side: its FHIR endpoint, its policy, and that its page fetches nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from chartside_sandbox.ehr import sample_ehr
from chartside_sandbox.samples import sample_charts
from fhir_adapters.bundle import unpack_bundle
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.prefetch import PREFETCH, history_for_hook
from hooks.discovery import find_services

SERVICE = "http://127.0.0.1:8000"
ADDRESS = re.compile(r"https?://[^\s\"'`)>]*")
# A namespace is a name, and the comment cites the standard: neither is fetched.
ALLOWED = {"http://www.w3.org/2000/svg", "https://cds-hooks.hl7.org/2.0/"}


@pytest.fixture
def ehr() -> TestClient:
    return TestClient(sample_ehr(service=SERVICE))


@pytest.fixture
def static(repository: Path) -> Path:
    return repository / "sandbox" / "chartside_sandbox" / "static"


def answered(ehr: TestClient, template: str, patient_id: str) -> dict[str, object]:
    answer = ehr.get(f"/fhir/{template.replace('{{context.patientId}}', patient_id)}")
    assert answer.status_code == 200, template
    assert answer.headers["content-type"].startswith("application/fhir+json")
    plain: dict[str, object] = orjson.loads(answer.content)
    return plain


def whole(ehr: TestClient, first: dict[str, object]) -> dict[str, object]:
    """Every page of a search as one Bundle, the `next` links taken as they are given."""
    page, entries = first, list(first.get("entry", ()))
    while following := [link["url"] for link in page["link"] if link["relation"] == "next"]:
        page = ehr.get(following[0]).json()
        entries += page.get("entry", ())
    return {**first, "entry": entries, "link": []}


def by_id(resources: Iterable[dict[str, object]]) -> dict[object, dict[str, object]]:
    return {one["id"]: one for one in resources}


@pytest.mark.parametrize("slug", ["kidney-decline", "new-effusion", "many-problems"])
async def test_the_prefetch_it_sends_is_what_its_folder_holds(ehr: TestClient, charts: Path, slug: str) -> None:
    patient_id = next(chart.patient_id for chart in sample_charts() if chart.slug == slug)
    server = FolderFhirServer(charts)
    pages = {key: answered(ehr, template, patient_id) for key, template in PREFETCH.items()}
    sent = {key: page if key == "patient" else whole(ehr, page) for key, page in pages.items()}
    for key, template in PREFETCH.items():
        if key == "patient":
            assert sent[key] == await server.read(f"Patient/{patient_id}")
            continue
        resources, next_url, omissions = unpack_bundle(sent[key])
        found = await server.search(template.partition("?")[0], {"patient": patient_id})
        assert by_id(resources) == by_id(found.resources)
        assert (next_url, tuple(omissions)) == (None, ())
        assert sent[key]["total"] == len(found.resources)

    by_prefetch = await history_for_hook(sent, patient_id=patient_id, server=None, timeout_s=30)
    by_server = await history_for_hook({}, patient_id=patient_id, server=server, timeout_s=30)
    assert by_prefetch.history == by_server.history
    assert len(by_prefetch.history.by_reference) > 10


def test_every_template_of_every_service_is_answered(ehr: TestClient) -> None:
    templates = {template for one in find_services().values() for template in one.prefetch.values()}
    assert len(templates) >= len(PREFETCH)
    for template in templates:
        answered(ehr, template, "example-kidney")


def test_every_listed_patient_can_be_read_and_is_shown_with_its_provenance(ehr: TestClient) -> None:
    listed = ehr.get("/patients").json()
    assert listed["service"] == SERVICE
    assert len(listed["patients"]) == len(sample_charts())
    for one in listed["patients"]:
        assert ehr.get(f"/fhir/Patient/{one['id']}").json()["id"] == one["id"]
        assert one["name"]
        assert one["born"]
        assert one["provenance"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Patient/nobody", 404, "not-found"),
        ("Observation/nothing", 404, "not-found"),
        ("Patient/..%5C..", 400, "value"),
        ("Observation?patient=example-kidney&value-quantity=gt5", 400, "not-supported"),
        ("Observation?code=8480-6", 400, "not-supported"),
        ("Observation", 400, "required"),
    ],
)
def test_what_it_cannot_answer_is_an_operation_outcome(ehr: TestClient, path: str, status: int, code: str) -> None:
    answer = ehr.get(f"/fhir/{path}")
    assert answer.status_code == status
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert [issue["code"] for issue in outcome["issue"]] == [code]


def test_the_page_may_load_and_talk_to_its_own_origin_alone(ehr: TestClient) -> None:
    policy = ehr.get("/").headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    sources = {value for name, value in directives.items() if name.endswith("-src")}
    assert sources == {"'none'", "'self'"}
    assert directives["frame-ancestors"] == "'none'"


def test_the_page_has_no_script_or_style_of_its_own_text(ehr: TestClient) -> None:
    page = ehr.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=", page) == []
    loaded = re.findall(r"(?:src|href)=\"(static/[^\"]+)\"", page)
    assert len(loaded) >= 3
    for path in loaded:
        assert ehr.get(f"/{path}").status_code == 200


def test_static_files_name_no_address_of_another_host(static: Path) -> None:
    files = [path for path in static.iterdir() if path.is_file()]
    assert len(files) > 8
    found = {(path.name, one) for path in files for one in ADDRESS.findall(path.read_text(encoding="utf-8"))}
    assert {(name, one) for name, one in found if one not in ALLOWED} == set()
    assert not [path.name for path in files if re.search(r"(?:src|href)=[\"']//|url\(\s*[\"']?//", path.read_text())]
