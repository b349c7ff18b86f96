"""S4 to S9, over HTTP, for every service that is listed."""

import re
from dataclasses import replace

import pytest
from hook_calls import body
from hook_desk import PUBLIC, ehr
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.trust import Trust
from fhir_adapters.prefetch import type_of
from hooks.discovery import find_services
from hooks.errors import DuplicateService, UnusableService
from hooks.service import service as make_service

PUBLISHED = {
    "patient-view", "order-select", "order-sign", "order-dispatch", "encounter-start", "appointment-book",
    "encounter-discharge",
}  # fmt: skip
# Root members of each published hook's context that the library marks as a token (cds-hooks.md 7).
TOKENS = {
    "patient-view": {"userId", "patientId", "encounterId"},
    "order-select": {"userId", "patientId", "encounterId"},
    "order-sign": {"userId", "patientId", "encounterId"},
    "order-dispatch": {"patientId", "dispatchedOrders", "performer"},
    "encounter-start": {"userId", "patientId", "encounterId"},
    "appointment-book": {"userId", "patientId", "encounterId"},
    "encounter-discharge": {"userId", "patientId", "encounterId"},
}
USER_TOKENS = {"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"}
DATE = re.compile(r"(?:eq|lt|gt|ge|le)?\d{4}(?:-\d{2}){0,2}")


@pytest.fixture
def make_client_told(service, tmp_path):
    """What discovery tells a client with other settings."""

    def told(**changes):
        trust = Trust((ehr(tmp_path, **changes),), public_base_url=PUBLIC)
        client = TestClient(create_app(replace(service.parts, trust=trust, starts=())), base_url=PUBLIC)
        return client.get("/cds-services", headers={"authorization": f"Bearer {service.token('/cds-services')}"})

    return told


def test_s4_discovery_is_an_object_with_a_list_of_services(service):
    answer = service.get("/cds-services")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"services"}
    assert answer.json()["services"]


def test_a_client_whose_site_says_so_is_told_that_an_ai_summary_may_take_long(make_client_told, service):
    told = make_client_told(potentially_long_running=True).json()["services"]
    others = service.get("/cds-services").json()["services"]

    assert not [entry for entry in others if "potentiallyLongRunning" in entry]
    asking = {one.id for one in service.parts.services.values() if one.asks_summary}
    assert asking
    assert {entry["id"] for entry in told if entry.pop("potentiallyLongRunning", None) is True} == asking
    assert told == others


def test_s4_no_services_are_an_empty_list_and_200(service):
    bare = TestClient(create_app(replace(service.parts, services={}, starts=())), base_url="https://cds.test")

    answer = bare.get("/cds-services", headers={"authorization": f"Bearer {service.token('/cds-services')}"})

    assert (answer.status_code, answer.json()) == (200, {"services": []})


def test_s5_each_entry_has_hook_description_id_title_and_the_version_it_keeps(discovery):
    for entry in discovery.values():
        assert all(isinstance(entry[name], str) and entry[name] for name in ("hook", "description", "id", "title"))
        assert entry["version"] == "2.0.1"
        assert all(isinstance(text, str) for text in [*entry.get("prefetch", {}), *entry["prefetch"].values()])
        assert set(entry) <= {
            "hook", "description", "id", "title", "version", "prefetch", "usageRequirements", "hookVersion",
            "potentiallyLongRunning", "extension",
        }  # fmt: skip


def test_s6_every_listed_id_is_called_under_its_own_url(service, discovery, patient_id):
    for entry in discovery.values():
        answer = service.hook(body(entry, patient_id), service=entry["id"])

        assert answer.status_code == 200, entry["id"]


def test_s7_one_id_answers_one_hook_and_a_second_of_that_id_does_not_start(service, discovery, tmp_path):
    assert len(discovery) == len(service.get("/cds-services").json()["services"])

    text = (
        "from hooks.service import Silence, service\n"
        "@service(id='chart-summary', hook='patient-view', title='t', description='d')\n"
        "def again(request, chart):\n    return Silence.NOTHING_TO_SAY\n"
    )
    (tmp_path / "again.py").write_text(text)
    with pytest.raises(DuplicateService):
        find_services(tmp_path)


def test_s8_our_hooks_are_the_published_ones(discovery):
    assert {entry["hook"] for entry in discovery.values()} <= PUBLISHED


def test_s9_tokens_of_templates_are_root_members_of_the_hooks_own_context(discovery):
    for entry in discovery.values():
        for template in entry["prefetch"].values():
            for token in re.findall(r"\{\{(.*?)\}\}", template):
                root, _, member = token.partition(".")
                assert token in USER_TOKENS or (root == "context" and member in TOKENS[entry["hook"]]), template
            assert re.sub(r"\{\{[\w.]+\}\}", "", template).isprintable()
            assert not re.search(r"[{}]", re.sub(r"\{\{[\w.]+\}\}", "", template))


def test_s9_templates_are_reads_and_plain_searches_that_name_the_patient(discovery):
    for entry in discovery.values():
        for template in entry["prefetch"].values():
            kind, _, search = template.partition("?")
            if not search:
                assert re.fullmatch(r"[A-Z][A-Za-z]+/\{\{context\.\w+Id\}\}", kind), template
                continue
            assert kind == type_of(template)
            parameters = dict(one.split("=", 1) for one in search.split("&"))
            assert "{{context.patientId}}" in parameters.values(), template
            for name, value in parameters.items():
                assert is_allowed(name, value), template


def is_allowed(name, value):
    """Whether the standard lists this form: references, tokens with equality or :in, dates, _count, _sort."""
    if name == "_count":
        return value.isdigit()
    if name == "_sort":
        return re.fullmatch(r"-?[a-z-]+", value) is not None
    if name.startswith("_") and name != "_id":
        return False
    parameter, _, modifier = name.partition(":")
    return (
        modifier in {"", "in"}
        and re.fullmatch(r"[a-z-]+", parameter) is not None
        and ("{{" in value or DATE.fullmatch(value) is not None or re.fullmatch(r"[\w.:/|,-]+", value) is not None)
    )


@pytest.mark.parametrize("name", ["Upper-Case", "with space", "a/b", "", "-", "a" * 65])
def test_s6_an_id_that_is_no_url_segment_cannot_be_listed(name):
    with pytest.raises(UnusableService):
        make_service(id=name, hook="patient-view", title="t", description="d")(lambda request, chart: ())
