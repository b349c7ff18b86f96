"""What the doctor finds of Chartside: the production composition, signed, with a FHIR base that the doctor serves."""

import asyncio
import json
import socket
from contextlib import contextmanager

import pytest
from model_service import ISSUER, KEY, listening
from typer.testing import CliRunner

from cds_service.app import create_app
from cds_service.cli import app
from cds_service.doctor import Verdict
from cds_service.doctor.examination import Order, examine
from cds_service.main import build_parts, demo_client, open_ledger
from cds_service.settings import read_settings
from ledger.keys import create_key_file
from ledger.verify import verify

# How long something took is the machine's doing as well.
TIMED = {"S16 in-time", "REL-1 hanging", "REL-1 meanwhile", "REL-1 at-once"}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


def settings(folder, address, **changes):
    (folder / "keys").mkdir(exist_ok=True)
    key_file = folder / "keys" / "ledger.json"
    if not key_file.exists():
        create_key_file(key_file)
    ledger = {"url": f"sqlite:///{folder}/data/ledger.db", "data_dir": folder / "data", "key_file": key_file,
              "checkpoint": folder / "checkpoint.log"}  # fmt: skip
    deadlines = {"gather_s": 1, "cap_s": 10}  # what is refused in time is tested elsewhere
    return read_settings(profile="text-only", deadlines=deadlines, public_base_url=address, ledger=ledger, **changes)


@contextmanager
def chartside(folder, *, fhir_base):
    """Chartside as `serve` composes it, for one client; its ledger verifies afterwards."""
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    client = {"id": "ehr", "issuer": ISSUER, "jwks_file": jwks, "fhir_bases": [{"url": fhir_base}]}
    stores = []

    def make(address):
        chosen = settings(folder, address, clients=[client])
        stores.append(open_ledger(chosen))
        return create_app(build_parts(chosen, stores[0]))

    with listening(make) as address:
        yield address
    again = open_ledger(settings(folder, address))
    assert verify(again).ok
    again.close()


def names(found, verdict):
    return {f"{one.rule.requirement} {one.rule.name}" for one in found.findings if one.verdict is verdict}


@pytest.mark.parametrize("service", ["chart-summary", "order-sign-context"])
def test_chartside_keeps_every_requirement_that_the_doctor_asks(tmp_path, signer, service):
    fhir_base = f"http://127.0.0.1:{free_port()}/fhir"

    with chartside(tmp_path, fhir_base=fhir_base) as address:
        found = asyncio.run(examine(Order(address=address, signer=signer, fhir_base=fhir_base, service=service)))

    assert names(found, Verdict.FAIL) == set()
    assert names(found, Verdict.WARN) <= TIMED
    assert found.service == service
    assert found.counts[Verdict.PASS] >= 118
    assert names(found, Verdict.NOT_RUN) <= {
        "S1 tls", "S6 told-apart", "S11 no-encounter", "S11 no-orders", "S32 unsigned",
    }  # fmt: skip


def test_the_demo_has_one_warning_that_anybody_may_call_it(tmp_path):
    def make(address):
        chosen = settings(tmp_path, address, demo=True)
        return create_app(build_parts(chosen, open_ledger(chosen), demo=demo_client(f"{address}/sandbox/fhir")))

    with listening(make) as address:
        found = asyncio.run(examine(Order(address=address)))

    assert names(found, Verdict.FAIL) == set()
    assert names(found, Verdict.WARN) - TIMED == {"S32 unsigned"}


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_what_was_found_and_its_exit_code_says_whether_anything_failed(tmp_path, as_json, model):
    (tmp_path / "key.pem").write_bytes(KEY.as_pem(private=True))
    model.fault = "hard-stop"
    options = ["--jwt-key", str(tmp_path / "key.pem"), "--issuer", ISSUER, "--kid", "k1", "--only", "S18,S19"]

    result = CliRunner().invoke(app, ["doctor", model.address, *options, *(["--json"] if as_json else [])])

    assert result.exit_code == 1
    if as_json:
        told = json.loads(result.stdout)
        assert {"doctor", "url", "service", "signed", "ok", "counts", "findings"} == set(told)
        assert (told["doctor"], told["service"], told["signed"], told["ok"]) == (1, "model", True, False)
        assert told["counts"] == {"PASS": 6, "FAIL": 1, "WARN": 0, "NOT RUN": 0}
        assert {
            "requirement": "S18", "check": "indicator", "level": "SHALL", "verdict": "FAIL",
            "asks": "indicator: info, warning or critical",
            "finding": "indicator is not info, warning or critical (and 1 more)",
        } in told["findings"]  # fmt: skip
    else:
        assert "S18" in result.stdout
        assert "6 PASS, 1 FAIL, 0 WARN, 0 NOT RUN" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ftp://a.test"], "http:// or https://"),
        (["https://user:secret@a.test"], "no user"),
        (["https://a.test/?token=secret"], "no user, password, query"),
        (["https://a.test", "--jwt-key", "missing.pem"], "--issuer"),
        (["https://a.test", "--jwt-key", "missing.pem", "--issuer", "a"], "cannot be read"),
        (["https://a.test", "--patient", "a/b"], "--patient"),
        (["https://a.test", "--only", "S12,S99"], "S99"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, said):
    result = CliRunner().invoke(app, ["doctor", *arguments])

    assert result.exit_code == 1
    assert said in result.output
    assert "secret" not in result.output


def inspected(folder, monkeypatch, content):
    (folder / "chartside.toml").write_text(content)
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, ["doctor", "--json"])
    return result.exit_code, {one["check"]: one["verdict"] for one in json.loads(result.stdout)["findings"]}


CONFIG = """\
profile = "text-only"
time_zone = "Europe/Berlin"
public_base_url = "https://cds.test"
[ledger]
key_file = "keys/ledger.json"
data_dir = "data"
url = "sqlite:///data/ledger.db"
checkpoint = "checkpoint.log"
[[clients]]
id = "ehr"
issuer = "https://ehr.test"
jwks_file = "jwks.json"
fhir_bases = [{ url = "https://ehr.test/fhir" }]
"""


def test_without_an_address_this_installation_is_looked_at(tmp_path, monkeypatch):
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    open_ledger(settings(tmp_path, "https://cds.test")).close()

    code, found = inspected(tmp_path, monkeypatch, CONFIG)

    assert code == 0
    assert found == {
        "settings": "PASS", "may-serve": "PASS", "clients": "PASS", "services": "PASS", "ledger": "PASS",
        "broker": "NOT RUN", "time-zone": "PASS", "disk": "PASS",
    }  # fmt: skip


def test_an_installation_that_would_not_start_fails_by_its_part(tmp_path, monkeypatch):
    code, found = inspected(tmp_path, monkeypatch, CONFIG.replace('profile = "text-only"\n', ""))

    assert code == 1
    assert (found["may-serve"], found["clients"], found["ledger"]) == ("FAIL", "FAIL", "NOT RUN")


def test_a_test_client_at_a_real_ones_fhir_server_fails_here_too_since_serve_refuses_it(tmp_path, monkeypatch):
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    ehr = CONFIG[CONFIG.index("[[clients]]") :]
    tried = ehr.replace('"ehr"', '"try-out"').replace('https://ehr.test"', 'https://sandbox.test"', 1)

    code, found = inspected(tmp_path, monkeypatch, f"{CONFIG}{tried}test_only = true\n")

    assert code == 1
    assert found["clients"] == "FAIL"


def test_a_configuration_that_cannot_be_read_is_the_one_finding(tmp_path, monkeypatch):
    assert inspected(tmp_path, monkeypatch, "profile = ") == (1, {"settings": "FAIL"})


def test_a_broker_that_is_away_is_a_finding_and_no_crash(tmp_path, monkeypatch):
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    engine = '[broker]\nurl = "redis://127.0.0.1:1/0"\n[engine]\nkind = "medgemma"\nmodel_dir = "m"\nmodel = "m"\n'
    code, found = inspected(tmp_path, monkeypatch, CONFIG.replace("[[clients]]", f"{engine}[[clients]]"))

    assert code == 1
    assert found["broker"] == "FAIL"
