"""docs/openapi.json is the document of this very service, and schemathesis finds nothing between the two.

What of its checks is set otherwise than by default, and why:

- positive_data_acceptance: 403, 404 and 412 are lawful answers to a body that the schema allows. A FHIR server that is
  not the client's, a card that nobody was shown and a Patient that nobody has are no matter of form.
- negative_data_rejection: 412 too, for a body that is wrong in two ways at once.
"""

import copy
import json

import jsonschema_rs
import pytest
import requests
import schemathesis
from hook_calls import body
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig
from typer.testing import CliRunner

from cds_service.cli import app
from cds_service.openapi.document import openapi_document
from hooks.discovery import find_services

AGAIN = "chartside openapi > docs/openapi.json"
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "403", "404", "412"]},
    "negative_data_rejection": {"expected-statuses": ["400", "401", "403", "404", "405", "412", "415"]},
}


SERVICES = find_services()


def with_examples(document):
    """A lawful example of each call, so that generated bodies start from one that is answered."""
    for one in SERVICES.values():
        content = document["paths"][f"/cds-services/{one.id}"]["post"]["requestBody"]["content"]["application/json"]
        content["example"] = body(one.to_wire(), f"schema-{one.id}")
    return document


DOCUMENT = openapi_document(SERVICES.values())
CALLS = schemathesis.openapi.from_dict(
    with_examples(copy.deepcopy(DOCUMENT)), config=SchemathesisConfig.from_dict({"checks": CHECKS})
)
OTHER_FEEDBACK = "(?<!chart-summary)/feedback$"  # one function answers all of them; the long run asks each
LIBERAL = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@pytest.fixture(scope="module")
def session():
    """Connections that are kept."""
    with requests.Session() as kept:
        yield kept


def assert_nothing_is_found(case, service, session):
    """Call as the client would: signed anew, for the very address that is called."""
    headers = {"Authorization": f"Bearer {service.token(case.path)}"}
    case.call_and_validate(base_url=str(service.http.base_url).rstrip("/"), session=session, headers=headers)


@CALLS.exclude(path_regex=OTHER_FEEDBACK).parametrize()
@settings(max_examples=10, **LIBERAL)
def test_schemathesis_finds_nothing(case, service, session):
    assert_nothing_is_found(case, service, session)


@pytest.mark.long
@CALLS.parametrize()
@settings(max_examples=300, **LIBERAL)
def test_schemathesis_finds_nothing_in_a_long_run(case, service, session):
    assert_nothing_is_found(case, service, session)


def test_the_document_that_is_kept_is_the_one_that_the_command_prints(repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # no chartside.toml here: the built-in services
    printed = CliRunner().invoke(app, ["openapi"])

    assert printed.exit_code == 0, printed.output
    assert printed.stdout == (repository / "docs" / "openapi.json").read_text("utf-8"), AGAIN


def test_the_document_names_every_service_and_no_other_path(discovery):
    calls = {f"/cds-services/{one}{rest}" for one in discovery for rest in ("", "/feedback")}

    assert set(DOCUMENT["paths"]) == calls | {"/cds-services", "/healthz", "/readyz", "/metrics"}


def test_every_schema_of_the_document_is_a_json_schema():
    assert DOCUMENT["openapi"] == "3.1.0"
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": DOCUMENT["components"]}
    for name in DOCUMENT["components"]["schemas"]:
        assert jsonschema_rs.validator_for(whole | {"$ref": f"#/components/schemas/{name}"}), name


def test_a_request_of_each_hooks_definition_is_lawful_by_the_document(discovery):
    for one, entry in discovery.items():
        content = DOCUMENT["paths"][f"/cds-services/{one}"]["post"]["requestBody"]["content"]["application/json"]
        jsonschema_rs.validate(content["schema"], json.loads(json.dumps(body(entry))))


def test_what_is_a_reference_by_the_document_is_one_to_us():
    content = DOCUMENT["paths"]["/cds-services/order-select-context"]["post"]["requestBody"]["content"]
    schema = content["application/json"]["schema"] | {"components": DOCUMENT["components"]}
    lawful = body(SERVICES["order-select-context"].to_wire())
    assert jsonschema_rs.is_valid(schema, lawful)
    for blank in filter(str.isspace, map(chr, range(0x3001))):
        lawful["context"]["selections"] = [blank]
        assert not jsonschema_rs.is_valid(schema, lawful), ascii(blank)
