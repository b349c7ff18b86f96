"""Browser pages of listed origins may call the CDS Hooks endpoints, and nothing else; by default none may (S40)."""

import pytest
from hook_desk import ehr, hook_body

from cds_service.rates import Rate

PATH = "/cds-services/chart-summary"
SANDBOX = "https://sandbox.test"
ENDPOINTS = ["/cds-services", PATH, f"{PATH}/feedback"]


@pytest.fixture
def desk(make_desk):
    """A service with one listed origin."""
    return make_desk(cors_origins=(SANDBOX,))


def preflight(desk, path, *, origin=SANDBOX, method="POST", headers="authorization,content-type"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return desk.http.options(path, headers=asked)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_s40_a_listed_origin_may_ask_ahead_and_call(desk, path):
    method = "GET" if path == "/cds-services" else "POST"
    ahead = preflight(desk, path, method=method)

    assert ahead.status_code == 200
    assert ahead.headers["access-control-allow-origin"] == SANDBOX
    assert method in ahead.headers["access-control-allow-methods"]
    assert {"authorization", "content-type"} <= {
        one.strip().lower() for one in ahead.headers["access-control-allow-headers"].split(",")
    }
    assert "access-control-allow-credentials" not in ahead.headers
    assert ahead.headers["cache-control"] == "no-store"


def test_s40_refusals_carry_the_header_so_that_the_pages_developer_sees_them(make_desk, tmp_path):
    client = ehr(tmp_path, rate=Rate(per_second=0.001, burst=3))
    desk = make_desk(cors_origins=(SANDBOX,), clients=(client,), timer=lambda: 0.0)
    origin = {"Origin": SANDBOX}
    answers = [
        desk.http.post(PATH, headers=origin),
        desk.post(PATH, content=b"{", **origin),
        desk.post("/cds-services/nothing", hook_body(), **origin),
        desk.post(PATH, hook_body(), **origin),
        desk.post(PATH, hook_body(), **origin),
    ]

    assert [one.status_code for one in answers] == [401, 400, 404, 200, 429]
    for one in answers:
        assert one.headers["access-control-allow-origin"] == SANDBOX
        assert "Origin" in one.headers["vary"]
    assert "Retry-After" in answers[-1].headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "https://sandbox.test.evil.test", "https://sandbox.test:8443", "http://sandbox.test",
               "https://SANDBOX.test", "null", "*"],
)  # fmt: skip
def test_s40_no_other_origin_is_let_in(desk, origin):
    assert "access-control-allow-origin" not in preflight(desk, PATH, origin=origin).headers
    assert "access-control-allow-origin" not in desk.post(PATH, hook_body(), Origin=origin).headers


@pytest.mark.parametrize(("method", "headers"), [("DELETE", "authorization"), ("POST", "x-forged")])
def test_s40_other_methods_and_headers_are_not_promised(desk, method, headers):
    assert preflight(desk, PATH, method=method, headers=headers).status_code == 400


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/review/x", "/audit", "/cds-servicesx"])
def test_s40_pages_and_figures_stay_closed_to_the_listed_origin(desk, path):
    assert "access-control-allow-origin" not in desk.http.get(path, headers={"Origin": SANDBOX}).headers
    assert "access-control-allow-origin" not in preflight(desk, path, method="GET").headers


def test_s40_by_default_there_is_no_cross_origin_answer_at_all(make_desk):
    desk = make_desk()

    assert preflight(desk, PATH).status_code == 405
    assert "access-control-allow-origin" not in desk.post(PATH, hook_body(), Origin=SANDBOX).headers
