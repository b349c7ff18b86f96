"""S1 to S3, S40, S41: bodies, transport, browsers of other origins and caches."""

import json

import pytest
from hook_calls import body
from wire_rules import empty_members, read_strictly

from cds_service.client_settings import ClientSettings, FhirBaseSettings
from cds_service.errors import NotConfigured
from cds_service.may_serve import check_serve
from cds_service.settings import LedgerSettings, Settings


def settings(tmp_path, url):
    client = ClientSettings(
        id="ehr", issuer="https://ehr.test", jwks_file=tmp_path / "jwks.json",
        fhir_bases=(FhirBaseSettings(url="https://ehr.test/fhir"),),
    )  # fmt: skip
    ledger = LedgerSettings(data_dir=tmp_path / "data", key_file=tmp_path / "keys.json")
    return Settings(profile="text-only", public_base_url=url, clients=(client,), ledger=ledger)


def test_s1_bodies_are_json_in_utf_8(service, chart_summary, patient_id):
    made = body(chart_summary, patient_id)
    made["prefetch"]["conditions"]["entry"][0]["resource"]["code"]["text"] = "Kopfschmerz, „überall“ 頭痛"
    sent = json.dumps(made, ensure_ascii=False).encode()

    answer = service.post("/cds-services/chart-summary", content=sent)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert "überall" in answer.content.decode("utf-8")


def test_s1_bytes_that_are_no_utf_8_are_400(service, chart_summary, patient_id):
    sent = (
        json.dumps(body(chart_summary, patient_id)).replace("diabetes", "caf\udce9").encode("utf-8", "surrogateescape")
    )

    assert service.post("/cds-services/chart-summary", content=sent).status_code == 400


def test_s1_a_service_under_a_plain_http_address_does_not_start(tmp_path):
    with pytest.raises(NotConfigured, match=r"public_base_url.*TLS"):
        check_serve(settings(tmp_path, "http://cds.hospital.example"))

    check_serve(settings(tmp_path, "https://cds.hospital.example"))


def test_s2_no_member_of_any_answer_is_null_or_empty(service, discovery, call):
    answers = [service.get("/cds-services"), call(), call(hook="order-sign"), call(context={})]

    for answer in answers:
        places = set(empty_members(answer.json()))
        assert places <= {("cards",), ("services",)}


def test_s2_a_card_that_cannot_carry_a_thing_leaves_its_member_out(call):
    (card,) = call().json()["cards"]

    assert "links" not in card  # no login is configured, so there is no page to open
    assert "actions" not in card["suggestions"][0]


def test_s3_json_is_strict_and_a_comment_or_a_trailing_comma_is_refused(service, chart_summary, patient_id):
    sent = json.dumps(body(chart_summary, patient_id))

    assert read_strictly(service.post("/cds-services/chart-summary", content=sent.encode()).content)["cards"]
    for broken in (sent[:-1] + ",}", "/* a comment */" + sent, sent.replace('"hook"', "'hook'", 1)):
        assert service.post("/cds-services/chart-summary", content=broken.encode()).status_code == 400


def test_s40_no_browser_of_an_unlisted_origin_is_let_in(service):
    asked = {
        "origin": "https://sandbox.cds-hooks.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    answer = service.http.options("/cds-services/chart-summary", headers=asked)

    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_s41_no_answer_may_be_kept_by_a_cache(service, call):
    for answer in (service.get("/cds-services"), call(), call(context={}), service.http.get("/cds-services")):
        assert answer.headers["cache-control"] == "no-store"
