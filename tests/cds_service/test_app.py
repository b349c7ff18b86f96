from dataclasses import replace

import pytest
from fastapi import APIRouter
from hook_desk import ENGINE, PUBLIC
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from cds_service.app import create_app
from fhir_adapters.errors import GuardMissing
from ledger.errors import LedgerUnavailable


def open_app(desk, **changes):
    return TestClient(create_app(replace(desk.parts, **changes)), base_url=PUBLIC, raise_server_exceptions=False)


def test_s4_discovery_lists_the_service_with_its_prefetch(desk):
    answer = desk.get("/cds-services")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert [one["id"] for one in answer.json()["services"]] == sorted(desk.parts.services)
    assert all(one["prefetch"] for one in answer.json()["services"])


def test_s41_every_answer_says_no_store_and_is_framed_by_nobody(desk):
    for answer in (desk.get("/cds-services"), desk.hook(), desk.http.get("/cds-services"), desk.http.get("/nothing")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_page_may_set_its_own_headers(desk):
    async def page():
        return PlainTextResponse(
            "x", headers={"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=1"}
        )

    pages = APIRouter()
    pages.add_api_route("/page", page)
    answer = open_app(desk, pages=(pages,)).get("/page")

    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert answer.headers["cache-control"] == "max-age=1"


@pytest.mark.parametrize("path", ["/review", "/review/abc", "/audit", "/audit/cards/1"])
def test_decision_6_pages_answer_401_until_a_login_is_configured(desk, path):
    for method in ("GET", "POST"):
        answer = desk.http.request(method, path)
        assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/", "/cds-services/", "/cds-services/chart-summary/"]
)
def test_nothing_else_is_there(desk, path):
    answer = desk.http.get(path)

    assert answer.status_code in {404, 405}
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_wrong_method_is_405(desk):
    answer = desk.http.put("/cds-services")

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


def test_s40_no_browser_of_another_origin_is_let_in(desk):
    answer = desk.http.options(
        "/cds-services", headers={"Origin": "https://evil.test", "Access-Control-Request-Method": "GET"}
    )

    assert "access-control-allow-origin" not in answer.headers


def test_t16_what_nobody_expected_is_logged_without_its_message(desk):
    pages = APIRouter()

    async def crash():
        raise KeyError("canary-name")

    async def validated(number: int):
        return number

    pages.add_api_route("/crash", crash)
    pages.add_api_route("/validated", validated)
    http = open_app(desk, pages=(pages,))
    with capture_logs() as logs:
        answer = http.get("/crash")

    assert answer.status_code == 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert logs[0]["error"] == "KeyError"
    assert "canary" not in repr(logs) + answer.text
    wrong = http.get("/validated", params={"number": "canary"})
    assert wrong.status_code == 400
    assert "canary" not in wrong.text


def test_what_a_page_refuses_has_the_shape_of_every_refusal(desk):
    async def forbid():
        raise HTTPException(403, detail="canary", headers={"X-Reason": "role"})

    pages = APIRouter()
    pages.add_api_route("/forbidden", forbid)
    answer = open_app(desk, pages=(pages,)).get("/forbidden")

    assert (answer.status_code, answer.headers["x-reason"]) == (403, "role")
    assert "canary" not in answer.text


def test_a_flood_of_unsigned_calls_is_counted_and_hardly_logged(desk):
    with capture_logs() as logs:
        for _ in range(50):
            assert desk.http.get("/cds-services").status_code == 401
    lines = [line for line in logs if line["event"] == "call.unauthenticated"]

    assert len(lines) <= 2
    assert desk.kinds() == []
    assert 'chartside_unauthenticated_total{reason="no-token"} 50.0' in desk.http.get("/metrics").text


def test_rel_7_liveness_is_not_readiness(desk):
    def down():
        raise LedgerUnavailable("canary")

    http = open_app(desk, check_ledger=down)

    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.get("/readyz").status_code == 503
    assert "canary" not in http.get("/readyz").text
    assert desk.http.get("/readyz").json() == {"status": "ready", "model": "none"}
    assert open_app(desk, engine=ENGINE).get("/readyz").json()["model"] == "configured"


def test_metrics_count_what_came_of_a_hook_and_name_no_patient(desk):
    desk.card()
    desk.hook(service="nothing-known")
    text = desk.http.get("/metrics").text

    assert 'chartside_hooks_total{outcome="brief",service="chart-summary"} 1.0' in text
    assert 'chartside_hooks_total{outcome="refused-404",service="unknown"} 1.0' in text
    assert "Canary" not in text


def test_parts_are_started_and_stopped_with_the_application(desk):
    seen = []

    def one(name):
        async def start(opened):
            seen.append(f"start {name}")
            opened.callback(seen.append, f"stop {name}")

        return start

    with TestClient(create_app(replace(desk.parts, starts=(one("ledger"), one("relay"))))):
        assert seen == ["start ledger", "start relay"]
    assert seen[2:] == ["stop relay", "stop ledger"]


def test_what_was_started_is_stopped_where_a_later_part_does_not_start(desk):
    seen = []

    async def ledger(opened):
        opened.callback(seen.append, "closed")

    async def decoder(_opened):
        raise GuardMissing("none here")

    app = create_app(replace(desk.parts, starts=(ledger, decoder)))
    with pytest.raises(GuardMissing), TestClient(app):
        pass
    assert seen == ["closed"]
