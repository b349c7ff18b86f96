"""Whatever a request or a FHIR server names, nobody outside the client's bases is asked, and it is on record (T5)."""

import json
import socket

import httpx2
import pytest
from fhir_stub import fhir_server
from hook_desk import PUBLIC, bundle, condition, ehr, hook_body, patient, prefetch
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.clients import FhirBase
from cds_service.parts import Pace
from fhir_adapters.addresses import read_base
from fhir_adapters.fhir_http import HttpFhirServer

METADATA = "http://169.254.169.254/latest/meta-data"


@pytest.fixture
def dialled(monkeypatch):
    """Every host outside loopback that this process looks up or tries to reach; none is."""
    found = []
    connect = socket.socket.connect

    def watched(self, address):
        host = address[0] if isinstance(address, tuple) else ""
        if host.startswith("127."):
            return connect(self, address)
        found.append(address)
        raise OSError("no test reaches out")

    resolve = socket.getaddrinfo

    def resolved(host, *rest, **named):
        if str(host).startswith("127."):
            return resolve(host, *rest, **named)
        found.append(host)
        raise socket.gaierror("no test reaches out")

    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return found


@pytest.fixture
def call(make_desk, tmp_path):
    """Fires the hook at a service that reads from `base` over HTTP; the answer and the service's desk."""

    def call(base, **changes):
        reader = httpx2.AsyncClient(follow_redirects=False, trust_env=False)

        async def close(opened):
            opened.push_async_callback(reader.aclose)

        desk = make_desk(
            clients=(ehr(tmp_path, fhir_bases=(FhirBase(base=read_base(base)),)),),
            open_server=lambda one, token: HttpFhirServer(one.url, client=reader, token=token),
            pace=Pace(gather_s=20, cap_s=60),
            starts=(close,),
        )
        authorization = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}
        with TestClient(create_app(desk.parts), base_url=PUBLIC, raise_server_exceptions=False) as desk.http:
            return desk.hook(hook_body(fhirAuthorization=authorization, **{"fhirServer": base, **changes})), desk

    return call


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.test/fhir",
        METADATA,
        "http://127.0.0.1:{port}/fhir/../admin",
        "http://127.0.0.1:{port}@evil.test/fhir",
        "http://evil.test@127.0.0.1:{port}/fhir",
        "http://2130706433:{port}/fhir",
        "http://0x7f.1:{port}/fhir",
        "http://[::ffff:127.0.0.1]:{port}/fhir",
        "http://127.0.0.1:{port}/fhir#@evil.test",
        "http://127.0.0.1:{port}/fhir?x=1",
        "http://127.0.0.1:{port}/fhir%2f..%2fadmin",
        "http://１27.0.0.1:{port}/fhir",
        "http://еhr.test/fhir",
        "http://xn--hr-bhb.test/fhir",
        "https://127.0.0.1:{port}/fhir",
        "http://127.0.0.1:1/fhir",
        "http://localhost:{port}/fhir",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/fhir",
    ],
)
def test_t5_another_fhir_server_is_refused_and_on_record_and_nobody_is_asked(call, dialled, address):
    with fhir_server(lambda _base, _path: (200, {}, patient())) as (base, asked, _sent):
        port = base.rpartition(":")[2].partition("/")[0]
        named = address.format(port=port)
        answer, desk = call(base, fhirServer=named)

    assert answer.status_code == 403
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert named not in answer.text
    assert (asked, dialled) == ([], [])
    assert desk.kinds() == ["hook.refused", "alarm.address-refused"]


def test_t5_a_redirect_is_not_followed(call, dialled):
    with fhir_server(lambda _base, _path: (302, {"Location": METADATA}, {})) as (base, asked, _sent):
        answer, desk = call(base, prefetch=...)

    assert answer.status_code == 412
    assert dialled == []
    assert {path.partition("?")[0] for path in asked} >= {"/fhir/Patient/p1"}
    assert desk.kinds()[0] == "hook.refused"


def page(next_url):
    return bundle(condition(), link=[{"relation": "next", "url": next_url}])


@pytest.mark.parametrize(
    "next_url", [f"{METADATA}/", "http://evil.test/fhir/Condition?page=2", "//evil.test/fhir", "/admin"]
)
@pytest.mark.parametrize("paged_by", ["server", "prefetch"])
def test_t5_a_next_page_elsewhere_is_refused_said_and_on_record(call, dialled, next_url, paged_by):
    def answer_with(_base, path):
        if path.startswith("Patient"):
            return 200, {}, patient()
        return 200, {}, page(next_url) if (path, paged_by) == ("Condition", "server") else bundle()

    given = ... if paged_by == "server" else prefetch(conditions=page(next_url))
    with fhir_server(answer_with) as (base, asked, _sent):
        answer, desk = call(base, prefetch=given)

    assert answer.status_code == 200, answer.text
    assert dialled == []
    assert not any("admin" in path or "page=2" in path for path in asked)
    told = json.dumps(dict(desk.event("hook.gathered").detail))
    assert "Condition" in told
    assert "address refused" in told
    assert "evil" not in answer.text + told
    assert "169.254" not in answer.text + told
    assert desk.event("hook.gathered").detail["not_seen"]


@pytest.mark.parametrize("url", [METADATA, "Binary/7", "file:///etc/passwd"])
def test_t5_an_attachment_by_address_is_not_fetched_and_counted_as_not_seen(call, dialled, url):
    note = {
        "resourceType": "DocumentReference", "id": "d1", "status": "current",
        "subject": {"reference": "Patient/p1"}, "date": "2026-10-01T10:00:00Z", "type": {"text": "Letter"},
        "content": [{"attachment": {"contentType": "text/plain", "url": url}}],
    }  # fmt: skip
    with fhir_server(lambda _base, _path: (200, {}, bundle())) as (base, asked, _sent):
        answer, desk = call(base, prefetch=prefetch(documents=bundle(note)))

    assert answer.status_code == 200
    assert dialled == []
    assert not any("Binary" in path for path in asked)
    assert any("attachment by URL" in one for one in desk.event("hook.gathered").detail["not_seen"])
