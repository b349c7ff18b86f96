"""`chartside clients check` explains each client, and its exit code is for a script."""

import json

import pytest
from joserfc.jwk import ECKey, RSAKey
from typer.testing import CliRunner

from cds_service.cli import app
from ledger.keys import create_key_file

KEYS = [ECKey.generate_key("P-384", {"kid": "now"}), RSAKey.generate_key(2048, {"kid": "older"}),
        ECKey.generate_key("P-256", {"kid": "odd"})]  # fmt: skip

WHOLE = """\
profile = "text-only"
public_base_url = "https://cds.hospital.example/"

[ledger]
key_file = "keys/ledger.json"

[[clients]]
id = "ehr"
issuer = "https://ehr.example"
jwks_file = "ehr.jwks.json"
tenants = ["north"]

[[clients.fhir_bases]]
url = "https://ehr.example/fhir"
"""
TEST_CLIENT = """
[[clients]]
id = "try-out"
issuer = "https://sandbox.cds-hooks.org"
jwks_file = "ehr.jwks.json"
test_only = true

[[clients.fhir_bases]]
url = "http://synthetic.example/fhir"
"""


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Runs the command over a configuration; its exit code and what it printed, as JSON and as text."""
    monkeypatch.setenv("COLUMNS", "200")
    create_key_file(tmp_path / "keys" / "ledger.json")
    (tmp_path / "ehr.jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False) for key in KEYS]}))

    def check(text):
        file = tmp_path / "chartside.toml"
        file.write_text(text)
        told = CliRunner().invoke(app, ["clients", "check", "--config", str(file)])
        found = CliRunner().invoke(app, ["clients", "check", "--config", str(file), "--json"])
        assert told.exit_code == found.exit_code
        return found.exit_code, found.output, told.output

    return check


def test_s35_a_clients_team_is_told_what_its_tokens_must_say(check):
    code, found, told = check(WHOLE)
    (client,) = json.loads(found)["clients"]

    assert code == 0
    assert client["issuer"] == "https://ehr.example"
    assert client["tenants"] == ["north"]
    for end in ("", "/chart-summary", "/chart-summary/feedback"):
        assert f"https://cds.hospital.example/cds-services{end}" in client["audiences"]
    assert [(key["kid"], key["kind"], key["algorithms"]) for key in client["keys"]] == [
        ("now", "EC P-384", ["ES384"]),
        ("older", "RSA 2048 bits", ["RS384"]),
        ("odd", "EC P-256", []),
    ]
    assert client["keys"][0]["thumbprint"] == KEYS[0].thumbprint()
    assert [one for one in client["warnings"] if one.startswith("key")] == [
        "key odd (EC P-256) signs in none of its algorithms: no call with it can be accepted"
    ]
    assert KEYS[0].thumbprint() in told


def test_decision_6_a_test_client_is_permitted_and_shouted_about(check):
    code, found, told = check(WHOLE + TEST_CLIENT)
    warnings = json.loads(found)["clients"][1]["warnings"]

    assert code == 0
    assert any(one.startswith("test_only: its calls prove nothing") for one in warnings)
    assert any("FHIR base is http" in one for one in warnings)
    assert "never in production" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WHOLE + TEST_CLIENT.replace("test_only = true", ""), "private key of https://sandbox.cds-hooks.org is public"),
        (WHOLE + TEST_CLIENT.replace("http://synthetic.", "https://ehr."), "and names the FHIR server"),
        (WHOLE.replace('"ehr.jwks.json"', '"missing.json"'), "cannot be read"),
        (WHOLE.replace('"ehr.jwks.json"', '"chartside.toml"'), "not a JSON Web Key Set"),
        (WHOLE.replace('jwks_file = "ehr.jwks.json"', 'jwks_url = "http://e.example/k"'), "keys come over TLS only"),
        (WHOLE.replace('jwks_file = "ehr.jwks.json"', 'jwks_url = "http://127.0.0.1:9/jwks"'), "no-connection"),
        (WHOLE + TEST_CLIENT.replace("https://sandbox.cds-hooks.org", "https://ehr.example"), "the same issuer"),
        (WHOLE.partition("[[clients]]")[0], "configure at least one"),
    ],
)  # fmt: skip
def test_what_would_be_refused_is_an_error_and_exit_code_1(check, text, said):
    code, found, told = check(text)

    assert code == 1
    assert said in found
    assert said in " ".join(told.split())


def test_a_bad_file_is_one_line_with_the_line(check, tmp_path):
    file = tmp_path / "chartside.toml"
    file.write_text(WHOLE.replace('id = "ehr"', 'id = "E H R"'))
    told = CliRunner().invoke(app, ["clients", "check", "--config", str(file)])

    assert told.exit_code == 1
    assert "line 8, clients.0.id" in told.output


def test_a_rule_with_brackets_is_told_as_it_is(check):
    code, _, told = check(WHOLE.replace('id = "ehr"', 'id = "EHR"'))

    assert code == 1
    assert "line 8, clients.0.id: String should match pattern '^[a-z0-9][a-z0-9-]{0,62}$'" in told
