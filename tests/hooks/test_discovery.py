from importlib.metadata import EntryPoint

import pytest
from chart_values import NOW, chart

from hooks.chart_summary import chart_summary
from hooks.discovery import GROUP, discovery_document, find_services
from hooks.errors import DuplicateService, MalformedContext, UnusableService
from hooks.request import parse_hook_request
from hooks.service import Service, service
from tasks.states import Preparing

HOSPITAL = '''
"""A hospital's own service, in one file."""

from hooks.card import Card, Coding, Indicator, Source
from hooks.service import service

SOURCE = Source(label="Renal unit", topic=Coding(system="urn:renal", code="renal", display="Renal"))


@service(id="renal-reminder", hook="patient-view", title="Renal reminder", description="Reminds of the eGFR.")
def renal_reminder(request, chart):
    return (Card(uuid=chart.new_id(), summary="Check the eGFR", indicator=Indicator.INFO, source=SOURCE),)
'''


ORDER_SIGN = '''
"""Counts the orders about to be signed."""

from dataclasses import dataclass

from hooks.card import Card, Coding, Indicator, Source
from hooks.contexts import optional_id, required_id, required_user
from hooks.service import service


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSignContext:
    user_id: str
    patient_id: str
    encounter_id: str
    orders: int

    @classmethod
    def read(cls, context):
        return cls(
            user_id=required_user(context),
            patient_id=required_id(context, "patientId"),
            encounter_id=optional_id(context, "encounterId"),
            orders=len(context.get("draftOrders", {}).get("entry", ())),
        )


@service(
    id="order-count",
    hook="order-sign",
    title="Order count",
    description="Counts orders.",
    read_context=OrderSignContext.read,
    prefetch={},
)
def order_count(request, chart):
    source = Source(label="Orders", topic=Coding(system="urn:x", code="orders", display="Orders"))
    summary = f"{request.context.orders} orders"
    return (Card(uuid=chart.new_id(), summary=summary, indicator=Indicator.INFO, source=source),)
'''


def point(value, name="one"):
    return EntryPoint(name=name, value=value, group=GROUP)


def test_the_built_in_comes_in_by_the_entry_point():
    assert find_services()["chart-summary"] is chart_summary


def test_a_hospitals_file_of_fifteen_lines_is_a_service(tmp_path):
    (tmp_path / "renal.py").write_text(HOSPITAL)
    found = find_services(tmp_path)

    assert {"chart-summary", "renal-reminder"} <= found.keys()
    assert found["renal-reminder"].prefetch == chart_summary.prefetch  # the whole chart, unless it asks for less


def test_a_duplicate_id_refuses_to_start_and_names_both_places(tmp_path):
    (tmp_path / "copy.py").write_text(HOSPITAL.replace("renal-reminder", "chart-summary"))

    with pytest.raises(DuplicateService, match=r"chart-summary .*entry point.*copy\.py"):
        find_services(tmp_path)


def test_two_services_with_one_id_in_one_file_are_a_duplicate(tmp_path):
    (tmp_path / "twice.py").write_text(HOSPITAL + HOSPITAL.replace("def renal_reminder", "def other"))

    with pytest.raises(DuplicateService):
        find_services(tmp_path, installed=())


@pytest.mark.parametrize(
    ("text", "said"),
    [("x = 1", "defines no service"), ("import nothing_of_that_name", "ModuleNotFoundError"), ("def (", "SyntaxError")],
)
def test_a_file_that_cannot_be_used_stops_the_start_and_is_named(tmp_path, text, said):
    (tmp_path / "broken.py").write_text(text)

    with pytest.raises(UnusableService, match=said) as caught:
        find_services(tmp_path, installed=())
    assert "broken.py" in str(caught.value)


def test_a_file_may_import_a_built_in_and_still_defines_none(tmp_path):
    (tmp_path / "imports.py").write_text("from hooks.chart_summary import chart_summary")

    with pytest.raises(UnusableService, match="defines no service"):
        find_services(tmp_path, installed=())


def test_a_services_dir_that_is_no_folder_stops_the_start(tmp_path):
    with pytest.raises(UnusableService, match="is no folder"):
        find_services(tmp_path / "missing", installed=())


@pytest.mark.parametrize("value", ["no_such_module:x", "hooks.reasons:REVIEWED", "hooks.reasons:missing"])
def test_an_entry_point_that_is_no_service_stops_the_start(value):
    with pytest.raises(UnusableService):
        find_services(installed=[point(value)])


def test_s4_without_services_the_document_is_an_empty_list():
    assert discovery_document([]) == {"services": []}


def test_s5_an_entry_has_what_discovery_requires_and_nothing_empty():
    (entry,) = discovery_document([chart_summary])["services"]

    assert {"hook", "id", "description", "title", "prefetch", "version"} == entry.keys()
    assert all(entry.values())
    assert all(isinstance(template, str) for template in entry["prefetch"].values())


def test_s9_templates_hold_root_level_tokens_only():
    for template in chart_summary.prefetch.values():
        inside = [part.partition("}}")[0] for part in template.split("{{")[1:]]
        assert inside == ["context.patientId"]


@pytest.mark.parametrize("name", ["", "Has-Capitals", "a/b", "a b", "-a", "x" * 65])
def test_s6_an_id_is_a_url_segment(name):
    with pytest.raises(UnusableService):
        service(id=name, hook="patient-view", title="t", description="d")(lambda request, chart: ())


def test_a_hook_whose_context_is_not_known_brings_what_reads_it():
    with pytest.raises(UnusableService, match=r"read_context.*com\.example\.custom"):
        service(id="x", hook="com.example.custom", title="t", description="d")


def test_another_hook_is_one_file_with_its_context_and_its_function(tmp_path):
    (tmp_path / "signing.py").write_text(ORDER_SIGN)
    signing = find_services(tmp_path, installed=())["order-count"]
    body = {"hook": "order-sign", "hookInstance": "00000000-0000-4000-8000-000000000000"}
    context = {"userId": "Practitioner/u1", "patientId": "p1", "draftOrders": {"entry": [{}, {}]}}
    request = parse_hook_request(body | {"context": context}, signing)

    assert (request.context.orders, request.context.patient_id, request.context.encounter_id) == (2, "p1", "")
    assert signing.answer(request, chart(Preparing(job_id="j1", since=NOW)))[0].summary == "2 orders"
    with pytest.raises(MalformedContext, match="patientId"):
        parse_hook_request(body | {"context": {"userId": "Practitioner/u1"}}, signing)


def test_s5_a_service_without_a_description_cannot_exist():
    with pytest.raises(UnusableService):
        service(id="x", hook="patient-view", title="t", description="")(lambda request, chart: ())


def test_a_service_is_a_value_around_its_function():
    assert isinstance(chart_summary, Service)
    assert chart_summary.hook == "patient-view"
