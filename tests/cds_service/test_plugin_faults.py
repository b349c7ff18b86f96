"""What the EHR gets, and what the chain keeps, when a hospital's own service makes what must not leave."""

import pytest
from hook_desk import USER, hook_body

from hooks.discovery import find_services

PLUGIN = """
from hooks.card import Card, Coding, Indicator, Link, Source
from hooks.markdown import bracketed, joined
from hooks.service import service

SOURCE = Source(label="Ward", topic=Coding(system="urn:x", code="x", display="X"))


@service(id="ward", hook="patient-view", title="Ward", description="Says something.", asks_summary=False)
def ward(request, chart):
    {}


def card(chart, **parts):
    whole = {{"uuid": chart.new_id(), "summary": "x", "indicator": Indicator.INFO, "source": SOURCE}} | parts
    return (Card(**whole),)
"""


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ('return card(chart, summary="<script>canary</script>")', "InvalidCard"),
        ('return card(chart, detail="<img src=canary>")', "InvalidCard"),
        ('return card(chart, detail=joined(bracketed("canary"), "(javascript:1)"))', "InvalidCard"),
        ('return card(chart, indicator="urgent")', "InvalidCard"),
        ('return card(chart, uuid="canary")', "InvalidCard"),
        ("pass", "InvalidCard"),
        ('raise KeyError("canary")', "KeyError"),
    ],
)
def test_a_card_that_must_not_leave_is_a_clear_error_on_record_and_never_an_empty_list(tmp_path, make_desk, says, why):
    (tmp_path / "ward.py").write_text(PLUGIN.format(says))
    desk = make_desk(services=find_services(tmp_path, installed=()))
    body = hook_body()
    answer = desk.hook(body, service="ward")

    assert answer.status_code == 500
    assert answer.json()["issue"][0]["severity"] == "error"
    assert "canary" not in answer.text
    assert desk.kinds() == ["hook.failed"]
    event = desk.event("hook.failed")
    assert (event.subject, event.user, event.key.patient_id) == (body["hookInstance"], USER, "p1")
    assert event.detail == {"service": "ward", "client": "ehr", "why": why}


RULES = """
from hooks.service import Silence, service


def broken(*_call):
    raise KeyError("canary")


@service(id="ward", hook="patient-view", title="Ward", description="Says something.", {rules}=broken)
def ward(request, chart):
    return Silence.NOTHING_TO_SAY
"""


@pytest.mark.parametrize("rules", ["orders", "digest"])
def test_rules_of_a_service_that_raise_are_a_clear_error_on_record(tmp_path, make_desk, rules):
    (tmp_path / "ward.py").write_text(RULES.format(rules=rules))
    desk = make_desk(services=find_services(tmp_path, installed=()))
    answer = desk.hook(hook_body(), service="ward")

    assert answer.status_code == 500
    assert "canary" not in answer.text
    assert desk.kinds() == ["hook.failed"]
    assert desk.event("hook.failed").detail == {"service": "ward", "client": "ehr", "tenant": "", "why": "KeyError"}
