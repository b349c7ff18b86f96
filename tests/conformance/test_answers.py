"""S17 to S27 and cds-resp-1 to -7: what every card of every service is on the wire, and what cannot be built at all.

`wire_rules.check_card` judges every answer that any test here sees; these tests name the rules and break them.
"""

import uuid
from dataclasses import replace

import pytest
from hook_calls import body
from starlette.testclient import TestClient
from wire_rules import check_card

from cds_service.app import create_app
from hooks.card import Card, Coding, Indicator, Link, Source, Suggestion
from hooks.errors import InvalidCard
from hooks.service import service as make_service

TOPIC = Coding(system="urn:example:topic", code="example", display="Example")
SOURCE = Source(label="Example", topic=TOPIC)


def new_id():
    return str(uuid.uuid4())


def card(**changes):
    return Card(**({"uuid": new_id(), "summary": "s", "indicator": Indicator.INFO, "source": SOURCE} | changes))


@pytest.fixture(scope="module")
def cards(service, discovery):
    """Every card that any service of ours says of an ordinary chart."""
    answers = [service.hook(body(entry, f"answers-{entry['id']}"), service=entry["id"]) for entry in discovery.values()]
    assert {answer.status_code for answer in answers} == {200}
    found = [one for answer in answers for one in answer.json()["cards"]]
    assert found
    return found


@pytest.fixture(scope="module")
def suggestions(cards):
    """Every suggestion of these cards; there are some."""
    found = [suggestion for one in cards for suggestion in one.get("suggestions", [])]
    assert found
    return found


def test_s17_success_is_200_and_an_object_with_cards(service, discovery, patient_id):
    for entry in discovery.values():
        answer = service.hook(body(entry, patient_id), service=entry["id"])

        assert answer.status_code == 200
        assert isinstance(answer.json()["cards"], list)
        assert answer.json().keys() <= {"cards", "extension"}


def test_s17_nothing_to_say_is_an_empty_list_and_stands_in_the_ledger_with_its_reason(
    service, chart_summary, patient_id
):
    made = body(chart_summary, patient_id)
    (first,) = service.hook(made).json()["cards"]
    answered = {
        "card": first["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-02T10:31:00Z",
        "acceptedSuggestions": [{"id": first["suggestions"][0]["uuid"]}],
    }  # fmt: skip
    assert service.feedback(answered).status_code == 200

    assert service.hook(made | {"hookInstance": new_id()}).json() == {"cards": []}
    assert service.event("card.none").detail["reason"] == "suppressed-acknowledged"


def test_s18_a_card_has_a_short_summary_an_indicator_a_source_and_a_uuid(cards):
    for one in cards:
        assert 0 < len(one["summary"]) < 140
        assert one["indicator"] in {"info", "warning", "critical"}
        assert one["source"]["label"]
        assert str(uuid.UUID(one["uuid"])) == one["uuid"]


@pytest.mark.parametrize(
    "changes",
    [{"summary": "x" * 140}, {"summary": ""}, {"indicator": "hard-stop"}, {"source": None}, {"uuid": ""}],
    ids=lambda one: next(iter(one)),
)
def test_s18_a_card_that_breaks_it_cannot_be_built(changes):
    with pytest.raises(InvalidCard):
        card(**changes)


def test_s19_a_source_has_label_and_topic_and_no_view_of_one_patient(cards):
    for one in cards:
        assert one["source"]["topic"]["code"].isalnum()
        assert "url" not in one["source"]


@pytest.mark.parametrize("changes", [{"label": ""}, {"url": "/relative"}, {"icon": "javascript:alert(1)"}])
def test_s19_a_source_that_breaks_it_cannot_be_built(changes):
    with pytest.raises(InvalidCard):
        Source(**({"label": "x", "topic": TOPIC} | changes))


def test_s20_suggestions_come_with_a_selection_behavior(cards):
    assert any("suggestions" in one for one in cards)
    for one in cards:
        assert ("suggestions" in one) == ("selectionBehavior" in one)
        assert one.get("selectionBehavior", "any") in {"any", "at-most-one"}


def test_s21_a_suggestion_has_a_label_a_uuid_and_no_empty_actions(suggestions):
    for one in suggestions:
        assert one["label"]
        assert uuid.UUID(one["uuid"])
        assert one.get("actions", ["none"])


def test_s22_no_card_of_ours_acts_on_the_record(suggestions):
    """An AI summary that needs acknowledgment changes nothing by itself, so there is no action to be wrong."""
    assert not [one for one in suggestions if "actions" in one]


def test_s23_an_override_reason_has_code_system_and_display(cards):
    assert any("overrideReasons" in one for one in cards)
    for one in cards:
        for reason in one.get("overrideReasons", []):
            assert reason.keys() == {"code", "system", "display"}
            assert all(reason.values())


def test_s24_a_link_is_absolute_and_lies_on_our_own_pages(service, chart_summary, patient_id):
    linked = replace(service.parts, review_url="https://cds.test/review/{}".format, starts=())
    client = TestClient(create_app(linked), base_url="https://cds.test")
    path = "/cds-services/chart-summary"
    headers = {"authorization": f"Bearer {service.token(path)}"}
    (one,) = client.post(path, json=body(chart_summary, patient_id), headers=headers).json()["cards"]

    assert one["links"] == [
        {"label": "Open review", "url": f"https://cds.test/review/{one['uuid']}", "type": "absolute"}
    ]
    check_card(one)


@pytest.mark.parametrize("changes", [{"url": "review/1"}, {"label": ""}, {"type": "smart-app"}])
def test_s24_a_link_that_breaks_it_cannot_be_built(changes):
    with pytest.raises(InvalidCard):
        Link(**({"label": "x", "url": "https://cds.test/x"} | changes))


def test_s25_no_answer_carries_system_actions(service, discovery, patient_id):
    for entry in discovery.values():
        assert "systemActions" not in service.hook(body(entry, patient_id), service=entry["id"]).json()


def test_s26_a_coding_has_three_members_and_no_other(cards):
    for one in cards:
        for coding in [one["source"]["topic"], *one.get("overrideReasons", [])]:
            assert coding.keys() == {"code", "system", "display"}


def test_s27_an_extension_is_an_object_under_reverse_dns_names():
    assert card(awaits_summary=True).to_wire()["extension"] == {"org.chartside.awaits-summary": True}
    assert "extension" not in card().to_wire()


def test_cds_resp_1_at_most_one_has_at_most_one_recommendation():
    two = tuple(Suggestion(label="x", uuid=new_id(), is_recommended=True) for _ in range(2))

    with pytest.raises(InvalidCard):
        card(suggestions=two, selection_behavior="at-most-one")
    check_card(card(suggestions=two[:1], selection_behavior="at-most-one").to_wire())


def test_cds_resp_2_no_card_of_ours_deletes_and_the_checker_knows_the_rule(suggestions):
    action = {"type": "delete", "description": "d", "resource": {"resourceType": "Condition"}}
    broken = card().to_wire() | {
        "suggestions": [{"label": "x", "uuid": new_id(), "actions": [action]}], "selectionBehavior": "any",
    }  # fmt: skip

    with pytest.raises(AssertionError):
        check_card(broken)
    assert not [one for one in suggestions if "actions" in one]


def test_cds_resp_3_app_context_stands_on_smart_links_alone(cards):
    with pytest.raises(InvalidCard):
        Link(label="x", url="https://cds.test/x", app_context="c")
    assert Link(label="x", url="https://cds.test/x", type="smart", app_context="c").to_wire()["appContext"] == "c"
    assert not [link for one in cards for link in one.get("links", []) if "appContext" in link]


def test_cds_resp_4_every_override_reason_has_a_display(cards):
    reasons = [reason for one in cards for reason in one.get("overrideReasons", [])]
    assert reasons
    assert all(reason["display"] for reason in reasons)
    with pytest.raises(InvalidCard):
        Coding(system="urn:x", code="c", display="")


def test_cds_resp_5_an_action_without_a_description_would_be_seen():
    broken = card().to_wire() | {
        "suggestions": [{"label": "x", "uuid": new_id(), "actions": [{"type": "create", "resource": {"a": 1}}]}],
        "selectionBehavior": "any",
    }

    with pytest.raises((AssertionError, KeyError)):
        check_card(broken)


def test_cds_resp_6_no_suggestion_leaves_without_a_selection_behavior():
    wire = card(suggestions=(Suggestion(label="x", uuid=new_id()),)).to_wire()

    assert wire["selectionBehavior"] in {"any", "at-most-one"}
    assert "selectionBehavior" not in card().to_wire()


def test_cds_resp_7_action_selection_behavior_is_never_sent(suggestions):
    assert all("actionSelectionBehavior" not in one for one in suggestions)


def test_s17_what_a_service_says_wrongly_is_an_error_and_never_an_empty_list(service, chart_summary, patient_id):
    @make_service(id="chart-summary", hook="patient-view", title="t", description="d")
    def forgotten(_request, _chart):
        return None

    wrong = replace(service.parts, services={"chart-summary": forgotten}, starts=())
    client = TestClient(create_app(wrong), base_url="https://cds.test", raise_server_exceptions=False)
    path = "/cds-services/chart-summary"
    headers = {"authorization": f"Bearer {service.token(path)}"}
    answer = client.post(path, json=body(chart_summary, patient_id), headers=headers)

    assert answer.status_code == 500
    assert answer.json()["resourceType"] == "OperationOutcome"
