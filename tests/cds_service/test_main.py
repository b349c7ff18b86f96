import gc
import json
import uuid
from pathlib import Path

import pytest
from hook_desk import BASE, EC_KEY, hook_body
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.errors import NotConfigured
from cds_service.listening import settle_heap
from cds_service.loopback import is_loopback
from cds_service.main import build_parts, demo_client, engine_info, open_ledger, serve
from cds_service.may_serve import check_serve
from cds_service.settings import EngineSettings, Settings
from ledger.keys import create_key_file
from ledger.verify import verify


@pytest.fixture
def make(tmp_path):
    """Settings of a service that may start, with changes."""
    create_key_file(tmp_path / "keys" / "ledger.json")
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [EC_KEY.as_dict(private=False)]}))
    client = {
        "id": "ehr",
        "issuer": "https://ehr.test",
        "jwks_file": tmp_path / "jwks.json",
        "fhir_bases": [{"url": BASE}],
    }
    ledger = {
        "url": f"sqlite:///{tmp_path / 'data' / 'ledger.db'}",
        "data_dir": tmp_path / "data",
        "checkpoint": tmp_path / "checkpoint.log",
        "key_file": tmp_path / "keys" / "ledger.json",
    }
    whole = {"profile": "text-only", "public_base_url": "https://cds.test", "clients": [client], "ledger": ledger}

    def make(*, client_changes=None, ledger_changes=None, **changes):
        parts = {"clients": [client | (client_changes or {})], "ledger": ledger | (ledger_changes or {})}
        return Settings(**(whole | parts | changes))

    return make


@pytest.fixture
def opened(make):
    stores = []

    def open_with(**changes):
        settings = make(**changes)
        stores.append(open_ledger(settings))
        return settings, stores[-1]

    yield open_with
    for store in stores:
        assert verify(store).ok
        store.close()


def test_decision_6_what_is_whole_may_serve(make):
    check_serve(make())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"clients": []}, "clients:"),
        ({"profile": None}, "profile:"),
        ({"demo": True}, "demo"),
        ({"public_base_url": ""}, "public_base_url"),
        ({"public_base_url": "cds.test"}, "public_base_url"),
        ({"public_base_url": "http://cds.test"}, "TLS"),
        ({"ledger_changes": {"key_file": None}}, "ledger.key_file"),
        ({"client_changes": {"issuer": "https://sandbox.cds-hooks.org"}}, "private key"),
    ],
)
def test_decisions_5_and_6_serve_refuses_to_start_and_says_what_to_set(make, changes, said):
    with pytest.raises(NotConfigured, match=said):
        serve(make(**changes))


def test_decision_6_the_keys_may_come_from_a_command(opened, make, tmp_path):
    printed = {"key_file": None, "key_command": ["cat", str(tmp_path / "keys" / "ledger.json")]}
    check_serve(make(ledger_changes=printed))
    _, store = opened(ledger_changes=printed)
    assert store.has_keys


@pytest.mark.parametrize("command", [["/no/such/command"], ["true"], ["false"]])
def test_a_key_command_that_prints_no_keys_refuses_to_start(make, command):
    with pytest.raises(NotConfigured, match=r"ledger\.key_command"):
        serve(make(ledger_changes={"key_file": None, "key_command": command}))


@pytest.mark.parametrize("where", ["data/ledger.json", "missing.json"])
def test_a_key_file_that_is_absent_or_lies_with_the_data_refuses_to_start(make, tmp_path, where):
    if where.startswith("data"):
        create_key_file(tmp_path / where)

    with pytest.raises(NotConfigured, match=r"ledger\.key_file"):
        serve(make(ledger_changes={"key_file": tmp_path / where}))


def test_a_client_without_its_keys_refuses_to_start(opened, tmp_path):
    settings, store = opened(client_changes={"jwks_file": tmp_path / "missing.json"})

    with pytest.raises(NotConfigured, match="client ehr: its key file"):
        build_parts(settings, store)


def test_a_base_that_is_no_address_refuses_to_start(make):
    with pytest.raises(ValueError, match="fhir_bases"):
        make(client_changes={"fhir_bases": [{"url": "ftp://ehr.test"}]})


def test_two_clients_with_one_issuer_refuse_to_start(opened, make):
    settings, store = opened()
    twice = settings.model_copy(update={"clients": settings.clients * 2})

    with pytest.raises(NotConfigured, match="same id"):
        build_parts(twice, store)


def test_a_built_service_answers_401_to_any_unsigned_call(opened):
    settings, store = opened()
    with TestClient(create_app(build_parts(settings, store))) as http:
        assert http.get("/cds-services").status_code == 401
        assert http.post("/cds-services/chart-summary", json=hook_body()).status_code == 401
        assert http.get("/review/x").status_code == 401
        assert http.get("/healthz").status_code == 200


def test_decision_6_an_unsigned_client_is_for_the_loopback_demo_alone(opened):
    demo = demo_client(BASE)
    for changes in ({"demo": False}, {"demo": True, "host": "0.0.0.0"}):  # noqa: S104 - refused is the point
        settings, store = opened(**changes)
        with pytest.raises(NotConfigured, match="loopback"):
            build_parts(settings, store, demo=demo)


def test_the_demo_answers_an_unsigned_hook_from_a_folder(opened, charts, tmp_path):
    settings, store = opened(demo=True, clients=[])
    chart = next(file for file in sorted(charts.glob("*.json")))
    plain = json.loads(chart.read_text())
    patient_id = next(e["resource"]["id"] for e in plain["entry"] if e["resource"]["resourceType"] == "Patient")
    demo = demo_client(BASE, fhir_folder=charts)
    with TestClient(create_app(build_parts(settings, store, demo=demo))) as http:
        body = hook_body(patient_id, prefetch=..., fhirServer=BASE, hookInstance=str(uuid.uuid4()))
        answer = http.post("/cds-services/chart-summary", json=body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["cards"][0]["summary"].startswith("Chart brief: ")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("cds.test", False)],  # noqa: S104
)
def test_what_counts_as_loopback(host, loopback):
    assert is_loopback(host) is loopback


def test_another_model_revision_or_profile_is_another_recipe():
    one = engine_info(EngineSettings(kind="medgemma", model_dir=Path("m"), model="medgemma", revision="a"), "text-only")
    others = [
        engine_info(EngineSettings(kind="medgemma", model_dir=Path("m"), model="medgemma", revision="b"), "text-only"),
        engine_info(EngineSettings(kind="medgemma", model_dir=Path("m"), model="medgemma", revision="a"), "imaging"),
    ]

    assert engine_info(EngineSettings(), "text-only") is None
    assert len({info.recipe("chart-summary") for info in (one, *others)}) == 3


def test_the_collector_leaves_the_start_up_heap_alone_and_still_collects():
    before = gc.get_threshold()
    try:
        settle_heap()
        assert gc.get_freeze_count() > 0
        assert gc.isenabled()
        assert all(gc.get_threshold())
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def test_without_fit_keys_no_ledger_is_made(make, tmp_path):
    (tmp_path / "keys" / "ledger.json").chmod(0o644)
    with pytest.raises(NotConfigured, match="chmod 600"):
        open_ledger(make())
    assert not (tmp_path / "data" / "ledger.db").exists()
